//! The row of `audit_events` and the enums stored in it.

use crate::{
    authz::AuditOutcome,
    db::schema::audit_events,
    kernel::entity::{ApiKeyId, AuditEventId, OrganizationId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A record of who did what.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = audit_events, check_for_backend(Pg))]
pub struct AuditEventRow {
    /// Id.
    pub id: AuditEventId,
    /// The organization it concerns.
    pub organization_id: Option<OrganizationId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor_id: Option<UserId>,
    /// With which key.
    pub api_key_id: Option<ApiKeyId>,
    /// Name of the mutation.
    pub action: String,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Id of the thing it was done to, as text.
    pub target_id: Option<String>,
    /// Names of the changed fields.
    pub changes: Vec<String>,
    /// Address of the client.
    pub address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// Id of the request.
    pub request_id: Option<String>,
}
