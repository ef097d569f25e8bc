//! Mutations of API keys.

use super::{
    ApiKey, ApiKeyRow,
    store::{self, ApiKeyChanges, NewApiKey},
};
use crate::{
    authz::{Delete, Edit, Grant, Permission},
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{Result, Secret, SecretKind, entity, entity::ApiKeyId, text},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// Longest life of a key or of a new secret.
const LIFE_MAX: TimeDelta = TimeDelta::days(366);
/// Most keys of one user.
const KEYS_MAX: i64 = 100;

/// A new API key.
#[derive(Debug, InputObject)]
pub struct CreateApiKeyInput {
    /// What the key is called; at most 255 characters.
    pub name: String,
    /// What it is for; at most 10,000 characters.
    pub description: Option<String>,
    /// From when it does not work: in the future, at most a year away.
    pub expires_at: DateTime<Utc>,
}

/// A change of an API key.
#[derive(Debug, InputObject)]
pub struct UpdateApiKeyInput {
    /// The key, of the caller.
    pub id: ID,
    /// New name.
    pub name: String,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
}

/// A new secret for an API key.
#[derive(Debug, InputObject)]
pub struct RotateApiKeyInput {
    /// The key, of the caller.
    pub id: ID,
    /// From when the new secret does not work: in the future, at most a year away.
    pub expires_at: DateTime<Utc>,
}

/// API keys to delete.
#[derive(Debug, InputObject)]
pub struct DeleteApiKeysInput {
    /// The keys, at most 100: of the caller, or of users who live where the caller has
    /// API_KEY_MANAGE_ALL. One that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createApiKey` answers.
#[derive(SimpleObject)]
pub struct CreateApiKeyPayload {
    /// The key; null if there are mistakes.
    pub api_key: Option<ApiKey>,
    /// The secret, shown this once: send it as `Authorization: Bearer …`.
    pub secret: Option<String>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateApiKey` answers.
#[derive(SimpleObject)]
pub struct UpdateApiKeyPayload {
    /// The key; null if there are mistakes.
    pub api_key: Option<ApiKey>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `rotateApiKey` answers.
#[derive(SimpleObject)]
pub struct RotateApiKeyPayload {
    /// The key; null if there are mistakes.
    pub api_key: Option<ApiKey>,
    /// The new secret, shown this once. The old one does not work any more.
    pub secret: Option<String>,
    /// Mistakes in the input; the old secret goes on working if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteApiKeys` answers.
#[derive(SimpleObject)]
pub struct DeleteApiKeysPayload {
    /// Ids of the deleted keys; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of API keys.
#[derive(Default)]
pub struct ApiKeyMutation;

#[Object]
impl ApiKeyMutation {
    /// Creates an API key that acts as the caller. Needs API_KEY_USE, as does every use of the key.
    async fn create_api_key(
        &self,
        ctx: &Context<'_>,
        input: CreateApiKeyInput,
    ) -> Result<CreateApiKeyPayload> {
        let outcome = mutate(ctx.scope(), "createApiKey", async |tx| {
            create(tx, &input).await
        })
        .await?;
        let (made, user_errors) = payload(outcome, |made| made);
        let (api_key, secret) = made.map(show).unzip();
        Ok(CreateApiKeyPayload {
            api_key,
            secret,
            user_errors,
        })
    }

    /// Changes name and description of an API key. The secret goes on working.
    async fn update_api_key(
        &self,
        ctx: &Context<'_>,
        input: UpdateApiKeyInput,
    ) -> Result<UpdateApiKeyPayload> {
        let outcome = mutate(ctx.scope(), "updateApiKey", async |tx| {
            update(tx, &input).await
        })
        .await?;
        let (api_key, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateApiKeyPayload {
            api_key,
            user_errors,
        })
    }

    /// Gives an API key a new secret. The old one stops working at once.
    async fn rotate_api_key(
        &self,
        ctx: &Context<'_>,
        input: RotateApiKeyInput,
    ) -> Result<RotateApiKeyPayload> {
        let outcome = mutate(ctx.scope(), "rotateApiKey", async |tx| {
            rotate(tx, &input).await
        })
        .await?;
        let (made, user_errors) = payload(outcome, |made| made);
        let (api_key, secret) = made.map(show).unzip();
        Ok(RotateApiKeyPayload {
            api_key,
            secret,
            user_errors,
        })
    }

    /// Deletes API keys: all of them, or none.
    async fn delete_api_keys(
        &self,
        ctx: &Context<'_>,
        input: DeleteApiKeysInput,
    ) -> Result<DeleteApiKeysPayload> {
        let outcome = mutate(ctx.scope(), "deleteApiKeys", async |tx| {
            delete(tx, &input).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteApiKeysPayload {
            deleted_ids,
            user_errors,
        })
    }
}

fn show((row, secret): (ApiKeyRow, Secret)) -> (ApiKey, String) {
    (Arc::new(row).into(), secret.expose().to_owned())
}

fn may_use_keys(tx: &Tx<'_>) -> Result<(), Refusal> {
    let reach = tx.viewer.access.reach(Permission::ApiKeyUse);
    if reach.everywhere || !reach.organizations.is_empty() {
        return Ok(());
    }
    let text = Permission::ApiKeyUse.refusal();
    Err(Refusal::user(UserErrorCode::Forbidden, "", text))
}

fn check_expiry(tx: &Tx<'_>, errors: &mut UserErrors, at: DateTime<Utc>) {
    if at <= tx.now || at > tx.now + LIFE_MAX {
        let text = "expiresAt must be in the future and at most a year away";
        errors.add(UserErrorCode::Invalid, "expiresAt", text);
    }
}

async fn create(tx: &Tx<'_>, input: &CreateApiKeyInput) -> Result<(ApiKeyRow, Secret), Refusal> {
    let mut errors = UserErrors::default();
    let name = errors.text("name", text::name(&input.name));
    let description = errors.description(input.description.as_deref());
    check_expiry(tx, &mut errors, input.expires_at);
    errors.check()?;
    may_use_keys(tx)?;
    if store::count_own(tx.conn, &tx.viewer).await? >= KEYS_MAX {
        let text = format!("you have {KEYS_MAX} keys already; delete one first");
        return Err(Refusal::user(UserErrorCode::LimitExceeded, "", text));
    }
    let secret = Secret::generate(SecretKind::ApiKey).map_err(crate::kernel::Error::from)?;
    let new = NewApiKey {
        id: ApiKeyId::new(),
        name: &name,
        description: description.as_deref(),
        secret_hash: secret.hash(),
        last_four: secret.last_four(),
        expires_at: input.expires_at,
    };
    let row = store::create(tx.conn, &tx.viewer, &new).await?;
    tx.audit(|entry| entry.target(row.id));
    Ok((row, secret))
}

/// The key, if it is the viewer's own.
async fn own(tx: &Tx<'_>, id: ApiKeyId) -> Result<Grant<Edit, entity::ApiKey>, Refusal> {
    tx.audit(|entry| entry.target(id));
    let owner = store::owners(tx.conn, &tx.viewer, &[id]).await?;
    if owner
        .first()
        .is_some_and(|(_, owner)| *owner == tx.viewer.user)
    {
        return Ok(tx.viewer.own(tx.conn, id, tx.viewer.user).await?);
    }
    let text = "there is no such API key of yours";
    Err(Refusal::user(UserErrorCode::NotFound, "id", text))
}

async fn update(tx: &Tx<'_>, input: &UpdateApiKeyInput) -> Result<ApiKeyRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let name = errors.text("name", text::name(&input.name));
    let description = errors.maybe_description(&input.description);
    errors.check()?;
    let grant = own(tx, id).await?;
    tx.audit(|entry| {
        entry.changed("name", true);
        entry.changed("description", description.is_some());
    });
    let changes = ApiKeyChanges {
        name: Some(name),
        description,
        updated_at: Some(tx.now),
        ..ApiKeyChanges::default()
    };
    Ok(store::update(tx.conn, &grant, &tx.viewer, &changes).await?)
}

async fn rotate(tx: &Tx<'_>, input: &RotateApiKeyInput) -> Result<(ApiKeyRow, Secret), Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    check_expiry(tx, &mut errors, input.expires_at);
    errors.check()?;
    let grant = own(tx, id).await?;
    may_use_keys(tx)?;
    let secret = Secret::generate(SecretKind::ApiKey).map_err(crate::kernel::Error::from)?;
    let changes = ApiKeyChanges {
        secret_hash: Some(secret.hash()),
        last_four: Some(secret.last_four()),
        expires_at: Some(input.expires_at),
        rotated_at: Some(tx.now),
        updated_at: Some(tx.now),
        ..ApiKeyChanges::default()
    };
    let row = store::update(tx.conn, &grant, &tx.viewer, &changes).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok((row, secret))
}

async fn delete(tx: &Tx<'_>, input: &DeleteApiKeysInput) -> Result<Vec<ApiKeyId>, Refusal> {
    let ids = bulk_ids::<entity::ApiKey>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let owners = store::owners(tx.conn, &tx.viewer, &ids).await?;
    let mut grants: Vec<Grant<Delete, entity::ApiKey>> = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let own = owners.contains(&(*id, tx.viewer.user));
        grants.push(if own {
            tx.viewer.own(tx.conn, *id, tx.viewer.user).await?
        } else {
            tx.authorize::<Delete, entity::ApiKey>(&format!("ids.{n}"), *id)
                .await?
        });
    }
    store::delete(tx.conn, &grants).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(ids)
}
