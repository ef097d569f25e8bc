//! Chartroom's own database, which is never a warehouse; and the one database beside it that is:
//! that of the demo.

use super::WarehouseError;
use crate::db::{Database, sql};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::str::FromStr as _;
use tokio_postgres::{Client, Config, error::SqlState};

/// Host of the demo's warehouse: wherever Chartroom's own database is. Only with the two that follow.
pub const DEMO_HOST: &str = "demo.chartroom.internal";
/// Database of the demo's warehouse.
pub const DEMO_DATABASE: &str = "chartroom_demo";
/// Role of the demo's warehouse; may read there and nothing else.
pub const DEMO_ROLE: &str = "chartroom_demo";

/// Chartroom's own database.
#[derive(Clone)]
pub struct OwnDatabase {
    db: Database,
    url: SecretString,
}

/// What a database is recognised by, by whatever way it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    /// The cluster's identifier, where the role may read it.
    system: Option<String>,
    /// When the server started, to the microsecond.
    started: String,
    database: String,
    role: String,
}

const SYSTEM: &str = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()";
const SERVER: &str = "SELECT extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text, \
     pg_catalog.current_database()::text, session_user::text";

impl Identity {
    fn is_same_cluster(&self, other: &Self) -> bool {
        match (&self.system, &other.system) {
            (Some(own), Some(other)) => own == other,
            _ => self.started == other.started,
        }
    }
}

impl OwnDatabase {
    /// The database of a pool, and its address.
    pub const fn new(db: Database, url: SecretString) -> Self {
        Self { db, url }
    }

    /// How to reach the demo's warehouse, but for the password.
    pub(super) fn demo(&self) -> Result<Config, WarehouseError> {
        let mut config = self.config()?;
        config.user(DEMO_ROLE).dbname(DEMO_DATABASE);
        Ok(config)
    }

    /// How Chartroom itself reaches it.
    pub(super) fn config(&self) -> Result<Config, WarehouseError> {
        Config::from_str(self.url.expose_secret())
            .map_err(|_unreadable| WarehouseError::CannotConnect("no address".to_owned()))
    }

    /// Refuses a connection that leads to Chartroom's own database, or that has its role. What
    /// cannot be told is refused.
    pub(super) async fn keep_out(&self, client: &Client) -> Result<(), WarehouseError> {
        let Some(other) = other(client).await? else {
            return Ok(());
        };
        let own = self.identity().await.map_err(|error| {
            tracing::warn!(%error, "Chartroom's own database does not say who it is");
            WarehouseError::CannotConnect("try again later".to_owned())
        })?;
        if !own.is_same_cluster(&other) {
            return Ok(());
        }
        if own.database == other.database {
            let text = "this is the database that Chartroom keeps its own data in; it cannot be a warehouse";
            return Err(WarehouseError::Refused(text.to_owned()));
        }
        if own.role == other.role {
            let text = "this is the role that Chartroom itself uses; make one for the warehouse that may only read";
            return Err(WarehouseError::Refused(text.to_owned()));
        }
        Ok(())
    }

    async fn identity(&self) -> crate::kernel::Result<Identity> {
        let conn = self.db.get().await?;
        let mut conn: &crate::db::Conn = &conn;
        let system: Option<String> = sql(SYSTEM, [])
            .statement::<st::Text>()
            .get_result(&mut conn)
            .await
            .ok();
        let (started, database, role): (String, String, String) = sql(SERVER, [])
            .statement::<(st::Text, st::Text, st::Text)>()
            .get_result(&mut conn)
            .await?;
        Ok(Identity {
            system,
            started,
            database,
            role,
        })
    }
}

/// Who the other side is; `None` if it is no PostgreSQL (a Redshift knows none of this).
async fn other(client: &Client) -> Result<Option<Identity>, WarehouseError> {
    let system = client.query_opt(SYSTEM, &[]).await;
    let system = system.ok().flatten().and_then(|row| row.try_get(0).ok());
    let row = match client.query_one(SERVER, &[]).await {
        Ok(row) => row,
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_FUNCTION) => return Ok(None),
        Err(_) => {
            let text = "the server does not say who it is";
            return Err(WarehouseError::CannotConnect(text.to_owned()));
        }
    };
    let text = |n| row.try_get::<_, String>(n).unwrap_or_default();
    Ok(Some(Identity {
        system,
        started: text(0),
        database: text(1),
        role: text(2),
    }))
}
