//! What validations found is seen, and dismissed, with `PROJECT_VALIDATE` on the project. Of content that
//! the caller may not see, the object tells no more than that there is some.

use crate::{
    authz::{Columns, Delete, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment},
    kernel::{
        Result,
        entity::{ValidationError, ValidationErrorId},
    },
};

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

    async fn place(conn: &Conn, id: ValidationErrorId) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
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
