//! The type `Session` of the graph.

use super::SessionRow;
use crate::{
    domains::identity::{
        organization::{Organization, OrganizationRow},
        user::{User, UserRow},
    },
    gql::{ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A signed-in session of the caller.
pub struct Session(pub Arc<SessionRow>);

impl From<Arc<SessionRow>> for Session {
    fn from(row: Arc<SessionRow>) -> Self {
        Self(row)
    }
}

/// A signed-in session of the caller. Its token is shown only once, by `signIn`.
#[Object]
impl Session {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Whose session it is.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let row = ctx.by_id::<UserRow>(self.0.user_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// The organization that the session works in; null for a user without one.
    async fn organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it was signed in.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it ends at the latest; earlier if it is not used for 12 hours.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// What the client called itself at sign-in.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }
}
