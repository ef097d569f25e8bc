//! Statements on versions of charts. Nothing here writes them: the table `charts` does.

use crate::{
    authz::{Grant, Resource as _, Visible},
    db::{Conn, views::chart_history},
    domains::content::{
        chart::{Defined, StoredDefinition},
        metric_query::MetricQuery,
    },
    kernel::{
        Result,
        entity::{Chart, ChartVersion, ChartVersionId},
    },
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// Columns of a [`StoredDefinition`].
type Definition = (
    chart_history::metric_query,
    chart_history::config,
    chart_history::pivot_columns,
    chart_history::column_order,
);
const DEFINITION: Definition = (
    chart_history::metric_query,
    chart_history::config,
    chart_history::pivot_columns,
    chart_history::column_order,
);

impl Defined for ChartVersion {
    async fn definitions(
        mut conn: &Conn,
        visible: &Visible<Self>,
        ids: &[ChartVersionId],
    ) -> Result<Vec<(ChartVersionId, StoredDefinition)>> {
        let rows = chart_history::table
            .select((chart_history::id, DEFINITION))
            .filter(chart_history::id.eq_any(ids))
            .filter(Self::visible(visible.viewer()))
            .load(&mut conn)
            .await?;
        Ok(rows)
    }
}

/// A version of the chart of the grant.
pub(super) async fn get<A>(
    mut conn: &Conn,
    chart: &Grant<A, Chart>,
    id: ChartVersionId,
) -> Result<Option<StoredDefinition>> {
    let found = chart_history::table
        .select(DEFINITION)
        .filter(chart_history::id.eq(id))
        .filter(chart_history::chart_id.eq(chart.id()))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(found)
}

/// What a version of the chart of the grant asks, the current one unless one is named; none if the named
/// one is not of this chart.
pub(crate) async fn query<A>(
    mut conn: &Conn,
    chart: &Grant<A, Chart>,
    version: Option<ChartVersionId>,
) -> Result<Option<(ChartVersionId, MetricQuery)>> {
    let of_chart = chart_history::table
        .select((chart_history::id, chart_history::metric_query))
        .filter(chart_history::chart_id.eq(chart.id()))
        .into_boxed();
    let wanted = match version {
        Some(id) => of_chart.filter(chart_history::id.eq(id)),
        None => of_chart.filter(chart_history::is_current),
    };
    let found: Option<(ChartVersionId, Value)> = wanted.first(&mut conn).await.optional()?;
    let Some((id, stored)) = found else {
        return Ok(None);
    };
    let read = serde_json::from_value(stored)
        .map_err(|error| anyhow::Error::new(error).context("a stored metric query"))?;
    Ok(Some((id, read)))
}
