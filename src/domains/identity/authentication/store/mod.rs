//! Statements that recognise callers and let them in.

mod setup;
mod ticket;

pub(super) use setup::{
    NewAccount, create_account, end_setup, is_set_up, keep_code, kept_code, login_is_taken,
};
pub(super) use ticket::{keep_ticket, take_ticket};

use crate::{
    authz::{Credential, Origin, System, live_api_key, live_session},
    db::{Bind, Conn, schema::sessions, sql},
    domains::identity::session::SessionRow,
    kernel::{
        Result,
        entity::{ApiKeyId, OrganizationId, SessionId, UserId},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use sha2::{Digest as _, Sha256};

/// Longest life of a session.
const SESSION_LIFE: TimeDelta = TimeDelta::days(14);

/// The live session of a token, whose use is noted.
pub(super) async fn use_session(
    mut conn: &Conn,
    _: System,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Credential>> {
    let id: Option<SessionId> = sql(
        "WITH found AS (\
           SELECT s.id, s.last_used_at FROM sessions s JOIN users u ON u.id = s.user_id \
           WHERE s.token_hash = ? AND ",
        [Bind::Bytes(token_hash.to_vec())],
    )
    .with(live_session(now))
    .then(
        "), noted AS (\
           UPDATE sessions SET last_used_at = ? \
           WHERE id IN (SELECT id FROM found WHERE last_used_at < ? - interval '1 minute')\
         ) \
         SELECT id FROM found",
        [now.into(), now.into()],
    )
    .statement::<st::Uuid>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(id.map(Credential::Session))
}

/// The live API key of a secret, whose use is noted.
pub(super) async fn use_api_key(
    mut conn: &Conn,
    _: System,
    secret_hash: &[u8],
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Option<Credential>> {
    let id: Option<ApiKeyId> = sql(
        "WITH found AS (\
           SELECT k.id, k.last_used_at FROM api_keys k JOIN users u ON u.id = k.user_id \
           WHERE k.secret_hash = ? AND ",
        [Bind::Bytes(secret_hash.to_vec())],
    )
    .with(live_api_key(now))
    .then(
        "), noted AS (\
           UPDATE api_keys SET last_used_at = ?, last_used_address = ? \
           WHERE id IN (SELECT id FROM found \
             WHERE last_used_at IS NULL OR last_used_at < ? - interval '1 minute')\
         ) \
         SELECT id FROM found",
        [now.into(), origin.address.clone().into(), now.into()],
    )
    .statement::<st::Uuid>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(id.map(Credential::ApiKey))
}

/// An account that somebody tries to sign in to, and the failure counted against the try.
pub(super) struct Attempt {
    /// The failure, counted before the password is looked at, so that parallel tries cannot
    /// outrun the limit.
    pub(super) failure: i64,
    /// Failures of the account before this one that still count.
    pub(super) earlier: i64,
    /// Under what failures of the account are counted.
    pub(super) account: String,
    /// The account; none for a login that nobody has.
    pub(super) candidate: Option<Candidate>,
}

/// An account that can be signed in to with a password.
pub(super) struct Candidate {
    pub(super) user: UserId,
    pub(super) hash: String,
    pub(super) home: Option<OrganizationId>,
}

type CandidateSql = (
    st::Uuid,
    st::Nullable<st::Text>,
    st::Nullable<st::Uuid>,
    st::Bool,
);

/// Counts a try to sign in, unless there were too many.
///
/// Ten failures in a quarter of an hour lock an account; a hundred in an hour an address, a
/// thousand the accounts of an organization. Tries while locked are not counted, so that nobody
/// can keep an account locked by going on.
pub(super) async fn begin_attempt(
    mut conn: &Conn,
    _: System,
    login: &str,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Option<Attempt>> {
    let found: Option<(UserId, Option<String>, Option<OrganizationId>, bool)> = sql(
        "SELECT u.id, c.hash, u.organization_id, u.status = 'ACTIVE' AND u.kind = 'USER' \
         FROM users u LEFT JOIN password_credentials c ON c.user_id = u.id \
         WHERE lower(u.username) = lower(?) OR lower(u.email) = lower(?) \
         ORDER BY lower(u.username) = lower(?) DESC LIMIT 1",
        [login.into(), login.into(), login.into()],
    )
    .statement::<CandidateSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    let account = found.as_ref().map_or_else(
        || hex::encode(Sha256::digest(login.to_lowercase().as_bytes())),
        |(user, ..)| user.to_string(),
    );
    sql(
        "SELECT true FROM (SELECT pg_advisory_xact_lock(hashtextextended(?, 0))) AS locked",
        [account.as_str().into()],
    )
    .statement::<st::Bool>()
    .execute(&mut conn)
    .await?;
    sql(
        "DELETE FROM sign_in_failures WHERE at < ?::timestamptz - interval '1 day'",
        [now.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let home = found.as_ref().and_then(|(_, _, home, _)| *home);
    let failure: Option<(i64, i64)> = sql(
        "INSERT INTO sign_in_failures (account, address, organization_id, at) SELECT ?, ?, ?, ? \
         WHERE (SELECT count(*) FROM sign_in_failures \
                WHERE account = ? AND at > ?::timestamptz - interval '15 minutes') < 10 \
           AND (SELECT count(*) FROM sign_in_failures \
                WHERE address = ? AND at > ?::timestamptz - interval '1 hour') < 100 \
           AND (SELECT count(*) FROM sign_in_failures \
                WHERE organization_id = ? AND at > ?::timestamptz - interval '1 hour') < 1000 \
         RETURNING id, (SELECT count(*) FROM sign_in_failures \
                        WHERE account = ? AND at > ?::timestamptz - interval '15 minutes')",
        [
            account.as_str().into(),
            origin.address.clone().into(),
            home.into(),
            now.into(),
            account.as_str().into(),
            now.into(),
            origin.address.clone().into(),
            now.into(),
            home.into(),
            now.into(),
            account.as_str().into(),
            now.into(),
        ],
    )
    .statement::<(st::BigInt, st::BigInt)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    let candidate = found.and_then(|(user, hash, home, usable)| {
        hash.filter(|_| usable)
            .map(|hash| Candidate { user, hash, home })
    });
    Ok(failure.map(|(failure, earlier)| Attempt {
        failure,
        earlier,
        account,
        candidate,
    }))
}

/// Notes on the account until when it is locked, if the try was one too many.
pub(super) async fn lock_if_too_many(
    mut conn: &Conn,
    _: System,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<()> {
    let Some(candidate) = &attempt.candidate else {
        return Ok(());
    };
    sql(
        "UPDATE users SET locked_until = f.first + interval '15 minutes' FROM (\
           SELECT min(at) AS first, count(*) AS failures FROM sign_in_failures \
           WHERE account = ? AND at > ?::timestamptz - interval '15 minutes') AS f \
         WHERE users.id = ? AND f.failures >= 10",
        [
            attempt.account.as_str().into(),
            now.into(),
            candidate.user.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Forgets the failures of an account whose password was right, and notes the sign-in. False if
/// the account or its password changed meanwhile.
pub(super) async fn accept(
    mut conn: &Conn,
    _: System,
    attempt: &Attempt,
    new_hash: Option<String>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let Some(candidate) = &attempt.candidate else {
        return Ok(false);
    };
    let unchanged: Option<bool> = sql(
        "UPDATE users SET last_login_at = ?, locked_until = NULL FROM password_credentials c \
         WHERE users.id = ? AND c.user_id = users.id AND c.hash = ? \
           AND users.status = 'ACTIVE' AND users.kind = 'USER' RETURNING true",
        [
            now.into(),
            candidate.user.into(),
            candidate.hash.as_str().into(),
        ],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await
    .optional()?;
    if unchanged.is_none() {
        return Ok(false);
    }
    sql(
        "DELETE FROM sign_in_failures WHERE account = ? OR id = ?",
        [
            attempt.account.as_str().into(),
            Bind::BigInt(attempt.failure),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    if let Some(hash) = new_hash {
        sql(
            "UPDATE password_credentials SET hash = ? WHERE user_id = ?",
            [hash.into(), candidate.user.into()],
        )
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    }
    Ok(true)
}

/// Which organizations a user wants to work in, the default one first.
pub(super) async fn wanted_organizations(
    mut conn: &Conn,
    _: System,
    user: UserId,
) -> Result<Vec<OrganizationId>> {
    let (default, home): (Option<OrganizationId>, Option<OrganizationId>) = sql(
        "SELECT default_organization_id, organization_id FROM users WHERE id = ?",
        [user.into()],
    )
    .statement::<(st::Nullable<st::Uuid>, st::Nullable<st::Uuid>)>()
    .get_result(&mut conn)
    .await?;
    Ok([default, home].into_iter().flatten().collect())
}

/// A session to be stored.
pub(super) struct NewSession {
    pub(super) user: UserId,
    pub(super) organization: Option<OrganizationId>,
    pub(super) token_hash: Vec<u8>,
    /// The session of the same client that it replaces.
    pub(super) instead_of: Option<SessionId>,
}

/// Stores a session of 14 days, and ends those of the user that are past their date.
pub(super) async fn open_session(
    mut conn: &Conn,
    _: System,
    new: &NewSession,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<SessionRow> {
    sql(
        "DELETE FROM sessions WHERE id = ? OR user_id = ? AND (expires_at <= ? \
         OR last_used_at <= ?::timestamptz - interval '12 hours')",
        [
            new.instead_of.into(),
            new.user.into(),
            now.into(),
            now.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let row = diesel::insert_into(sessions::table)
        .values((
            sessions::id.eq(SessionId::new()),
            sessions::user_id.eq(new.user),
            sessions::organization_id.eq(new.organization),
            sessions::token_hash.eq(&new.token_hash),
            sessions::user_agent.eq(&origin.user_agent),
            sessions::address.eq(&origin.address),
            sessions::created_at.eq(now),
            sessions::last_used_at.eq(now),
            sessions::expires_at.eq(now + SESSION_LIFE),
        ))
        .returning(SessionRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// The name by which a user signs in.
pub(super) async fn username(mut conn: &Conn, _: System, user: UserId) -> Result<Option<String>> {
    let found = sql("SELECT username FROM users WHERE id = ?", [user.into()])
        .statement::<st::Text>()
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(found)
}

/// Takes back the failure that was counted for a try which was right.
pub(super) async fn forgive(mut conn: &Conn, _: System, attempt: &Attempt) -> Result<()> {
    sql(
        "DELETE FROM sign_in_failures WHERE id = ?",
        [Bind::BigInt(attempt.failure)],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
