//! Mutations of sessions.

use super::store;
use crate::{
    authz::{Credential, Edit},
    domains::identity::user::{UserRef, may_take_over},
    gql::{
        Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, bulk_ids, id_text,
        mutate, payload,
    },
    kernel::{Result, entity, entity::SessionId},
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

/// Sessions to end: give either `ids` or `user`.
#[derive(Debug, InputObject)]
pub struct RevokeSessionsInput {
    /// Sessions of the caller, at most 100.
    pub ids: Option<Vec<ID>>,
    /// End all sessions of this user. Needs USER_EDIT for another user than the caller, whose
    /// present session goes on.
    pub user: Option<UserRef>,
}

/// What `signOut` answers.
#[derive(SimpleObject)]
pub struct SignOutPayload {
    /// Id of the session that ended; null if there are mistakes.
    pub deleted_id: Option<ID>,
    /// Mistakes; the session goes on if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `revokeSessions` answers.
#[derive(SimpleObject)]
pub struct RevokeSessionsPayload {
    /// Ids of the sessions that ended; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; no session ended if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of sessions.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Ends the caller's session. Its token stops working at once.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<SignOutPayload> {
        let outcome = mutate(ctx.scope(), "signOut", sign_out).await?;
        let (deleted_id, user_errors) = payload(outcome, id_text);
        Ok(SignOutPayload {
            deleted_id,
            user_errors,
        })
    }

    /// Ends sessions of the caller, or all sessions of a user.
    async fn revoke_sessions(
        &self,
        ctx: &Context<'_>,
        input: RevokeSessionsInput,
    ) -> Result<RevokeSessionsPayload> {
        let outcome = mutate(ctx.scope(), "revokeSessions", async |tx| {
            revoke(tx, &input).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(RevokeSessionsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

/// The session that the caller is using, if it is one.
fn present(tx: &Tx<'_>) -> Option<SessionId> {
    match tx.viewer.credential {
        Credential::Session(id) => Some(id),
        Credential::ApiKey(_) | Credential::CommandLine => None,
    }
}

async fn sign_out(tx: &Tx<'_>) -> Result<SessionId, Refusal> {
    let Some(id) = present(tx) else {
        let text = "you are not signed in with a session; delete the API key to end its use";
        return Err(Refusal::user(UserErrorCode::Invalid, "", text));
    };
    tx.audit(|entry| entry.target(id));
    store::end_own(tx.conn, &tx.viewer, &[id]).await?;
    tx.scope.note(|notes| notes.signed_out = true);
    Ok(id)
}

async fn revoke(tx: &Tx<'_>, input: &RevokeSessionsInput) -> Result<Vec<SessionId>, Refusal> {
    let ended = match (&input.ids, &input.user) {
        (Some(ids), None) => revoke_own(tx, ids).await?,
        (None, Some(user)) => revoke_all(tx, user).await?,
        _ => {
            let text = "give either ids or user";
            return Err(Refusal::user(UserErrorCode::Required, "ids", text));
        }
    };
    tx.audit(|entry| {
        for id in &ended {
            entry.target(*id);
        }
    });
    let signed_out = present(tx).is_some_and(|id| ended.contains(&id));
    tx.scope.note(|notes| {
        notes.changed_rights = true;
        notes.signed_out |= signed_out;
    });
    Ok(ended)
}

async fn revoke_own(tx: &Tx<'_>, ids: &[ID]) -> Result<Vec<SessionId>, Refusal> {
    let ids = bulk_ids::<entity::Session>(tx, "ids", ids)?;
    let ended = store::end_own(tx.conn, &tx.viewer, &ids).await?;
    let mut errors = UserErrors::default();
    for (n, _) in ids.iter().enumerate().filter(|(_, id)| !ended.contains(id)) {
        let text = "there is no such session of yours";
        errors.add(UserErrorCode::NotFound, &format!("ids.{n}"), text);
    }
    errors.check()?;
    Ok(ended)
}

async fn revoke_all(tx: &Tx<'_>, user: &UserRef) -> Result<Vec<SessionId>, Refusal> {
    let user = user.resolve(tx, "user").await?;
    if user == tx.viewer.user {
        let grant = tx.viewer.own::<Edit, _>(tx.conn, user, user).await?;
        return Ok(store::end_all(tx.conn, &grant, present(tx)).await?);
    }
    let grant = tx.authorize::<Edit, entity::User>("user", user).await?;
    may_take_over(tx, &[user], |_| "user".to_owned()).await?;
    Ok(store::end_all(tx.conn, &grant, None).await?)
}
