//! Root fields that read spaces.

use super::{Space, SpaceRow, content::SpaceContent};
use crate::{
    gql::{ScopeExt as _, ask_ahead, id_argument},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};

/// Root fields that read spaces.
#[derive(Default)]
pub struct SpaceQuery;

#[Object]
impl SpaceQuery {
    /// One space; null if there is none or the caller may not see it.
    async fn space(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the space.")] id: ID,
    ) -> Result<Option<Space>> {
        ctx.scope().viewer()?;
        let id = id_argument("id", &id)?;
        ask_ahead(ctx, &SpaceContent(id));
        Ok(ctx.by_id::<SpaceRow>(id).await?.map(Into::into))
    }
}
