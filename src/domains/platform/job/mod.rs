//! Long work as the graph shows it: jobs, what happened to them, and streams of what happens.
//!
//! The queue itself is `crate::jobs`, which knows no kind of job. Who sees a job: `policy`.

mod kind;
mod list;
mod loader;
mod mutation;
mod object;
mod policy;
mod query;
mod store;
mod subscription;

pub use crate::jobs::JobRow;
pub use kind::JobKind;
pub use list::{JobFilter, JobOrder, JobOrderField};
pub use mutation::{JobMutation, enqueue, enqueue_quietly, queue};
pub use object::{Job, JobError, JobEvent, JobLogEntry, JobProgress, JobResult, JobUpdate};
pub use policy::{POLICIES, sees};
pub use query::JobQuery;
pub use subscription::JobSubscription;
