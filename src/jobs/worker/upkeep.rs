//! What a worker does for the queue as a whole. Every worker does it; none has to.

use super::Inner;
use crate::{
    jobs::{Channel, rescue, schedule},
    kernel::Result,
};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// What was done since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UpkeepFigures {
    /// Jobs of dead workers that were queued again.
    pub rescued: u64,
    /// Jobs given up because their workers died too often.
    pub poisoned: u64,
    /// Jobs that expired while they waited.
    pub expired: u64,
    /// Due times of schedules that were fired.
    pub fired: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    rescued: AtomicU64,
    poisoned: AtomicU64,
    expired: AtomicU64,
    fired: AtomicU64,
}

impl Counters {
    pub(super) fn figures(&self) -> UpkeepFigures {
        UpkeepFigures {
            rescued: self.rescued.load(Ordering::Relaxed),
            poisoned: self.poisoned.load(Ordering::Relaxed),
            expired: self.expired.load(Ordering::Relaxed),
            fired: self.fired.load(Ordering::Relaxed),
        }
    }
}

/// Looks for what is due each poll interval, and for dead workers each rescue interval.
pub(super) async fn run(inner: &Inner) {
    let mut next_rescue = Instant::now();
    loop {
        let is_time = Instant::now() >= next_rescue;
        if is_time {
            next_rescue = Instant::now() + inner.config().rescue;
        }
        match round(inner, is_time).await {
            Ok(0) => {}
            Ok(_changed) => inner.jobs.announce(),
            Err(error) => {
                tracing::debug!(%error, "the queue could not be looked after; again soon");
            }
        }
        sleep(inner.config().poll.max(Duration::from_millis(50))).await;
    }
}

/// One round; how many jobs changed.
async fn round(inner: &Inner, is_time: bool) -> Result<u64> {
    let counters = &inner.upkeep;
    let mut changed = 0;
    let mut conn = inner.db.get().await?;
    if is_time {
        let rescued = rescue::rescue(&conn, inner.config()).await?;
        let count = rescued.again + rescued.poisoned + rescued.ended;
        if count > 0 {
            tracing::warn!(
                ?rescued,
                "jobs were taken from workers that gave no sign of life"
            );
            counters.rescued.fetch_add(rescued.again, Ordering::Relaxed);
            counters
                .poisoned
                .fetch_add(rescued.poisoned, Ordering::Relaxed);
        }
        changed += count;
    }
    let expired = u64::try_from(rescue::expire(&conn).await?).unwrap_or_default();
    counters.expired.fetch_add(expired, Ordering::Relaxed);
    let fired = schedule::fire(&mut conn, inner.config().backlog).await?;
    counters.fired.fetch_add(fired, Ordering::Relaxed);
    let promoted = u64::try_from(rescue::promote(&conn).await?).unwrap_or_default();
    drop(conn);
    if promoted > 0 {
        inner.jobs.bell.ring(Channel::Ready);
    }
    Ok(changed + expired + fired + promoted)
}
