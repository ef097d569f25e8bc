//! The database of a command: the one of `DATABASE_URL`, or the embedded one.

use super::narrator::Narrator;
use anyhow::Context as _;
use chartroom::{
    config::{Config, StorageConfig},
    db::{
        Conn, Database, DatabaseConfig,
        embedded::{EmbeddedCluster, EmbeddedError, EmbeddedGuest, EmbeddedOptions},
        migrate,
    },
    domains::{
        access::role,
        identity::password::Passwords,
        platform::{
            demo::{self, Loading},
            housekeeping,
        },
    },
    services::{
        Outside,
        vault::Vault,
        warehouse::{DEMO_ROLE, OwnDatabase, Warehouses},
    },
};
use secrecy::{ExposeSecret as _, SecretString};

/// What commands work with.
pub(crate) struct Prepared {
    /// The database, up to date.
    pub(crate) db: Database,
    /// Secrets and warehouses.
    pub(crate) outside: Outside,
    /// Whether the demo was asked for and is there.
    pub(crate) has_demo: bool,
}

/// A database that can be reached.
pub(crate) struct Storage {
    url: SecretString,
    kept: Kept,
}

/// Who keeps the database.
enum Kept {
    /// Somebody else.
    Elsewhere,
    /// This process.
    Here(Box<EmbeddedCluster>),
    /// Another Chartroom process on this machine.
    Beside(Box<EmbeddedGuest>),
}

impl Storage {
    /// Finds the database, starting the embedded one if none is given.
    pub(crate) async fn open(config: &StorageConfig, narrator: &Narrator) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self {
                url: url.clone(),
                kept: Kept::Elsewhere,
            });
        }
        let directory = config.data_dir.display();
        narrator.say(&format!(
            "DATABASE_URL is not set: starting the PostgreSQL in {directory}"
        ));
        let options = EmbeddedOptions {
            binaries: config.postgres_bin.clone(),
            search_path: config.search_path.clone().map(Into::into),
            ..EmbeddedOptions::default()
        };
        let cluster = EmbeddedCluster::start(&config.data_dir, options).await?;
        Ok(Self {
            url: cluster.url(),
            kept: Kept::Here(Box::new(cluster)),
        })
    }

    /// The same for a command that may run beside a server: if one uses the embedded database now, it is
    /// that server's.
    pub(crate) async fn share(config: &StorageConfig, narrator: &Narrator) -> anyhow::Result<Self> {
        let error = match Self::open(config, narrator).await {
            Err(error) => error,
            opened => return opened,
        };
        let Some(EmbeddedError::InUse { holder, .. }) = error.downcast_ref() else {
            return Err(error);
        };
        narrator.say(&format!("it runs already: working beside {holder}"));
        let guest = EmbeddedGuest::join(&config.data_dir).await?;
        Ok(Self {
            url: guest.url(),
            kept: Kept::Beside(Box::new(guest)),
        })
    }

    /// The address of the database, with its password.
    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }

    /// Brings the database up to date, with the built-in roles and, if asked for, the demo.
    pub(crate) async fn prepare(
        &self,
        config: &Config,
        with_demo: bool,
        narrator: &Narrator,
    ) -> anyhow::Result<Prepared> {
        let migrations = migrate::run(self.url()).await?;
        if migrations > 0 {
            narrator.say(&format!("migrations applied: {migrations}"));
        }
        let storage = &config.storage;
        let db = Database::for_requests(self.database(storage, storage.connections))?;
        let mut conn = db.get().await.context("no connection to the database")?;
        role::seed(&conn)
            .await
            .context("the built-in roles cannot be stored")?;
        housekeeping::schedule(&conn)
            .await
            .context("the schedules of the server cannot be stored")?;
        let vault = Vault::prepare(&conn, &config.master_keys, &config.storage.data_dir).await?;
        let own = OwnDatabase::new(db.clone(), self.url.clone());
        let warehouses = Warehouses::new(config.warehouse.clone(), own);
        let outside = Outside { vault, warehouses };
        let mut has_demo = false;
        if with_demo {
            let passwords = Passwords::default();
            let hash = async |password: &str| Ok(passwords.hash(password).await?);
            let loading = demo::load(&mut conn, hash)
                .await
                .context("the demo cannot be loaded")?;
            narrator.say(match loading {
                Loading::Loaded => "the demo is loaded",
                Loading::There => "the demo is there already",
                Loading::Deleted => {
                    "the demo was deleted here and does not come back; another data directory has a new one"
                }
            });
            has_demo = loading != Loading::Deleted;
        }
        if has_demo {
            self.demo_warehouse(&mut conn, &outside, *narrator).await;
        }
        drop(conn);
        Ok(Prepared {
            db,
            outside,
            has_demo,
        })
    }

    /// Makes the demo's warehouse. Without one the demo still shows everything but numbers.
    async fn demo_warehouse(&self, conn: &mut Conn, outside: &Outside, narrator: Narrator) {
        let make_role = async |password: &SecretString| {
            let plain = password.expose_secret();
            let made = match &self.kept {
                Kept::Here(cluster) => cluster.make_reader(DEMO_ROLE, plain).await,
                Kept::Beside(guest) => guest.make_reader(DEMO_ROLE, plain).await,
                Kept::Elsewhere => return outside.warehouses.own().make_demo_role(password).await,
            };
            made.map_err(Into::into)
        };
        match demo::load_warehouse(conn, outside, make_role).await {
            Ok(true) => narrator.say("the demo's warehouse is loaded"),
            Ok(false) => narrator.say("the demo's warehouse is there already"),
            Err(error) => narrator.say(&format!(
                "warning: the demo has no warehouse, so its charts have no numbers: {error:#}"
            )),
        }
    }

    /// Another pool, for what must not wait behind requests.
    pub(crate) fn pool(
        &self,
        config: &StorageConfig,
        connections: usize,
    ) -> anyhow::Result<Database> {
        Database::new(self.database(config, connections))
    }

    fn database(&self, config: &StorageConfig, connections: usize) -> DatabaseConfig {
        DatabaseConfig {
            url: self.url().to_owned(),
            max_connections: connections,
            wait_timeout: config.wait,
            statement_timeout: config.statement_timeout,
        }
    }

    /// Keeps an embedded database alive; never resolves.
    pub(crate) async fn supervise(&self) {
        match &self.kept {
            Kept::Here(cluster) => match cluster.supervise().await {},
            Kept::Beside(_) | Kept::Elsewhere => std::future::pending().await,
        }
    }

    /// Stops an embedded database.
    pub(crate) async fn close(self) {
        if let Kept::Here(cluster) = self.kept
            && let Err(error) = cluster.stop().await
        {
            tracing::error!(%error, "the embedded PostgreSQL did not stop in order");
        }
    }
}
