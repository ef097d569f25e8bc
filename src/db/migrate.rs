//! Migrations, embedded in the binary.

use super::OLDEST_POSTGRES;
use anyhow::{Context as _, bail};
use diesel::{migration::MigrationVersion, pg::Pg, sql_types as st};
use diesel_async::{
    AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Brings the database up to the schema of this binary and tells how many migrations ran.
///
/// Nodes that start together wait for each other by an advisory lock.
///
/// # Errors
/// The database cannot be reached or is too old for Chartroom, a migration fails, or its schema is newer
/// than this binary.
pub async fn run(url: &str) -> anyhow::Result<usize> {
    let mut conn = super::connect(url)
        .await
        .map_err(|error| anyhow::anyhow!("cannot connect to the database: {error}"))?;
    fits(&mut conn).await?;
    // The lock ends with the connection.
    conn.batch_execute("SELECT pg_advisory_lock(7173029441)")
        .await
        .context("cannot lock the database for migrations")?;
    tokio::task::spawn_blocking(move || blocking(conn))
        .await
        .context("migrations were aborted")?
}

/// Says what is wrong with a database that no migration would fit.
async fn fits(conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    let asked = super::sql(
        "SELECT current_setting('server_version_num')::integer, current_setting('server_encoding')",
        [],
    );
    let (version, encoding): (i32, String) = asked
        .statement::<(st::Integer, st::Text)>()
        .get_result(conn)
        .await
        .context("cannot ask the database for its version")?;
    // 150004 is 15.4.
    let major = u32::try_from(version / 10_000).unwrap_or_default();
    if major < OLDEST_POSTGRES {
        bail!(
            "the database is PostgreSQL {major}: Chartroom needs version {OLDEST_POSTGRES} or newer"
        );
    }
    if encoding != "UTF8" {
        bail!(
            "the database keeps texts in {encoding}: create one with ENCODING 'UTF8' TEMPLATE template0"
        );
    }
    Ok(())
}

fn blocking(conn: AsyncPgConnection) -> anyhow::Result<usize> {
    let mut harness = AsyncMigrationHarness::new(conn);
    let known = known()?;
    let applied = harness
        .applied_migrations()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
        bail!(
            "the database has migration {newer}, which this version of chartroom ({}) does not know: \
             start the newer version, or restore a backup made by this one",
            env!("CARGO_PKG_VERSION"),
        );
    }
    let ran = harness
        .run_pending_migrations(MIGRATIONS)
        .map_err(|error| anyhow::anyhow!("a migration failed: {error}"))?
        .len();
    Ok(ran)
}

fn known() -> anyhow::Result<Vec<MigrationVersion<'static>>> {
    use diesel::migration::{Migration, MigrationSource};
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(migrations
        .iter()
        .map(|migration| migration.name().version().as_owned())
        .collect())
}
