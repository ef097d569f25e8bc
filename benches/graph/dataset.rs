//! The databases of a run: made once per version of the schema, copied for each run.

use crate::{Args, report::say};
use anyhow::Context as _;
use chartroom::{
    db::{
        embedded::{EmbeddedCluster, EmbeddedOptions},
        migrate, sql,
    },
    domains::access::role,
    kernel::{
        Secret, SecretKind,
        entity::{ChartId, OrganizationId, ProjectId, SessionId, SpaceId, UserId},
    },
};
use diesel::sql_types::{Bool, Timestamptz, Uuid as SqlUuid};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use std::path::Path;
use uuid::Uuid;

const ROWS: &str = include_str!("sql/dataset.sql");

/// The PostgreSQL that holds the databases.
pub(crate) struct Postgres {
    url: String,
    cluster: Option<EmbeddedCluster>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Persona {
    /// Who.
    pub(crate) user: UserId,
    /// The token of a session.
    pub(crate) token: String,
}

/// A database with its rows, and what of them the queries ask for.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// Address of the database.
    pub(crate) url: String,
    /// The measured project.
    pub(crate) project: ProjectId,
    /// The space that new charts go to.
    pub(crate) space: SpaceId,
    /// The last row of the third page of fifty in the filtered list of charts.
    pub(crate) behind: (String, ChartId),
    /// Administrator of the organization: sees all of it.
    pub(crate) admin: Persona,
    /// Editor of the organization: does not see what is private.
    pub(crate) editor: Persona,
}

impl Postgres {
    /// The server that was named, or a cluster of our own.
    pub(crate) async fn start(args: &Args) -> anyhow::Result<Self> {
        if let Some(url) = &args.database {
            return Ok(Self {
                url: url.clone(),
                cluster: None,
            });
        }
        // What the disk does is the same for both sides and nothing that is measured here.
        let settings = [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("shared_buffers", "512MB"),
            ("autovacuum", "off"),
        ];
        let options = EmbeddedOptions {
            search_path: args.search_path.clone(),
            settings: settings
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            ..EmbeddedOptions::default()
        };
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-postgres");
        std::fs::create_dir_all(&home)?;
        let cluster = EmbeddedCluster::start(&home, options).await?;
        let url = cluster.url().expose_secret().to_owned();
        // Servers with the demo make the role of its warehouse.
        let owner = url.replace("//chartroom:", "//postgres:");
        let mut owner = connect(&owner).await?;
        owner
            .batch_execute("ALTER ROLE chartroom CREATEROLE")
            .await?;
        Ok(Self {
            url,
            cluster: Some(cluster),
        })
    }

    /// Stops the cluster, if it is ours.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.stop().await?;
        }
        Ok(())
    }

    /// A fresh copy of the synthetic database, `scale` times its size.
    pub(crate) async fn world(&self, scale: u32) -> anyhow::Result<World> {
        let template = format!("chartroom_bench_{scale}x_{}", fingerprint()?);
        let copy = format!("chartroom_bench_{scale}x");
        let mut conn = connect(&self.url).await?;
        let exists: bool = sql(
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?)",
            [template.as_str().into()],
        )
        .statement::<Bool>()
        .get_result(&mut conn)
        .await?;
        if !exists {
            say(&format!("Making the {scale}× database…"));
            self.make(&mut conn, &template, scale).await?;
        }
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {copy} WITH (FORCE)"))
            .await?;
        conn.batch_execute(&format!(
            "CREATE DATABASE {copy} TEMPLATE {template} STRATEGY file_copy"
        ))
        .await
        .context("cannot copy the database")?;
        look(with_database(&self.url, &copy)).await
    }

    async fn make(
        &self,
        conn: &mut AsyncPgConnection,
        name: &str,
        scale: u32,
    ) -> anyhow::Result<()> {
        let making = format!("{name}_making");
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)"))
            .await?;
        conn.batch_execute(&format!("CREATE DATABASE {making}"))
            .await?;
        let url = with_database(&self.url, &making);
        migrate::run(&url).await?;
        let mut fresh = connect(&url).await?;
        role::seed(&fresh).await?;
        fresh
            .batch_execute(&format!("SET bench.scale = {scale}; {ROWS}"))
            .await?;
        fresh.batch_execute("VACUUM ANALYZE").await?;
        drop(fresh);
        conn.batch_execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{making}'; \
             ALTER DATABASE {making} RENAME TO {name}"
        ))
        .await
        .context("cannot name the database")
    }
}

