//! What warehouses may be reached, and how much of them is used: `CHARTROOM_WAREHOUSE_…`.

use super::{Environment, ExportConfig, Networks};
use std::time::Duration;

/// Settings of all connections to warehouses.
#[derive(Debug, Clone)]
pub struct WarehouseConfig {
    /// Private networks in which warehouses may be.
    pub allowed_networks: Networks,
    /// Most connections to one warehouse.
    pub connections: usize,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
    /// Most rows of one answer; exports are not bound by it.
    pub max_rows: u64,
    /// Bytes of an answer after which no more rows are read.
    pub max_bytes: u64,
    /// How long an answer is given to the same question again.
    pub result_life: Duration,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long a query waits for one of the connections.
    pub wait: Duration,
    /// Files of exports.
    pub exports: ExportConfig,
}

impl WarehouseConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let networks = environment.list("CHARTROOM_WAREHOUSE_ALLOWED_NETWORKS", str::parse)?;
        let connections = environment.number("CHARTROOM_WAREHOUSE_CONNECTIONS", 1, 5)?;
        Ok(Self {
            allowed_networks: Networks::new(networks),
            connections: usize::try_from(connections).unwrap_or(usize::MAX),
            statement_timeout: environment.seconds("CHARTROOM_WAREHOUSE_TIMEOUT_SECONDS", 300)?,
            max_rows: environment.number("CHARTROOM_QUERY_ROWS", 1, 5_000)?,
            max_bytes: environment.number("CHARTROOM_RESULT_BYTES", 1024, 16 * 1024 * 1024)?,
            result_life: environment.seconds("CHARTROOM_RESULT_SECONDS", 86_400)?,
            connect_timeout: Duration::from_secs(10),
            wait: Duration::from_secs(30),
            exports: ExportConfig::from_env(environment)?,
        })
    }

    /// Settings for tests: the defaults, with work files among those of the system.
    ///
    /// # Panics
    /// Never; the defaults are right.
    pub fn for_tests() -> Self {
        match Self::from_env(&Environment::default()) {
            Ok(mut config) => {
                config.exports.directory = std::env::temp_dir().join("chartroom-tests");
                config
            }
            Err(error) => unreachable!("{error}"),
        }
    }
}
