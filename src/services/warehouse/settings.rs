//! Settings of a warehouse, without its secret.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

crate::db::text_enum! {
    /// What kind of warehouse it is; decides the dialect of SQL.
    pub enum WarehouseType {
        /// Google BigQuery.
        Bigquery = "BIGQUERY",
        /// PostgreSQL.
        Postgres = "POSTGRES",
        /// Amazon Redshift.
        Redshift = "REDSHIFT",
        /// Snowflake.
        Snowflake = "SNOWFLAKE",
        /// Databricks.
        Databricks = "DATABRICKS",
        /// Trino.
        Trino = "TRINO",
        /// DuckDB.
        Duckdb = "DUCKDB",
        /// ClickHouse.
        Clickhouse = "CLICKHOUSE",
    }
}

/// When TLS is used, and what of the certificate is checked. The words are those of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Never.
    Disable,
    /// Where the server offers it; the certificate is not checked.
    #[default]
    Prefer,
    /// Always; the certificate is not checked.
    Require,
    /// Always; the certificate must be of a known authority.
    VerifyCa,
    /// Always; the certificate must be of a known authority and name the host.
    VerifyFull,
}

impl SslMode {
    /// Every mode, the weakest first.
    pub const ALL: [Self; 5] = [
        Self::Disable,
        Self::Prefer,
        Self::Require,
        Self::VerifyCa,
        Self::VerifyFull,
    ];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }

    /// The mode of that name.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// How to reach a PostgreSQL or a Redshift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostgresSettings {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The schema in which names without one are looked up.
    pub schema: Option<String>,
    /// The role.
    pub user: String,
    /// When TLS is used.
    pub ssl_mode: SslMode,
    /// IANA zone that moments without one are in.
    pub data_timezone: Option<String>,
}

impl PostgresSettings {
    /// Whether a password given for `self` may be sent to where `other` leads: to the same server,
    /// as the same role, no less protected.
    pub fn shares_password_with(&self, other: &Self) -> bool {
        self.host == other.host
            && self.port == other.port
            && self.user == other.user
            && self.ssl_mode == other.ssl_mode
    }
}

/// Settings of one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settings {
    /// PostgreSQL.
    Postgres(PostgresSettings),
    /// Redshift.
    Redshift(PostgresSettings),
}

impl Settings {
    /// What kind of warehouse.
    pub const fn kind(&self) -> WarehouseType {
        match self {
            Self::Postgres(_) => WarehouseType::Postgres,
            Self::Redshift(_) => WarehouseType::Redshift,
        }
    }

    /// The settings as they are stored, without the kind.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Postgres(settings) | Self::Redshift(settings) => {
                serde_json::to_value(settings).unwrap_or_default()
            }
        }
    }

    /// Reads stored settings.
    ///
    /// # Errors
    /// They are not those of a warehouse of this kind.
    pub fn from_json(kind: WarehouseType, json: &Json) -> anyhow::Result<Self> {
        Ok(match kind {
            WarehouseType::Postgres => Self::Postgres(Deserialize::deserialize(json)?),
            WarehouseType::Redshift => Self::Redshift(Deserialize::deserialize(json)?),
            other => anyhow::bail!("no settings of {} are stored", other.as_str()),
        })
    }

    /// The same warehouse for another role.
    #[must_use]
    pub fn with_user(&self, user: &str) -> Self {
        let mut settings = self.clone();
        match &mut settings {
            Self::Postgres(settings) | Self::Redshift(settings) => {
                user.clone_into(&mut settings.user);
            }
        }
        settings
    }

    /// Whether both lead to the same server, no less protected: whoever trusted the one with a
    /// password of theirs trusts the other.
    pub fn is_same_server(&self, other: &Self) -> bool {
        let (Self::Postgres(user) | Self::Redshift(user)) = other;
        self.with_user(&user.user).shares_secret_with(other)
    }

    /// Whether a secret given for `self` may be used with `other`.
    pub fn shares_secret_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Postgres(own), Self::Postgres(other))
            | (Self::Redshift(own), Self::Redshift(other)) => own.shares_password_with(other),
            _ => false,
        }
    }
}
