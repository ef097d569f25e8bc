//! What a node tells those who follow many jobs: which ones changed, and from where to read on.

use crate::{jobs::JobEventRow, kernel::entity::JobId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// A follower of many jobs. However slow it is, it holds a number per job that changed.
#[derive(Default)]
pub(super) struct Feed {
    /// The version to read on from, by job.
    pending: Mutex<HashMap<JobId, i32>>,
    waiting: Notify,
}

impl Feed {
    pub(super) fn take(&self, events: &[Arc<JobEventRow>]) {
        if events.is_empty() {
            return;
        }
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            // In order: the first one of a job says from where.
            pending.entry(event.job_id).or_insert(event.version - 1);
        }
        drop(pending);
        self.waiting.notify_one();
    }
}

/// One follower of many jobs.
pub struct JobFeed(pub(super) Arc<Feed>);

impl JobFeed {
    /// Waits for changes and takes them: which jobs, and the version after which to read each.
    pub async fn changed(&self) -> HashMap<JobId, i32> {
        loop {
            let waiting = self.0.waiting.notified();
            let pending = std::mem::take(
                &mut *self
                    .0
                    .pending
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner),
            );
            if !pending.is_empty() {
                return pending;
            }
            waiting.await;
        }
    }
}
