//! The type `AccessGrant` of the graph.

use super::{AccessGrantRow, AccessScope};
use crate::{
    domains::access::{
        Principal,
        role::{Role, RoleRow},
    },
    gql::{ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A role given to a user or group on a scope.
pub struct AccessGrant(pub Arc<AccessGrantRow>);

impl From<Arc<AccessGrantRow>> for AccessGrant {
    fn from(row: Arc<AccessGrantRow>) -> Self {
        Self(row)
    }
}

/// A role given to a user or group on an organization, a project or a space. It reaches down to
/// what is inside, except into private spaces. What somebody may do in the end is in
/// `effectiveAccess`.
#[Object]
impl AccessGrant {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Whom the role is given to.
    async fn principal(&self, ctx: &Context<'_>) -> Result<Principal> {
        Principal::load(ctx, self.0.user_id, self.0.group_id).await
    }

    /// What is given.
    async fn role(&self, ctx: &Context<'_>) -> Result<Role> {
        Ok(ctx
            .by_id::<RoleRow>(self.0.role_id)
            .await?
            .ok_or(Error::NotFound)?
            .into())
    }

    /// Where it is given.
    async fn scope(&self, ctx: &Context<'_>) -> Result<AccessScope> {
        AccessScope::of_grant(ctx, &self.0)
            .await?
            .ok_or(Error::NotFound)
    }

    /// True for a grant that was made on this very scope to this very principal. Lists of grants
    /// hold these only; what follows from wider scopes and from groups is in `effectiveAccess`.
    async fn is_explicit(&self) -> bool {
        true
    }

    /// The grant that this one follows from; null for an explicit one.
    async fn inherited_from(&self) -> Option<AccessGrant> {
        None
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its role was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
