//! Which charts use an item.

use crate::{
    db::{Parents, count_of},
    domains::content::chart::{Chart, ChartRow, charts_of},
    gql::{Batch, Connection, Listing as _, PageArgs, Scope, ScopeExt as _},
    kernel::Result,
};
use async_graphql::{Context, Object};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Charts that ask for an item.
const OF_ITEM: &str = "charts.project_id = (SELECT i.project_id FROM catalog_items i WHERE i.id = p.id) \
     AND chart_fields(charts.metric_query) && (SELECT i.usage_keys FROM catalog_items i WHERE i.id = p.id)";

struct Counts;

impl Batch for Counts {
    type Key = Uuid;
    type Value = i64;

    async fn load(&self, scope: Arc<Scope>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, i64>> {
        let from = ChartRow::counted(scope.viewer()?);
        let conn = scope.conn().await?;
        count_of(conn.get()?, from, &Parents { ids, link: OF_ITEM }).await
    }
}

/// Which charts use a table or field, as far as the caller may see them.
pub struct CatalogUsage(pub(super) Uuid);

/// Which charts use a table or field, as far as the caller may see them.
#[Object]
impl CatalogUsage {
    /// How many.
    async fn chart_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let count = ctx.scope().lanes.load(0, || Ok(Counts), self.0).await?;
        Ok(i32::try_from(count.unwrap_or_default()).unwrap_or(i32::MAX))
    }

    /// The charts, the last changed first.
    async fn charts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Chart>> {
        let page = PageArgs::new(first, after, last, before);
        charts_of(ctx, (self.0, OF_ITEM), None, None, &page).await
    }
}
