//! Root field of the caller.

use super::Viewer;
use crate::{
    authz::FieldPolicy,
    gql::{ScopeExt as _, direct::Single},
};
use async_graphql::{Context, Object};

/// Policies of the root fields of the caller.
pub const POLICIES: &[FieldPolicy] = &[FieldPolicy::public(
    "Query.viewer",
    "tells an anonymous caller that they are one",
)];

/// Root field of the caller.
#[derive(Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// The caller; null for one who has not signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Single<Viewer>> {
        let viewer = ctx.scope().viewer_if_any().cloned();
        viewer.map(|viewer| Single(Viewer(viewer)))
    }
}
