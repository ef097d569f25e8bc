//! The database and the data directory: `DATABASE_URL`, `CHARTROOM_DATA_DIR`,
//! `CHARTROOM_POSTGRES_BIN`, `PATH`, `CHARTROOM_DATABASE_…`, `CHARTROOM_STATEMENT_TIMEOUT_SECONDS`.

use super::Environment;
use anyhow::bail;
use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// Where everything is kept.
#[derive(Debug, Clone)]
pub struct StorageConfig {
    /// The database; none means the embedded one.
    pub database_url: Option<SecretString>,
    /// Secrets, files, the embedded database.
    pub data_dir: PathBuf,
    /// The directory of PostgreSQL's programs.
    pub postgres_bin: Option<PathBuf>,
    /// Where they are looked for otherwise.
    pub search_path: Option<String>,
    /// Most connections.
    pub connections: usize,
    /// How long a request waits for one.
    pub wait: Duration,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
}

impl StorageConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let url = environment.text("DATABASE_URL");
        if url
            .is_some_and(|url| !url.starts_with("postgres://") && !url.starts_with("postgresql://"))
        {
            bail!(
                "DATABASE_URL: expected an address such as postgres://user:password@host/database"
            );
        }
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let default = u64::try_from((cores * 5).max(10)).unwrap_or(10);
        let connections = environment.number("CHARTROOM_DATABASE_CONNECTIONS", 1, default)?;
        Ok(Self {
            database_url: url.map(SecretString::from),
            data_dir: environment
                .text("CHARTROOM_DATA_DIR")
                .unwrap_or("./.chartroom")
                .into(),
            postgres_bin: environment
                .text("CHARTROOM_POSTGRES_BIN")
                .map(PathBuf::from),
            search_path: environment.text("PATH").map(str::to_owned),
            connections: usize::try_from(connections).unwrap_or(usize::MAX),
            wait: environment.seconds("CHARTROOM_DATABASE_WAIT_SECONDS", 5)?,
            statement_timeout: environment.seconds("CHARTROOM_STATEMENT_TIMEOUT_SECONDS", 10)?,
        })
    }
}
