//! Statements on attributes.

use crate::{
    authz::System,
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{OrganizationId, UserId},
    },
    semantic::request::UserFacts,
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;

type Facts = (Option<String>, bool, Value);

/// What explores know of a user.
pub(super) async fn user_facts(
    mut conn: &Conn,
    _: System,
    organization: OrganizationId,
    user: UserId,
) -> Result<UserFacts> {
    let found: Option<Facts> = sql(
        "SELECT u.email, u.is_email_verified, user_attribute_values(?, u.id) FROM users u WHERE u.id = ?",
        [organization.into(), user.into()],
    )
    .statement::<(st::Nullable<st::Text>, st::Bool, st::Jsonb)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    let Some((email, email_verified, attributes)) = found else {
        return Ok(UserFacts::default());
    };
    let attributes = serde_json::from_value(attributes).map_err(anyhow::Error::new)?;
    Ok(UserFacts {
        attributes,
        email,
        email_verified,
    })
}
