//! The connection pool: deadpool over diesel's asynchronous connections.
//!
//! Connections are checked without a round trip when they are taken (a test query would cost up to
//! a quarter of a small request), and each carries a counter of the statements it has sent.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
    pooled_connection::PoolableConnection,
};

use super::{
    connect::Wire,
    count,
    readers::{Choice, Opening, Readers, Share},
    turns::{Turn, Turns, is_here},
};
use crate::kernel::{Error, Result};

/// A connection as statements use it. Shared, so that independent statements are pipelined.
pub type Conn = AsyncPgConnection;

/// How to reach the database and how many connections to keep.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// A PostgreSQL connection URL or `key=value` string.
    pub url: String,
    /// Most connections at a time.
    pub max_connections: usize,
    /// How long a request waits for a connection.
    pub wait_timeout: Duration,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
}

impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// The database as the server sees it.
#[derive(Clone)]
pub struct Database {
    pool: managed::Pool<Manager>,
    turns: Option<Turns>,
    readers: Option<Arc<Readers>>,
}

/// A connection taken from the pool, exclusive to one request.
///
/// Dropped in the middle of a statement or a transaction (the caller went away, the deadline
/// passed), it is closed at once and its statement is cancelled, so that neither locks nor work
/// outlive the request.
pub struct PooledConn {
    // Taken only by `discard` and by the drop.
    inner: Option<managed::Object<Manager>>,
    // Held for as long as the connection is.
    _turn: Option<Turn>,
}

/// What the pool keeps.
pub(crate) struct Slot {
    conn: AsyncPgConnection,
    wire: Wire,
    traffic: Arc<Traffic>,
    url: Arc<str>,
}

/// Statements of one connection.
#[derive(Default)]
struct Traffic {
    sent: AtomicU64,
    answered: AtomicU64,
}

impl Slot {
    /// Whether a statement or a transaction is unfinished, or the connection is gone.
    fn is_unclean(&mut self) -> bool {
        type Manager = <AsyncPgConnection as AsyncConnection>::TransactionManager;
        let status = Manager::transaction_manager_status_mut(&mut self.conn);
        let open = !matches!(status.transaction_depth(), Ok(None));
        open || self.is_waiting() || self.conn.is_broken()
    }

    /// The connection, for statements.
    pub(super) fn conn(&self) -> &Conn {
        &self.conn
    }

    /// Whether a statement has no answer yet, be it that nobody waits for one.
    pub(super) fn is_waiting(&self) -> bool {
        let sent = self.traffic.sent.load(Ordering::Relaxed);
        sent != self.traffic.answered.load(Ordering::Relaxed)
    }

    /// How many statements were answered.
    pub(super) fn answers(&self) -> u64 {
        self.traffic.answered.load(Ordering::Relaxed)
    }

    /// Whether the connection is gone.
    pub(super) fn is_closed(&self) -> bool {
        self.wire.is_closed()
    }

    /// Asks the server to stop what it does for this connection. PostgreSQL notices a closed
    /// connection only when the statement is done.
    pub(super) fn cancel(&self) {
        let (token, url) = (self.conn.cancel_token(), self.url.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(super::connect::cancel(token, url));
        }
    }
}

/// Makes connections and decides which may be used again.
pub(crate) struct Manager {
    config: DatabaseConfig,
}

struct Counter(Arc<Traffic>);

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                count::sent();
                &self.0.sent
            }
            InstrumentationEvent::FinishQuery { .. } => &self.0.answered,
            _ => return,
        }
        .fetch_add(1, Ordering::Relaxed);
    }
}

impl managed::Manager for Manager {
    type Type = Slot;
    type Error = diesel::ConnectionError;

    async fn create(&self) -> Result<Slot, diesel::ConnectionError> {
        // In a box: every future that may have to connect would carry the room for it, and
        // subscriptions wait long with theirs.
        let (mut conn, wire) = Box::pin(super::connect::wired(&self.config.url)).await?;
        let timeout = self.config.statement_timeout.as_millis();
        // Planning takes longer than running most of our statements, and nothing in them deserves
        // a plan of its own per value: lists of rights and ids differ in length only.
        conn.batch_execute(&format!(
            "SET statement_timeout = {timeout}; SET lock_timeout = {timeout}; \
             SET idle_in_transaction_session_timeout = '60s'; SET jit = off; \
             SET plan_cache_mode = force_generic_plan; \
             SET application_name = 'chartroom'"
        ))
        .await
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        // After the settings, which no request asked for.
        let traffic = Arc::new(Traffic::default());
        conn.set_instrumentation(Counter(traffic.clone()));
        let url = self.config.url.as_str().into();
        Ok(Slot {
            conn,
            wire,
            traffic,
            url,
        })
    }

    async fn recycle(
        &self,
        slot: &mut Slot,
        _: &Metrics,
    ) -> RecycleResult<diesel::ConnectionError> {
        if slot.is_unclean() {
            return Err(RecycleError::message("closed, or left in a transaction"));
        }
        Ok(())
    }
}

