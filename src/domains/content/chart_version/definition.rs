//! The wide part of versions, read for a whole level at once and only where asked for.

use super::{ChartVersionDefinitionRow, store};
use crate::{
    authz::View,
    domains::content::chart::ChartDefinition,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{Error, Result, entity, entity::ChartVersionId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

/// What was stored.
///
/// # Errors
/// What is stored is not a query.
pub(super) fn read(row: ChartVersionDefinitionRow) -> Result<ChartDefinition> {
    ChartDefinition::of_stored(
        row.metric_query,
        row.config,
        row.pivot_columns,
        row.column_order,
    )
}

/// One unreadable version does not keep the others of the level from being shown.
type Read = Arc<Result<ChartDefinition>>;

struct Definitions;

impl Batch for Definitions {
    type Key = ChartVersionId;
    type Value = Read;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<ChartVersionId>,
    ) -> Result<HashMap<ChartVersionId, Read>> {
        let visible = scope.visible::<entity::ChartVersion, View>()?;
        let conn = scope.conn().await?;
        let rows = store::definitions(conn.get()?, &visible, &keys).await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.id, Arc::new(read(row))))
            .collect())
    }
}

/// What `part` says of the definition of a version. Batched.
pub(super) async fn of<T>(
    ctx: &Context<'_>,
    id: ChartVersionId,
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
