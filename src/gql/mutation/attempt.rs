//! Mutations that are tried in one statement before anything is looked up.

use super::{
    Outcome, Refusal, Tx,
    frame::{Frame, in_transaction},
};
use crate::{
    authz::{AuditEntry, Permits, Proviso, Reached, View},
    db::{Conn, Fragment},
    gql::Scope,
    kernel::{Error, Id, Result, entity::UserId},
};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A change that is tried by a statement which asks for the caller's rights itself.
pub struct Attempt<'a> {
    /// The connection; there is no transaction.
    pub conn: &'a Conn,
    /// When.
    pub now: DateTime<Utc>,
    frame: &'a Frame<'a>,
}

impl Attempt<'_> {
    /// Who acts.
    pub fn user(&self) -> UserId {
        self.frame.viewer().user
    }

    /// The condition under which the caller may do `A` to a row when the statement runs; `None` if that has
    /// to be looked up.
    pub fn provided<A, R>(&self, id: Id<R>) -> Option<Proviso<A, R>>
    where
        R: Reached + Permits<View> + Permits<A>,
    {
        self.frame.viewer().provided(id, self.now)
    }

    /// Fills in the audit entry.
    pub fn audit(&self, change: impl FnOnce(&mut AuditEntry)) {
        self.frame.audit(change);
    }

    /// The statement that writes the audit row: see [`Tx::recorded`].
    pub fn recorded(&self, organization: &'static str) -> Fragment {
        self.frame.recorded(self.frame.viewer(), organization)
    }
}

/// Runs a mutation by a signed-in caller that mostly is a single statement with its audit row.
///
/// `attempt` makes that statement under a [`Proviso`], which saves the trip that reads rights first. Where
/// it answers `None` it must have changed nothing, and the mutation begins anew as one of
/// [`super::mutate`]: mistakes of the caller are told there.
///
/// # Errors
/// Those of [`super::mutate`].
pub async fn mutate_at_once<T, A, F>(
    scope: &Arc<Scope>,
    action: &'static str,
    attempt: A,
    work: F,
) -> Result<Outcome<T>>
where
    A: AsyncFnOnce(&Attempt<'_>) -> Result<Option<T>, Refusal>,
    F: AsyncFnOnce(&Tx<'_>) -> Result<T, Refusal>,
{
    // Boxed, as in `mutate`.
    if let Some(done) = Box::pin(tried(scope, action, attempt)).await? {
        return Ok(done);
    }
    Box::pin(in_transaction(scope, action, work)).await
}

async fn tried<T, A>(
    scope: &Arc<Scope>,
    action: &'static str,
    attempt: A,
) -> Result<Option<Outcome<T>>>
where
    A: AsyncFnOnce(&Attempt<'_>) -> Result<Option<T>, Refusal>,
{
    let frame = Frame::new(scope, action)?;
    let mut exclusive = scope.exclusive().await?;
    let conn: &Conn = exclusive.get()?;
    let trying = Attempt {
        conn,
        now: frame.now(),
        frame: &frame,
    };
    let result = match attempt(&trying).await {
        // A single statement that met a constraint has changed nothing; the transaction tells it well.
        Ok(None) | Err(Refusal::Error(Error::Conflict(_))) => return Ok(None),
        Ok(Some(value)) => Ok((value, frame.viewer().clone())),
        Err(refusal) => Err(refusal),
    };
    frame.settle(conn, result).await.map(Some)
}
