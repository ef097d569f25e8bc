//! The audit trail: one row per mutation, written in its transaction (or, for refusals, after it).

use super::{Credential, Origin, Viewer};
use crate::{
    db::{Bind, Conn, sql},
    kernel::{
        Result,
        entity::{AuditEventId, OrganizationId, UserId},
    },
};
use diesel_async::RunQueryDsl;

crate::db::text_enum! {
    /// How an audited action ended.
    pub enum AuditOutcome {
        /// It was done.
        Succeeded = "SUCCEEDED",
        /// The caller lacked the right, or the thing does not exist for them.
        Denied = "DENIED",
        /// It was refused for another reason, such as bad input.
        Failed = "FAILED",
    }
}

/// What is recorded of one action.
#[derive(Debug, Clone, Default)]
pub struct AuditEntry {
    /// The organization it concerns.
    pub organization: Option<OrganizationId>,
    /// Id of the thing it was done to, in its text form.
    pub target: Option<String>,
    /// Names of the changed fields, never their values.
    pub changes: Vec<String>,
    /// The acting user where there is no viewer yet (sign-in).
    pub actor: Option<UserId>,
}

/// Writes one row of the audit log.
///
/// # Errors
/// The database fails.
pub async fn record(
    mut conn: &Conn,
    viewer: Option<&Viewer>,
    origin: &Origin,
    action: &str,
    outcome: AuditOutcome,
    entry: &AuditEntry,
) -> Result<()> {
    let api_key = viewer.and_then(|viewer| match viewer.credential {
        Credential::ApiKey(id) => Some(id),
        Credential::Session(_) | Credential::CommandLine => None,
    });
    let actor = viewer.map(|viewer| viewer.user).or(entry.actor);
    let organization =
        entry.organization.or_else(|| viewer.and_then(|viewer| viewer.organization));
    sql(
        "INSERT INTO audit_events (id, organization_id, actor_id, api_key_id, action, outcome, \
         target_id, changes, address, user_agent, request_id) \
         SELECT ?, o.id, ?, ?, ?, ?, ?, ?, ?, ?, ? \
         FROM (SELECT 1) AS one LEFT JOIN organizations o ON o.id = ?",
        [
            AuditEventId::new().into(),
            actor.into(),
            api_key.into(),
            action.into(),
            outcome.into(),
            entry.target.clone().into(),
            Bind::Texts(entry.changes.clone()),
            origin.address.clone().into(),
            origin.user_agent.clone().into(),
            Bind::Text(origin.request_id.clone()),
            organization.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
