//! Statements on dashboards, their tiles and tabs.

use super::{DashboardRow, DashboardTabRow, DashboardTileKind, DashboardTileRow};
use crate::{
    authz::{Create, Delete, Edit, Grant, Resource as _, View, Visible},
    db::{
        Bind, Conn,
        schema::{charts, dashboard_tabs, dashboard_tiles, dashboards},
        sql,
    },
    domains::content::{metric_query::DashboardFilters, space::SpaceRow},
    kernel::{
        Error, Result,
        entity::{
            Chart, ChartId, Dashboard, DashboardId, DashboardTileId, ProjectId, Space, SpaceId,
            UserId,
        },
    },
};
use chrono::{DateTime, Utc};
use diesel::{dsl::SqlTypeOf, pg::Pg, prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A dashboard to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewDashboard<'a> {
    /// Id.
    pub(crate) id: DashboardId,
    /// Slug, to which a number is added if it is taken.
    pub(crate) slug: &'a str,
    /// Name.
    pub(crate) name: &'a str,
    /// What it shows.
    pub(crate) description: Option<&'a str>,
    /// Filters over all tiles.
    pub(crate) filters: &'a DashboardFilters,
    /// When, by whom.
    pub(crate) created: (DateTime<Utc>, Option<UserId>),
    /// Last change: when, by whom.
    pub(crate) updated: (DateTime<Utc>, Option<UserId>),
}

/// What may change of a dashboard. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = dashboards, check_for_backend(Pg))]
pub(crate) struct DashboardChanges {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) space_id: Option<SpaceId>,
    pub(crate) filters: Option<Value>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) updated_by: Option<UserId>,
}

/// A tab to be stored.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TabValues {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) position: i32,
}

/// A tile to be stored.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TileValues {
    pub(crate) id: Uuid,
    pub(crate) tab_id: Option<Uuid>,
    pub(crate) kind: DashboardTileKind,
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: i32,
    pub(crate) height: i32,
    pub(crate) title: Option<String>,
    pub(crate) hide_title: bool,
    pub(crate) chart_id: Option<Uuid>,
    pub(crate) content: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) position: i32,
}

/// Where a chart is, as far as tiles have to know.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = charts, check_for_backend(Pg))]
pub(crate) struct ChartHome {
    pub(crate) id: ChartId,
    pub(crate) project_id: ProjectId,
    pub(crate) dashboard_id: Option<DashboardId>,
}

type Row<R> = SqlTypeOf<diesel::dsl::AsSelect<R, Pg>>;

/// How often a slug that somebody else takes at the same time is evaded.
const TRIES: usize = 8;

/// Stores a dashboard without tiles, and gives it with its space: one statement.
pub(crate) async fn create(
    mut conn: &Conn,
    space: &Grant<Create<Dashboard>, Space>,
    new: &NewDashboard<'_>,
) -> Result<(DashboardRow, SpaceRow)> {
    let filters = stored(new.filters)?;
    for _ in 0..TRIES {
        let binds = [
            space.id().into(),
            new.slug.into(),
            new.id.into(),
            new.name.into(),
            Bind::from(new.description.map(str::to_owned)),
            new.created.0.into(),
            new.created.1.into(),
            new.updated.0.into(),
            new.updated.1.into(),
            filters.clone().into(),
        ];
        let made: Option<(DashboardRow, SpaceRow)> = sql(include_str!("create.sql"), binds)
            .statement::<(Row<DashboardRow>, Row<SpaceRow>)>()
            .get_result(&mut conn)
            .await
            .optional()?;
        if let Some(made) = made {
            return Ok(made);
        }
    }
    Err(Error::Conflict(
        "dashboards of this name are being made by others, try again".into(),
    ))
}

/// The filters as they are stored: with a version, for those who read them later.
pub(crate) fn stored(filters: &DashboardFilters) -> Result<Value> {
    let mut value = serde_json::to_value(filters).map_err(anyhow::Error::new)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("version".to_owned(), 1.into());
    }
    Ok(value)
}

