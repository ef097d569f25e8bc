//! The port to customers' warehouses: one query in, typed rows out.
//!
//! [`Warehouse`] is what an adapter offers; `postgres` is the adapter of PostgreSQL and Redshift.
//! [`Warehouses`] makes adapters from [`Settings`], keeps them with their connections while they are
//! in use, and knows what no adapter may reach: private networks that the operator does not allow,
//! and Chartroom's own database.
//!
//! What fences SQL that people write is not a list of forbidden words but: the role they gave, a
//! transaction that reads only, exactly one statement, a time limit and a row limit.

mod address;
mod demo;
mod error;
mod own;
mod postgres;
mod settings;
mod value;

pub use address::is_host;
pub use demo::{DemoContent, demo_password};
pub use error::WarehouseError;
pub use own::{DEMO_DATABASE, DEMO_HOST, DEMO_ROLE, OwnDatabase};
pub use settings::{PostgresSettings, Settings, SslMode, WarehouseType};
pub use value::{Column, ColumnType, Row, Value};

use crate::{
    config::WarehouseConfig,
    kernel::{Error, Result},
};
use async_graphql::Context;
use futures_util::future::BoxFuture;
use moka::sync::Cache;
use postgres::PostgresWarehouse;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Warehouses whose connections are kept.
const KEPT: u64 = 500;
/// How long connections that nobody uses are kept.
const IDLE: Duration = Duration::from_mins(10);
/// Tests of connections at a time.
const TESTS: usize = 8;

/// One statement that reads.
#[derive(Debug, Clone)]
pub struct Query {
    /// The text, with placeholders of the warehouse's own form.
    pub sql: String,
    /// The values of the placeholders in order, as text; the warehouse takes the type from the place.
    pub parameters: Vec<String>,
    /// IANA zone of the session.
    pub time_zone: String,
    /// Most rows; what comes after is cut off, and told.
    pub row_limit: u64,
    /// Longest run, if it is to be shorter than the operator's limit.
    pub timeout: Option<Duration>,
}

impl Query {
    /// A query without values, in UTC.
    pub fn new(sql: impl Into<String>, row_limit: u64) -> Self {
        Self {
            sql: sql.into(),
            parameters: Vec::new(),
            time_zone: "UTC".to_owned(),
            row_limit,
            timeout: None,
        }
    }
}

/// Rows as they arrive. Dropping them stops the query in the warehouse.
pub struct Rows {
    columns: Vec<Column>,
    /// How long the query waited for a connection.
    waited: Duration,
    source: Box<dyn RowSource>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl Rows {
    /// Name and type of each column.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How long the query waited for a connection of the pool, or for a new one to be made, before its
    /// statement was sent.
    pub const fn waited(&self) -> Duration {
        self.waited
    }

    /// The next rows: as many as have arrived, up to some hundreds; none at the end.
    ///
    /// # Errors
    /// The warehouse fails, or takes too long.
    pub async fn next(&mut self) -> Result<Option<Vec<Row>>, WarehouseError> {
        self.source.next().await
    }

    /// Whether there were more rows than the limit; known at the end.
    pub fn is_truncated(&self) -> bool {
        self.source.is_truncated()
    }

    /// All rows at once.
    ///
    /// # Errors
    /// The warehouse fails, or takes too long.
    pub async fn all(&mut self) -> Result<Vec<Row>, WarehouseError> {
        let mut all = Vec::new();
        while let Some(rows) = self.next().await? {
            all.extend(rows);
        }
        Ok(all)
    }
}

/// What an adapter reads rows from.
trait RowSource: Send {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<Row>>, WarehouseError>>;
    fn is_truncated(&self) -> bool;
}

/// A table or view, as the warehouse describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogTable {
    /// The database.
    pub database: String,
    /// The schema.
    pub schema: String,
    /// The name.
    pub name: String,
    /// The columns in order.
    pub columns: Vec<CatalogColumn>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogColumn {
    /// The name.
    pub name: String,
    /// The type in the warehouse's words.
    pub data_type: String,
}

/// A warehouse that can be asked.
///
/// Futures may be dropped at any time: what they started in the warehouse is stopped.
pub trait Warehouse: Send + Sync {
    /// What kind it is.
    fn kind(&self) -> WarehouseType;