impl Database {
    /// A pool for `config`. Connects when a connection is first needed.
    ///
    /// # Errors
    /// The pool cannot be built for this configuration.
    pub fn new(config: DatabaseConfig) -> anyhow::Result<Self> {
        Self::build(config, false)
    }

    /// Like [`Database::new`], for serving requests: some of the connections are for reads that share
    /// them.
    ///
    /// # Errors
    /// Those of [`Database::new`].
    pub fn for_requests(config: DatabaseConfig) -> anyhow::Result<Self> {
        Self::build(config, true)
    }

    fn build(config: DatabaseConfig, shares: bool) -> anyhow::Result<Self> {
        let (wait, most) = (config.wait_timeout, config.max_connections);
        let is_here = is_here(&config.url);
        let places = if shares {
            Readers::number(is_here, most)
        } else {
            0
        };
        let pool = managed::Pool::builder(Manager { config })
            .max_size(most - places)
            .wait_timeout(Some(wait))
            .create_timeout(Some(wait))
            .recycle_timeout(Some(wait))
            // The one used last has everything at hand.
            .queue_mode(managed::QueueMode::Lifo)
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Self {
            pool,
            turns: is_here.then(Turns::new),
            readers: (places > 0).then(|| Arc::new(Readers::new(places))),
        })
    }

    /// The same database for work that takes long: none of its statements go down a connection that
    /// others wait for.
    #[must_use]
    pub fn unshared(&self) -> Self {
        Self {
            readers: None,
            ..self.clone()
        }
    }

    /// A connection to read on beside others, at `place` if that is as good as any; `None` if one has
    /// to be taken with [`Database::get`].
    pub async fn share(&self, place: Option<usize>) -> Option<Share> {
        match self.readers.as_ref()?.choose(place) {
            Choice::Join(share) => Some(share),
            // Boxed: with the way to a new connection it is large, and lies in the future of every
            // field that reads.
            Choice::Open(opening) => Box::pin(self.open(opening)).await,
            Choice::Nothing => None,
        }
    }

    async fn open(&self, opening: Opening) -> Option<Share> {
        let manager = self.pool.manager();
        let opened = managed::Manager::create(manager);
        match tokio::time::timeout(manager.config.wait_timeout, opened).await {
            Ok(Ok(slot)) => Some(opening.fill(slot)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a shared connection could not be opened");
                None
            }
            Err(_elapsed) => None,
        }
    }

    /// Takes a connection, waiting for one if all are in use.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if none becomes free in time or the server cannot be reached.
    pub async fn get(&self) -> Result<PooledConn> {
        // Boxed: with the way to a new connection it is large, and lies in the future of every field
        // that reads.
        let taken = Box::pin(async {
            let turn = match &self.turns {
                Some(turns) => turns.take().await,
                None => None,
            };
            (turn, self.pool.get().await)
        });
        let (turn, inner) = taken.await;
        let inner = inner.map_err(Error::unavailable)?;
        Ok(PooledConn {
            inner: Some(inner),
            _turn: turn,
        })
    }

    /// Opens a connection beside the pool, for what needs one for long: listening.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the server cannot be reached.
    pub async fn connect_alone(&self) -> Result<AsyncPgConnection> {
        super::connect(&self.pool.manager().config.url)
            .await
            .map_err(Error::unavailable)
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if there is none.
    pub async fn ping(&self) -> Result<()> {
        let conn = self.get().await?;
        let mut conn: &Conn = &conn;
        conn.batch_execute("SELECT 1")
            .await
            .map_err(Error::unavailable)
    }

    /// Connections in use, idle ones, and the most there may be.
    pub fn usage(&self) -> (usize, usize, usize) {
        let status = self.pool.status();
        let shared = self.readers.as_ref().map(|readers| readers.usage());
        let (places, open, at_work) = shared.unwrap_or_default();
        (
            status.size.saturating_sub(status.available) + at_work,
            status.available + open - at_work,
            status.max_size + places,
        )
    }
}

impl PooledConn {
    /// Ends the connection instead of giving it back, after a failure that may have broken it.
    pub fn discard(mut self) {
        drop(self.inner.take().map(managed::Object::take));
    }

    #[expect(
        clippy::expect_used,
        reason = "only `discard` and the drop take it, and both end it"
    )]
    fn slot(&self) -> &Slot {
        self.inner.as_deref().expect("a connection in use")
    }

    #[expect(
        clippy::expect_used,
        reason = "only `discard` and the drop take it, and both end it"
    )]
    fn slot_mut(&mut self) -> &mut Slot {
        self.inner.as_deref_mut().expect("a connection in use")
    }
}

impl Drop for PooledConn {
    fn drop(&mut self) {
        let Some(mut object) = self.inner.take() else {
            return;
        };
        if !object.is_unclean() {
            return;
        }
        managed::Object::take(object).cancel();
    }
}

impl Deref for PooledConn {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.slot().conn
    }
}

impl DerefMut for PooledConn {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.slot_mut().conn
    }
}
