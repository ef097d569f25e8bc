//! Waiting for a run within the request that asked for it.

use crate::{
    jobs::Jobs,
    kernel::{
        Result,
        entity::{JobId, OrganizationId},
    },
};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest wait, in seconds: below the time that a request may take.
pub(super) const LONGEST: i32 = 25;

/// Starts the run, here if there is room, and waits until it has ended, for a while. The run goes on
/// whatever becomes of the request.
///
/// # Errors
/// The database fails.
pub(super) async fn start_and_wait(
    jobs: &Jobs,
    job: JobId,
    tenant: OrganizationId,
    patience: Duration,
) -> Result<()> {
    let until = Instant::now() + patience;
    // Before the start, so that nothing falls between.
    let mut watch = jobs.hub.watch(job);
    let running = jobs.express(job, Some(tenant));
    if patience.is_zero() {
        return Ok(());
    }
    match timeout_at(until, running).await {
        // An attempt has ended here; the job has too, unless it is to be tried again.
        Ok(_) | Err(_) => {}
    }
    loop {
        let seen = watch.after(0).await?;
        if seen.is_none_or(|seen| seen.row.status.is_terminal()) {
            return Ok(());
        }
        if timeout_at(until, watch.changed()).await.is_err() {
            return Ok(());
        }
    }
}
