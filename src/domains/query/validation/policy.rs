//! What validations found is seen, and dismissed, with `PROJECT_VALIDATE` on the project. Of content that
//! the caller may not see, the object tells no more than that there is some.

use crate::{
    authz::{Columns, Delete, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId, ValidationError, ValidationErrorId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of validations.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.validateProject",
        Permission::ProjectValidate,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.dismissValidationErrors",
        Permission::ProjectValidate,
        "the project of each error",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "validation_errors.organization_id",
    project: "validation_errors.project_id",
};

impl Resource for ValidationError {
    const TABLE: &'static str = "validation_errors";

    async fn place(mut conn: &Conn, id: ValidationErrorId) -> Result<Option<Place>> {
        let found: Option<(OrganizationId, ProjectId)> = sql(
            "SELECT organization_id, project_id FROM validation_errors WHERE id = ?",
            [id.into()],
        )
        .statement::<(st::Uuid, st::Uuid)>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|(organization, project)| Place::project(organization, project)))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        viewer
            .access
            .reach(Permission::ProjectValidate)
            .of_project(COLUMNS)
    }
}

impl Permits<View> for ValidationError {
    const PERMISSION: Permission = Permission::ProjectValidate;
}
impl Permits<Delete> for ValidationError {
    const PERMISSION: Permission = Permission::ProjectValidate;
}
