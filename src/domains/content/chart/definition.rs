//! The wide part of charts and of their versions, read for a whole level at once and only where asked for.

use super::StoredDefinition;
use crate::{
    authz::{Permits, View, Visible},
    db::Conn,
    domains::content::metric_query::MetricQuery,
    gql::{Batch, FieldId, Scope, ScopeExt as _},
    kernel::{
        Error, Id, Result,
        entity::{Chart, ChartId},
    },
};
use async_graphql::Context;
use serde_json::Value;
use std::{collections::HashMap, marker::PhantomData, sync::Arc};

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
    /// Columns as ids of fields.
    pub(crate) fn pivots(&self) -> Vec<FieldId> {
        self.pivot_columns.iter().map(FieldId::trusted).collect()
    }
}

impl StoredDefinition {
    /// The definition that is stored.
    ///
    /// # Errors
    /// What is stored is not a query.
    pub(crate) fn read(self) -> Result<ChartDefinition> {
        let metric_query = serde_json::from_value(self.metric_query)
            .map_err(|error| anyhow::Error::new(error).context("a stored metric query"))?;
        Ok(ChartDefinition {
            metric_query,
            config: self.config,
            pivot_columns: self.pivot_columns,
            column_order: self.column_order,
        })
    }
}

/// What has a definition: charts, and versions of charts.
pub(crate) trait Defined: Permits<View> + Sized {
    /// The definitions of the visible ones among `ids`.
    ///
    /// # Errors
    /// The database fails.
    fn definitions(
        conn: &Conn,
        visible: &Visible<Self>,
        ids: &[Id<Self>],
    ) -> impl Future<Output = Result<Vec<(Id<Self>, StoredDefinition)>>> + Send;
}

/// One that cannot be read does not keep the others of the level from being shown.
type Read = Arc<Result<ChartDefinition>>;

struct Definitions<T>(PhantomData<fn() -> T>);

impl<T: Defined> Batch for Definitions<T> {
    type Key = Id<T>;
    type Value = Read;

    async fn load(&self, scope: Arc<Scope>, keys: Vec<Id<T>>) -> Result<HashMap<Id<T>, Read>> {
        let visible = scope.visible::<T, View>()?;
        let conn = scope.conn().await?;
        let stored = T::definitions(conn.get()?, &visible, &keys).await?;
        Ok(stored
            .into_iter()
            .map(|(id, stored)| (id, Arc::new(stored.read())))
            .collect())
    }
}

/// Gives the definition of a chart before it is asked for.
pub(super) fn prime(scope: &Scope, id: ChartId, definition: ChartDefinition) -> Result<()> {
    let read: Read = Arc::new(Ok(definition));
    let of_charts = || Ok(Definitions::<Chart>(PhantomData));
    scope.lanes.prime(0, of_charts, [(id, Some(read))])
}

/// What `part` says of the definition of a chart or a version. Batched.
pub(in crate::domains::content) async fn defined<T: Defined, O>(
    ctx: &Context<'_>,
    id: Id<T>,
    part: impl FnOnce(&ChartDefinition) -> O,
) -> Result<O> {
    let read = ctx
        .scope()
        .lanes
        .load(0, || Ok(Definitions::<T>(PhantomData)), id)
        .await?
        .ok_or(Error::NotFound)?;
    read.as_ref().as_ref().map(part).map_err(Clone::clone)
}
