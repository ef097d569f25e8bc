//! Statements on API keys. Every one that changes a key names its owner beside its id.

use super::ApiKeyRow;
use crate::{
    authz::{Delete, Edit, Grant, Viewer},
    db::{Bind, Conn, schema::api_keys, sql},
    kernel::{
        Result,
        entity::{ApiKey, ApiKeyId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;

/// A key to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewApiKey<'a> {
    pub(super) id: ApiKeyId,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) secret_hash: Vec<u8>,
    pub(super) last_four: String,
    pub(super) expires_at: DateTime<Utc>,
}

/// What may change of a key. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
pub(super) struct ApiKeyChanges {
    pub(super) name: Option<String>,
    pub(super) description: Option<Option<String>>,
    pub(super) secret_hash: Option<Vec<u8>>,
    pub(super) last_four: Option<String>,
    pub(super) expires_at: Option<DateTime<Utc>>,
    pub(super) rotated_at: Option<DateTime<Utc>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

/// How many keys the viewer has. Holds the account, so that parallel requests wait.
pub(super) async fn count_own(mut conn: &Conn, viewer: &Viewer) -> Result<i64> {
    sql(
        "SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE",
        [viewer.user.into()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    let count = sql(
        "SELECT count(*) FROM api_keys WHERE user_id = ?",
        [viewer.user.into()],
    )
    .statement::<st::BigInt>()
    .get_result(&mut conn)
    .await?;
    Ok(count)
}

/// Stores a key of the viewer.
pub(super) async fn create(
    mut conn: &Conn,
    viewer: &Viewer,
    new: &NewApiKey<'_>,
) -> Result<ApiKeyRow> {
    let row = diesel::insert_into(api_keys::table)
        .values((new, api_keys::user_id.eq(viewer.user)))
        .returning(ApiKeyRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Whose the keys are.
pub(super) async fn owners(
    mut conn: &Conn,
    _: &Viewer,
    ids: &[ApiKeyId],
) -> Result<Vec<(ApiKeyId, UserId)>> {
    let rows = sql(
        "SELECT id, user_id FROM api_keys WHERE id = ANY(?) FOR UPDATE",
        [Bind::from(ids)],
    )
    .statement::<(st::Uuid, st::Uuid)>()
    .load(&mut conn)
    .await?;
    Ok(rows)
}

/// Changes the key of the grant, if it is the viewer's.
pub(super) async fn update(
    mut conn: &Conn,
    key: &Grant<Edit, ApiKey>,
    viewer: &Viewer,
    changes: &ApiKeyChanges,
) -> Result<ApiKeyRow> {
    let keys = api_keys::table
        .filter(api_keys::id.eq(key.id()))
        .filter(api_keys::user_id.eq(viewer.user));
    let row = diesel::update(keys)
        .set(changes)
        .returning(ApiKeyRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the keys of the grants.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, ApiKey>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(api_keys::table.filter(api_keys::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}
