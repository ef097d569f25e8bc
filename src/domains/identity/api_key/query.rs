//! Root fields that read API keys.

use super::{ApiKey, ApiKeyFilter, ApiKeyOrder, ApiKeyRow};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, list},
    kernel::Result,
};
use async_graphql::{Context, Object};

/// Root fields that read API keys.
#[derive(Default)]
pub struct ApiKeyQuery;

#[Object]
impl ApiKeyQuery {
    /// The caller's API keys, and with API_KEY_MANAGE_ALL those of everybody who lives in the
    /// organization.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ApiKeyFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<ApiKeyOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ApiKey>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<ApiKeyRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?).await
    }
}
