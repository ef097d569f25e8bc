//! The row of `sessions` and the enums stored in it.

use crate::{
    db::schema::sessions,
    kernel::entity::{OrganizationId, SessionId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A signed-in session, without its token.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
pub struct SessionRow {
    /// Id.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Organization the session works in.
    pub organization_id: Option<OrganizationId>,
    /// The client's `User-Agent` at sign-in.
    pub user_agent: Option<String>,
    /// The client's address at sign-in.
    pub address: Option<String>,
    /// Sign-in.
    pub created_at: DateTime<Utc>,
    /// Last use, to the minute.
    pub last_used_at: DateTime<Utc>,
    /// Ends then at the latest.
    pub expires_at: DateTime<Utc>,
}