/// The dashboard of the grant, kept from other changes until the transaction ends.
pub(crate) async fn lock(
    mut conn: &Conn,
    dashboard: &Grant<Edit, Dashboard>,
) -> Result<DashboardRow> {
    let row = dashboards::table
        .find(dashboard.id())
        .select(DashboardRow::as_select())
        .for_no_key_update()
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// Changes the dashboard of the grant. Charts that exist only inside it move along.
pub(crate) async fn update(
    mut conn: &Conn,
    dashboard: &Grant<Edit, Dashboard>,
    changes: &DashboardChanges,
) -> Result<DashboardRow> {
    let row = diesel::update(dashboards::table.find(dashboard.id()))
        .set(changes)
        .returning(DashboardRow::as_returning())
        .get_result(&mut conn)
        .await?;
    if let Some(space) = changes.space_id {
        diesel::update(charts::table.filter(charts::dashboard_id.eq(dashboard.id())))
            .set(charts::space_id.eq(space))
            .execute(&mut conn)
            .await?;
    }
    Ok(row)
}

/// Makes these the tiles of the dashboard of the grant; those that it had keep their ids.
pub(crate) async fn put_tiles(
    mut conn: &Conn,
    dashboard: &Grant<Edit, Dashboard>,
    tiles: &[TileValues],
) -> Result<()> {
    let tiles = serde_json::to_value(tiles).map_err(anyhow::Error::new)?;
    sql(
        include_str!("put_tiles.sql"),
        [dashboard.id().into(), Bind::Json(tiles)],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Stores tabs of the dashboard of the grant, beside those that it has.
pub(crate) async fn put_tabs(
    mut conn: &Conn,
    dashboard: &Grant<Edit, Dashboard>,
    tabs: &[TabValues],
) -> Result<()> {
    let tabs = serde_json::to_value(tabs).map_err(anyhow::Error::new)?;
    sql(
        include_str!("put_tabs.sql"),
        [dashboard.id().into(), Bind::Json(tabs)],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Deletes the other tabs of the dashboard of the grant, with the tiles on them.
pub(crate) async fn keep_tabs(
    mut conn: &Conn,
    dashboard: &Grant<Edit, Dashboard>,
    tabs: &[TabValues],
) -> Result<()> {
    let ids: Vec<Uuid> = tabs.iter().map(|tab| tab.id).collect();
    diesel::delete(dashboard_tabs::table)
        .filter(dashboard_tabs::dashboard_id.eq(dashboard.id()))
        .filter(dashboard_tabs::id.ne_all(ids))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Deletes the dashboards of the grants, with the charts that exist only inside them.
pub(crate) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Dashboard>]) -> Result<()> {
    let ids: Vec<DashboardId> = grants.iter().map(Grant::id).collect();
    diesel::delete(dashboards::table.filter(dashboards::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// The tiles of the visible dashboards among these, in their order.
pub(crate) async fn tiles(
    mut conn: &Conn,
    visible: &Visible<Dashboard>,
    ids: &[DashboardId],
) -> Result<Vec<DashboardTileRow>> {
    let rows = dashboard_tiles::table
        .select(DashboardTileRow::as_select())
        .filter(dashboard_tiles::dashboard_id.eq_any(ids))
        .filter(Dashboard::visible_by(
            visible.viewer(),
            "dashboard_tiles.dashboard_id",
        ))
        .order((
            dashboard_tiles::dashboard_id,
            dashboard_tiles::position,
            dashboard_tiles::id,
        ))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The tabs of the visible dashboards among these, in their order.
pub(crate) async fn tabs(
    mut conn: &Conn,
    visible: &Visible<Dashboard>,
    ids: &[DashboardId],
) -> Result<Vec<DashboardTabRow>> {
    let rows = dashboard_tabs::table
        .select(DashboardTabRow::as_select())
        .filter(dashboard_tabs::dashboard_id.eq_any(ids))
        .filter(Dashboard::visible_by(
            visible.viewer(),
            "dashboard_tabs.dashboard_id",
        ))
        .order((
            dashboard_tabs::dashboard_id,
            dashboard_tabs::position,
            dashboard_tabs::id,
        ))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The stored filters of the visible dashboards among these.
pub(crate) async fn filters(
    mut conn: &Conn,
    visible: &Visible<Dashboard>,
    ids: &[DashboardId],
) -> Result<Vec<(DashboardId, Value)>> {
    let rows = dashboards::table
        .select((dashboards::id, dashboards::filters))
        .filter(dashboards::id.eq_any(ids))
        .filter(Dashboard::visible(visible.viewer()))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The chart that a tile of the dashboard of the grant shows; `None` if it has no such tile.
pub(crate) async fn chart_of_tile(
    mut conn: &Conn,
    dashboard: &Grant<View, Dashboard>,
    tile: DashboardTileId,
) -> Result<Option<Option<ChartId>>> {
    let found = dashboard_tiles::table
        .find(tile)
        .filter(dashboard_tiles::dashboard_id.eq(dashboard.id()))
        .select(dashboard_tiles::chart_id)
        .first(&mut conn)
        .await
        .optional()?;
    Ok(found)
}

/// The filters saved with the dashboard of the grant.
pub(crate) async fn saved_filters(
    mut conn: &Conn,
    dashboard: &Grant<View, Dashboard>,
) -> Result<DashboardFilters> {
    let stored: Value = dashboards::table
        .find(dashboard.id())
        .select(dashboards::filters)
        .first(&mut conn)
        .await?;
    let read = serde_json::from_value(stored)
        .map_err(|error| anyhow::Error::new(error).context("stored filters of a dashboard"))?;
    Ok(read)
}

/// Where the visible charts among these are.
pub(crate) async fn charts(
    mut conn: &Conn,
    visible: &Visible<Chart>,
    ids: &[ChartId],
) -> Result<Vec<ChartHome>> {
    let rows = charts::table
        .select(ChartHome::as_select())
        .filter(charts::id.eq_any(ids))
        .filter(Chart::visible(visible.viewer()))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The first space by name, on the first level of a project, in which the viewer may make
/// dashboards.
pub(crate) async fn first_space(
    mut conn: &Conn,
    creatable: &Visible<Space, Create<Dashboard>>,
    project: ProjectId,
) -> Result<Option<SpaceId>> {
    let statement = sql(
        "SELECT spaces.id FROM spaces WHERE spaces.project_id = ? AND spaces.parent_id IS NULL AND ",
        [project.into()],
    )
    .with(creatable.reach().of_space())
    .then(" AND ", [])
    .with(Space::visible(creatable.viewer()))
    .then(" ORDER BY spaces.name, spaces.id LIMIT 1", []);
    let id: Option<Uuid> = statement
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(id.map(SpaceId::from_uuid))
}
