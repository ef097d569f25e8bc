//! Deployments are seen and made with `PROJECT_COMPILE` on their project.

use crate::{
    authz::{Columns, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Deployment, DeploymentId, OrganizationId, ProjectId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of deployments.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.deployProject",
        Permission::ProjectCompile,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.setExplores",
        Permission::ProjectCompile,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.activateDeployment",
        Permission::ProjectCompile,
        "the project of the deployment",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "deployments.organization_id",
    project: "deployments.project_id",
};

impl Resource for Deployment {
    const TABLE: &'static str = "deployments";

    async fn place(mut conn: &Conn, id: DeploymentId) -> Result<Option<Place>> {
        let found: Option<(OrganizationId, ProjectId)> = sql(
            "SELECT organization_id, project_id FROM deployments WHERE id = ?",
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
            .reach(Permission::ProjectCompile)
            .of_project(COLUMNS)
    }
}

impl Permits<View> for Deployment {
    const PERMISSION: Permission = Permission::ProjectCompile;
}
impl Permits<Edit> for Deployment {
    const PERMISSION: Permission = Permission::ProjectCompile;
}
