//! The frame of every mutation: one transaction (or a single statement that is tried before it), one audit
//! row, mistakes as data.

mod anonymous;
mod attempt;
mod frame;

pub use anonymous::{AnonymousTx, mutate_anonymously};
pub use attempt::{Attempt, mutate_at_once};

use super::{Scope, UserError, UserErrorCode, UserErrors};
use crate::{
    authz::{self, AuditEntry, Permits, Resource, View, Viewer},
    db::{Conn, Fragment},
    kernel::{Entity, Error, Id, Result},
};
use async_graphql::ID;
use chrono::{DateTime, Utc};
use frame::{Frame, at, in_transaction};
use std::sync::Arc;

/// Why a mutation did nothing.
#[derive(Debug)]
pub enum Refusal {
    /// Mistakes that the form can show.
    User(Vec<UserError>),
    /// Everything else.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<diesel::result::Error> for Refusal {
    fn from(error: diesel::result::Error) -> Self {
        Self::Error(error.into())
    }
}

impl Refusal {
    /// One mistake at one place.
    pub fn user(code: UserErrorCode, path: &str, message: impl Into<String>) -> Self {
        Self::User(vec![UserError::new(code, path, message)])
    }
}

/// What a mutation made, or the mistakes that kept it from doing anything.
pub type Outcome<T> = std::result::Result<T, Vec<UserError>>;

/// A running mutation: its transaction, its viewer with the rights of now, its audit entry.
pub struct Tx<'a> {
    /// The connection, inside the transaction.
    pub conn: &'a Conn,
    /// Who acts.
    pub viewer: Arc<Viewer>,
    /// When.
    pub now: DateTime<Utc>,
    /// The scope of the request.
    pub scope: &'a Arc<Scope>,
    frame: &'a Frame<'a>,
}

impl Tx<'_> {
    /// Does something once the mutation is committed, and only then: waking who waits for it.
    pub fn after_commit(&self, work: impl FnOnce() + Send + 'static) {
        self.frame.after_commit(Box::new(work));
    }

    /// Proof that the viewer may do `A` to what the input names at `path`.
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND` if there is no such thing for the viewer, `FORBIDDEN` if
    /// they may see it but not do this.
    pub async fn authorize<A, R>(
        &self,
        path: &str,
        id: Id<R>,
    ) -> Result<authz::Grant<A, R>, Refusal>
    where
        R: Resource + Permits<View> + Permits<A>,
    {
        self.viewer
            .authorize::<A, R>(self.conn, id)
            .await
            .map_err(|error| at(error, path, R::TYPE))
    }

    /// Proof that the viewer may see what the input names at `path`.
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND`.
    pub async fn see<R>(&self, path: &str, id: Id<R>) -> Result<authz::Grant<View, R>, Refusal>
    where
        R: Resource,
    {
        self.viewer
            .see(self.conn, id)
            .await
            .map_err(|error| at(error, path, R::TYPE))
    }

    /// Fills in the audit entry.
    pub fn audit(&self, change: impl FnOnce(&mut AuditEntry)) {
        self.frame.audit(change);
    }

    /// The statement that writes the audit row of the entry as it is now, for the statement that
    /// makes the change to carry. `organization` is SQL for the one that the change was in, whatever the
    /// entry says. It has no end, so that it can be given a condition.
    pub fn recorded(&self, organization: &'static str) -> Fragment {
        self.frame.recorded(&self.viewer, organization)
    }
}

/// Runs a mutation by a signed-in caller: one transaction with its audit row.
///
/// The viewer's credential and rights are read again inside the transaction. Nothing of a refused
/// mutation is stored but the audit row that says so.
///
/// # Errors
/// Faults, lack of sign-in, outages. Mistakes of the caller are in the [`Outcome`].
pub async fn mutate<T, F>(scope: &Arc<Scope>, action: &'static str, work: F) -> Result<Outcome<T>>
where
    F: AsyncFnOnce(&Tx<'_>) -> Result<T, Refusal>,
{
    // Boxed: the engine's future of the root is as large as its largest field, and moved about.
    Box::pin(in_transaction(scope, action, work)).await
}

/// The ids of a bulk mutation: at least one, at most the limit, each of the right kind, each once.
///
/// # Errors
/// Mistakes at `path` or at `path.n`.
pub fn bulk_ids<T: Entity>(tx: &Tx<'_>, path: &str, ids: &[ID]) -> Result<Vec<Id<T>>, Refusal> {
    let maximum = tx.scope.limits.bulk_max;
    let mut errors = UserErrors::default();
    if ids.is_empty() {
        errors.add(
            UserErrorCode::Required,
            path,
            format!("{path} must name at least one"),
        );
    }
    if ids.len() > maximum {
        let found = ids.len();
        errors.add(
            UserErrorCode::LimitExceeded,
            path,
            format!("{path} may name at most {maximum}, got {found}"),
        );
    } else {
        let mut distinct = Vec::with_capacity(ids.len());
        for (n, id) in ids.iter().enumerate() {
            let id = errors.id::<T>(&format!("{path}.{n}"), id);
            if !distinct.contains(&id) {
                distinct.push(id);
            }
        }
        errors.check()?;
        return Ok(distinct);
    }
    errors.check()?;
    Ok(Vec::new())
}

/// Parts of a payload: what was made, and the mistakes.
pub fn payload<T, N>(
    outcome: Outcome<T>,
    node: impl FnOnce(T) -> N,
) -> (Option<N>, Vec<UserError>) {
    match outcome {
        Ok(value) => (Some(node(value)), Vec::new()),
        Err(errors) => (None, errors),
    }
}
