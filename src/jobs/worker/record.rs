//! Progress and lines of a running job on their way to the database: four times a second at most.

use super::hold::{Hold, Why};
use crate::{
    db::Database,
    jobs::{Channel, Doorbell, LogLevel, Progress, logs, logs::Line, progress},
    kernel::Result,
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often what has come together is stored.
const FLUSH: Duration = Duration::from_millis(250);
/// Most lines that wait to be stored; more are left out, and a line says so.
const MOST_WAITING: usize = 5_000;

/// What a job reports.
pub(super) struct Record {
    db: Database,
    bell: Doorbell,
    hold: Arc<Hold>,
    waiting: Mutex<Waiting>,
    /// One flush at a time, so that lines stay in order.
    flushing: tokio::sync::Mutex<Stored>,
}

#[derive(Default)]
struct Waiting {
    progress: Option<Progress>,
    latest: Progress,
    lines: Vec<Line>,
    left_out: usize,
}

#[derive(Default)]
struct Stored {
    /// Bytes of lines; `None` before the first.
    bytes: Option<usize>,
    is_full: bool,
}

impl Record {
    pub(super) fn new(db: Database, bell: Doorbell, hold: Arc<Hold>, before: Progress) -> Self {
        let waiting = Waiting {
            latest: before,
            ..Waiting::default()
        };
        Self {
            db,
            bell,
            hold,
            waiting: Mutex::new(waiting),
            flushing: tokio::sync::Mutex::default(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn progress(&self, progress: Progress) {
        let mut waiting = self.waiting();
        waiting.latest = progress.clone();
        waiting.progress = Some(progress);
    }

    /// How far the job said it was last.
    pub(super) fn latest(&self) -> Progress {
        self.waiting().latest.clone()
    }

    pub(super) fn line(&self, level: LogLevel, message: &str, details: Option<Value>) {
        let mut waiting = self.waiting();
        if waiting.lines.len() >= MOST_WAITING {
            waiting.left_out += 1;
            return;
        }
        waiting.lines.push(Line::new(level, message, details));
    }

    /// Stores what comes together, until the job ends.
    pub(super) async fn keep_storing(&self, until: &CancellationToken) {
        while until.run_until_cancelled(sleep(FLUSH)).await.is_some() {
            match self.flush().await {
                Ok(true) => {}
                Ok(false) => self.hold.stop(Why::Lost),
                Err(error) => tracing::debug!(%error, "a job's report could not be stored yet"),
            }
        }
    }

    /// Stores the lines that are left. How far the job came is stored with its end.
    pub(super) async fn flush_lines(&self) -> Result<bool> {
        self.waiting().progress = None;
        self.flush().await
    }

    /// Stores what has come together; false if the lease is lost.
    pub(super) async fn flush(&self) -> Result<bool> {
        let mut stored = self.flushing.lock().await;
        let (progress, mut lines) = {
            let mut waiting = self.waiting();
            let left_out = std::mem::take(&mut waiting.left_out);
            if left_out > 0 {
                let text = format!("{left_out} lines were left out: too many at once");
                waiting
                    .lines
                    .push(Line::new(LogLevel::Warning, &text, None));
            }
            (waiting.progress.take(), std::mem::take(&mut waiting.lines))
        };
        if progress.is_none() && lines.is_empty() {
            return Ok(true);
        }
        let outcome = self.store(&mut stored, progress.as_ref(), &mut lines).await;
        if outcome.is_err() {
            // Not stored, so not lost: in front of what came since.
            let mut waiting = self.waiting();
            let since = std::mem::replace(&mut waiting.lines, lines);
            waiting.lines.extend(since);
            waiting.progress = waiting.progress.take().or(progress);
        }
        drop(stored);
        self.bell.ring(Channel::Changed);
        outcome
    }

    async fn store(
        &self,
        stored: &mut Stored,
        progress: Option<&Progress>,
        lines: &mut Vec<Line>,
    ) -> Result<bool> {
        let conn = self.db.get().await?;
        let lease = self.hold.lease;
        if !lines.is_empty() && !stored.is_full {
            let before = match stored.bytes {
                Some(bytes) => bytes,
                None => logs::size(&conn, lease.id).await?,
            };
            let (fitting, bytes, is_full) = fitting(lines, before);
            if !fitting.is_empty() && !logs::write(&conn, lease, &fitting).await? {
                return Ok(false);
            }
            stored.bytes = Some(bytes);
            stored.is_full = is_full;
            lines.clear();
        }
        match progress {
            Some(progress) => progress::report(&conn, lease, progress).await,
            None => Ok(true),
        }
    }
}

/// The lines that still fit into the log of the job; the last one says that it is full.
fn fitting(lines: &[Line], before: usize) -> (Vec<Line>, usize, bool) {
    let mut bytes = before;
    let mut fitting = Vec::with_capacity(lines.len());
    if before >= logs::JOB_BYTES {
        return (fitting, bytes, true);
    }
    for line in lines {
        bytes += line.message.len();
        if bytes >= logs::JOB_BYTES {
            fitting.push(Line::new(
                LogLevel::Warning,
                "truncated: the log is full",
                None,
            ));
            return (fitting, bytes, true);
        }
        fitting.push(line.clone());
    }
    (fitting, bytes, false)
}
