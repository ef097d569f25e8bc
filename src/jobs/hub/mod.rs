//! The hub of a node: one look into the database for everybody who watches jobs here.
//!
//! While anybody watches, the hub looks for new events when the doorbell rings and at least once in a
//! poll interval, at most [`LOOKS_PER_SECOND`] times a second, and tells the watchers of each job that
//! there is more. It hands on no events: a watcher that is told reads on from where it is, from a
//! few events kept per job, or from the database if it is far behind. So a slow watcher holds no
//! memory, and a lost bell, a lost connection or a restart of the database loses nothing.

mod cell;
mod changes;
mod feed;

pub use cell::{JobWatch, Seen};
pub use feed::JobFeed;

use super::{Channel, Doorbell, JobEventRow, JobRow, history};
use crate::{
    db::{Database, sql},
    kernel::{Result, entity::JobId},
};
use cell::Cell;
use changes::Horizon;
use diesel::sql_types as st;
use feed::Feed;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Most looks a second, of two or three statements each.
const LOOKS_PER_SECOND: u32 = 10;

/// The hub of a node. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    db: Database,
    bell: Doorbell,
    poll: Duration,
    watched: Mutex<Watched>,
    /// Age of the oldest event at the last look that found any, in microseconds.
    lag_micros: AtomicU64,
    looks: AtomicU64,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

#[derive(Default)]
struct Watched {
    jobs: HashMap<JobId, Weak<Cell>>,
    feeds: Vec<Weak<Feed>>,
    is_running: bool,
}

/// Figures of a hub.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HubFigures {
    /// Jobs that are watched.
    pub jobs: usize,
    /// Followers of many jobs.
    pub feeds: usize,
    /// How late the last news were, from the event to the hub, in seconds.
    pub lag_seconds: f64,
    /// Looks into the database since the start.
    pub looks: u64,
}

impl Hub {
    /// A hub. It does nothing while nobody watches.
    pub fn new(
        db: Database,
        bell: Doorbell,
        poll: Duration,
        tasks: TaskTracker,
        stopping: CancellationToken,
    ) -> Self {
        Self(Arc::new(Inner {
            db,
            bell,
            poll,
            watched: Mutex::default(),
            lag_micros: AtomicU64::new(0),
            looks: AtomicU64::new(0),
            tasks,
            stopping,
        }))
    }

    /// Watches a job.
    pub fn watch(&self, id: JobId) -> JobWatch {
        self.enter(id, false)
    }

    /// Watches a job and the lines that it writes.
    pub fn watch_lines(&self, id: JobId) -> JobWatch {
        self.enter(id, true)
    }

    fn enter(&self, id: JobId, reads_lines: bool) -> JobWatch {
        let mut watched = self.0.watched();
        let known = watched.jobs.get(&id).and_then(Weak::upgrade);
        let cell = known.unwrap_or_else(|| {
            let cell = Arc::new(Cell::new(id));
            watched.jobs.insert(id, Arc::downgrade(&cell));
            cell
        });
        if reads_lines {
            cell.readers.fetch_add(1, Ordering::Relaxed);
        }
        let news = cell.news.subscribe();
        self.start(watched);
        JobWatch {
            db: self.0.db.clone(),
            cell,
            news,
            reads_lines,
        }
    }

    /// Follows all jobs.
    pub fn follow(&self) -> JobFeed {
        let feed = Arc::new(Feed::default());
        let mut watched = self.0.watched();
        watched.feeds.push(Arc::downgrade(&feed));
        self.start(watched);
        JobFeed(feed)
    }

    /// How it does.
    pub fn figures(&self) -> HubFigures {
        let watched = self.0.watched();
        let lag = Duration::from_micros(self.0.lag_micros.load(Ordering::Relaxed));
        HubFigures {
            jobs: watched.jobs.len(),
            feeds: watched.feeds.len(),
            lag_seconds: lag.as_secs_f64(),
            looks: self.0.looks.load(Ordering::Relaxed),
        }
    }

    fn start(&self, mut watched: MutexGuard<'_, Watched>) {
        if std::mem::replace(&mut watched.is_running, true) {
            return;
        }
        drop(watched);
        let inner = self.0.clone();
        self.0.tasks.spawn(async move {
            let stopping = inner.stopping.clone();
            stopping.run_until_cancelled(inner.run()).await;
        });
    }
}

