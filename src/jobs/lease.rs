//! The lease: who may write to a running job.
//!
//! Every statement of a worker asks for the token it was given with the claim. A worker that was
//! thought dead and is not (a pause, a lost network) finds its token gone and changes nothing: this
//! one condition is what "exactly one end" rests on.

use crate::{
    db::{Fragment, sql},
    kernel::entity::JobId,
};
use uuid::Uuid;

/// A worker's hold on a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub id: JobId,
    /// Made anew with each claim.
    pub token: Uuid,
}

impl Lease {
    /// The condition on `jobs` that the lease still holds.
    pub fn holds(&self) -> Fragment {
        sql(
            "jobs.id = ? AND jobs.lease_token = ? AND jobs.status = 'RUNNING'",
            [self.id.into(), self.token.into()],
        )
    }
}
