//! The demo's warehouse: a database beside Chartroom's own, read by a role of its own.

use super::{DEMO_DATABASE, DEMO_ROLE, OwnDatabase, postgres};
use anyhow::{Context as _, bail};
use bytes::Bytes;
use futures_util::SinkExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::pin::pin;
use tokio_postgres::{Client, Config, error::SqlState};

/// What fills the demo's warehouse.
#[derive(Debug)]
pub struct DemoContent {
    /// Changes with the content.
    pub version: String,
    /// Makes the tables of the seeds.
    pub tables: &'static str,
    /// Name and CSV of each seed.
    pub seeds: Vec<(String, Bytes)>,
    /// Adds what happened since the seeds end.
    pub roll_forward: &'static str,
    /// Makes what is queried from the seeds.
    pub models: &'static str,
}

/// How many days the seeds lack; with each, there is something to add.
const DAYS: &str = "SELECT greatest(0, current_date - date '2026-11-30')";
const MARK: &str =
    "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = 'jaffle_house'";
/// What the role may do: read the models, and nothing else.
const RIGHTS: &str = "\
    GRANT USAGE ON SCHEMA jaffle_house TO chartroom_demo; \
    GRANT SELECT ON ALL TABLES IN SCHEMA jaffle_house TO chartroom_demo";
const DATABASE_RIGHTS: &str = "\
    REVOKE ALL ON DATABASE chartroom_demo FROM PUBLIC; \
    GRANT CONNECT ON DATABASE chartroom_demo TO chartroom_demo; \
    REVOKE CREATE ON SCHEMA public FROM PUBLIC";

/// A password for the demo's role. Needs no quoting.
///
/// # Errors
/// There is no randomness.
pub fn demo_password() -> anyhow::Result<SecretString> {
    use rand::{TryRngCore as _, rngs::OsRng};
    let mut bytes = [0_u8; 24];
    OsRng.try_fill_bytes(&mut bytes)?;
    Ok(hex::encode(bytes).into())
}

impl OwnDatabase {
    /// Makes the role of the demo's warehouse, or gives it another password. Needs CREATEROLE.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn make_demo_role(&self, password: &SecretString) -> anyhow::Result<()> {
        let client = self.client(|_| {}).await?;
        let password = password.expose_secret();
        if !password.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            bail!("the password would need quoting");
        }
        let exists = "SELECT 1 FROM pg_roles WHERE rolname = 'chartroom_demo'";
        let verb = match client.query_opt(exists, &[]).await? {
            Some(_) => "ALTER",
            None => "CREATE",
        };
        let text =
            format!("{verb} ROLE {DEMO_ROLE} LOGIN CONNECTION LIMIT 50 PASSWORD '{password}'");
        let made = client.batch_execute(&text).await;
        made.context(
            "the server does not let Chartroom make the role chartroom_demo (CREATEROLE)",
        )?;
        let reads = format!("ALTER ROLE {DEMO_ROLE} SET default_transaction_read_only = on");
        Ok(client.batch_execute(&reads).await?)
    }

    /// Makes the database of the demo's warehouse, and fills it unless it has this content
    /// already. The role has to be there. Tells whether anything was loaded.
    ///
    /// # Errors
    /// The server refuses, or the content is wrong.
    pub async fn fill_demo(&self, content: &DemoContent) -> anyhow::Result<bool> {
        let outside = self.client(|_| {}).await?;
        let exists = "SELECT 1 FROM pg_database WHERE datname = 'chartroom_demo'";
        if outside.query_opt(exists, &[]).await?.is_none() {
            let made = outside
                .batch_execute(&format!("CREATE DATABASE {DEMO_DATABASE}"))
                .await;
            match made {
                // Another server of the same database was faster.
                Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => {}
                made => made.context(
                    "the server does not let Chartroom make the database chartroom_demo (CREATEDB)",
                )?,
            }
        }
        let mut client = self
            .client(|config| {
                config.dbname(DEMO_DATABASE);
            })
            .await?;
        load(&mut client, content).await
    }

    async fn client(&self, change: impl FnOnce(&mut Config)) -> anyhow::Result<Client> {
        let mut config = self.config()?;
        change(&mut config);
        Ok(postgres::connect_own(&config).await?)
    }
}

async fn load(client: &mut Client, content: &DemoContent) -> anyhow::Result<bool> {
    let work = client.transaction().await?;
    // Servers that start together wait for each other.
    work.batch_execute("SELECT pg_advisory_xact_lock(7173029442)")
        .await?;
    let days: i32 = work.query_one(DAYS, &[]).await?.get(0);
    let mark = format!("chartroom demo {} +{days}", content.version);
    let found = work.query_opt(MARK, &[]).await?;
    if found.and_then(|row| row.get::<_, Option<String>>(0)) == Some(mark.clone()) {
        work.batch_execute(DATABASE_RIGHTS).await?;
        work.batch_execute(RIGHTS).await?;
        work.commit().await?;
        return Ok(false);
    }
    // It is no news that there was no such schema, nor that the server's catalogs are not analyzed.
    work.batch_execute("SET LOCAL client_min_messages = error")
        .await?;
    work.batch_execute("DROP SCHEMA IF EXISTS jaffle_house, jaffle_house_raw CASCADE")
        .await?;
    work.batch_execute(content.tables)
        .await
        .context("seeds.sql")?;
    for (name, csv) in &content.seeds {
        let copy = format!("COPY jaffle_house_raw.{name} FROM STDIN WITH (FORMAT csv, HEADER)");
        let sink = work.copy_in(&copy).await.with_context(|| name.clone())?;
        let mut sink = pin!(sink);
        sink.send(csv.clone()).await.with_context(|| name.clone())?;
        sink.finish().await.with_context(|| name.clone())?;
    }
    work.batch_execute(content.roll_forward)
        .await
        .context("roll_forward.sql")?;
    work.batch_execute(content.models)
        .await
        .context("models.sql")?;
    work.batch_execute(DATABASE_RIGHTS).await?;
    work.batch_execute(RIGHTS).await?;
    let comment = format!("COMMENT ON SCHEMA jaffle_house IS '{mark}'");
    work.batch_execute(&comment).await?;
    work.commit().await?;
    Ok(true)
}
