//! What a node knows of one watched job, shared by all who watch it.

use crate::{
    db::Database,
    jobs::{JobEventRow, JobLogRow, JobRow, history},
    kernel::{Error, Result, entity::JobId},
};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::watch;

/// Most events that are kept of a job for those who keep up; others read the database.
const KEPT: usize = 32;

/// What watchers are told: that there is more, never what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct News {
    /// The last known version.
    pub(super) version: i32,
    /// The last known line.
    pub(super) line: i32,
    /// Grows when everybody has to look, whatever is known.
    pub(super) round: u64,
}

/// What a node knows of a job.
pub(super) struct Cell {
    pub(super) id: JobId,
    pub(super) news: watch::Sender<News>,
    /// How many read its lines.
    pub(super) readers: AtomicUsize,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    row: Option<Arc<JobRow>>,
    /// Without gap.
    events: VecDeque<Arc<JobEventRow>>,
}

/// A job and what happened to it after a version.
#[derive(Debug)]
pub struct Seen {
    /// The job, not older than the last event.
    pub row: Arc<JobRow>,
    /// The events, in order; more may follow.
    pub events: Vec<Arc<JobEventRow>>,
}

impl Cell {
    pub(super) fn new(id: JobId) -> Self {
        Self {
            id,
            news: watch::Sender::new(News::default()),
            readers: AtomicUsize::new(0),
            recent: Mutex::default(),
        }
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the hub found, and tells everybody.
    pub(super) fn take(&self, row: Arc<JobRow>, events: &[Arc<JobEventRow>]) {
        let mut version = 0;
        let mut recent = self.recent();
        for event in events {
            let next = recent.events.back().map(|last| last.version + 1);
            if next.is_some_and(|next| next != event.version) {
                recent.events.clear();
            }
            recent.events.push_back(event.clone());
            if recent.events.len() > KEPT {
                recent.events.pop_front();
            }
            version = event.version;
        }
        recent.row = Some(row);
        drop(recent);
        self.news.send_if_modified(|news| {
            let is_newer = version > news.version;
            news.version = news.version.max(version);
            is_newer
        });
    }

    /// The events after a version, if those who keep up can be served from memory.
    fn remembered(&self, after: i32) -> Option<Seen> {
        let recent = self.recent();
        let row = recent.row.clone()?;
        let (first, last) = (recent.events.front()?, recent.events.back()?);
        if first.version > after.saturating_add(1)
            || last.version <= after
            || row.version < last.version
        {
            return None;
        }
        let events = recent.events.iter();
        let events = events.filter(|event| event.version > after).cloned();
        Some(Seen {
            row,
            events: events.collect(),
        })
    }
}

/// One watcher of a job. Made before anything is read, so that nothing falls between.
pub struct JobWatch {
    pub(super) db: Database,
    pub(super) cell: Arc<Cell>,
    pub(super) news: watch::Receiver<News>,
    pub(super) reads_lines: bool,
}

impl Drop for JobWatch {
    fn drop(&mut self) {
        if self.reads_lines {
            self.cell.readers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl JobWatch {
    /// The job and what happened to it after a version; `None` if there is no such job.
    ///
    /// # Errors
    /// The database fails.
    pub async fn after(&self, version: i32) -> Result<Option<Seen>> {
        if let Some(seen) = self.cell.remembered(version) {
            return Ok(Some(seen));
        }
        let conn = self.db.get().await?;
        // The row first: whatever it says has its event then. If the events say more, again.
        for _ in 0..5 {
            let Some(row) = history::job(&conn, self.cell.id).await? else {
                return Ok(None);
            };
            let events = history::events(&conn, self.cell.id, version).await?;
            if events.last().is_none_or(|last| last.version <= row.version) {
                let (row, events) = (Arc::new(row), events.into_iter().map(Arc::new).collect());
                return Ok(Some(Seen { row, events }));
            }
        }
        Err(Error::unavailable(anyhow::anyhow!(
            "the job changes faster than it can be read"
        )))
    }

    /// The lines of the job after a number.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lines_after(&self, seq: i32) -> Result<Vec<JobLogRow>> {
        let conn = self.db.get().await?;
        history::lines(&conn, self.cell.id, seq).await
    }

    /// Waits until there may be more. What is known already does not end the wait; what came since
    /// the last wait does, at once.
    pub async fn changed(&mut self) {
        if self.news.changed().await.is_err() {
            // Never: the cell holds the sender.
            std::future::pending::<()>().await;
        }
    }
}
