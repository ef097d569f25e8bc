//! Root fields that read organizations.

use super::{Organization, OrganizationFilter, OrganizationOrder, OrganizationRow};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, id_argument, list},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};

/// Root fields that read organizations.
#[derive(Default)]
pub struct OrganizationQuery;

#[Object]
impl OrganizationQuery {
    /// One organization; null if there is none or the caller may not see it.
    async fn organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the organization.")] id: ID,
    ) -> Result<Option<Organization>> {
        ctx.scope().viewer()?;
        Ok(ctx
            .by_id::<OrganizationRow>(id_argument("id", &id)?)
            .await?
            .map(Into::into))
    }

    /// The organizations that the caller may see.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn organizations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<OrganizationFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<OrganizationOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Organization>> {
        ctx.scope().viewer()?;
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<OrganizationRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?)
            .await
    }
}
