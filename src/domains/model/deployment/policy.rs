//! Deployments are seen and made with `PROJECT_COMPILE` on their project.

use crate::{
    authz::{Columns, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment},
    kernel::{
        Result,
        entity::{Deployment, DeploymentId},
    },
};

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

    async fn place(conn: &Conn, id: DeploymentId) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
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
