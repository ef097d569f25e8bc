//! Statements on charts.

use super::{
    ChartKind, ChartRow, StoredDefinition,
    definition::{ChartDefinition, Defined},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, Proviso, Resource as _, Visible},
    db::{Bind, Conn, Fragment, schema::charts, sql},
    domains::{
        content::{metric_query::MetricQuery, space::SpaceRow},
        identity::user::UserRow,
    },
    kernel::{
        Error, Result,
        entity::{Chart, ChartId, Dashboard, DashboardId, Space, SpaceId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{dsl::SqlTypeOf, pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// Where a chart is made: in a space, or inside one dashboard.
pub(crate) enum HomeGrant<'a> {
    /// In a space.
    Space(&'a Grant<Create<Chart>, Space>),
    /// Inside a dashboard, and in its space.
    Dashboard(&'a Grant<Create<Chart>, Dashboard>),
}

/// A chart to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewChart<'a> {
    /// Id.
    pub(crate) id: ChartId,
    /// Slug, to which a number is added if it is taken.
    pub(crate) slug: &'a str,
    /// Name.
    pub(crate) name: &'a str,
    /// What it shows.
    pub(crate) description: Option<&'a str>,
    /// How it is drawn.
    pub(crate) kind: ChartKind,
    /// Query and configuration.
    pub(crate) definition: &'a ChartDefinition,
    /// When, by whom.
    pub(crate) created: (DateTime<Utc>, UserId),
}

/// What may change of a chart. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = charts, check_for_backend(Pg))]
pub(crate) struct ChartChanges {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<Option<String>>,
    pub(crate) space_id: Option<SpaceId>,
    pub(crate) dashboard_id: Option<Option<DashboardId>>,
    pub(crate) kind: Option<ChartKind>,
    pub(crate) explore_name: Option<String>,
    pub(crate) metric_query: Option<Value>,
    pub(crate) config: Option<Value>,
    pub(crate) pivot_columns: Option<Vec<String>>,
    pub(crate) column_order: Option<Vec<String>>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
    pub(crate) updated_by: Option<UserId>,
}

type Row<R> = SqlTypeOf<diesel::dsl::AsSelect<R, Pg>>;

/// How often a slug that somebody else takes at the same time is evaded.
const TRIES: usize = 8;

/// A chart that was made, its space, and who made it.
pub(crate) type Created = (ChartRow, SpaceRow, UserRow);

/// Stores a chart with its audit row in a space, if the caller may do that, and gives it with what is
/// mostly shown of it: one statement. `None` where they may not, or where somebody else takes its slug at
/// the same time. `recorded` writes the audit row, in the organization that its argument is SQL for.
pub(crate) async fn create_provided(
    conn: &Conn,
    space: &Proviso<Create<Chart>, Space>,
    new: &NewChart<'_>,
    recorded: impl FnOnce(&'static str) -> Fragment,
) -> Result<Option<Created>> {
    let condition = space.condition().clone();
    insert(
        conn,
        (Some(space.id()), None, condition),
        new,
        recorded(HERE),
    )
    .await
}

/// The same under a grant; of those who take its slug, some are evaded.
pub(crate) async fn create(
    conn: &Conn,
    home: &HomeGrant<'_>,
    new: &NewChart<'_>,
    recorded: impl FnOnce(&'static str) -> Fragment,
) -> Result<Created> {
    let (space, dashboard) = match home {
        HomeGrant::Space(grant) => (Some(grant.id()), None),
        HomeGrant::Dashboard(grant) => (None, Some(grant.id())),
    };
    let recorded = recorded(HERE);
    for _ in 0..TRIES {
        let home = (space, dashboard, Fragment::yes());
        if let Some(made) = insert(conn, home, new, recorded.clone()).await? {
            return Ok(made);
        }
    }
    Err(Error::Conflict(
        "charts of this name are being made by others, try again".into(),
    ))
}

/// The organization of a chart that is being made, in the statement that makes it.
const HERE: &str = "(SELECT made.organization_id FROM made)";

async fn insert(
    mut conn: &Conn,
    (space, dashboard, condition): (Option<SpaceId>, Option<DashboardId>, Fragment),
    new: &NewChart<'_>,
    recorded: Fragment,
) -> Result<Option<Created>> {
    let query = &new.definition.metric_query;
    let binds = [
        new.slug.into(),
        new.id.into(),
        dashboard.into(),
        new.name.into(),
        Bind::from(new.description.map(str::to_owned)),
        new.kind.into(),
        query.explore_name.as_str().into(),
        new.created.0.into(),
        new.created.1.into(),
        new.created.0.into(),
        new.created.1.into(),
        stored(query)?.into(),
        new.definition.config.clone().into(),
        Bind::Texts(new.definition.pivot_columns.clone()),
        Bind::Texts(new.definition.column_order.clone()),
    ];
    // The author is there, or the chart could not point at it: an inner join would answer nothing for a
    // chart that was made, if that were ever not so.
    let made = sql(
        "WITH place AS (SELECT id, organization_id, project_id, parent_id, name, slug, is_private, path, \
         grant_path, is_restricted, created_at, created_by, updated_at FROM spaces \
         WHERE id = coalesce(?, (SELECT d.space_id FROM dashboards d WHERE d.id = ?)) AND ",
        [space.into(), dashboard.into()],
    )
    .with(condition)
    .then("), ", [])
    .then(include_str!("create.sql"), binds)
    .then(", recorded AS (", [])
    .with(recorded)
    .then(
        " WHERE EXISTS (SELECT FROM made)) SELECT made.*, place.*, u.id, u.kind, u.username, u.email, \
         u.first_name, u.last_name, u.full_name, u.status, u.organization_id, u.created_at, u.updated_at \
         FROM made CROSS JOIN place LEFT JOIN users u ON u.id = made.created_by",
        [],
    )
    .statement::<(Row<ChartRow>, Row<SpaceRow>, Row<UserRow>)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(made)
}

/// The query as it is stored: with a version, for those who read it later.
pub(crate) fn stored(query: &MetricQuery) -> Result<Value> {
    let mut value = serde_json::to_value(query).map_err(anyhow::Error::new)?;
    if let Value::Object(fields) = &mut value {
        fields.insert("version".to_owned(), 1.into());
    }
    Ok(value)
}

/// Columns of a [`StoredDefinition`].
type Definition = (
    charts::metric_query,
    charts::config,
    charts::pivot_columns,
    charts::column_order,
);
const DEFINITION: Definition = (
    charts::metric_query,
    charts::config,
    charts::pivot_columns,
    charts::column_order,
);

/// The chart of the grant, with its definition.
pub(crate) async fn get(
    mut conn: &Conn,
    chart: &Grant<Edit, Chart>,
) -> Result<(ChartRow, StoredDefinition)> {
    let row = charts::table
        .find(chart.id())
        .select((ChartRow::as_select(), DEFINITION))
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// Changes the chart of the grant.
pub(crate) async fn update(
    mut conn: &Conn,
    chart: &Grant<Edit, Chart>,
    changes: &ChartChanges,
) -> Result<ChartRow> {
    let row = diesel::update(charts::table.find(chart.id()))
        .set(changes)
        .returning(ChartRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the charts of the grants, and the tiles that show them.
pub(crate) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Chart>]) -> Result<()> {
    let ids: Vec<ChartId> = grants.iter().map(Grant::id).collect();
    diesel::delete(charts::table.filter(charts::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

impl Defined for Chart {
    async fn definitions(
        mut conn: &Conn,
        visible: &Visible<Self>,
        ids: &[ChartId],
    ) -> Result<Vec<(ChartId, StoredDefinition)>> {
        let rows = charts::table
            .select((charts::id, DEFINITION))
            .filter(charts::id.eq_any(ids))
            .filter(Self::visible(visible.viewer()))
            .load(&mut conn)
            .await?;
        Ok(rows)
    }
}
