//! Following the lines that a job writes.

use super::{
    caller::{Caller, Follow, RECHECK},
    job::read,
};
use crate::{
    domains::platform::job::{JobLogEntry, JobRow, policy::sees},
    jobs::{JobLogRow, JobWatch},
    kernel::{Error, Result},
};
use std::{collections::VecDeque, sync::Arc};
use tokio::time::timeout;

/// A follower of the lines of one job.
pub(super) struct LineFollower {
    caller: Caller,
    watch: JobWatch,
    /// The job as last read.
    row: Arc<JobRow>,
    waiting: VecDeque<JobLogRow>,
    /// The last line that was read.
    after: i32,
    /// Whether there may be more than was read.
    is_behind: bool,
}

impl LineFollower {
    /// Begins to follow.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such job or the caller may not see it.
    pub(super) async fn enter(caller: Caller, watch: JobWatch, after: i32) -> Result<Self> {
        let seen = read(&watch, i32::MAX).await?;
        if !sees(&*caller.now().await?, &seen.row) {
            return Err(Error::NotFound);
        }
        let after = caller.after(after);
        Ok(Self {
            caller,
            watch,
            row: seen.row,
            waiting: VecDeque::new(),
            after,
            is_behind: true,
        })
    }
}

impl Follow for LineFollower {
    type Item = JobLogEntry;

    async fn step(&mut self) -> Result<Option<JobLogEntry>> {
        loop {
            self.caller.sees(&self.row).await?;
            if let Some(line) = self.waiting.pop_front() {
                self.after = line.seq;
                self.caller.mark(line.seq);
                return Ok(Some(JobLogEntry(Arc::new(line))));
            }
            if self.is_behind {
                // The job first: its last lines are written before its end.
                self.row = read(&self.watch, i32::MAX).await?.row;
                let lines = Box::pin(self.watch.lines_after(self.after)).await?;
                self.is_behind = !lines.is_empty();
                self.waiting.extend(lines);
                continue;
            }
            if self.row.status.is_terminal() {
                return Ok(None);
            }
            self.is_behind = timeout(RECHECK, self.watch.changed()).await.is_ok();
        }
    }
}
