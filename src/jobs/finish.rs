//! The ends of an attempt. Each asks for the lease; false means that it was lost, and nothing changed.

use super::{FailureCode, Lease, Progress, StoredError};
use crate::{
    config::JobsConfig,
    db::{Bind, Conn, Fragment, sql},
    kernel::Result,
};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use std::time::Duration;

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum End {
    /// It made this.
    Succeeded(Option<Value>),
    /// It failed and is tried again, unless it was the last attempt.
    Retry(StoredError),
    /// It failed for good.
    Failed(StoredError),
    /// It stopped because somebody asked for it.
    Cancelled,
    /// Its time was over.
    Expired,
    /// Its worker stops: back to the queue, the attempt does not count.
    HandedBack,
    /// Its worker does not know how to run it: back to the queue, after a while.
    Declined,
}

impl End {
    /// Whether the job is over with it, whatever else there is.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Succeeded(_) | Self::Failed(_) | Self::Cancelled | Self::Expired
        )
    }
}

/// How long a job rests that a worker could not run, for others to find it.
const DECLINED_REST: f64 = 5.0;

/// Ends an attempt. Ends the lease, whatever the end.
///
/// # Errors
/// The database fails; whether the attempt has ended is unknown then, and asking again is safe.
pub async fn finish(
    mut conn: &Conn,
    lease: Lease,
    end: &End,
    progress: &Progress,
    config: &JobsConfig,
) -> Result<bool> {
    let new = match end {
        End::Succeeded(result) => terminal("SUCCEEDED", result.clone(), None),
        End::Failed(error) => terminal("FAILED", None, Some(error)),
        End::Cancelled => terminal("CANCELLED", None, None),
        End::Expired => terminal("EXPIRED", None, Some(&expired())),
        End::Retry(error) => retry(error, config.retry_base),
        // In its old place of the line.
        End::HandedBack => sql("status = 'QUEUED', attempt = attempt - 1", []),
        End::Declined => sql(
            "status = 'RETRY_WAIT', attempt = attempt - 1, run_at = job_now() + make_interval(secs => ?)",
            [DECLINED_REST.into()],
        ),
    };
    let changed = sql(
        "UPDATE jobs SET progress_done = ?, progress_total = ?, progress_message = ?, ",
        [
            progress.done.into(),
            progress.total.into(),
            progress.message.clone().into(),
        ],
    )
    .with(new)
    .then(
        ", lease_token = NULL, lease_until = NULL, worker_id = NULL WHERE ",
        [],
    )
    .with(lease.holds())
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(changed == 1)
}

fn terminal(status: &'static str, result: Option<Value>, error: Option<&StoredError>) -> Fragment {
    let days = if status == "FAILED" {
        "30 days"
    } else {
        "7 days"
    };
    sql(
        "status = ?, result = ?, error = ?, finished_at = job_now(), retain_until = job_now() + ?::interval",
        [status.into(), result.into(), json(error), days.into()],
    )
}

/// The next attempt after a wait; or the end if there is none, or if somebody asked for it meanwhile.
fn retry(error: &StoredError, base: Duration) -> Fragment {
    let exhausted = StoredError {
        code: FailureCode::AttemptsExhausted,
        ..error.clone()
    };
    sql(
        "status = CASE WHEN cancel_requested_at IS NOT NULL THEN 'CANCELLED' \
           WHEN attempt < max_attempts THEN 'RETRY_WAIT' ELSE 'FAILED' END, \
         error = CASE WHEN cancel_requested_at IS NOT NULL THEN NULL WHEN attempt < max_attempts THEN ? ELSE ? END, \
         run_at = CASE WHEN cancel_requested_at IS NULL AND attempt < max_attempts \
           THEN job_now() + job_backoff(make_interval(secs => ?), attempt) ELSE run_at END, \
         finished_at = CASE WHEN cancel_requested_at IS NULL AND attempt < max_attempts THEN NULL ELSE job_now() END, \
         retain_until = CASE WHEN cancel_requested_at IS NULL AND attempt < max_attempts THEN NULL \
           ELSE job_now() + interval '30 days' END",
        [
            json(Some(error)),
            json(Some(&exhausted)),
            base.as_secs_f64().into(),
        ],
    )
}

fn expired() -> StoredError {
    StoredError {
        code: FailureCode::Expired,
        message: "it was not done by its deadline".to_owned(),
        details: None,
    }
}

fn json(error: Option<&StoredError>) -> Bind {
    Bind::from(error.and_then(|error| serde_json::to_value(error).ok()))
}
