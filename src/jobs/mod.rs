//! The job queue: durable work on PostgreSQL, by any number of nodes. Knows no kind of job.
//!
//! How to read it. A job is a row in `jobs`; its history is in `job_events`, written by the tables
//! themselves (`migrations/…_jobs`). [`enqueue()`] stores one in the caller's transaction. A worker
//! claims it for a while (a *lease*, with a token), says every few seconds that it is alive, and
//! every statement of its own asks for that token, so that a worker that lost its lease changes
//! nothing. The [`Hub`] tells watchers on this node what changed anywhere; the [`Doorbell`] makes it
//! quick. Invariants, and what happens on each kind of failure: `docs/jobs.md`.

mod again;
mod beat;
mod cancel;
mod claim;
mod doorbell;
pub mod effects;
mod enqueue;
pub mod figures;
mod finish;
pub mod history;
mod hub;
mod kind;
mod lease;
pub mod logs;
mod new_job;
mod node;
pub mod progress;
pub mod purge;
mod rescue;
mod row;
pub mod schedule;
mod status;
mod worker;

pub use again::again;
pub use beat::{Alive, beat};
pub use cancel::{Cancelled, cancel};
pub use claim::{Claimed, Wanted, claim};
pub use doorbell::{Channel, Doorbell};
pub use effects::{Intent, OnDoubt};
pub use enqueue::{enqueue, enqueue_with};
pub use finish::{End, finish};
pub use hub::{Hub, HubFigures, JobFeed, JobWatch, Seen};
pub use kind::{Authority, Failure, Kind};
pub use lease::Lease;
pub use new_job::{Enqueued, Lane, NewJob, Priority};
pub use rescue::{Rescued, expire, promote, rescue};
pub use row::{JobEventRow, JobLogRow, JobRow, LogLevel, Progress, StoredError};
pub use status::{FailureCode, JobStatus};
pub use worker::{Effect, Handlers, RunContext, UpkeepFigures, Worker};

use crate::{
    config::JobsConfig,
    db::Database,
    kernel::entity::{JobId, OrganizationId},
};
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What became of a job that this process was to run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Express {
    /// It is left in the queue: there was no room here, or another node was quicker.
    Left,
    /// An attempt has ended here; the job may be tried again.
    Attempted,
    /// It has ended here.
    Ended,
}

/// The queue as the rest of a node uses it. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    /// Tells watchers what changed.
    pub hub: Hub,
    /// Wakes other nodes.
    pub bell: Doorbell,
    /// Settings.
    pub config: std::sync::Arc<JobsConfig>,
    /// The worker of this process, if it has one.
    worker: std::sync::Arc<std::sync::OnceLock<worker::Nearby>>,
    tasks: TaskTracker,
}

impl Jobs {
    /// The queue of a node. Its tasks run in `tasks` and end with `stopping`.
    pub fn new(
        db: &Database,
        config: JobsConfig,
        tasks: &TaskTracker,
        stopping: &CancellationToken,
    ) -> Self {
        let (all, tasks, stopping) = (tasks.clone(), tasks.clone(), stopping.clone());
        let bell = Doorbell::new(db.clone(), config.notify, tasks.clone(), stopping.clone());
        let hub = Hub::new(db.clone(), bell.clone(), config.poll, tasks, stopping);
        let config = std::sync::Arc::new(config);
        Self {
            hub,
            bell,
            config,
            worker: std::sync::Arc::default(),
            tasks: all,
        }
    }

    /// Runs a job that was just stored and that somebody waits for, in this process if it has room;
    /// else tells the workers of it. Goes on whether or not anybody waits for the handle, which
    /// resolves once an attempt has ended here, and at once where none is made here.
    pub fn express(&self, id: JobId, tenant: Option<OrganizationId>) -> JoinHandle<Express> {
        let jobs = self.clone();
        self.tasks.spawn(async move {
            let nearby = jobs.worker.get().and_then(worker::Nearby::get);
            let outcome = match nearby {
                Some(worker) => worker.express(id, tenant).await,
                None => Express::Left,
            };
            if outcome == Express::Left {
                jobs.announce();
            }
            outcome
        })
    }

    /// Tells everybody that there is new work: after the commit of who asked for it.
    pub fn announce(&self) {
        self.bell.ring(Channel::Ready);
        self.bell.ring(Channel::Changed);
    }
}
