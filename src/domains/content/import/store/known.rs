//! What the project holds already.

use crate::{
    authz::System,
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{ChartId, DashboardId, OrganizationId, ProjectId, SpaceId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::collections::HashMap;
use uuid::Uuid;

/// Whether the project has models that are in use.
pub(in crate::domains::content::import) async fn has_models(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<bool> {
    let found = sql(
        "SELECT EXISTS (SELECT FROM active_deployments WHERE project_id = ?)",
        [project.into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// The project to import into.
#[derive(Debug, Clone)]
pub(in crate::domains::content::import) struct Target {
    /// Id.
    pub(in crate::domains::content::import) id: ProjectId,
    /// Its organization.
    pub(in crate::domains::content::import) organization: OrganizationId,
    /// Name of its organization.
    pub(in crate::domains::content::import) organization_name: String,
}

/// A space of the project.
#[derive(Debug, Clone)]
pub(in crate::domains::content::import) struct KnownSpace {
    /// Id.
    pub(in crate::domains::content::import) id: SpaceId,
    /// The space above.
    pub(in crate::domains::content::import) parent: Option<SpaceId>,
    /// Slug, unique among its siblings.
    pub(in crate::domains::content::import) slug: String,
    /// Name.
    pub(in crate::domains::content::import) name: String,
    /// From the root to this space.
    pub(in crate::domains::content::import) path: Vec<Uuid>,
    /// Spaces whose grants reach this one.
    pub(in crate::domains::content::import) grant_path: Vec<Uuid>,
    /// Whether this space or one above is private.
    pub(in crate::domains::content::import) is_restricted: bool,
}

/// A dashboard of the project.
#[derive(Debug, Clone)]
pub(in crate::domains::content::import) struct KnownDashboard {
    /// Id.
    pub(in crate::domains::content::import) id: DashboardId,
    /// Its space.
    pub(in crate::domains::content::import) space: SpaceId,
    /// Creation.
    pub(in crate::domains::content::import) created_at: DateTime<Utc>,
}

/// A chart of the project.
#[derive(Debug, Clone)]
pub(in crate::domains::content::import) struct KnownChart {
    /// Id.
    pub(in crate::domains::content::import) id: ChartId,
    /// The only dashboard it exists in, before the import.
    pub(in crate::domains::content::import) dashboard: Option<DashboardId>,
}

/// The projects of this id or name; a name may be used in several organizations.
pub(in crate::domains::content::import) async fn projects(
    mut conn: &Conn,
    _: System,
    id: Option<ProjectId>,
    name: &str,
) -> Result<Vec<Target>> {
    let rows: Vec<(Uuid, Uuid, String)> = sql(
        "SELECT p.id, p.organization_id, o.name FROM projects p \
         JOIN organizations o ON o.id = p.organization_id \
         WHERE p.id = ? OR lower(p.name) = lower(?) ORDER BY o.name, p.id",
        [id.into(), name.into()],
    )
    .statement::<(st::Uuid, st::Uuid, st::Text)>()
    .load(&mut conn)
    .await?;
    let target = |(id, organization, organization_name)| Target {
        id: ProjectId::from_uuid(id),
        organization: OrganizationId::from_uuid(organization),
        organization_name,
    };
    Ok(rows.into_iter().map(target).collect())
}

/// The active member of the organization with this id, username or mail address.
pub(in crate::domains::content::import) async fn member(
    mut conn: &Conn,
    _: System,
    organization: OrganizationId,
    (id, name): (Option<UserId>, &str),
) -> Result<Option<UserId>> {
    let found: Vec<Uuid> = sql(
        "SELECT u.id FROM users u JOIN organization_members m ON m.user_id = u.id \
         WHERE m.organization_id = ? AND u.status = 'ACTIVE' \
         AND (u.id = ? OR lower(u.username) = lower(?) OR lower(u.email) = lower(?)) LIMIT 2",
        [organization.into(), id.into(), name.into(), name.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(match found.as_slice() {
        [user] => Some(UserId::from_uuid(*user)),
        _ => None,
    })
}

/// Keeps others from changing the tree of spaces until the transaction ends, and tells the time.
pub(in crate::domains::content::import) async fn lock(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<DateTime<Utc>> {
    let now = sql(
        "SELECT now() FROM projects WHERE id = ? FOR NO KEY UPDATE",
        [project.into()],
    )
    .statement::<st::Timestamptz>()
    .get_result(&mut conn)
    .await?;
    Ok(now)
}

/// The spaces of the project.
pub(in crate::domains::content::import) async fn spaces(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<Vec<KnownSpace>> {
    type Row = (
        Uuid,
        Option<Uuid>,
        String,
        String,
        Vec<Uuid>,
        Vec<Uuid>,
        bool,
    );
    let rows: Vec<Row> = sql(
        "SELECT id, parent_id, slug, name, path, grant_path, is_restricted \
         FROM spaces WHERE project_id = ?",
        [project.into()],
    )
    .statement::<(
        st::Uuid,
        st::Nullable<st::Uuid>,
        st::Text,
        st::Text,
        st::Array<st::Uuid>,
        st::Array<st::Uuid>,
        st::Bool,
    )>()
    .load(&mut conn)
    .await?;
    let known = |(id, parent, slug, name, path, grant_path, is_restricted): Row| KnownSpace {
        id: SpaceId::from_uuid(id),
        parent: parent.map(SpaceId::from_uuid),
        slug,
        name,
        path,
        grant_path,
        is_restricted,
    };
    Ok(rows.into_iter().map(known).collect())
}

/// The dashboards of the project, by slug.
pub(in crate::domains::content::import) async fn dashboards(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<HashMap<String, KnownDashboard>> {
    let rows: Vec<(String, Uuid, Uuid, DateTime<Utc>)> = sql(
        "SELECT slug, id, space_id, created_at FROM dashboards WHERE project_id = ?",
        [project.into()],
    )
    .statement::<(st::Text, st::Uuid, st::Uuid, st::Timestamptz)>()
    .load(&mut conn)
    .await?;
    let known = |(slug, id, space, created_at)| {
        let id = DashboardId::from_uuid(id);
        let space = SpaceId::from_uuid(space);
        (
            slug,
            KnownDashboard {
                id,
                space,
                created_at,
            },
        )
    };
    Ok(rows.into_iter().map(known).collect())
}

/// The charts of the project, by slug.
pub(in crate::domains::content::import) async fn charts(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<HashMap<String, KnownChart>> {
    let rows: Vec<(String, Uuid, Option<Uuid>)> = sql(
        "SELECT slug, id, dashboard_id FROM charts WHERE project_id = ?",
        [project.into()],
    )
    .statement::<(st::Text, st::Uuid, st::Nullable<st::Uuid>)>()
    .load(&mut conn)
    .await?;
    let known = |(slug, id, dashboard): (_, _, Option<Uuid>)| {
        let dashboard = dashboard.map(DashboardId::from_uuid);
        (
            slug,
            KnownChart {
                id: ChartId::from_uuid(id),
                dashboard,
            },
        )
    };
    Ok(rows.into_iter().map(known).collect())
}
