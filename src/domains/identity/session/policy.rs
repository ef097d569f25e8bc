//! Sessions are seen by the user they belong to, and by nobody else.

use crate::{
    authz::{Place, Resource, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Session, SessionId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

impl Resource for Session {
    const TABLE: &'static str = "sessions";

    async fn place(mut conn: &Conn, id: SessionId) -> Result<Option<Place>> {
        let found: Option<bool> = sql("SELECT true FROM sessions WHERE id = ?", [id.into()])
            .statement::<st::Bool>()
            .get_result(&mut conn)
            .await
            .optional()?;
        Ok(found.map(|_| Place::installation()))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        sql(
            "sessions.user_id = ? AND sessions.expires_at > now()",
            [viewer.user.into()],
        )
    }
}
