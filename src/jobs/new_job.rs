//! What is asked for.

use super::Kind;
use crate::kernel::{
    Id, Result,
    entity::{JobId, OrganizationId, ProjectId, UserId},
};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// How urgent a job is. A class is worth a minute of waiting, so lower ones are never starved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for it.
    Interactive,
    /// Soon.
    High,
    /// As usual.
    Normal,
    /// When there is time.
    Low,
    /// Housekeeping.
    Background,
}

/// Which slots of a worker a job takes: jobs that somebody waits for have slots of their own, so that
/// neither sort keeps the other waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Kinds whose priority is [`Priority::Interactive`].
    Interactive,
    /// All others.
    Batch,
}

impl Priority {
    /// Where kinds of this priority run.
    pub const fn lane(self) -> Lane {
        match self {
            Self::Interactive => Lane::Interactive,
            _ => Lane::Batch,
        }
    }

    /// The number in the database, the most urgent being 1.
    pub const fn number(self) -> i32 {
        match self {
            Self::Interactive => 1,
            Self::High => 2,
            Self::Normal => 3,
            Self::Low => 4,
            Self::Background => 5,
        }
    }
}

/// A job to be stored.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub(super) id: JobId,
    pub(super) organization: Option<OrganizationId>,
    pub(super) project: Option<ProjectId>,
    pub(super) kind: String,
    pub(super) input_version: i32,
    pub(super) input: Value,
    pub(super) run_as: Option<UserId>,
    pub(super) created_by: Option<UserId>,
    pub(super) delay: f64,
    pub(super) deadline: Option<f64>,
    pub(super) max_attempts: i32,
    pub(super) priority: i32,
    pub(super) progress_total: Option<i32>,
    pub(super) idempotency_key: Option<String>,
    pub(super) unique_key: Option<String>,
    pub(super) retry_of: Option<JobId>,
}

/// What became of a request for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job.
    New(JobId),
    /// The job that has the same key already.
    Existing(JobId),
    /// Too many jobs of the organization wait; nothing was stored.
    QueueFull,
}

impl NewJob {
    /// A job of a kind, due at once, without a user: the server's own work.
    ///
    /// # Errors
    /// The payload cannot be written as JSON, which would be a fault of the kind.
    pub fn of<K: Kind>(payload: &K::Payload) -> Result<Self> {
        let input = serde_json::to_value(payload).map_err(anyhow::Error::new)?;
        Ok(Self {
            id: JobId::new(),
            organization: None,
            project: None,
            kind: K::NAME.to_owned(),
            input_version: K::VERSION,
            input,
            run_as: None,
            created_by: None,
            delay: 0.0,
            deadline: K::DEADLINE.map(|life| life.as_secs_f64()),
            max_attempts: K::MAX_ATTEMPTS,
            priority: K::PRIORITY.number(),
            progress_total: None,
            idempotency_key: None,
            unique_key: None,
            retry_of: None,
        })
    }

    /// For a user, in an organization: the job has the rights that the user holds when it runs.
    #[must_use]
    pub fn on_behalf_of(mut self, user: UserId, organization: Option<OrganizationId>) -> Self {
        self.run_as = Some(user);
        self.created_by = Some(user);
        self.organization = organization;
        self
    }

    /// About a project of the organization.
    #[must_use]
    pub fn in_project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }

    /// Due later.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay.as_secs_f64();
        self
    }

    /// Given up if it is not done by then.
    #[must_use]
    pub fn within(mut self, life: Duration) -> Self {
        self.deadline = Some(life.as_secs_f64());
        self
    }

    /// More or less urgent than its kind usually is.
    #[must_use]
    pub fn with_priority(mut self, priority: Priority) -> Self {
        self.priority = priority.number();
        self
    }

    /// Tried more or less often than its kind usually is.
    #[must_use]
    pub fn with_attempts(mut self, attempts: i32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// With a known number of units to do.
    #[must_use]
    pub fn of_units(mut self, total: i32) -> Self {
        self.progress_total = Some(total);
        self
    }

    /// Asked for under a key: whoever asks again within a day gets the same job.
    #[must_use]
    pub fn idempotent(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Only one of its kind with this key at a time: whoever asks meanwhile gets the same job.
    #[must_use]
    pub fn unique(mut self, key: impl Into<String>) -> Self {
        self.unique_key = Some(key.into());
        self
    }

    /// Whose share of the workers it takes; the installation's own jobs have one together.
    pub(super) fn tenant(&self) -> Uuid {
        self.organization.map_or_else(Uuid::nil, Id::uuid)
    }
}
