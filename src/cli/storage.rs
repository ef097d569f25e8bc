//! The database of a command: the one of `DATABASE_URL`, or the embedded one.

use super::narrator::Narrator;
use anyhow::Context as _;
use chartroom::{
    config::StorageConfig,
    db::{
        Database, DatabaseConfig,
        embedded::{EmbeddedCluster, EmbeddedOptions},
        migrate,
    },
    domains::{
        access::role,
        identity::password::Passwords,
        platform::{demo, housekeeping},
    },
};
use secrecy::{ExposeSecret as _, SecretString};

/// A database that can be reached.
pub(crate) struct Storage {
    url: SecretString,
    cluster: Option<EmbeddedCluster>,
}

impl Storage {
    /// Finds the database, starting the embedded one if none is given.
    pub(crate) async fn open(config: &StorageConfig, narrator: &Narrator) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self {
                url: url.clone(),
                cluster: None,
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
            cluster: Some(cluster),
        })
    }

    /// The address of the database, with its password.
    pub(crate) fn url(&self) -> &str {
        self.url.expose_secret()
    }

    /// Brings the database up to date, with the built-in roles and, if asked for, the demo.
    pub(crate) async fn prepare(
        &self,
        config: &StorageConfig,
        with_demo: bool,
        narrator: &Narrator,
    ) -> anyhow::Result<Database> {
        let migrations = migrate::run(self.url()).await?;
        if migrations > 0 {
            narrator.say(&format!("migrations applied: {migrations}"));
        }
        let db = self.pool(config, config.connections)?;
        let mut conn = db.get().await.context("no connection to the database")?;
        role::seed(&conn)
            .await
            .context("the built-in roles cannot be stored")?;
        housekeeping::schedule(&conn)
            .await
            .context("the schedules of the server cannot be stored")?;
        if with_demo {
            let passwords = Passwords::default();
            let hash = async |password: &str| Ok(passwords.hash(password).await?);
            let loaded = demo::load(&mut conn, hash)
                .await
                .context("the demo cannot be loaded")?;
            narrator.say(if loaded {
                "the demo is loaded"
            } else {
                "the demo is there already"
            });
        }
        drop(conn);
        Ok(db)
    }

    /// Another pool, for what must not wait behind requests.
    pub(crate) fn pool(
        &self,
        config: &StorageConfig,
        connections: usize,
    ) -> anyhow::Result<Database> {
        Database::new(DatabaseConfig {
            url: self.url().to_owned(),
            max_connections: connections,
            wait_timeout: config.wait,
            statement_timeout: config.statement_timeout,
        })
    }

    /// Keeps an embedded database alive; never resolves.
    pub(crate) async fn supervise(&self) {
        match &self.cluster {
            Some(cluster) => match cluster.supervise().await {},
            None => std::future::pending().await,
        }
    }

    /// Stops an embedded database.
    pub(crate) async fn close(self) {
        if let Some(cluster) = self.cluster
            && let Err(error) = cluster.stop().await
        {
            tracing::error!(%error, "the embedded PostgreSQL did not stop in order");
        }
    }
}
