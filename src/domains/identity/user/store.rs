//! Statements on users.

use super::UserRef;
use crate::{
    authz::{Resource as _, Visible},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{User, UserId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl;

/// The visible user that a reference names.
pub(super) async fn find_by_ref(
    mut conn: &Conn,
    visible: &Visible<User>,
    by: &UserRef,
) -> Result<Option<UserId>> {
    let Some(named) = named(by) else {
        return Ok(None);
    };
    let condition = named.and(User::visible(visible.viewer()));
    let id = sql("SELECT users.id FROM users WHERE ", [])
        .with(condition)
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(id)
}

/// The condition that a reference stands for; none for texts that no user can have.
fn named(by: &UserRef) -> Option<Fragment> {
    let (condition, text) = match by {
        UserRef::Id(id) => {
            return id
                .parse::<UserId>()
                .ok()
                .map(|id| sql("users.id = ?", [id.into()]));
        }
        UserRef::Username(name) => ("lower(users.username) = lower(?)", name),
        UserRef::Email(email) => ("lower(users.email) = lower(?)", email),
        UserRef::ExternalId(id) => ("users.external_id = ?", id),
    };
    (!text.contains('\0')).then(|| sql(condition, [text.as_str().into()]))
}
