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
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};

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
}

/// A connection taken from the pool, exclusive to one request.
pub struct PooledConn {
    inner: managed::Object<Manager>,
    sent_before: u64,
}

/// What the pool keeps.
pub struct Slot {
    conn: AsyncPgConnection,
    statements: Arc<AtomicU64>,
}

/// Makes connections and decides which may be used again.
pub struct Manager {
    config: DatabaseConfig,
}

struct Counter(Arc<AtomicU64>);

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { .. } = event {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl managed::Manager for Manager {
    type Type = Slot;
    type Error = diesel::ConnectionError;

    async fn create(&self) -> Result<Slot, diesel::ConnectionError> {
        let mut conn = super::connect(&self.config.url).await?;
        let statements = Arc::new(AtomicU64::new(0));
        conn.set_instrumentation(Counter(statements.clone()));
        let timeout = self.config.statement_timeout.as_millis();
        conn.batch_execute(&format!(
            "SET statement_timeout = {timeout}; SET lock_timeout = {timeout}; \
             SET idle_in_transaction_session_timeout = '60s'; SET jit = off; \
             SET application_name = 'chartroom'"
        ))
        .await
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        Ok(Slot { conn, statements })
    }

    async fn recycle(
        &self,
        slot: &mut Slot,
        _: &Metrics,
    ) -> RecycleResult<diesel::ConnectionError> {
        let broken =
            <AsyncPgConnection as AsyncConnection>::TransactionManager::is_broken_transaction_manager(
                &mut slot.conn,
            );
        let open = !matches!(
            <AsyncPgConnection as AsyncConnection>::TransactionManager::transaction_manager_status_mut(
                &mut slot.conn,
            )
            .transaction_depth(),
            Ok(None)
        );
        if broken || open {
            return Err(RecycleError::message("left in a transaction or broken"));
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
        let wait = config.wait_timeout;
        let pool = managed::Pool::builder(Manager {
            config: config.clone(),
        })
        .max_size(config.max_connections)
        .wait_timeout(Some(wait))
        .create_timeout(Some(wait))
        .recycle_timeout(Some(wait))
        .runtime(deadpool::Runtime::Tokio1)
        .build()?;
        Ok(Self { pool })
    }

    /// Takes a connection, waiting for one if all are in use.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if none becomes free in time or the server cannot be reached.
    pub async fn get(&self) -> Result<PooledConn> {
        let inner = self.pool.get().await.map_err(Error::unavailable)?;
        let sent_before = inner.statements.load(Ordering::Relaxed);
        Ok(PooledConn { inner, sent_before })
    }

    /// Connections in use, idle ones, and the most there may be.
    pub fn usage(&self) -> (usize, usize, usize) {
        let status = self.pool.status();
        (
            status.size.saturating_sub(status.available),
            status.available,
            status.max_size,
        )
    }
}

impl PooledConn {
    /// Statements sent since the connection was taken.
    pub fn statements(&self) -> u64 {
        self.inner
            .statements
            .load(Ordering::Relaxed)
            .saturating_sub(self.sent_before)
    }

    /// Ends the connection instead of giving it back, after a failure that may have broken it.
    pub fn discard(self) {
        drop(managed::Object::take(self.inner));
    }
}

impl Deref for PooledConn {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.inner.conn
    }
}

impl DerefMut for PooledConn {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.inner.conn
    }
}
