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
    db::{self, Conn, Database, sql},
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
    statements: Arc<AtomicU64>,
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
    /// Statements of these looks.
    pub statements: u64,
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
            statements: Arc::default(),
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
            statements: self.0.statements.load(Ordering::Relaxed),
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
        while self.is_watched() {
            let next = Instant::now() + Duration::from_secs(1) / LOOKS_PER_SECOND;
            rung.mark_unchanged();
            self.looks.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.look(&mut horizon).await {
                tracing::debug!(%error, "watched jobs could not be looked at; again soon");
            }
            tokio::select! {
                _ = rung.changed() => {}
                () = sleep(self.poll) => {}
            }
            sleep_until(next).await;
        }
    }

    /// Whether anybody watches; if not, the next one starts the hub again.
    fn is_watched(&self) -> bool {
        let mut watched = self.watched();
        watched.jobs.retain(|_, cell| cell.strong_count() > 0);
        watched.feeds.retain(|feed| feed.strong_count() > 0);
        watched.is_running = !watched.jobs.is_empty() || !watched.feeds.is_empty();
        watched.is_running
    }

    /// Who watches.
    fn present(&self) -> Present {
        let watched = self.watched();
        let jobs = watched.jobs.iter();
        let cells = jobs.filter_map(|(id, cell)| Some((*id, cell.upgrade()?)));
        let feeds = watched.feeds.iter().filter_map(Weak::upgrade);
        (cells.collect(), feeds.collect())
    }

    async fn look(&self, horizon: &mut Horizon) -> Result<()> {
        let conn = self.db.get().await?;
        db::counted(&self.statements, self.look_with(&conn, horizon)).await
    }

    async fn look_with(&self, conn: &Conn, horizon: &mut Horizon) -> Result<()> {
        let changes = horizon.look(conn).await?;
        // Not earlier: who came while this look was under way, and had read before what it found,
        // has to be told. Who comes from here on reads it.
        let (cells, feeds) = self.present();
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
        for feed in &feeds {
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
            let rows: Result<Vec<JobRow>> = history::many(conn, &ids).await;
            let failed = rows.as_ref().err().map(ToString::to_string);
            let mut rows: HashMap<JobId, JobRow> = rows
                .unwrap_or_default()
                .into_iter()
                .map(|row| (row.id, row))
                .collect();
            for (id, events) in by_job {
                match (cells.get(&id), rows.remove(&id)) {
                    (Some(cell), Some(row)) => cell.take(Arc::new(row), events),
                    // Gone, or it could not be read: the watchers look for themselves, since no
                    // later look finds these events again.
                    (Some(cell), None) => cell.news.send_modify(|news| news.round += 1),
                    (None, _) => {}
                }
            }
            if let Some(error) = failed {
                tracing::debug!(error, "changed jobs could not be read");
            }
        }
        self.look_for_lines(conn, &cells).await
    }

    /// Tells those who read lines of new ones.
    async fn look_for_lines(
        &self,
        mut conn: &Conn,
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