    /// Runs a query; resolves when the first answer comes.
    fn run<'a>(&'a self, query: &'a Query) -> BoxFuture<'a, Result<Rows, WarehouseError>>;

    /// Connects if need be, and runs a trivial query.
    fn check(&self) -> BoxFuture<'_, Result<(), WarehouseError>>;

    /// The tables that the role may read.
    fn catalog(&self) -> BoxFuture<'_, Result<Vec<CatalogTable>, WarehouseError>>;
}

/// What all adapters need.
struct Surroundings {
    config: WarehouseConfig,
    own: OwnDatabase,
}

/// The warehouses that this server talks to.
#[derive(Clone)]
pub struct Warehouses {
    surroundings: Arc<Surroundings>,
    open: Cache<(Uuid, [u8; 32]), Arc<dyn Warehouse>>,
    tests: Arc<Semaphore>,
}

impl std::fmt::Debug for Warehouses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warehouses").finish_non_exhaustive()
    }
}

impl Warehouses {
    /// Warehouses reached with these settings, apart from Chartroom's own database.
    pub fn new(config: WarehouseConfig, own: OwnDatabase) -> Self {
        Self {
            surroundings: Arc::new(Surroundings { config, own }),
            open: Cache::builder()
                .max_capacity(KEPT)
                .time_to_idle(IDLE)
                .build(),
            tests: Arc::new(Semaphore::new(TESTS)),
        }
    }

    /// Settings of all connections.
    pub fn config(&self) -> &WarehouseConfig {
        &self.surroundings.config
    }

    /// Chartroom's own database.
    pub fn own(&self) -> &OwnDatabase {
        &self.surroundings.own
    }

    /// The warehouses of the schema that a request runs on.
    ///
    /// # Errors
    /// There are none, which would be a fault of the server.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self> {
        ctx.data_opt()
            .ok_or_else(|| Error::fault("the schema has no warehouses"))
    }

    /// The warehouse of an owner, with the connections that it has from earlier queries. Other
    /// settings, another secret or another owner get connections of their own.
    ///
    /// # Errors
    /// The adapter cannot be made; nothing is connected yet.
    pub fn open(
        &self,
        owner: Uuid,
        settings: &Settings,
        secret: &SecretString,
    ) -> Result<Arc<dyn Warehouse>, WarehouseError> {
        let digest = Sha256::new()
            .chain_update(settings.kind().as_str())
            .chain_update(settings.to_json().to_string())
            .chain_update([0])
            .chain_update(secret.expose_secret())
            .finalize();
        self.open
            .try_get_with((owner, digest.into()), || self.make(settings, secret))
            .map_err(|error: Arc<WarehouseError>| (*error).clone())
    }

    /// Connects once and runs a trivial query.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub async fn test(
        &self,
        settings: &Settings,
        secret: &SecretString,
    ) -> Result<(), WarehouseError> {
        let config = &self.surroundings.config;
        let patience = config.connect_timeout.saturating_mul(2);
        let test = async {
            let _turn = self.tests.acquire().await;
            self.make(settings, secret)?.check().await
        };
        tokio::time::timeout(patience, test)
            .await
            .unwrap_or(Err(WarehouseError::Timeout { after: patience }))
    }

    fn make(
        &self,
        settings: &Settings,
        secret: &SecretString,
    ) -> Result<Arc<dyn Warehouse>, WarehouseError> {
        let surroundings = &self.surroundings;
        match settings {
            Settings::Postgres(_) | Settings::Redshift(_) => {
                let warehouse = PostgresWarehouse::new(surroundings, settings, secret)?;
                Ok(Arc::new(warehouse))
            }
        }
    }
}
