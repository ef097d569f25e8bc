//! Statements on connections.

use super::{WarehouseConnectionRow, Weekday};
use crate::{
    authz::{Edit, Grant, Resource as _, System, View, Viewer, Visible},
    db::{Bind, Conn, schema::warehouse_connections as connections, sql},
    kernel::{
        Result,
        entity::{OrganizationId, Project, ProjectId, UserId, WarehouseCredentialsId},
    },
    services::warehouse::Settings,
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// A connection to be stored.
pub(super) struct NewConnection<'a> {
    pub(super) organization: OrganizationId,
    pub(super) settings: &'a Settings,
    /// The encrypted secret; `None` keeps the one that is stored.
    pub(super) secret: Option<Option<Vec<u8>>>,
    pub(super) start_of_week: Option<Weekday>,
    /// Who sets it, and when; `None` is the server, now.
    pub(super) by: Option<UserId>,
    pub(super) at: Option<DateTime<Utc>>,
}

/// The connections of projects that the viewer sees.
pub(super) async fn of_projects(
    mut conn: &Conn,
    visible: &Visible<Project, View>,
    projects: &[ProjectId],
) -> Result<Vec<WarehouseConnectionRow>> {
    let seen = Project::visible_by(visible.viewer(), "warehouse_connections.project_id");
    let rows = connections::table
        .select(WarehouseConnectionRow::as_select())
        .filter(connections::project_id.eq_any(projects))
        .filter(seen)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Which of their own credentials the viewer's queries use, by project. Only those they chose for
/// the project: a password goes nowhere that its user did not name.
pub(super) async fn preferred(
    mut conn: &Conn,
    viewer: &Viewer,
    projects: &[ProjectId],
) -> Result<Vec<(ProjectId, WarehouseCredentialsId)>> {
    let found: Vec<(Uuid, Uuid)> = sql(
        "SELECT x.project_id, c.id FROM project_warehouse_credentials x \
         JOIN warehouse_connections w ON w.project_id = x.project_id \
         JOIN warehouse_credentials c ON c.id = x.warehouse_credentials_id AND c.kind = w.kind \
         WHERE x.user_id = ? AND x.project_id = ANY(?)",
        [viewer.user.into(), Bind::from(projects)],
    )
    .statement::<(st::Uuid, st::Uuid)>()
    .load(&mut conn)
    .await?;
    Ok(found
        .into_iter()
        .map(|(project, id)| {
            let id = WarehouseCredentialsId::from_uuid(id);
            (ProjectId::from_uuid(project), id)
        })
        .collect())
}

/// The connection of a project with its encrypted secret, for whoever holds a grant on it.
pub(super) async fn with_secret<A>(
    mut conn: &Conn,
    project: &Grant<A, Project>,
) -> Result<Option<(WarehouseConnectionRow, Option<Vec<u8>>)>> {
    let found = connections::table
        .select((WarehouseConnectionRow::as_select(), connections::secret))
        .filter(connections::project_id.eq(project.id()))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(found)
}

/// Stores the connection of the project of the grant, in place of the one it had.
pub(super) async fn put(
    mut conn: &Conn,
    project: &Grant<Edit, Project>,
    new: NewConnection<'_>,
) -> Result<()> {
    let at = new.at.map_or(Bind::NoText, Bind::Time);
    let (keep, secret) = match new.secret {
        None => (true, None),
        Some(secret) => (false, secret),
    };
    sql(
        "INSERT INTO warehouse_connections \
         (project_id, organization_id, kind, settings, secret, start_of_week, created_at, created_by, updated_at, updated_by) \
         VALUES (?, ?, ?, ?, nullif(?, ''::bytea), ?, coalesce(?::timestamptz, now()), ?, coalesce(?::timestamptz, now()), ?) \
         ON CONFLICT (project_id) DO UPDATE SET kind = excluded.kind, settings = excluded.settings, \
           secret = CASE WHEN ? THEN warehouse_connections.secret ELSE excluded.secret END, \
           start_of_week = excluded.start_of_week, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        [
            project.id().into(),
            new.organization.into(),
            new.settings.kind().into(),
            Bind::Json(new.settings.to_json()),
            secret.unwrap_or_default().into(),
            new.start_of_week
                .map(|day| day.as_str().to_owned())
                .into(),
            at.clone(),
            new.by.into(),
            at,
            new.by.into(),
            keep.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Notes on the project of the grant whether its users bring own credentials, and who said so.
pub(super) async fn require_own(
    mut conn: &Conn,
    project: &Grant<Edit, Project>,
    required: bool,
    (by, at): (UserId, DateTime<Utc>),
) -> Result<()> {
    sql(
        "UPDATE projects SET require_user_credentials = ?, updated_at = ?, updated_by = ? WHERE id = ?",
        [
            required.into(),
            at.into(),
            by.into(),
            project.id().into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Forgets who uses which own credentials in the project of the grant, since it leads elsewhere now.
pub(super) async fn forget_preferences(
    mut conn: &Conn,
    project: &Grant<Edit, Project>,
) -> Result<()> {
    sql(
        "DELETE FROM project_warehouse_credentials WHERE project_id = ?",
        [project.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// What personal credentials hold.
pub(super) struct Personal {
    pub(super) organization: OrganizationId,
    pub(super) username: Option<String>,
    pub(super) secret: Vec<u8>,
}

/// Whether every user of a project brings own credentials.
pub(super) async fn requires_own<A>(mut conn: &Conn, project: &Grant<A, Project>) -> Result<bool> {
    let statement = sql(
        "SELECT require_user_credentials FROM projects WHERE id = ?",
        [project.id().into()],
    );
    Ok(statement
        .statement::<st::Bool>()
        .get_result(&mut conn)
        .await?)
}

/// Personal credentials with their encrypted secret, for a query of their user.
pub(super) async fn personal(
    mut conn: &Conn,
    _: System,
    id: WarehouseCredentialsId,
) -> Result<Option<Personal>> {
    use crate::db::schema::warehouse_credentials as table;
    let found: Option<(OrganizationId, Option<String>, Vec<u8>)> = table::table
        .select((table::organization_id, table::username, table::secret))
        .filter(table::id.eq(id))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(found.map(|(organization, username, secret)| Personal {
        organization,
        username,
        secret,
    }))
}
