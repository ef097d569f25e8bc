//! Waiting for a run within the request that asked for it.

use crate::{
    jobs::{Express, Jobs},
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
    let running = jobs.express(job, Some(tenant));
    if patience.is_zero() {
        return Ok(());
    }
    match timeout_at(until, running).await {
        // The usual case costs no watch.
        Ok(Ok(Express::Ended)) | Err(_) => return Ok(()),
        Ok(Ok(Express::Left | Express::Attempted) | Err(_)) => {}
    }
    // The watch reads the job first, so that nothing falls between.
    let mut watch = jobs.hub.watch(job);
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
