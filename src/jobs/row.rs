//! Rows of the queue as readers see them. Lease and limits are the engine's own business.

use super::JobStatus;
use crate::{
    db::schema::{job_events, job_logs, jobs},
    kernel::entity::{JobId, OrganizationId, ProjectId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A job.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = jobs, check_for_backend(Pg))]
pub struct JobRow {
    /// Id.
    pub id: JobId,
    /// Its organization; none for the server's own work.
    pub organization_id: Option<OrganizationId>,
    /// Its project, if it is about one.
    pub project_id: Option<ProjectId>,
    /// Name of the kind.
    pub kind: String,
    /// Whose present rights it has.
    pub run_as_id: Option<UserId>,
    /// Who asked for it.
    pub created_by_id: Option<UserId>,
    /// Where it stands.
    pub status: JobStatus,
    /// Number of the last event.
    pub version: i32,
    /// Units done.
    pub progress_done: i32,
    /// Units in all, if known.
    pub progress_total: Option<i32>,
    /// What it is at.
    pub progress_message: Option<String>,
    /// What it made.
    pub result: Option<Value>,
    /// Why it failed, as a [`StoredError`].
    pub error: Option<Value>,
    /// When it is or was due.
    pub run_at: DateTime<Utc>,
    /// When it is given up.
    pub deadline_at: Option<DateTime<Utc>>,
    /// The attempt it is at; 0 before the first.
    pub attempt: i32,
    /// Most attempts.
    pub max_attempts: i32,
    /// When somebody asked to stop it.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    /// The job that this one does over.
    pub retry_of_id: Option<JobId>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Start of the first attempt.
    pub started_at: Option<DateTime<Utc>>,
    /// End.
    pub finished_at: Option<DateTime<Utc>>,
}

/// Something that happened to a job.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = job_events, check_for_backend(Pg))]
pub struct JobEventRow {
    /// The job.
    pub job_id: JobId,
    /// Number of the event, from 1 without gap.
    pub version: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// The state since then.
    pub status: JobStatus,
    /// The attempt.
    pub attempt: i32,
    /// Units done.
    pub progress_done: i32,
    /// Units in all, if known.
    pub progress_total: Option<i32>,
    /// What it is at.
    pub progress_message: Option<String>,
}

/// A line that a job wrote.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = job_logs, check_for_backend(Pg))]
pub struct JobLogRow {
    /// The job.
    pub job_id: JobId,
    /// Number of the line, from 1.
    pub seq: i32,
    /// The attempt that wrote it.
    pub attempt: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// How much it matters.
    pub level: LogLevel,
    /// The line.
    pub message: String,
    /// Facts for machines.
    pub details: Option<Value>,
}

crate::db::text_enum! {
    /// How much a line of a log matters.
    pub enum LogLevel {
        /// For whoever wants to follow.
        Info = "INFO",
        /// Something is odd, the work goes on.
        Warning = "WARNING",
        /// Something failed.
        Error = "ERROR",
    }
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// Units done.
    pub done: i32,
    /// Units in all, if known.
    pub total: Option<i32>,
    /// What it is at.
    pub message: Option<String>,
}

/// Why a job failed, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredError {
    /// The class.
    pub code: super::FailureCode,
    /// A sentence for people, without secrets and causes.
    pub message: String,
    /// Facts for machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

impl JobRow {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            done: self.progress_done,
            total: self.progress_total,
            message: self.progress_message.clone(),
        }
    }

    /// The job as it was when an event happened: what came later is taken away.
    #[must_use]
    pub fn as_of(&self, event: &JobEventRow) -> Self {
        let mut then = self.clone();
        if event.version >= self.version {
            return then;
        }
        then.status = event.status;
        then.version = event.version;
        then.attempt = event.attempt;
        then.progress_done = event.progress_done;
        then.progress_total = event.progress_total;
        then.progress_message.clone_from(&event.progress_message);
        if !event.status.is_terminal() {
            then.result = None;
            then.error = None;
            then.finished_at = None;
        }
        if event.attempt == 0 {
            then.started_at = None;
        }
        then
    }

    /// The last event of the job, made from the row: for when its history is gone.
    pub fn last_event(&self) -> JobEventRow {
        JobEventRow {
            job_id: self.id,
            version: self.version,
            at: self.finished_at.unwrap_or(self.run_at),
            status: self.status,
            attempt: self.attempt,
            progress_done: self.progress_done,
            progress_total: self.progress_total,
            progress_message: self.progress_message.clone(),
        }
    }
}

impl JobEventRow {
    /// How far the job was.
    pub fn progress(&self) -> Progress {
        Progress {
            done: self.progress_done,
            total: self.progress_total,
            message: self.progress_message.clone(),
        }
    }
}
