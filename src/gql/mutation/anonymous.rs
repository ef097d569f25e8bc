//! Mutations by callers who need not have signed in.

use super::Outcome;
use crate::{
    authz::{self, AuditEntry, AuditOutcome},
    db::{self, Conn},
    gql::Scope,
    kernel::Result,
};
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, PoisonError};

/// A running mutation by a caller who need not have signed in.
pub struct AnonymousTx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a Conn,
    /// When.
    pub now: DateTime<Utc>,
    /// The scope of the request.
    pub scope: &'a Arc<Scope>,
    audit: &'a Mutex<AuditEntry>,
}

impl AnonymousTx<'_> {
    /// Fills in the audit entry; `actor` is the user as whom the caller claims to act.
    pub fn audit(&self, change: impl FnOnce(&mut AuditEntry)) {
        change(&mut self.audit.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Runs a mutation that works without sign-in: one transaction with its audit row.
///
/// Unlike with [`mutate`], a refusal commits as well (what it stored counts failures), and is
/// audited as denied.
///
/// # Errors
/// Faults and outages; then nothing is stored. Mistakes of the caller are in the [`Outcome`].
pub async fn mutate_anonymously<T, F>(
    scope: &Arc<Scope>,
    action: &'static str,
    work: F,
) -> Result<Outcome<T>>
where
    F: AsyncFnOnce(&AnonymousTx<'_>) -> Result<Outcome<T>>,
{
    let audit = Mutex::new(AuditEntry::default());
    let mut exclusive = scope.exclusive().await?;
    let result = db::transaction(
        exclusive.get()?,
        async |conn: &Conn| -> Result<Outcome<T>> {
            let tx = AnonymousTx {
                conn,
                now: scope.clock.now(),
                scope,
                audit: &audit,
            };
            let outcome = Box::pin(work(&tx)).await?;
            let entry = audit.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let ended = if outcome.is_ok() {
                AuditOutcome::Succeeded
            } else {
                AuditOutcome::Denied
            };
            let record = authz::Record {
                viewer: None,
                origin: &scope.origin,
                action,
                outcome: ended,
                entry: &entry,
            };
            authz::record(conn, record).await?;
            Ok(outcome)
        },
    )
    .await;
    scope.lanes.forget();
    if let Ok(Ok(_)) = result {
        scope.note(|notes| notes.committed = true);
    }
    result
}
