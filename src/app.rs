//! The running server: everything that requests share.

use crate::{
    config::{HttpConfig, JobsConfig},
    db::Database,
    domains::{
        identity::{authentication::Authenticator, password::Passwords},
        model::explore::Models,
        query::Queries,
    },
    gql::{
        self,
        guard::{self, Guard},
    },
    graph::{self, Services},
    jobs::{Handlers, Jobs, Worker},
    kernel::Clock,
    services::Outside,
};
use anyhow::Context as _;
use bytes::Bytes;
use std::sync::{Arc, OnceLock};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that requests share. Made once, held by `Arc`.
pub struct App {
    /// The database.
    pub db: Database,
    /// The graph.
    pub engine: graph::Engine,
    /// The graph for subscriptions.
    pub live: graph::Schema,
    /// The graph as text.
    pub sdl: Bytes,
    /// What every document passes first.
    pub guard: Guard,
    /// Settings of the HTTP layer.
    pub config: HttpConfig,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// From a token to a viewer.
    pub authenticator: Authenticator,
    /// Hashes passwords, a bounded number at a time.
    pub passwords: Passwords,
    /// The job queue.
    pub jobs: Jobs,
    /// Runs jobs in this process, if any are run here.
    worker: OnceLock<Worker>,
    /// Secrets and warehouses.
    pub outside: Outside,
    /// Explores, and how they are asked.
    pub queries: Queries,
    /// Limits of pages and bulk inputs.
    pub limits: gql::Limits,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
    /// Work that a stop waits for.
    pub tasks: TaskTracker,
}

impl App {
    /// Puts a server together.
    ///
    /// # Errors
    /// The schema and the guard's cost table, or the schema and its engine, do not fit each other.
    pub fn new(
        config: HttpConfig,
        jobs: JobsConfig,
        outside: Outside,
        db: Database,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<Self>> {
        let sdl = graph::sdl();
        let guard = Guard::new(&sdl, guard::Limits::default())
            .context("the document guard does not fit the schema")?;
        let passwords = Passwords::default();
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let jobs = Jobs::new(&db, jobs, &tasks, &stopping);
        let queries = Queries {
            models: Models::default(),
            outside: outside.clone(),
        };
        let services = Services {
            passwords: passwords.clone(),
            jobs: jobs.clone(),
            outside: outside.clone(),
            queries: queries.clone(),
        };
        Ok(Arc::new(Self {
            authenticator: Authenticator::new(db.clone()),
            db,
            engine: graph::engine(services.clone())?,
            live: graph::live_schema(services),
            passwords,
            jobs,
            worker: OnceLock::new(),
            outside,
            queries,
            sdl: sdl.into(),
            guard,
            config,
            clock,
            limits: gql::Limits::default(),
            stopping,
            tasks,
        }))
    }

    /// Starts to run jobs in this process, at most `slots` at a time. `db` is a pool of their own, so
    /// that signs of life never wait behind requests. Once; later calls change nothing.
    pub fn start_worker(&self, db: Database, handlers: Handlers, slots: usize) {
        self.worker
            .get_or_init(|| Worker::start(db, self.jobs.clone(), handlers, slots));
    }

    /// What runs jobs in this process.
    pub fn worker(&self) -> Option<&Worker> {
        self.worker.get()
    }
}
