//! Commands on projects.

use super::{ProjectRow, ProjectType};
use crate::{
    authz::{Create, Delete, Edit, Grant},
    db::{Conn, schema::projects, sql},
    kernel::{
        Result,
        entity::{Organization, Project, ProjectId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;

/// A project to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = projects, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewProject<'a> {
    pub(super) id: ProjectId,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) type_: ProjectType,
    pub(super) scheduler_timezone: &'a str,
    pub(super) created_by: UserId,
    pub(super) updated_by: UserId,
}

/// What may change of a project. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = projects, check_for_backend(diesel::pg::Pg))]
pub(super) struct ProjectChanges {
    pub(super) name: Option<String>,
    pub(super) description: Option<Option<String>>,
    pub(super) is_active: Option<bool>,
    pub(super) upstream_project_id: Option<Option<ProjectId>>,
    pub(super) scheduler_timezone: Option<String>,
    pub(super) updated_by: Option<UserId>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

/// Stores a project in the organization of the grant.
pub(super) async fn create(
    mut conn: &Conn,
    organization: &Grant<Create<Project>, Organization>,
    new: &NewProject<'_>,
) -> Result<ProjectRow> {
    let row = diesel::insert_into(projects::table)
        .values((new, projects::organization_id.eq(organization.id())))
        .returning(ProjectRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Whether the project of the grant is among those that `upstream` follows, itself included. Who asks holds the projects
/// of the organization until the transaction ends: two changes at once could close a circle that neither sees.
pub(super) async fn is_upstream_of(
    mut conn: &Conn,
    project: &Grant<Edit, Project>,
    upstream: ProjectId,
) -> Result<bool> {
    let organization = project.place().organization;
    sql(
        "SELECT id FROM projects WHERE organization_id = ? ORDER BY id FOR NO KEY UPDATE",
        [organization.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let text = "WITH RECURSIVE followed AS (\
         SELECT id, upstream_project_id FROM projects WHERE id = ? \
         UNION SELECT p.id, p.upstream_project_id FROM projects p JOIN followed f ON p.id = f.upstream_project_id\
       ) SELECT EXISTS (SELECT FROM followed WHERE id = ?)";
    let statement = sql(text, [upstream.into(), project.id().into()]);
    Ok(statement
        .statement::<st::Bool>()
        .get_result(&mut conn)
        .await?)
}

/// Changes the project of the grant.
pub(super) async fn update(
    mut conn: &Conn,
    project: &Grant<Edit, Project>,
    changes: &ProjectChanges,
) -> Result<ProjectRow> {
    let row = diesel::update(projects::table.filter(projects::id.eq(project.id())))
        .set(changes)
        .returning(ProjectRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the projects of the grants, with all that they hold.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Project>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(projects::table.filter(projects::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}
