//! PostgreSQL, and Redshift, which speaks its protocol.
//!
//! Each query runs in a transaction of its own that reads only and is always rolled back, by the
//! extended protocol, which takes exactly one statement. Each warehouse has a small pool; a
//! connection whose query was cut short is closed, and its statement cancelled in the server.

mod catalog;
mod connect;
mod decode;
mod failure;
mod pool;
mod query;
mod tls;

use super::{
    CatalogTable, PostgresSettings, Query, Rows, Settings, Surroundings, Warehouse, WarehouseError,
    WarehouseType,
};
use connect::Connector;
pub(super) use connect::connect_own;
use deadpool::managed::{self, PoolError, TimeoutType};
use futures_util::future::BoxFuture;
use pool::{Manager, Session};
use secrecy::SecretString;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How much longer than its own limit a server is waited for.
const GRACE: Duration = Duration::from_secs(5);

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Postgres,
    Redshift,
}

/// A PostgreSQL or a Redshift.
pub(super) struct PostgresWarehouse {
    flavour: Flavour,
    settings: PostgresSettings,
    timeout: Duration,
    connecting: Duration,
    pool: managed::Pool<Manager>,
}

impl PostgresWarehouse {
    /// A warehouse with these settings. Connects when it is first asked.
    ///
    /// Fails where there is no runtime to keep time.
    pub(super) fn new(
        surroundings: &Arc<Surroundings>,
        settings: &Settings,
        password: &SecretString,
    ) -> Result<Self, WarehouseError> {
        let (flavour, settings) = match settings {
            Settings::Postgres(settings) => (Flavour::Postgres, settings.clone()),
            Settings::Redshift(settings) => (Flavour::Redshift, settings.clone()),
        };
        let config = &surroundings.config;
        let (timeout, connecting) = (config.statement_timeout, config.connect_timeout);
        let (most, wait) = (config.connections, config.wait);
        let connector = Connector::new(surroundings.clone(), settings.clone(), password.clone());
        let mut pooling = managed::PoolConfig::new(most);
        pooling.timeouts = managed::Timeouts {
            wait: Some(wait),
            create: Some(connecting),
            recycle: Some(connecting),
        };
        let pool = managed::Pool::builder(Manager::new(connector, flavour))
            .config(pooling)
            .runtime(deadpool::Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|error| WarehouseError::CannotConnect(error.to_string()))?;
        Ok(Self {
            flavour,
            settings,
            timeout,
            connecting,
            pool,
        })
    }

    async fn session(&self) -> Result<Session, WarehouseError> {
        let object = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(TimeoutType::Wait) => WarehouseError::Busy,
            PoolError::Timeout(_) => {
                let seconds = self.connecting.as_secs();
                WarehouseError::CannotConnect(format!("nobody answered within {seconds} s"))
            }
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                WarehouseError::Lost
            }
        })?;
        Ok(Session::new(object))
    }

    async fn start(&self, query: &Query) -> Result<Rows, WarehouseError> {
        let limit = query
            .timeout
            .map_or(self.timeout, |own| own.min(self.timeout));
        let began = Instant::now();
        let session = self.session().await?;
        let waited = began.elapsed();
        let mut rows = query::start(session, query, self.flavour, &self.settings, limit).await?;
        rows.waited = waited;
        Ok(rows)
    }
}

impl Warehouse for PostgresWarehouse {
    fn kind(&self) -> WarehouseType {
        match self.flavour {
            Flavour::Postgres => WarehouseType::Postgres,
            Flavour::Redshift => WarehouseType::Redshift,
        }
    }

    fn run<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Rows, WarehouseError>> {
        Box::pin(self.start(query))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), WarehouseError>> {
        Box::pin(async {
            let mut rows = self.start(&Query::new("SELECT 1", 1)).await?;
            rows.all().await.map(drop)
        })
    }

    fn catalog(&self) -> BoxFuture<'_, Result<Vec<CatalogTable>, WarehouseError>> {
        Box::pin(async {
            let mut rows = self.start(&catalog::query(self.flavour)).await?;
            catalog::tables(&mut rows).await
        })
    }
}
