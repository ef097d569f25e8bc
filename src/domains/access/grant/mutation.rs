//! Mutations of grants.

use super::{AccessGrant, command};
use crate::{
    domains::access::{PrincipalRef, role::RoleRef},
    gql::{ScopeExt as _, UserError, id_text, mutate, payload},
    kernel::Result,
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// A role to be given to a user or a group.
#[derive(Debug, InputObject)]
pub(crate) struct GrantAccessInput {
    /// Id of an organization (needs MEMBER_MANAGE there), of a project (PROJECT_ACCESS_MANAGE) or
    /// of a space (SPACE_ACCESS_MANAGE).
    pub scope_id: ID,
    /// To whom: a member or a group of the organization. On an organization, a user who is no
    /// member yet becomes one, if the caller may see the account by USER_VIEW.
    pub principal: PrincipalRef,
    /// What: a role for this kind of scope that carries nothing that the caller lacks there.
    pub role: RoleRef,
}

/// Another role for who holds one on the scope already.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateAccessGrantInput {
    /// Id of the organization, project or space.
    pub scope_id: ID,
    /// Who holds the grant.
    pub principal: PrincipalRef,
    /// The new role. The caller must hold everything that it and the present one carry.
    pub role: RoleRef,
}

/// A grant to be taken away.
#[derive(Debug, InputObject)]
pub(crate) struct RevokeAccessInput {
    /// Id of the organization, project or space.
    pub scope_id: ID,
    /// Who holds the grant. The caller must hold everything that its role carries.
    pub principal: PrincipalRef,
}

/// What `grantAccess` answers.
#[derive(SimpleObject)]
pub(crate) struct GrantAccessPayload {
    /// The grant; null if there are mistakes.
    pub access_grant: Option<AccessGrant>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateAccessGrant` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateAccessGrantPayload {
    /// The grant; null if there are mistakes.
    pub access_grant: Option<AccessGrant>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `revokeAccess` answers.
#[derive(SimpleObject)]
pub(crate) struct RevokeAccessPayload {
    /// Id of the grant that is gone; null if there are mistakes.
    pub deleted_id: Option<ID>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of grants.
#[derive(Default)]
pub struct AccessGrantMutation;

#[Object]
impl AccessGrantMutation {
    /// Gives a user or a group a role on an organization, a project or a space.
    async fn grant_access(
        &self,
        ctx: &Context<'_>,
        input: GrantAccessInput,
    ) -> Result<GrantAccessPayload> {
        let outcome = mutate(ctx.scope(), "grantAccess", async |tx| {
            command::grant(tx, &input).await
        })
        .await?;
        let (access_grant, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(GrantAccessPayload {
            access_grant,
            user_errors,
        })
    }

    /// Gives another role to who holds one on the scope.
    async fn update_access_grant(
        &self,
        ctx: &Context<'_>,
        input: UpdateAccessGrantInput,
    ) -> Result<UpdateAccessGrantPayload> {
        let outcome = mutate(ctx.scope(), "updateAccessGrant", async |tx| {
            command::update(tx, &input).await
        })
        .await?;
        let (access_grant, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateAccessGrantPayload {
            access_grant,
            user_errors,
        })
    }

    /// Takes away what a user or a group was given on the scope. What they hold by a wider scope or
    /// by a group stays. A user who loses the grant on an organization leaves it: every grant and
    /// group membership inside goes too.
    async fn revoke_access(
        &self,
        ctx: &Context<'_>,
        input: RevokeAccessInput,
    ) -> Result<RevokeAccessPayload> {
        let outcome = mutate(ctx.scope(), "revokeAccess", async |tx| {
            command::revoke(tx, &input).await
        })
        .await?;
        let (deleted_id, user_errors) = payload(outcome, id_text);
        Ok(RevokeAccessPayload {
            deleted_id,
            user_errors,
        })
    }
}
