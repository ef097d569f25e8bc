//! Sessions are seen by the user they belong to, and by nobody else.

use crate::{
    authz::{FieldPolicy, Permission, Place, Resource, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Session, SessionId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of sessions.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::own("Mutation.signOut", "ends the caller's session"),
    FieldPolicy::change(
        "Mutation.revokeSessions",
        Permission::UserEdit,
        "the user whose sessions end; everybody may end their own",
    ),
];

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