/// Who watches now.
type Present = (HashMap<JobId, Arc<Cell>>, Vec<Arc<Feed>>);

impl Inner {
    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks until nobody watches any more.
    async fn run(&self) {
        let mut horizon = Horizon::default();
        let mut rung = self.bell.listen(Channel::Changed);
        while let Some((cells, feeds)) = self.present() {
            let next = Instant::now() + Duration::from_secs(1) / LOOKS_PER_SECOND;
            rung.mark_unchanged();
            self.looks.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.look(&mut horizon, &cells, &feeds).await {
                tracing::debug!(%error, "watched jobs could not be looked at; again soon");
            }
            drop((cells, feeds));
            tokio::select! {
                _ = rung.changed() => {}
                () = sleep(self.poll) => {}
            }
            sleep_until(next).await;
        }
    }

    /// Who watches; `None` if nobody does, and then the next one starts the hub again.
    fn present(&self) -> Option<Present> {
        let mut watched = self.watched();
        let mut cells = HashMap::with_capacity(watched.jobs.len());
        watched.jobs.retain(|id, cell| {
            let cell = cell.upgrade();
            cell.map(|cell| cells.insert(*id, cell)).is_some()
        });
        let mut feeds = Vec::new();
        watched.feeds.retain(|feed| {
            let feed = feed.upgrade();
            feed.map(|feed| feeds.push(feed)).is_some()
        });
        if cells.is_empty() && feeds.is_empty() {
            watched.is_running = false;
            return None;
        }
        Some((cells, feeds))
    }

    async fn look(
        &self,
        horizon: &mut Horizon,
        cells: &HashMap<JobId, Arc<Cell>>,
        feeds: &[Arc<Feed>],
    ) -> Result<()> {
        let conn = self.db.get().await?;
        let changes = horizon.look(&conn).await?;
        if changes.is_first {
            for cell in cells.values() {
                cell.news.send_modify(|news| news.round += 1);
            }
        }
        if !changes.events.is_empty() {
            let lag = Duration::try_from_secs_f64(changes.lag).unwrap_or_default();
            let lag = u64::try_from(lag.as_micros()).unwrap_or(u64::MAX);
            self.lag_micros.store(lag, Ordering::Relaxed);
        }
        for feed in feeds {
            feed.take(&changes.events);
        }
        let by_job = changes
            .events
            .chunk_by(|one, next| one.job_id == next.job_id);
        let by_job: HashMap<JobId, &[Arc<JobEventRow>]> = by_job
            .filter_map(|events| Some((events.first()?.job_id, events)))
            .filter(|(id, _)| cells.contains_key(id))
            .collect();
        if !by_job.is_empty() {
            let ids: Vec<JobId> = by_job.keys().copied().collect();
            let rows: Vec<JobRow> = history::many(&conn, &ids).await?;
            for row in rows {
                if let (Some(cell), Some(events)) = (cells.get(&row.id), by_job.get(&row.id)) {
                    cell.take(Arc::new(row), events);
                }
            }
        }
        self.look_for_lines(&conn, cells).await
    }

    /// Tells those who read lines of new ones.
    async fn look_for_lines(
        &self,
        mut conn: &crate::db::Conn,
        cells: &HashMap<JobId, Arc<Cell>>,
    ) -> Result<()> {
        let read = |cell: &&Arc<Cell>| cell.readers.load(Ordering::Relaxed) > 0;
        let ids: Vec<JobId> = cells.values().filter(read).map(|cell| cell.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let statement = sql(
            "SELECT w.id, (SELECT max(l.seq) FROM job_logs l WHERE l.job_id = w.id) \
             FROM unnest(?) AS w(id) WHERE EXISTS (SELECT FROM job_logs l WHERE l.job_id = w.id)",
            [ids.into()],
        )
        .statement::<(st::Uuid, st::Integer)>();
        let found: Vec<(JobId, i32)> =
            diesel_async::RunQueryDsl::load(statement, &mut conn).await?;
        for (id, line) in found {
            if let Some(cell) = cells.get(&id) {
                cell.news.send_if_modified(|news| {
                    let is_newer = line > news.line;
                    news.line = news.line.max(line);
                    is_newer
                });
            }
        }
        Ok(())
    }
}
