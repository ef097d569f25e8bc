//! Mutations of users.

use super::{
    User, command,
    input::{
        CreateUserInput, DeleteUsersInput, SetUserPasswordInput, UnlockUsersInput, UpdateUserInput,
    },
    secret::NewPassword,
};
use crate::{
    gql::{ScopeExt as _, UserError, id_text, mutate, payload},
    kernel::Result,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use std::sync::Arc;

/// What `createUser` answers.
#[derive(SimpleObject)]
pub struct CreateUserPayload {
    /// The user; null if there are mistakes.
    pub user: Option<User>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateUser` answers.
#[derive(SimpleObject)]
pub struct UpdateUserPayload {
    /// The user; null if there are mistakes.
    pub user: Option<User>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteUsers` answers.
#[derive(SimpleObject)]
pub struct DeleteUsersPayload {
    /// Ids of the deleted users; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nobody was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `setUserPassword` answers.
#[derive(SimpleObject)]
pub struct SetUserPasswordPayload {
    /// The user; null if there are mistakes.
    pub user: Option<User>,
    /// Mistakes in the input; the old password stays if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `unlockUsers` answers.
#[derive(SimpleObject)]
pub struct UnlockUsersPayload {
    /// The users; null if there are mistakes.
    pub users: Option<Vec<User>>,
    /// Mistakes in the input; nobody was unlocked if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of users.
#[derive(Default)]
pub struct UserMutation;

#[Object]
impl UserMutation {
    /// Creates an account that lives in an organization.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        input: CreateUserInput,
    ) -> Result<CreateUserPayload> {
        let password = hashed(ctx, input.password.as_deref()).await?;
        let outcome = mutate(ctx.scope(), "createUser", async |tx| {
            command::create(tx, &input, password.as_ref()).await
        })
        .await?;
        let (user, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateUserPayload { user, user_errors })
    }

    /// Changes an account. A new password, and a status other than ACTIVE, end its sessions.
    async fn update_user(
        &self,
        ctx: &Context<'_>,
        input: UpdateUserInput,
    ) -> Result<UpdateUserPayload> {
        let password = hashed(ctx, input.password.as_deref()).await?;
        let outcome = mutate(ctx.scope(), "updateUser", async |tx| {
            command::update(tx, &input, password.as_ref()).await
        })
        .await?;
        let (user, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateUserPayload { user, user_errors })
    }

    /// Deletes accounts with their sessions, API keys, memberships and grants: all of them, or
    /// none. What they made stays.
    async fn delete_users(
        &self,
        ctx: &Context<'_>,
        input: DeleteUsersInput,
    ) -> Result<DeleteUsersPayload> {
        let outcome = mutate(ctx.scope(), "deleteUsers", async |tx| {
            command::delete(tx, &input).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteUsersPayload {
            deleted_ids,
            user_errors,
        })
    }

    /// Gives another user a new password, and ends their sessions.
    async fn set_user_password(
        &self,
        ctx: &Context<'_>,
        input: SetUserPasswordInput,
    ) -> Result<SetUserPasswordPayload> {
        let password = NewPassword::hash(ctx, &input.new_password).await?;
        let outcome = mutate(ctx.scope(), "setUserPassword", async |tx| {
            command::set_password(tx, &input, &password).await
        })
        .await?;
        let (user, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(SetUserPasswordPayload { user, user_errors })
    }

    /// Lets users who are locked out after too many wrong passwords try again at once.
    async fn unlock_users(
        &self,
        ctx: &Context<'_>,
        input: UnlockUsersInput,
    ) -> Result<UnlockUsersPayload> {
        let outcome = mutate(ctx.scope(), "unlockUsers", async |tx| {
            command::unlock(tx, &input).await
        })
        .await?;
        let (users, user_errors) = payload(outcome, |rows| {
            rows.into_iter().map(|row| Arc::new(row).into()).collect()
        });
        Ok(UnlockUsersPayload { users, user_errors })
    }
}

async fn hashed<'a>(ctx: &Context<'_>, text: Option<&'a str>) -> Result<Option<NewPassword<'a>>> {
    match text {
        Some(text) => Ok(Some(NewPassword::hash(ctx, text).await?)),
        None => Ok(None),
    }
}
