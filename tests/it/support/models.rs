//! Models to test with: those of the demo.

use super::TestApp;
use chartroom::{
    authz::{Create, Place, System},
    db::sql,
    domains::{model::deployment::deploy_now, platform::demo},
    kernel::entity::{Deployment, DeploymentId, OrganizationId, Project, ProjectId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;

/// Deploys the demo's models to a project, at once.
pub(crate) async fn deploy_demo(app: &TestApp, project: ProjectId) -> DeploymentId {
    let conn = app.conn().await;
    let organization: OrganizationId = sql(
        "SELECT organization_id FROM projects WHERE id = ?",
        [project.into()],
    )
    .statement::<st::Uuid>()
    .get_result(&mut &*conn)
    .await
    .expect("the project");
    let place = Place::project(organization, project);
    let grant = System::new("a test").grant::<Create<Deployment>, Project>(project, place);
    let id = DeploymentId::new();
    let done = deploy_now(&conn, &grant, id, demo::FILES).await;
    assert!(done.expect("a deployment"), "a user has deployed models");
    id
}
