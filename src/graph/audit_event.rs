//! The fields of `AuditEvent`: here, because the target of an event can be any node.

use super::registry::{Node, find};
use crate::{
    authz::AuditOutcome,
    domains::{
        identity::{
            api_key::{ApiKey, ApiKeyRow},
            user::{User, UserRow},
        },
        platform::audit::AuditEvent,
    },
    gql::{ScopeExt as _, id_text},
    kernel::{AnyId, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

/// A record of who did what, when and from where. Never changed.
#[Object]
impl AuditEvent {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Who did it; null if the account is gone or not visible.
    async fn actor(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.actor_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The API key it was done with; null without one, and if it is gone or not visible.
    async fn api_key(&self, ctx: &Context<'_>) -> Option<Result<ApiKey>> {
        let row = ctx.by_id::<ApiKeyRow>(self.0.api_key_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Name of the mutation, such as `createProject`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// How it ended.
    async fn outcome(&self) -> AuditOutcome {
        self.0.outcome
    }

    /// What it was done to; null if it is gone or the caller may not see it.
    async fn target(&self, ctx: &Context<'_>) -> Option<Result<Node>> {
        let id = AnyId::parse(self.0.target_id.as_deref()?)?;
        find(ctx, id).await.transpose()
    }

    /// Id of what it was done to, even if it is gone.
    async fn target_id(&self) -> Option<ID> {
        self.0.target_id.as_deref().map(ID::from)
    }

    /// Names of the fields that changed, never their values.
    async fn changes(&self) -> &[String] {
        &self.0.changes
    }

    /// Address of the client.
    async fn address(&self) -> Option<&str> {
        self.0.address.as_deref()
    }

    /// The client's `User-Agent`.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// Id of the request, as in the log of the server.
    async fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}