/// Finds what the queries ask for, and signs the personas in.
async fn look(url: String) -> anyhow::Result<World> {
    let mut conn = connect(&url).await?;
    let find = async |conn: &mut AsyncPgConnection, text: &'static str| -> anyhow::Result<Uuid> {
        Ok(sql(text, [])
            .statement::<SqlUuid>()
            .get_result(conn)
            .await?)
    };
    let project = find(
        &mut conn,
        "SELECT id FROM projects WHERE name = 'Project 00000'",
    )
    .await?;
    let space = find(&mut conn, "SELECT s.id FROM spaces s JOIN projects p ON p.id = s.project_id WHERE p.name = 'Project 00000' AND s.name = 'Space 08'").await?;
    let behind: (chrono::DateTime<chrono::Utc>, Uuid) = sql(
        "SELECT updated_at, id FROM charts WHERE project_id = ? AND kind = 'LINE' ORDER BY updated_at DESC, id DESC OFFSET 149 LIMIT 1",
        [project.into()],
    )
    .statement::<(Timestamptz, SqlUuid)>()
    .get_result(&mut conn)
    .await?;
    let admin = find(
        &mut conn,
        "SELECT id FROM users WHERE username = 'user-000000'",
    )
    .await?;
    let editor = find(
        &mut conn,
        "SELECT id FROM users WHERE username = 'user-000001'",
    )
    .await?;
    let admin = sign_in(&mut conn, UserId::from_uuid(admin)).await?;
    let editor = sign_in(&mut conn, UserId::from_uuid(editor)).await?;
    Ok(World {
        url,
        project: ProjectId::from_uuid(project),
        space: SpaceId::from_uuid(space),
        behind: (behind.0.to_rfc3339(), ChartId::from_uuid(behind.1)),
        admin,
        editor,
    })
}

async fn sign_in(conn: &mut AsyncPgConnection, user: UserId) -> anyhow::Result<Persona> {
    let secret = Secret::generate(SecretKind::Session)?;
    let organization: Uuid = sql(
        "SELECT organization_id FROM users WHERE id = ?",
        [user.into()],
    )
    .statement::<SqlUuid>()
    .get_result(conn)
    .await?;
    sql(
        "INSERT INTO sessions (id, user_id, organization_id, token_hash, expires_at) \
         VALUES (?, ?, ?, ?, now() + interval '1 day')",
        [
            SessionId::new().into(),
            user.into(),
            OrganizationId::from_uuid(organization).into(),
            secret.hash().into(),
        ],
    )
    .statement::<()>()
    .execute(conn)
    .await?;
    Ok(Persona {
        user,
        token: secret.expose().to_owned(),
    })
}

async fn connect(url: &str) -> anyhow::Result<AsyncPgConnection> {
    AsyncPgConnection::establish(url)
        .await
        .context("cannot reach PostgreSQL")
}

/// Changes with the schema, the built-in roles and the rows, so that an old database is not used.
fn fingerprint() -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut migrations: Vec<_> = std::fs::read_dir(root)?.collect::<Result<_, _>>()?;
    migrations.sort_by_key(std::fs::DirEntry::file_name);
    for migration in migrations {
        if let Ok(text) = std::fs::read(migration.path().join("up.sql")) {
            hash.update(text);
        }
    }
    for role in chartroom::authz::built_in_roles() {
        hash.update(format!("{role:?}"));
    }
    hash.update(ROWS);
    Ok(hex::encode(hash.finalize()).chars().take(12).collect())
}

fn with_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let base = address.rsplit_once('/').map_or(address, |(base, _)| base);
    if query.is_empty() {
        format!("{base}/{name}")
    } else {
        format!("{base}/{name}?{query}")
    }
}
