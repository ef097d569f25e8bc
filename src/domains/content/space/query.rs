//! Root fields that read spaces.

use super::{Space, SpaceRow};
use crate::{
    gql::{ScopeExt as _, id_argument},
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
        Ok(ctx
            .by_id::<SpaceRow>(id_argument("id", &id)?)
            .await?
            .map(Into::into))
    }
}
