//! One attempt of one job, from the claim to its end.

use super::{
    Inner,
    context::RunContext,
    handlers::Handler,
    hold::{Hold, Why},
    record::Record,
};
use crate::{
    authz::{Access, Credential, Place, Viewer},
    db::sql,
    jobs::{Authority, Channel, Claimed, End, Failure, FailureCode, StoredError, finish},
    kernel::{Result, entity::UserId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use futures_util::FutureExt as _;
use serde_json::Value;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Waits between tries to store the end of an attempt.
const FINISH_AGAIN: Duration = Duration::from_millis(200);

/// Runs a claimed job and stores how it ended; whether the job has ended, and is not tried again.
pub(super) async fn run(inner: Arc<Inner>, hold: Arc<Hold>, job: Claimed) -> bool {
    let (id, kind, attempt) = (job.lease.id, job.kind.clone(), job.attempt);
    let record = Arc::new(Record::new(
        inner.db.clone(),
        inner.jobs.bell.clone(),
        hold.clone(),
        job.progress.clone(),
    ));
    // A task of its own, so that the end of the attempt does not cut it short.
    let (recorder, is_over) = (record.clone(), CancellationToken::new());
    let until = is_over.clone();
    let recording = inner
        .tasks
        .spawn(async move { recorder.keep_storing(&until).await });
    let end = tokio::select! {
        end = attempt_of(&inner, &hold, &record, job) => end,
        () = hold.abort.cancelled() => None,
    };
    is_over.cancel();
    if let Err(error) = recording.await {
        tracing::error!(%error, job = %id, "the recorder of a job broke");
    }
    let end = end.or_else(|| aborted(&hold));
    let mut has_ended = false;
    if let Some(end) = &end {
        if let Err(error) = record.flush_lines().await {
            tracing::debug!(%error, job = %id, "the last lines of a job are lost");
        }
        has_ended = store(&inner, &hold, &record, end).await && end.is_final();
    }
    tracing::debug!(job = %id, kind, attempt, end = ?end, "an attempt has ended");
    inner.holds.remove(&hold);
    inner.jobs.bell.ring(Channel::Changed);
    has_ended
}

/// The end of an attempt that was stopped where it was; none if the job is somebody else's now.
fn aborted(hold: &Hold) -> Option<End> {
    match hold.why()? {
        Why::Lost => None,
        Why::Cancelled => Some(End::Cancelled),
        Why::Expired => Some(End::Expired),
        Why::WorkerStops => Some(End::Retry(StoredError {
            code: FailureCode::Internal,
            message: "its worker was stopped".to_owned(),
            details: None,
        })),
    }
}

async fn attempt_of(
    inner: &Inner,
    hold: &Arc<Hold>,
    record: &Arc<Record>,
    job: Claimed,
) -> Option<End> {
    let Some(handler) = inner.handlers.get(&job.kind).cloned() else {
        return Some(End::Declined);
    };
    if job.input_version > handler.version() {
        return Some(End::Declined);
    }
    let viewer = match rights(inner, &*handler, &job).await {
        Ok(viewer) => viewer,
        Err(failure) => return Some(ended(hold, &*handler, Err(failure))),
    };
    let ctx = RunContext {
        hold: hold.clone(),
        record: record.clone(),
        attempt: job.attempt,
        before: job.progress,
        viewer,
        is_resumable: handler.is_resumable(),
        db: inner.db.clone(),
        jobs: inner.jobs.clone(),
    };
    let work = handler.run(&ctx, job.input_version, job.input);
    let result = AssertUnwindSafe(work).catch_unwind().await;
    let result = result.unwrap_or_else(|_panic| {
        tracing::error!(job = %job.lease.id, kind = job.kind, "a job panicked");
        Err(Failure::passing("internal error"))
    });
    Some(ended(hold, &*handler, result))
}

fn ended(hold: &Hold, handler: &dyn Handler, result: Result<Value, Failure>) -> End {
    let failure = match result {
        Ok(Value::Null) => return End::Succeeded(None),
        Ok(report) => return End::Succeeded(Some(report)),
        Err(failure) => failure,
    };
    match (failure, hold.why()) {
        (_, Some(Why::Cancelled)) => End::Cancelled,
        (_, Some(Why::Expired)) => End::Expired,
        (Failure::Stopped, Some(Why::WorkerStops)) if handler.is_resumable() => End::HandedBack,
        (Failure::Final(error), _) => End::Failed(error),
        (Failure::Passing(error), _) => End::Retry(error),
        (Failure::Stopped, _) => End::Retry(StoredError {
            code: FailureCode::Internal,
            message: "it stopped without being asked to".to_owned(),
            details: None,
        }),
    }
}

/// The user whose rights the job has, with those of now.
async fn rights(
    inner: &Inner,
    handler: &dyn Handler,
    job: &Claimed,
) -> Result<Option<Arc<Viewer>>, Failure> {
    let needed = match handler.authority() {
        Authority::System => return Ok(None),
        Authority::Viewer => None,
        Authority::User(permission) => Some(permission),
    };
    let user = job
        .run_as
        .ok_or_else(|| Failure::forbidden("the user whose rights it had is gone"))?;
    let conn = inner.db.get().await?;
    let (is_active, access) = tokio::join!(is_active(&conn, user), Access::load(&conn, user));
    if !is_active? {
        return Err(Failure::forbidden(
            "the account of the user whose rights it has is not in use",
        ));
    }
    let access = access?;
    let place = match (job.organization, job.project) {
        (Some(organization), Some(project)) => Place::project(organization, project),
        (Some(organization), None) => Place::organization(organization),
        (None, _) => Place::installation(),
    };
    if let Some(permission) = needed.filter(|needed| !access.at(&place).contains(*needed)) {
        return Err(Failure::forbidden(format!(
            "the user whose rights it has lacks the permission {} for this",
            permission.as_str()
        )));
    }
    Ok(Some(Arc::new(Viewer {
        user,
        credential: Credential::CommandLine,
        organization: job.organization,
        access,
    })))
}

async fn is_active(mut conn: &crate::db::Conn, user: UserId) -> Result<bool> {
    let found = sql(
        "SELECT EXISTS (SELECT FROM users WHERE id = ? AND status = 'ACTIVE')",
        [user.into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// Stores the end, however long the database is away: beats go on meanwhile, and if they do not,
/// the hold is given up. Whether it was stored by this.
async fn store(inner: &Inner, hold: &Hold, record: &Record, end: &End) -> bool {
    let progress = record.latest();
    loop {
        let tried = async {
            let conn = inner.db.get().await?;
            finish(&conn, hold.lease, end, &progress, &inner.jobs.config).await
        };
        match tried.await {
            Ok(true) => return true,
            Ok(false) => {
                // Somebody else has it, or an earlier try was committed after all.
                tracing::info!(job = %hold.lease.id, "the end of an attempt came too late");
                return false;
            }
            Err(error) => {
                tracing::debug!(%error, job = %hold.lease.id, "the end of an attempt could not be stored yet");
            }
        }
        sleep(FINISH_AGAIN).await;
        if hold.why() == Some(Why::Lost) {
            return false;
        }
    }
}
