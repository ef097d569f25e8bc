//! Statements that recognise callers.

use super::authenticator::Holder;
use crate::{
    authz::{Credential, Origin, System},
    db::{Bind, Conn, sql},
    kernel::{
        Result,
        entity::{ApiKeyId, OrganizationId, SessionId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

type HolderSql = (
    st::Uuid,
    st::Uuid,
    st::Nullable<st::Uuid>,
    st::Nullable<st::Uuid>,
    st::Nullable<st::Uuid>,
);
type HolderRow = (Uuid, Uuid, Option<Uuid>, Option<Uuid>, Option<Uuid>);

/// The holder of a live session, whose use is noted.
///
/// A session ends 12 hours after its last use and at its `expires_at`.
pub(super) async fn use_session(
    mut conn: &Conn,
    _: System,
    token_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<Holder>> {
    let row: Option<HolderRow> = sql(
        "WITH found AS (\
           SELECT s.id, s.user_id, s.organization_id, u.default_organization_id, \
                  u.organization_id AS home_id, s.last_used_at \
           FROM sessions s JOIN users u ON u.id = s.user_id \
           WHERE s.token_hash = ? AND s.expires_at > ? \
             AND s.last_used_at > ? - interval '12 hours' \
             AND u.status = 'ACTIVE' AND u.kind = 'USER'\
         ), noted AS (\
           UPDATE sessions SET last_used_at = ? \
           WHERE id IN (SELECT id FROM found WHERE last_used_at < ? - interval '1 minute')\
         ) \
         SELECT id, user_id, organization_id, default_organization_id, home_id FROM found",
        [
            Bind::Bytes(token_hash.to_vec()),
            now.into(),
            now.into(),
            now.into(),
            now.into(),
        ],
    )
    .statement::<HolderSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(row.map(|row| holder(row, |id| Credential::Session(SessionId::from_uuid(id)))))
}

/// The holder of a live API key, whose use is noted.
pub(super) async fn use_api_key(
    mut conn: &Conn,
    _: System,
    secret_hash: &[u8],
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<Option<Holder>> {
    let row: Option<HolderRow> = sql(
        "WITH found AS (\
           SELECT k.id, k.user_id, NULL::uuid AS organization_id, u.default_organization_id, \
                  u.organization_id AS home_id, k.last_used_at \
           FROM api_keys k JOIN users u ON u.id = k.user_id \
           WHERE k.secret_hash = ? AND (k.expires_at IS NULL OR k.expires_at > ?) \
             AND u.status = 'ACTIVE' AND u.kind = 'USER'\
         ), noted AS (\
           UPDATE api_keys SET last_used_at = ?, last_used_address = ? \
           WHERE id IN (SELECT id FROM found \
             WHERE last_used_at IS NULL OR last_used_at < ? - interval '1 minute')\
         ) \
         SELECT id, user_id, organization_id, default_organization_id, home_id FROM found",
        [
            Bind::Bytes(secret_hash.to_vec()),
            now.into(),
            now.into(),
            origin.address.clone().into(),
            now.into(),
        ],
    )
    .statement::<HolderSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(row.map(|row| holder(row, |id| Credential::ApiKey(ApiKeyId::from_uuid(id)))))
}

fn holder(row: HolderRow, credential: impl FnOnce(Uuid) -> Credential) -> Holder {
    let (id, user, wanted, default, home) = row;
    let organizations = [wanted, default, home]
        .into_iter()
        .flatten()
        .map(OrganizationId::from_uuid)
        .collect();
    Holder {
        user: UserId::from_uuid(user),
        credential: credential(id),
        organizations,
    }
}
