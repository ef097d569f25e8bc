//! Following one job.

use super::caller::{Caller, Follow, RECHECK};
use crate::{
    domains::platform::job::{JobRow, JobUpdate, policy::sees},
    jobs::{JobEventRow, JobWatch, Seen},
    kernel::{Error, Result},
};
use futures_util::future::BoxFuture;
use std::{collections::VecDeque, sync::Arc};
use tokio::time::timeout;

/// A follower of one job.
pub(super) struct JobFollower {
    caller: Caller,
    watch: JobWatch,
    /// The job as last read.
    row: Arc<JobRow>,
    waiting: VecDeque<Arc<JobEventRow>>,
    /// The last version that was read.
    after: i32,
    /// Whether there may be more than was read.
    is_behind: bool,
}

impl JobFollower {
    /// Begins to follow.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such job or the caller may not see it.
    pub(super) async fn enter(caller: Caller, watch: JobWatch, after: i32) -> Result<Self> {
        let after = caller.after(after);
        let seen = read(&watch, after).await?;
        if !sees(&*caller.now().await?, &seen.row) {
            return Err(Error::NotFound);
        }
        let mut follower = Self {
            caller,
            watch,
            row: seen.row.clone(),
            waiting: VecDeque::new(),
            after,
            is_behind: true,
        };
        follower.take(seen);
        Ok(follower)
    }

    fn take(&mut self, seen: Seen) {
        let Seen { row, mut events } = seen;
        self.row = row;
        let last = events.last().map_or(self.after, |event| event.version);
        self.is_behind = last < self.row.version;
        if self.is_behind && self.row.status.is_terminal() && events.is_empty() {
            // The history is not kept any more: one event that stands for all of it.
            events.push(Arc::new(self.row.last_event()));
            self.is_behind = false;
        }
        self.after = events.last().map_or(self.after, |event| event.version);
        self.waiting.extend(merged(events));
    }
}

/// What happened to the job after a version.
///
/// In a box: followers wait long, and would carry the room for it all the time.
pub(super) fn read(watch: &JobWatch, after: i32) -> BoxFuture<'_, Result<Seen>> {
    Box::pin(async move { watch.after(after).await?.ok_or(Error::NotFound) })
}

impl Follow for JobFollower {
    type Item = JobUpdate;

    async fn step(&mut self) -> Result<Option<JobUpdate>> {
        loop {
            self.caller.sees(&self.row).await?;
            if let Some(event) = self.waiting.pop_front() {
                self.caller.mark(event.version);
                return Ok(Some(JobUpdate::new(&self.row, &event)));
            }
            if self.is_behind {
                let seen = read(&self.watch, self.after).await?;
                self.take(seen);
                continue;
            }
            if self.row.status.is_terminal() {
                return Ok(None);
            }
            // Either way rights are read again.
            self.is_behind = timeout(RECHECK, self.watch.changed()).await.is_ok();
        }
    }
}

/// Leaves out progress that newer progress has overtaken; never a status.
fn merged(events: Vec<Arc<JobEventRow>>) -> Vec<Arc<JobEventRow>> {
    let mut kept: Vec<Arc<JobEventRow>> = Vec::with_capacity(events.len());
    let mut previous = None;
    for event in events {
        let is_progress = previous == Some((event.status, event.attempt));
        previous = Some((event.status, event.attempt));
        // The first event of a status stays, since it says when the status began.
        let overtaken = kept
            .iter()
            .rev()
            .take(2)
            .filter(|kept| (kept.status, kept.attempt) == (event.status, event.attempt))
            .count()
            == 2;
        if is_progress && overtaken {
            kept.pop();
        }
        kept.push(event);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        jobs::JobStatus::{self, Queued, RetryWait, Running, Succeeded},
        kernel::entity::JobId,
    };

    fn event(version: i32, status: JobStatus, attempt: i32) -> Arc<JobEventRow> {
        Arc::new(JobEventRow {
            job_id: JobId::new(),
            version,
            at: chrono::DateTime::UNIX_EPOCH,
            status,
            attempt,
            progress_done: version,
            progress_total: None,
            progress_message: None,
        })
    }

    #[test]
    fn progress_is_merged_and_no_status_is_lost() {
        let events = vec![
            event(1, Queued, 0),
            event(2, Running, 1),
            event(3, Running, 1),
            event(4, Running, 1),
            event(5, RetryWait, 1),
            event(6, Queued, 1),
            event(7, Running, 2),
            event(8, Running, 2),
            event(9, Succeeded, 2),
        ];
        let versions: Vec<_> = merged(events).iter().map(|event| event.version).collect();
        assert_eq!(versions, [1, 2, 4, 5, 6, 7, 8, 9]);
    }
}
