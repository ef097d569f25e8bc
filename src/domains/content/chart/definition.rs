//! The wide part of charts, read for a whole level at once and only where asked for.

use super::{ChartDefinitionRow, store};
use crate::{
    authz::View,
    domains::content::metric_query::MetricQuery,
    gql::{Batch, FieldId, Scope, ScopeExt as _},
    kernel::{Error, Result, entity, entity::ChartId},
};
use async_graphql::Context;
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// Query and configuration of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartDefinition {
    /// What it asks.
    pub(crate) metric_query: MetricQuery,
    /// How it is drawn.
    pub(crate) config: Value,
    /// Dimensions whose values become columns.
    pub(crate) pivot_columns: Vec<String>,
    /// Columns from left to right.
    pub(crate) column_order: Vec<String>,
}

impl ChartDefinition {
    /// What was stored.
    ///
    /// # Errors
    /// What is stored is not a query.
    pub(crate) fn read(row: ChartDefinitionRow) -> Result<Self> {
        Self::of_stored(
            row.metric_query,
            row.config,
            row.pivot_columns,
            row.column_order,
        )
    }

    /// The columns of whatever row holds a definition.
    ///
    /// # Errors
    /// What is stored is not a query.
    pub(crate) fn of_stored(
        metric_query: Value,
        config: Value,
        pivot_columns: Vec<String>,
        column_order: Vec<String>,
    ) -> Result<Self> {
        let metric_query = serde_json::from_value(metric_query)
            .map_err(|error| anyhow::Error::new(error).context("a stored metric query"))?;
        Ok(Self {
            metric_query,
            config,
            pivot_columns,
            column_order,
        })
    }

    /// Columns as ids of fields.
    pub(crate) fn pivots(&self) -> Vec<FieldId> {
        self.pivot_columns.iter().map(FieldId::trusted).collect()
    }
}

/// One unreadable chart does not keep the others of the level from being shown.
type Read = Arc<Result<ChartDefinition>>;

struct Definitions;

impl Batch for Definitions {
    type Key = ChartId;
    type Value = Read;

    async fn load(&self, scope: Arc<Scope>, keys: Vec<ChartId>) -> Result<HashMap<ChartId, Read>> {
        let visible = scope.visible::<entity::Chart, View>()?;
        let conn = scope.conn().await?;
        let rows = store::definitions(conn.get()?, &visible, &keys).await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.id, Arc::new(ChartDefinition::read(row))))
            .collect())
    }
}

/// Gives the definition of a chart before it is asked for.
pub(super) fn prime(scope: &Scope, id: ChartId, definition: ChartDefinition) -> Result<()> {
    let read: Read = Arc::new(Ok(definition));
    scope.lanes.prime(0, || Ok(Definitions), [(id, Some(read))])
}

/// What `part` says of the definition of a chart. Batched.
pub(super) async fn of<T>(
    ctx: &Context<'_>,
    id: ChartId,
    part: impl FnOnce(&ChartDefinition) -> T,
) -> Result<T> {
    let read = ctx
        .scope()
        .lanes
        .load(0, || Ok(Definitions), id)
        .await?
        .ok_or(Error::NotFound)?;
    read.as_ref().as_ref().map(part).map_err(Clone::clone)
}
