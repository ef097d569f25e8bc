//! What a kind of job is, and how one says that it failed.

use super::{FailureCode, Priority, RunContext, StoredError};
use crate::{authz::Permission, kernel::Error};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{future::Future, time::Duration};

/// Whose rights a kind of job has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Those that the user `runAs` holds when it runs; without this one on its organization or
    /// project it fails.
    User(Permission),
    /// Those that the user `runAs` holds when it runs; which ones it needs depends on what it is
    /// about, so the kind asks for them itself.
    Viewer,
    /// The server's own: housekeeping.
    System,
}

/// A kind of job: its name, its payload, how it is run.
///
/// A job may run more than once (its worker may die), so what it does outside the database goes
/// through [`RunContext::effect`], and the rest is safe to repeat. Payloads are versioned: a worker
/// that meets a newer version than its own leaves the job to others, older ones are read by
/// [`Kind::upgrade`].
pub trait Kind: Send + Sync + 'static {
    /// The name, as in the database and in the graph.
    const NAME: &'static str;
    /// The version of the payload that is written.
    const VERSION: i32 = 1;
    /// Most attempts.
    const MAX_ATTEMPTS: i32 = 5;
    /// How urgent it usually is.
    const PRIORITY: Priority = Priority::Normal;
    /// How long after the request it is given up; `None` is never.
    const DEADLINE: Option<Duration> = None;
    /// Whose rights it has.
    const AUTHORITY: Authority;
    /// Whether it can be stopped anywhere and goes on later from where it was: such jobs are handed
    /// back when their worker stops, without counting the attempt.
    const IS_RESUMABLE: bool = false;

    /// What it is asked to do.
    type Payload: Serialize + DeserializeOwned + Send + Sync;
    /// What it makes.
    type Report: Serialize + Send;

    /// A payload of an older version as one of this.
    ///
    /// # Errors
    /// It cannot be read.
    fn upgrade(_version: i32, input: Value) -> serde_json::Result<Self::Payload> {
        serde_json::from_value(input)
    }

    /// Does it. Long work asks [`RunContext::checkpoint`] now and then, which ends it when it is to
    /// stop.
    fn run(
        &self,
        ctx: &RunContext,
        payload: Self::Payload,
    ) -> impl Future<Output = Result<Self::Report, Failure>> + Send;
}

/// Why an attempt ended without a report.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// It may work the next time.
    Passing(StoredError),
    /// It will not work the next time either.
    Final(StoredError),
    /// It is to stop: cancelled, out of time, its worker stops, or the lease is lost. What
    /// [`RunContext::checkpoint`] answers.
    Stopped,
}

impl Failure {
    /// May work the next time. The sentence is shown to whoever sees the job.
    pub fn passing(message: impl Into<String>) -> Self {
        Self::Passing(StoredError {
            code: FailureCode::Internal,
            message: message.into(),
            details: None,
        })
    }

    /// Will not work the next time either, since what was asked for cannot be done.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Final(StoredError {
            code: FailureCode::Invalid,
            message: message.into(),
            details: None,
        })
    }

    /// The user whose rights the job has may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::Final(StoredError {
            code: FailureCode::Forbidden,
            message: message.into(),
            details: None,
        })
    }
}

impl From<Error> for Failure {
    /// Causes stay in the log; what the error says to callers, it says here.
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::invalid("something that it is about does not exist any more"),
            Error::Forbidden(text) => Self::forbidden(text),
            Error::Unauthenticated => Self::forbidden("it has no user"),
            Error::Invalid { .. } => Self::invalid(error.to_string()),
            Error::Conflict(_) | Error::Unavailable(_) => Self::passing(error.to_string()),
            Error::Internal(cause) => {
                tracing::error!(?cause, "a job met a fault");
                Self::passing("internal error")
            }
        }
    }
}
