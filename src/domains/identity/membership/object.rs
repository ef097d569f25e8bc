//! The type `OrganizationMembership` of the graph.

use super::OrganizationMembershipRow;
use crate::{
    domains::{
        access::{
            Principal,
            role::{Role, RoleRow},
        },
        identity::{
            organization::{Organization, OrganizationRow},
            user::{UserDetails, UserRow, UserStatus},
        },
    },
    gql::{ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A user or a group in an organization, with the role held there.
pub struct OrganizationMembership(pub Arc<OrganizationMembershipRow>);

impl From<Arc<OrganizationMembershipRow>> for OrganizationMembership {
    fn from(row: Arc<OrganizationMembershipRow>) -> Self {
        Self(row)
    }
}

impl OrganizationMembership {
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<Arc<UserRow>>> {
        match self.0.user_id {
            Some(id) => ctx.by_id::<UserRow>(id).await,
            None => Ok(None),
        }
    }

    async fn invited(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self
            .user(ctx)
            .await?
            .is_some_and(|user| user.status == UserStatus::Invited))
    }
}

/// A user or a group in an organization, with the role held there.
#[Object]
impl OrganizationMembership {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// The organization.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// The user or group.
    async fn principal(&self, ctx: &Context<'_>) -> Result<Principal> {
        Principal::load(ctx, self.0.user_id, self.0.group_id).await
    }

    /// The role held on the organization.
    async fn role(&self, ctx: &Context<'_>) -> Result<Role> {
        let row = ctx.by_id::<RoleRow>(self.0.role_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// True where the user logs straight into this organization.
    async fn is_default(&self, ctx: &Context<'_>) -> Result<bool> {
        let Some(user) = self.0.user_id else {
            return Ok(false);
        };
        let details = ctx.by_id::<UserDetails>(user).await?;
        let default = details.and_then(|details| details.default_organization_id);
        Ok(default == Some(self.0.organization_id))
    }

    /// True while the user has not accepted the invitation.
    async fn is_pending(&self, ctx: &Context<'_>) -> Result<bool> {
        self.invited(ctx).await
    }

    /// True if the invitation was not accepted in time.
    async fn is_invite_expired(&self) -> bool {
        // Accounts that wait for an invitation stay open until they are removed.
        false
    }

    /// Since when the user or group is a member.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the role was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
