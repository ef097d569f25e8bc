//! Root fields that read groups.

use super::{Group, GroupFilter, GroupOrder, GroupRef, GroupRow};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, id_argument, list},
    kernel::Result,
};
use async_graphql::{Context, Object};

/// Root fields that read groups.
#[derive(Default)]
pub struct GroupQuery;

#[Object]
impl GroupQuery {
    /// One group; null if there is none or the caller may not see it.
    async fn group(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Names the group; a key is looked for in the working organization first."
        )]
        by: GroupRef,
    ) -> Result<Option<Group>> {
        let viewer = ctx.scope().viewer()?;
        if let GroupRef::Id(id) = &by {
            let id = id_argument("by.id", id)?;
            return Ok(ctx.by_id::<GroupRow>(id).await?.map(Into::into));
        }
        let conn = ctx.scope().conn().await?;
        let found = Box::pin(by.find(conn.get()?, viewer)).await?;
        drop(conn);
        let Some(id) = found else { return Ok(None) };
        Ok(ctx.by_id::<GroupRow>(id).await?.map(Into::into))
    }

    /// The groups that the caller may see, of all organizations.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<GroupFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<GroupOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Group>> {
        ctx.scope().viewer()?;
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<GroupRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?).await
    }
}
