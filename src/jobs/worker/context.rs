//! What a running job has: its rights, its progress and log, its effects, and the word to stop.

use super::{
    hold::{Hold, Why},
    record::Record,
};
use crate::{
    authz::Viewer,
    db::Database,
    jobs::{Failure, Intent, Jobs, Lease, LogLevel, OnDoubt, Progress, effects},
    kernel::{Error, Result, entity::JobId},
};
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::time::sleep;

/// What a running job has.
pub struct RunContext {
    pub(super) hold: Arc<Hold>,
    pub(super) record: Arc<Record>,
    pub(super) attempt: i32,
    pub(super) before: Progress,
    pub(super) viewer: Option<Arc<Viewer>>,
    pub(super) is_resumable: bool,
    /// The database.
    pub db: Database,
    /// The queue, to ask for more work.
    pub jobs: Jobs,
}

/// What became of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It was done, now or by an attempt before.
    Done,
    /// It may have been done by an attempt before, and was not repeated.
    Uncertain,
}

impl RunContext {
    /// The job.
    pub fn id(&self) -> JobId {
        self.hold.lease.id
    }

    /// Which attempt this is, from 1.
    pub const fn attempt(&self) -> i32 {
        self.attempt
    }

    /// How far the attempts before came: where a resumable job goes on.
    pub const fn progress_before(&self) -> &Progress {
        &self.before
    }

    /// The user whose rights the job has, with those held when it started.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for the server's own work.
    pub fn viewer(&self) -> Result<&Arc<Viewer>> {
        self.viewer.as_ref().ok_or(Error::Unauthenticated)
    }

    /// Tells how far the job is. Cheap: what is overtaken within a quarter of a second is not stored.
    pub fn progress(&self, done: i32, total: Option<i32>, message: impl Into<String>) {
        let message = Some(message.into()).filter(|text: &String| !text.is_empty());
        self.record.progress(Progress {
            done,
            total,
            message,
        });
    }

    /// Writes a line.
    pub fn log(&self, level: LogLevel, message: &str, details: Option<Value>) {
        self.record.line(level, message, details);
    }

    /// Writes a line for whoever wants to follow.
    pub fn info(&self, message: &str) {
        self.log(LogLevel::Info, message, None);
    }

    /// Goes on, unless the job is to stop.
    ///
    /// # Errors
    /// [`Failure::Stopped`]: give it back with `?`. A worker that stops stops only those that can go on
    /// elsewhere; the others have some time to finish.
    pub fn checkpoint(&self) -> Result<(), Failure> {
        match self.hold.why() {
            None => Ok(()),
            Some(Why::WorkerStops) if !self.is_resumable => Ok(()),
            Some(_) => Err(Failure::Stopped),
        }
    }

    /// Waits, unless the job is to stop.
    ///
    /// # Errors
    /// [`Failure::Stopped`].
    pub async fn pause(&self, length: Duration) -> Result<(), Failure> {
        self.unless_stopped(sleep(length)).await?;
        self.checkpoint()
    }

    /// Does work that can be cut short, by dropping it, when the job is to stop.
    ///
    /// # Errors
    /// [`Failure::Stopped`].
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        self.checkpoint()?;
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return Ok(done),
            () = self.hold.asked.cancelled() => {}
        }
        self.checkpoint()?;
        // Asked by a worker that stops, of a job that cannot: the rest of the work.
        Ok(work.await)
    }

    /// The key of an effect: the same in every attempt of this job, and no other's.
    pub fn effect_key(&self, step: &str) -> String {
        format!("{}-{step}", self.id())
    }

    /// Does something outside the database at most once, as far as that can be known. `work` gets the
    /// key, which the receiver should be told.
    ///
    /// # Errors
    /// What `work` failed with; [`Failure::Stopped`] if the job may do nothing more.
    pub async fn effect<F>(
        &self,
        step: &str,
        on_doubt: OnDoubt,
        work: impl FnOnce(String) -> F + Send,
    ) -> Result<Effect, Failure>
    where
        F: Future<Output = Result<(), Failure>> + Send,
    {
        self.checkpoint()?;
        let conn = self.db.get().await?;
        let intent = effects::intend(&conn, self.lease(), step, on_doubt).await?;
        drop(conn);
        match intent {
            Intent::Done => return Ok(Effect::Done),
            Intent::Uncertain => return Ok(Effect::Uncertain),
            Intent::Refused => return Err(Failure::Stopped),
            Intent::Go => {}
        }
        work(self.effect_key(step)).await?;
        let conn = self.db.get().await?;
        effects::done(&conn, self.lease(), step).await?;
        Ok(Effect::Done)
    }

    /// The hold on the job, for statements of the work itself that must come from this attempt.
    pub fn lease(&self) -> Lease {
        self.hold.lease
    }
}
