//! Mutations of roles.

use super::{Role, command};
use crate::{
    authz::{Permission, RoleScope},
    gql::{ScopeExt as _, UserError, id_text, mutate, payload},
    kernel::Result,
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// A new custom role.
#[derive(Debug, InputObject)]
pub struct CreateRoleInput {
    /// Name; at most 255 characters.
    pub name: String,
    /// Key, unique among the roles of the owner and scope; made from the name unless given.
    pub key: Option<String>,
    /// What it is for; at most 10,000 characters.
    pub description: Option<String>,
    /// Where it can be granted. TENANT needs SYSTEM_CREATE, the others ROLE_CREATE on the
    /// organization.
    #[graphql(default_with = "RoleScope::Tenant")]
    pub scope: RoleScope,
    /// The organization that will own it; left out for scope TENANT only.
    pub organization_id: Option<ID>,
    /// Whether it holds on every project of the organization for the users it is assigned to.
    /// For scope PROJECT.
    #[graphql(default)]
    pub all_projects: bool,
    /// Projects of the organization on which it holds for the users it is assigned to; at most
    /// 100. For scope PROJECT.
    pub project_ids: Option<Vec<ID>>,
    /// What it grants. Each must have an effect on the scope, and be held by the caller.
    pub permissions: Vec<Permission>,
    /// Whether it grants anything yet.
    pub is_active: bool,
}

/// A change of a custom role. Fields left out stay as they are; lists replace.
#[derive(Debug, InputObject)]
pub struct UpdateRoleInput {
    /// The role. Needs ROLE_EDIT on its owner (for roles of the installation SYSTEM_EDIT too), and
    /// everything that the role carries.
    pub id: ID,
    /// New name.
    pub name: Option<String>,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
    /// Whether it holds on every project of its owner for the users it is assigned to.
    pub all_projects: Option<bool>,
    /// Projects on which it holds for the users it is assigned to; at most 100.
    pub project_ids: Option<Vec<ID>>,
    /// What it grants. Adding counts as giving to everybody who holds the role.
    pub permissions: Option<Vec<Permission>>,
    /// Whether it grants anything.
    pub is_active: Option<bool>,
}

/// Roles to delete.
#[derive(Debug, InputObject)]
pub struct DeleteRolesInput {
    /// The roles, at most 100. Needs ROLE_DELETE on the owner of each (for roles of the
    /// installation SYSTEM_DELETE too); one that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createRole` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateRolePayload {
    /// The role; null if there are mistakes.
    pub role: Option<Role>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateRole` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateRolePayload {
    /// The role; null if there are mistakes.
    pub role: Option<Role>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteRoles` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteRolesPayload {
    /// Ids of the deleted roles; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of roles.
#[derive(Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Creates a custom role. Nobody can put more into a role than they hold themselves.
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        input: CreateRoleInput,
    ) -> Result<CreateRolePayload> {
        let outcome = mutate(ctx.scope(), "createRole", async |tx| {
            command::create(tx, &input).await
        })
        .await?;
        let (role, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateRolePayload { role, user_errors })
    }

    /// Changes a custom role, for everybody who holds it. Built-in roles are refused.
    async fn update_role(
        &self,
        ctx: &Context<'_>,
        input: UpdateRoleInput,
    ) -> Result<UpdateRolePayload> {
        let outcome = mutate(ctx.scope(), "updateRole", async |tx| {
            command::update(tx, &input).await
        })
        .await?;
        let (role, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateRolePayload { role, user_errors })
    }

    /// Deletes custom roles that nobody holds: all of them, or none.
    async fn delete_roles(
        &self,
        ctx: &Context<'_>,
        input: DeleteRolesInput,
    ) -> Result<DeleteRolesPayload> {
        let outcome = mutate(ctx.scope(), "deleteRoles", async |tx| {
            command::delete(tx, &input).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteRolesPayload {
            deleted_ids,
            user_errors,
        })
    }
}
