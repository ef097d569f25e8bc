//! The type `ChartVersion` of the graph.

use super::ChartVersionRow;
use crate::{
    domains::{
        content::{
            chart::{Chart, ChartDefinition, ChartRow, defined},
            metric_query::MetricQuery,
        },
        identity::user::{User, UserRow},
    },
    gql::{FieldId, ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;

/// What a chart draws, or drew before it was changed.
pub struct ChartVersion(pub Arc<ChartVersionRow>);

impl From<Arc<ChartVersionRow>> for ChartVersion {
    fn from(row: Arc<ChartVersionRow>) -> Self {
        Self(row)
    }
}

/// What a chart draws, or drew before it was changed: its query, its configuration and its columns. Name,
/// description and space have no versions. Seen by who sees the chart.
#[Object]
impl ChartVersion {
    /// Globally unique id. The version keeps it when a later one becomes the current one.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// The chart.
    async fn chart(&self, ctx: &Context<'_>) -> Result<Chart> {
        let row = ctx.by_id::<ChartRow>(self.0.chart_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// Name of the explore it asks.
    async fn explore_name(&self) -> &str {
        &self.0.explore_name
    }

    /// What it asks of the semantic layer.
    async fn metric_query(&self, ctx: &Context<'_>) -> Result<MetricQuery> {
        defined(ctx, self.0.id, |definition| definition.metric_query.clone()).await
    }

    /// How it is drawn, as the front end keeps it.
    async fn config(&self, ctx: &Context<'_>) -> Result<Value> {
        defined(ctx, self.0.id, |definition| definition.config.clone()).await
    }

    /// Dimensions whose values become columns.
    async fn pivot_columns(&self, ctx: &Context<'_>) -> Result<Vec<FieldId>> {
        defined(ctx, self.0.id, ChartDefinition::pivots).await
    }

    /// The columns from left to right.
    async fn column_order(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        defined(ctx, self.0.id, |definition| definition.column_order.clone()).await
    }

    /// Whether it is what the chart draws now.
    async fn is_current(&self) -> bool {
        self.0.is_current
    }

    /// Since when the chart drew it.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who made the chart draw it; null if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }
}
