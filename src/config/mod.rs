//! Settings: the environment as typed values. Nothing else of Chartroom reads the environment.
//!
//! [`VARIABLES`] lists every variable; `docs/configuration.md` shows the same list, which a test
//! compares. Mistakes are errors at the start that name the variable, never silent defaults.

mod environment;
mod export;
mod http;
mod jobs;
mod log;
mod network;
mod secrets;
mod socket;
mod storage;
mod warehouse;

pub use environment::{Environment, VARIABLES, Variable};
pub use export::ExportConfig;
pub use http::{HttpConfig, Introspection, PlaygroundMode, RateLimits};
pub use jobs::JobsConfig;
pub use log::{LogConfig, LogFormat};
pub use network::{Network, Networks};
pub use secrets::MasterKeySource;
pub use socket::SocketConfig;
pub use storage::StorageConfig;
pub use warehouse::WarehouseConfig;

/// All settings of a server.
#[derive(Debug, Clone)]
pub struct Config {
    /// The listeners and what they let in.
    pub http: HttpConfig,
    /// The job queue.
    pub jobs: JobsConfig,
    /// The log.
    pub log: LogConfig,
    /// The database and the data directory.
    pub storage: StorageConfig,
    /// The master key of stored secrets.
    pub master_keys: MasterKeySource,
    /// Connections to warehouses.
    pub warehouse: WarehouseConfig,
}

impl Config {
    /// Reads all settings.
    ///
    /// # Errors
    /// The first variable whose value cannot be used, with what would be right.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        Ok(Self {
            http: HttpConfig::from_env(environment)?,
            jobs: JobsConfig::from_env(environment)?,
            log: LogConfig::from_env(environment)?,
            storage: StorageConfig::from_env(environment)?,
            master_keys: MasterKeySource::from_env(environment)?,
            warehouse: WarehouseConfig::from_env(environment)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> anyhow::Result<Config> {
        Config::from_env(&Environment::of(values.iter().copied()))
    }

    #[test]
    fn nothing_has_to_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.http.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.http.admin_bind.to_string(), "127.0.0.1:8081");
        assert!(config.storage.database_url.is_none());
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        for (name, value) in [
            ("CHARTROOM_BIND", "8080"),
            ("CHARTROOM_INTROSPECTION", "maybe"),
            ("CHARTROOM_CORS_ORIGINS", "*"),
            ("CHARTROOM_CORS_ORIGINS", "https://example.test/path"),
            ("CHARTROOM_TRUSTED_PROXIES", "10.0.0.0/40"),
            ("CHARTROOM_RATE_LIMIT_POINTS", "-1"),
            ("CHARTROOM_LOG_FORMAT", "xml"),
            ("CHARTROOM_DATABASE_CONNECTIONS", "0"),
            ("CHARTROOM_REQUEST_TIMEOUT_SECONDS", "soon"),
            ("CHARTROOM_WORKERS", "many"),
            ("CHARTROOM_JOBS_NOTIFY", "sometimes"),
            ("CHARTROOM_JOBS_BEAT_MS", "40000"),
            ("CHARTROOM_SELFTEST_URL", "example.test"),
            ("CHARTROOM_SOCKETS_PER_USER", "0"),
            ("CHARTROOM_SOCKET_INIT_SECONDS", "0"),
            ("CHARTROOM_WAREHOUSE_ALLOWED_NETWORKS", "intranet"),
            ("CHARTROOM_WAREHOUSE_CONNECTIONS", "0"),
            ("CHARTROOM_EXPORT_CELLS", "0"),
            ("CHARTROOM_EXPORT_SECONDS", "a day"),
            ("CHARTROOM_PUBLIC_URL", "bi.example.test"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        let config = read(&[
            ("DATABASE_URL", "postgres://me:hunter2@db/chartroom"),
            ("CHARTROOM_MASTER_KEY", "hunter2"),
        ])
        .unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn the_documentation_lists_every_variable() {
        let text = include_str!("../../docs/configuration.md");
        let listed: Vec<_> = text
            .lines()
            .filter_map(|line| {
                line.strip_prefix("| `")?
                    .split_once("` | ")
                    .map(|(name, _)| name)
            })
            .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            .collect();
        let known: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        assert_eq!(listed, known);
        for variable in VARIABLES {
            let row = format!(
                "| `{}` | {} | {} |",
                variable.name, variable.default, variable.meaning
            );
            assert!(
                text.contains(&row),
                "docs/configuration.md lacks this row:\n{row}"
            );
        }
    }
}
