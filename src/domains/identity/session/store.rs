//! Commands on sessions.

use crate::{
    authz::{Edit, Grant, Viewer},
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{SessionId, User},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl;

/// Ends those among the sessions that are the viewer's own.
pub(super) async fn end_own(
    mut conn: &Conn,
    viewer: &Viewer,
    ids: &[SessionId],
) -> Result<Vec<SessionId>> {
    let ended = sql(
        "DELETE FROM sessions WHERE id = ANY(?) AND user_id = ? RETURNING id",
        [ids.into(), viewer.user.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(ended)
}

/// Ends all sessions of the user of the grant but one.
pub(super) async fn end_all(
    mut conn: &Conn,
    user: &Grant<Edit, User>,
    but: Option<SessionId>,
) -> Result<Vec<SessionId>> {
    let ended = sql(
        "DELETE FROM sessions WHERE user_id = ? AND id IS DISTINCT FROM ? RETURNING id",
        [user.id().into(), but.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(ended)
}
