//! What surrounds the work of a mutation: the caller as of now before it, the audit row behind it.

use super::{Outcome, Refusal, Tx};
use crate::{
    authz::{self, AuditEntry, AuditOutcome, Viewer},
    db::{self, Conn, Fragment},
    gql::{Scope, UserError, UserErrorCode},
    kernel::{Error, Result},
};
use chrono::{DateTime, Utc};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// What is done once a mutation is committed.
pub(super) type AfterCommit = Box<dyn FnOnce() + Send>;

pub(super) async fn in_transaction<T, F>(
    scope: &Arc<Scope>,
    action: &'static str,
    work: F,
) -> Result<Outcome<T>>
where
    F: AsyncFnOnce(&Tx<'_>) -> Result<T, Refusal>,
{
    let frame = Frame::new(scope, action)?;
    let mut exclusive = scope.exclusive().await?;
    let conn = exclusive.get()?;
    let result = db::transaction_after(
        conn,
        async |conn: &Conn| frame.caller(conn).await,
        async |conn: &Conn, viewer| frame.run(conn, viewer, work).await,
    )
    .await;
    frame.settle(conn, result).await
}

/// What surrounds a mutation.
pub(super) struct Frame<'a> {
    scope: &'a Arc<Scope>,
    action: &'static str,
    /// The caller as they came.
    viewer: Arc<Viewer>,
    now: DateTime<Utc>,
    audit: Mutex<AuditEntry>,
    /// Whether the change itself writes the audit row.
    recorded: AtomicBool,
    after_commit: Mutex<Vec<AfterCommit>>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(scope: &'a Arc<Scope>, action: &'static str) -> Result<Self> {
        Ok(Self {
            scope,
            action,
            viewer: scope.viewer()?.clone(),
            now: scope.clock.now(),
            audit: Mutex::default(),
            recorded: AtomicBool::new(false),
            after_commit: Mutex::default(),
        })
    }

    /// The caller with the rights of now.
    async fn caller(&self, conn: &Conn) -> Result<Arc<Viewer>, Refusal> {
        let viewer = self.viewer.renewed(conn, self.now).await?;
        Ok(viewer.ok_or(Error::Unauthenticated)?)
    }

    /// The caller as they came.
    pub(super) const fn viewer(&self) -> &Arc<Viewer> {
        &self.viewer
    }

    /// When.
    pub(super) const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(super) fn after_commit(&self, work: AfterCommit) {
        lock(&self.after_commit).push(work);
    }

    /// Fills in the audit entry.
    pub(super) fn audit(&self, change: impl FnOnce(&mut AuditEntry)) {
        change(&mut lock(&self.audit));
    }

    /// The statement that writes the audit row, which nothing else writes then.
    pub(super) fn recorded(&self, viewer: &Viewer, organization: &'static str) -> Fragment {
        self.recorded.store(true, Ordering::Relaxed);
        let entry = self.entry();
        self.record(viewer, AuditOutcome::Succeeded, &entry)
            .statement_in(organization)
    }

    fn entry(&self) -> AuditEntry {
        lock(&self.audit).clone()
    }

    fn record<'b>(
        &'b self,
        viewer: &'b Viewer,
        outcome: AuditOutcome,
        entry: &'b AuditEntry,
    ) -> authz::Record<'b> {
        authz::Record {
            viewer: Some(viewer),
            origin: &self.scope.origin,
            action: self.action,
            outcome,
            entry,
        }
    }

    /// Does the work, and gives with its result the viewer whom it leaves.
    async fn run<T, F>(
        &self,
        conn: &Conn,
        viewer: Arc<Viewer>,
        work: F,
    ) -> Result<(T, Arc<Viewer>), Refusal>
    where
        F: AsyncFnOnce(&Tx<'_>) -> Result<T, Refusal>,
    {
        let tx = Tx {
            conn,
            viewer,
            now: self.now,
            scope: self.scope,
            frame: self,
        };
        // Boxed: what mutations hold across waits is much, and would lie in every frame above.
        let value = Box::pin(work(&tx)).await?;
        if !self.recorded.load(Ordering::Relaxed) {
            let entry = self.entry();
            let record = self.record(&tx.viewer, AuditOutcome::Succeeded, &entry);
            authz::record(conn, record).await?;
        }
        Ok((value, viewer_after(&tx).await?))
    }

    /// Goes on as the viewer whom the work left, or writes down why it did nothing.
    pub(super) async fn settle<T>(
        &self,
        conn: &Conn,
        result: Result<(T, Arc<Viewer>), Refusal>,
    ) -> Result<Outcome<T>> {
        let scope = self.scope;
        let refusal = match result {
            Ok((value, viewer)) => {
                scope.note(|notes| notes.committed = true);
                let after = std::mem::take(&mut *lock(&self.after_commit));
                for work in after {
                    work();
                }
                scope.go_on_with(viewer);
                return Ok(Ok(value));
            }
            Err(refusal) => refusal,
        };
        scope.lanes.forget();
        let entry = self.entry();
        let record = self.record(&self.viewer, outcome_of(&refusal), &entry);
        if let Err(error) = authz::record(conn, record).await {
            let action = self.action;
            tracing::warn!(%error, action, "a refusal could not be audited");
        }
        match refusal {
            Refusal::User(errors) => Ok(Err(errors)),
            Refusal::Error(Error::Conflict(text)) => Ok(Err(vec![conflict(&text)])),
            Refusal::Error(error) => Err(error),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The viewer with the rights that a mutation left; what comes next reads them again.
async fn viewer_after(tx: &Tx<'_>) -> Result<Arc<Viewer>> {
    if !tx.scope.notes().changed_rights {
        return Ok(tx.viewer.clone());
    }
    let access = authz::Access::load(tx.conn, tx.viewer.user).await?;
    let first = access.organizations.first().copied();
    let organization = tx.viewer.organization.or(first);
    Ok(Arc::new(Viewer {
        organization,
        access,
        ..(*tx.viewer).clone()
    }))
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
        "tags_name_key" => taken("name", "this name"),
        "user_attributes_name_key" => taken("name", "this name"),
        "access_grants_user_key" | "access_grants_group_key" => taken(
            "principal",
            "access of this user or group to the same scope",
        ),
        other => UserError::new(UserErrorCode::Conflict, "", format!("conflict: {other}")),
    }
}

/// Turns what a form can show into a mistake at `path`.
pub(super) fn at(error: Error, path: &str, kind: &str) -> Refusal {
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
