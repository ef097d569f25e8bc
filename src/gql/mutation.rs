//! The frame of every mutation: one transaction, one audit row, mistakes as data.

use super::{Scope, UserError, UserErrorCode, UserErrors};
use crate::{
    authz::{self, AuditEntry, AuditOutcome, Permits, Resource, View, Viewer},
    db::{self, Conn},
    kernel::{Entity, Error, Id, Result},
};
use async_graphql::ID;
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, PoisonError};

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
    audit: &'a Mutex<AuditEntry>,
    after_commit: &'a Mutex<Vec<AfterCommit>>,
}

/// What is done once a mutation is committed.
type AfterCommit = Box<dyn FnOnce() + Send>;

impl Tx<'_> {
    /// Does something once the mutation is committed, and only then: waking who waits for it.
    pub fn after_commit(&self, work: impl FnOnce() + Send + 'static) {
        let mut after = self
            .after_commit
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        after.push(Box::new(work));
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
        change(&mut self.audit.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Turns what a form can show into a mistake at `path`.
fn at(error: Error, path: &str, kind: &str) -> Refusal {
    let kind = kind.to_lowercase();
    match error {
        Error::NotFound => Refusal::user(
            UserErrorCode::NotFound,
            path,
            format!("there is no such {kind}, or you may not see it"),
        ),
        Error::Forbidden(text) => Refusal::user(UserErrorCode::Forbidden, path, text),
        other => Refusal::Error(other),
    }
}

/// Runs a mutation by a signed-in caller: one transaction with its audit row.
///
/// The viewer's rights are read again inside the transaction. Nothing of a refused mutation is
/// stored but the audit row that says so.
///
/// # Errors
/// Faults, lack of sign-in, outages. Mistakes of the caller are in the [`Outcome`].
pub async fn mutate<T, F>(scope: &Arc<Scope>, action: &'static str, work: F) -> Result<Outcome<T>>
where
    F: AsyncFnOnce(&Tx<'_>) -> Result<T, Refusal>,
{
    // Boxed: the engine's future of the root is as large as its largest field, and moved about.
    Box::pin(run(scope, action, work)).await
}

async fn run<T, F>(scope: &Arc<Scope>, action: &'static str, work: F) -> Result<Outcome<T>>
where
    F: AsyncFnOnce(&Tx<'_>) -> Result<T, Refusal>,
{
    let viewer = scope.viewer()?.clone();
    let audit = Mutex::new(AuditEntry::default());
    let after_commit = Mutex::default();
    let mut exclusive = scope.exclusive().await?;
    let conn = exclusive.get()?;
    let result = db::transaction(conn, async |conn: &Conn| {
        let access = authz::Access::load(conn, viewer.user).await?;
        let viewer = Arc::new(Viewer {
            access,
            ..(*viewer).clone()
        });
        let now = scope.clock.now();
        let tx = Tx {
            conn,
            viewer,
            now,
            scope,
            audit: &audit,
            after_commit: &after_commit,
        };
        // Boxed: what mutations hold across waits is much, and would lie in every frame above.
        let value = Box::pin(work(&tx)).await?;
        let entry = audit.lock().unwrap_or_else(PoisonError::into_inner).clone();
        authz::record(
            conn,
            Some(&tx.viewer),
            &scope.origin,
            action,
            AuditOutcome::Succeeded,
            &entry,
        )
        .await?;
        Ok((value, rights_after(&tx).await?))
    })
    .await;
    scope.lanes.forget();
    let refusal = match result {
        Ok((value, viewer)) => {
            scope.note(|notes| notes.committed = true);
            let after = after_commit
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner);
            for work in after {
                work();
            }
            if let Some(viewer) = viewer {
                scope.go_on_with(viewer);
            }
            return Ok(Ok(value));
        }
        Err(refusal) => refusal,
    };
    let entry = audit.into_inner().unwrap_or_else(PoisonError::into_inner);
    let outcome = outcome_of(&refusal);
    if let Err(error) =
        authz::record(conn, Some(&viewer), &scope.origin, action, outcome, &entry).await
    {
        tracing::warn!(%error, action, "a refusal could not be audited");
    }
    match refusal {
        Refusal::User(errors) => Ok(Err(errors)),
        Refusal::Error(Error::Conflict(text)) => Ok(Err(vec![conflict(&text)])),
        Refusal::Error(error) => Err(error),
    }
}

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
            authz::record(conn, None, &scope.origin, action, ended, &entry).await?;
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

/// The viewer with the rights that a mutation left, if it changed anybody's.
async fn rights_after(tx: &Tx<'_>) -> Result<Option<Arc<Viewer>>> {
    if !tx.scope.notes().changed_rights {
        return Ok(None);
    }
    let access = authz::Access::load(tx.conn, tx.viewer.user).await?;
    let first = access.organizations.first().copied();
    let organization = tx.viewer.organization.or(first);
    Ok(Some(Arc::new(Viewer {
        organization,
        access,
        ..(*tx.viewer).clone()
    })))
}

fn outcome_of(refusal: &Refusal) -> AuditOutcome {
    let denied = match refusal {
        Refusal::User(errors) => errors.iter().any(|error| {
            matches!(
                error.code,
                UserErrorCode::Forbidden | UserErrorCode::NotFound
            )
        }),
        Refusal::Error(error) => {
            matches!(
                error,
                Error::Forbidden(_) | Error::NotFound | Error::Unauthenticated
            )
        }
    };
    if denied {
        AuditOutcome::Denied
    } else {
        AuditOutcome::Failed
    }
}

/// What a broken constraint means to the caller.
fn conflict(constraint: &str) -> UserError {
    let taken = |path: &str, what: &str| {
        UserError::new(
            UserErrorCode::AlreadyExists,
            path,
            format!("{what} is taken already"),
        )
    };
    match constraint {
        "organizations_name_key" => taken("name", "this name"),
        "users_username_key" => taken("username", "this username"),
        "users_email_key" => taken("email", "this email address"),
        "users_external_id_key" => taken("externalId", "this external id"),
        "groups_key_key" => taken("key", "this key"),
        "roles_key_key" => taken("key", "this key"),
        "projects_name_key" => taken("name", "this name"),
        "spaces_slug_key" => taken("name", "this name"),
        "access_grants_user_key" | "access_grants_group_key" => taken(
            "principal",
            "access of this user or group to the same scope",
        ),
        other => UserError::new(UserErrorCode::Conflict, "", format!("conflict: {other}")),
    }
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
