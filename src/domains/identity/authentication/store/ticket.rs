//! Statements on tickets for sockets.

use crate::{
    authz::System,
    db::{Bind, Conn, sql},
    kernel::{Result, entity::SessionId},
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;

/// Keeps a ticket, and throws away those that are too old.
pub(in super::super) async fn keep_ticket(
    mut conn: &Conn,
    _: System,
    hash: &[u8],
    session: SessionId,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<()> {
    sql(
        "WITH old AS (DELETE FROM socket_tickets WHERE expires_at <= ?) \
         INSERT INTO socket_tickets (hash, session_id, expires_at) VALUES (?, ?, ?)",
        [
            now.into(),
            Bind::Bytes(hash.to_vec()),
            session.into(),
            until.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Takes a ticket in: the hash of its session's token, once.
pub(in super::super) async fn take_ticket(
    mut conn: &Conn,
    _: System,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>> {
    let found = sql(
        "DELETE FROM socket_tickets t USING sessions s \
         WHERE t.hash = ? AND t.expires_at > ? AND s.id = t.session_id RETURNING s.token_hash",
        [Bind::Bytes(hash.to_vec()), now.into()],
    )
    .statement::<st::Bytea>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(found)
}
