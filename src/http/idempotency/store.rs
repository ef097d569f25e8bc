//! Statements on the answers of mutations that came with a key.

use crate::{
    authz::System,
    db::{Bind, Conn, sql},
    kernel::{Result, entity::UserId},
};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl;

/// What is stored under a key.
pub(super) struct Kept {
    /// Hash of the request that it belongs to.
    pub(super) request_hash: Vec<u8>,
    /// Its answer; none while it runs.
    pub(super) response: Option<serde_json::Value>,
}

/// Takes a key for a request. Fails, with what is kept, if another request holds it.
///
/// A key is free again after `life`; one whose request never ended (its server died), after
/// `lease`.
pub(super) async fn claim(
    mut conn: &Conn,
    _: System,
    (user, key): (UserId, &str),
    request_hash: &[u8],
    (now, life, lease): (DateTime<Utc>, TimeDelta, TimeDelta),
) -> Result<Option<Kept>> {
    let taken = sql(
        "INSERT INTO idempotency_keys AS k (user_id, key, request_hash, created_at) \
         VALUES (?, ?, ?, ?) \
         ON CONFLICT (user_id, key) DO UPDATE \
         SET request_hash = EXCLUDED.request_hash, response = NULL, created_at = EXCLUDED.created_at \
         WHERE k.created_at <= ? OR (k.response IS NULL AND k.created_at <= ?)",
        [
            user.into(),
            key.into(),
            Bind::Bytes(request_hash.to_vec()),
            now.into(),
            (now - life).into(),
            (now - lease).into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    if taken > 0 {
        return Ok(None);
    }
    let rows: Vec<(Vec<u8>, Option<serde_json::Value>)> = sql(
        "SELECT request_hash, response FROM idempotency_keys WHERE user_id = ? AND key = ?",
        [user.into(), key.into()],
    )
    .statement::<(st::Binary, st::Nullable<st::Jsonb>)>()
    .load(&mut conn)
    .await?;
    let kept = rows.into_iter().next();
    // Let go between the two statements: as if still running, so that the caller tries again.
    let (request_hash, response) = kept.unwrap_or_else(|| (request_hash.to_vec(), None));
    Ok(Some(Kept {
        request_hash,
        response,
    }))
}

/// Keeps the answer.
pub(super) async fn keep(
    mut conn: &Conn,
    _: System,
    (user, key): (UserId, &str),
    response: &serde_json::Value,
) -> Result<()> {
    sql(
        "UPDATE idempotency_keys SET response = ? WHERE user_id = ? AND key = ?",
        [Bind::Json(response.clone()), user.into(), key.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Lets go of a key whose request changed nothing.
pub(super) async fn let_go(mut conn: &Conn, _: System, (user, key): (UserId, &str)) -> Result<()> {
    sql(
        "DELETE FROM idempotency_keys WHERE user_id = ? AND key = ?",
        [user.into(), key.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Deletes what is older than `before`.
pub(super) async fn forget(mut conn: &Conn, _: System, before: DateTime<Utc>) -> Result<()> {
    sql(
        "DELETE FROM idempotency_keys WHERE created_at < ?",
        [before.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
