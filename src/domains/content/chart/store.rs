//! Statements on charts.

use super::{
    ChartKind, ChartRow, StoredDefinition,
    definition::{ChartDefinition, Defined},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, Resource as _, Visible},
    db::{Bind, Conn, Fragment, schema::charts, sql},
    domains::content::{metric_query::MetricQuery, space::SpaceRow},
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
    pub(crate) created: (DateTime<Utc>, Option<UserId>),
    /// Last change: when, by whom.
    pub(crate) updated: (DateTime<Utc>, Option<UserId>),
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

/// Stores a chart with its audit row, and gives it with its space: one statement.
pub(crate) async fn create(
    mut conn: &Conn,
    home: &HomeGrant<'_>,
    new: &NewChart<'_>,
    recorded: Fragment,
) -> Result<(ChartRow, SpaceRow)> {
    let (space, dashboard) = match home {
        HomeGrant::Space(grant) => (Some(grant.id()), None),
        HomeGrant::Dashboard(grant) => (None, Some(grant.id())),
    };
    let query = &new.definition.metric_query;
    let stored = stored(query)?;
    for _ in 0..TRIES {
        let binds = [
            space.into(),
            dashboard.into(),
            new.slug.into(),
            new.id.into(),
            dashboard.into(),
            new.name.into(),
            Bind::from(new.description.map(str::to_owned)),
            new.kind.into(),
            query.explore_name.as_str().into(),
            new.created.0.into(),
            new.created.1.into(),
            new.updated.0.into(),
            new.updated.1.into(),
            stored.clone().into(),
            new.definition.config.clone().into(),
            Bind::Texts(new.definition.pivot_columns.clone()),
            Bind::Texts(new.definition.column_order.clone()),
        ];
        let made: Option<(ChartRow, SpaceRow)> = sql(include_str!("create.sql"), binds)
            .then(", recorded AS (", [])
            .with(recorded.clone())
            .then(
                " WHERE EXISTS (SELECT FROM made)) SELECT made.*, place.* FROM made, place",
                [],
            )
            .statement::<(Row<ChartRow>, Row<SpaceRow>)>()
            .get_result(&mut conn)
            .await
            .optional()?;
        if let Some(made) = made {
            return Ok(made);
        }
    }
    Err(Error::Conflict(
        "charts of this name are being made by others, try again".into(),
    ))
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
