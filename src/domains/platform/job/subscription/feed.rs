//! Following all jobs that a caller may see.

use super::caller::{Caller, Follow, RECHECK};
use crate::{
    db::Fragment,
    domains::platform::job::{JobRow, JobUpdate, policy::sees, store},
    gql::Scope,
    jobs::{JobEventRow, JobFeed, history},
    kernel::{Result, entity::JobId},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::time::{Instant, sleep_until, timeout};

/// Shortest time between two looks.
const PAUSE: Duration = Duration::from_millis(250);
/// How many jobs are remembered before those that are quiet are forgotten.
const REMEMBERED: usize = 1_000;
/// After how long without news a job is quiet.
const QUIET: Duration = Duration::from_mins(1);

/// A follower of many jobs.
pub(super) struct FeedFollower {
    caller: Caller,
    feed: JobFeed,
    condition: Fragment,
    /// Changed jobs to look at, and the version to read on from.
    changed: HashMap<JobId, i32>,
    waiting: VecDeque<(Arc<JobRow>, JobEventRow)>,
    /// The last version of each job that was read, and when.
    seen: HashMap<JobId, (i32, Instant)>,
    next_look: Instant,
}

impl FeedFollower {
    pub(super) fn new(caller: Caller, feed: JobFeed, condition: Fragment) -> Self {
        Self {
            caller,
            feed,
            condition,
            changed: HashMap::new(),
            waiting: VecDeque::new(),
            seen: HashMap::new(),
            next_look: Instant::now(),
        }
    }

    /// Reads what happened to the changed jobs, as far as the caller sees them.
    async fn look(&mut self) -> Result<()> {
        let scope = self.caller.scope().await?;
        let read = self.read(&scope).await;
        scope.release().await;
        let (rows, events) = read?;
        let rows: HashMap<JobId, Arc<JobRow>> = rows
            .into_iter()
            .map(|row| (row.id, Arc::new(row)))
            .collect();
        let now = Instant::now();
        for event in events {
            self.seen.insert(event.job_id, (event.version, now));
            if let Some(row) = rows.get(&event.job_id) {
                self.waiting.push_back((row.clone(), event));
            }
        }
        // Forgotten only now: a failed look is done again.
        self.changed.clear();
        if self.seen.len() > REMEMBERED {
            self.seen.retain(|_, (_, at)| at.elapsed() < QUIET);
        }
        Ok(())
    }

    async fn read(&self, scope: &Scope) -> Result<(Vec<JobRow>, Vec<JobEventRow>)> {
        let ids: Vec<JobId> = self.changed.keys().copied().collect();
        let viewer = scope.viewer()?;
        let conn = scope.conn().await?;
        let conn = conn.get()?;
        let rows = store::selected(conn, viewer, &ids, &self.condition).await?;
        let from: Vec<(JobId, i32)> = rows
            .iter()
            .map(|row| (row.id, self.after(row.id)))
            .collect();
        let events = history::events_of(conn, &from).await?;
        Ok((rows, events))
    }

    /// The version to read a job on from: nothing is sent twice.
    fn after(&self, id: JobId) -> i32 {
        let told = self.changed.get(&id).copied().unwrap_or_default();
        let read = self.seen.get(&id).map_or(0, |(version, _)| *version);
        told.max(read)
    }
}

impl Follow for FeedFollower {
    type Item = JobUpdate;

    async fn step(&mut self) -> Result<Option<JobUpdate>> {
        loop {
            let viewer = self.caller.now().await?;
            if let Some((row, event)) = self.waiting.pop_front() {
                if !sees(&viewer, &row) {
                    continue;
                }
                return Ok(Some(JobUpdate::new(&row, &event)));
            }
            if !self.changed.is_empty() {
                // In a box: most of the time nothing is read.
                Box::pin(self.look()).await?;
                continue;
            }
            sleep_until(self.next_look).await;
            if let Ok(changed) = timeout(RECHECK, self.feed.changed()).await {
                self.changed = changed;
                self.next_look = Instant::now() + PAUSE;
            }
        }
    }
}
