//! Root fields that read dashboards.

use super::{Dashboard, DashboardRow};
use crate::{
    gql::{ScopeExt as _, id_argument},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};

/// Root fields that read dashboards.
#[derive(Default)]
pub struct DashboardQuery;

#[Object]
impl DashboardQuery {
    /// One dashboard; null if there is none or the caller may not see it.
    async fn dashboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the dashboard.")] id: ID,
    ) -> Result<Option<Dashboard>> {
        ctx.scope().viewer()?;
        Ok(ctx
            .by_id::<DashboardRow>(id_argument("id", &id)?)
            .await?
            .map(Into::into))
    }
}
