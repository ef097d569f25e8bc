//! The row of `api_keys` and the enums stored in it.

use crate::{
    db::schema::api_keys,
    kernel::entity::{ApiKeyId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// An API key, without its secret.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = api_keys, check_for_backend(Pg))]
pub struct ApiKeyRow {
    /// Id.
    pub id: ApiKeyId,
    /// With whose rights it acts.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Last characters of the secret.
    pub last_four: String,
    /// Works until then.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last use, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Last new secret.
    pub rotated_at: Option<DateTime<Utc>>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}
