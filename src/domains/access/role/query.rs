//! Root fields that read roles.

use super::{Role, RoleFilter, RoleOrder, RoleRow};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, list},
    kernel::Result,
};
use async_graphql::{Context, Object};

/// Root fields that read roles.
#[derive(Default)]
pub struct RoleQuery;

#[Object]
impl RoleQuery {
    /// The roles that the caller may see: built-in ones, custom ones of their organizations, and
    /// those of the installation that they hold (all of them with SYSTEM_VIEW).
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<RoleFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<Vec<RoleOrder>>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Role>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<RoleRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?).await
    }
}
