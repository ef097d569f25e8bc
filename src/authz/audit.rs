//! The audit trail: one row per mutation, written in its transaction (or, for refusals, after it).

use super::{Credential, Origin, Viewer};
use crate::{
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Entity, Id, Result,
        entity::{AuditEventId, OrganizationId, UserId},
    },
};
use diesel_async::RunQueryDsl;
use std::collections::BTreeMap;

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
    /// Ids of the things it was done to, in their text form; each gets a row of its own.
    pub targets: Vec<String>,
    /// Names of the changed fields, never their values.
    pub changes: Vec<String>,
    /// Organizations of targets that are not in `organization`.
    pub places: BTreeMap<String, OrganizationId>,
    /// The acting user where there is no viewer yet (sign-in).
    pub actor: Option<UserId>,
}

impl AuditEntry {
    /// Notes a thing it was done to.
    pub fn target<T: Entity>(&mut self, id: Id<T>) {
        self.targets.push(id.to_string());
    }

    /// Notes where a target is, so that its row goes to the log of that organization.
    pub fn place<T: Entity>(&mut self, id: Id<T>, organization: Option<OrganizationId>) {
        if let Some(organization) = organization {
            self.places.insert(id.to_string(), organization);
        }
    }

    /// Notes a field if it changed.
    pub fn changed(&mut self, field: &str, changed: bool) {
        if changed {
            self.changes.push(field.to_owned());
        }
    }
}

/// What is written to the audit log: who did what, how it ended, and to what.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The caller, if signed in.
    pub viewer: Option<&'a Viewer>,
    /// Where the request came from.
    pub origin: &'a Origin,
    /// What was done.
    pub action: &'a str,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// To what.
    pub entry: &'a AuditEntry,
}

impl Record<'_> {
    /// The statement that writes it, without an end, so that conditions can follow: one row, or one
    /// for each target where there are several.
    fn statement(&self) -> Fragment {
        self.statement_in("t.place")
    }

    /// The same with SQL for the organization of all its rows, instead of what the entry says (`t.place`).
    pub fn statement_in(&self, concerned: &'static str) -> Fragment {
        let Self { viewer, entry, .. } = *self;
        let api_key = viewer.and_then(|viewer| match viewer.credential {
            Credential::ApiKey(id) => Some(id),
            Credential::Session(_) | Credential::CommandLine => None,
        });
        let actor = viewer.map(|viewer| viewer.user).or(entry.actor);
        let organization = entry
            .organization
            .or_else(|| viewer.and_then(|viewer| viewer.organization));
        let targets = if entry.targets.is_empty() {
            vec![String::new()]
        } else {
            entry.targets.clone()
        };
        let nowhere = OrganizationId::from_uuid(uuid::Uuid::nil());
        let place = |target| {
            entry
                .places
                .get(target)
                .copied()
                .or(organization)
                .unwrap_or(nowhere)
        };
        let places: Vec<OrganizationId> = targets.iter().map(place).collect();
        let ids: Vec<AuditEventId> = targets.iter().map(|_| AuditEventId::new()).collect();
        sql(
            "INSERT INTO audit_events (id, organization_id, actor_id, api_key_id, action, outcome, \
             target_id, changes, address, user_agent, request_id) \
             SELECT t.id, o.id, ?, ?, ?, ?, nullif(t.target, ''), ?, ?, ?, ? \
             FROM unnest(?, ?, ?) AS t(id, target, place) LEFT JOIN organizations o ON o.id = ",
            [
                actor.into(),
                api_key.into(),
                self.action.into(),
                self.outcome.into(),
                Bind::Texts(entry.changes.clone()),
                self.origin.address.clone().into(),
                self.origin.user_agent.clone().into(),
                Bind::Text(self.origin.request_id.clone()),
                Bind::from(ids),
                Bind::Texts(targets),
                Bind::from(places),
            ],
        )
        .then(concerned, [])
    }
}

/// Writes the audit log: one row, or one for each target where there are several.
///
/// # Errors
/// The database fails.
pub async fn record(mut conn: &Conn, record: Record<'_>) -> Result<()> {
    let statement = record.statement().statement::<()>();
    statement.execute(&mut conn).await?;
    Ok(())
}
