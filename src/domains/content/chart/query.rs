//! Root fields that read charts.

use super::{Chart, ChartRow};
use crate::{
    gql::{ScopeExt as _, id_argument},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};

/// Root fields that read charts.
#[derive(Default)]
pub struct ChartQuery;

#[Object]
impl ChartQuery {
    /// One chart; null if there is none or the caller may not see it.
    async fn chart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the chart.")] id: ID,
    ) -> Result<Option<Chart>> {
        ctx.scope().viewer()?;
        Ok(ctx
            .by_id::<ChartRow>(id_argument("id", &id)?)
            .await?
            .map(Into::into))
    }
}
