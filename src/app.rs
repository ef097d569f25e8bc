//! The running server: everything that requests share.

use crate::{
    config::HttpConfig,
    db::Database,
    domains::identity::{authentication::Authenticator, password::Passwords},
    gql::{
        self,
        guard::{self, Guard},
    },
    graph,
    kernel::Clock,
    services::Outside,
};
use anyhow::Context as _;
use bytes::Bytes;
use std::sync::Arc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that requests share. Made once, held by `Arc`.
pub struct App {
    /// The database.
    pub db: Database,
    /// The graph.
    pub schema: graph::Schema,
    /// The graph as subscriptions run it.
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
    /// Secrets and warehouses.
    pub outside: Outside,
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
    /// The schema and the guard's cost table do not fit each other.
    pub fn new(
        config: HttpConfig,
        outside: Outside,
        db: Database,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Arc<Self>> {
        let sdl = graph::sdl();
        let guard = Guard::new(&sdl, guard::Limits::default())
            .context("the document guard does not fit the schema")?;
        let passwords = Passwords::default();
        Ok(Arc::new(Self {
            authenticator: Authenticator::new(db.clone()),
            db,
            schema: graph::schema(passwords.clone(), outside.clone()),
            live: graph::live_schema(passwords.clone(), outside.clone()),
            passwords,
            outside,
            sdl: sdl.into(),
            guard,
            config,
            clock,
            limits: gql::Limits::default(),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }
}
