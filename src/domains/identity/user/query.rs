//! Root fields that read users.

use super::{User, UserFilter, UserOrder, UserRef, UserRow};
use crate::{
    gql::{Connection, FilterInput as _, PageArgs, ScopeExt as _, list},
    kernel::Result,
};
use async_graphql::{Context, Object};

/// Root fields that read users.
#[derive(Default)]
pub struct UserQuery;

#[Object]
impl UserQuery {
    /// One user; null if there is none or the caller may not see them.
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user: by exactly one of these.")] by: UserRef,
    ) -> Result<Option<User>> {
        let viewer = ctx.scope().viewer()?;
        if let UserRef::Id(id) = &by {
            let id = crate::gql::id_argument("by.id", id)?;
            return Ok(ctx.by_id::<UserRow>(id).await?.map(Into::into));
        }
        let conn = ctx.scope().conn().await?;
        let found = Box::pin(by.find(conn.get()?, viewer)).await?;
        drop(conn);
        let Some(id) = found else { return Ok(None) };
        Ok(ctx.by_id::<UserRow>(id).await?.map(Into::into))
    }

    /// The users that the caller may see: members of the same organizations, and accounts that live
    /// in or are managed by an organization where the caller has USER_VIEW.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<UserFilter>,
        #[graphql(desc = "In which order; by display name unless given.")] order_by: Option<
            Vec<UserOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        list::<UserRow, _>(ctx, &page, &order, filter.condition(ctx.scope().viewer()?)?).await
    }
}
