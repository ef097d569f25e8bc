//! The type `ApiKey` of the graph.

use super::ApiKeyRow;
use crate::{
    domains::identity::user::{User, UserRow},
    gql::{ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// An API key.
pub struct ApiKey(pub Arc<ApiKeyRow>);

impl From<Arc<ApiKeyRow>> for ApiKey {
    fn from(row: Arc<ApiKeyRow>) -> Self {
        Self(row)
    }
}

/// An API key: acts with the present rights of its user. The secret is shown only once.
#[Object]
impl ApiKey {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// What the key is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the key is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Last four characters of the secret, to tell keys apart.
    async fn last_four(&self) -> &str {
        &self.0.last_four
    }

    /// With whose rights it acts.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        let row = ctx.by_id::<UserRow>(self.0.user_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// From when it does not work.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// Whether it is past its date.
    async fn is_expired(&self, ctx: &Context<'_>) -> bool {
        self.0
            .expires_at
            .is_some_and(|at| at <= ctx.scope().clock.now())
    }

    /// When it was used last, to the minute.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it got a new secret last.
    async fn rotated_at(&self) -> Option<DateTime<Utc>> {
        self.0.rotated_at
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
