//! A PostgreSQL for the run and a database for each test.
//!
//! The server is the one of `CHARTROOM_TEST_DATABASE_URL`, which `scripts/with-test-postgres` starts.
//! Migrations run once, into a template.

use chartroom::db::migrate;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

/// A database that is dropped with this value.
pub(crate) struct TestDatabase {
    server: String,
    name: String,
}

static TEMPLATE: OnceCell<(String, String)> = OnceCell::const_new();

impl TestDatabase {
    /// A fresh copy of the migrated template.
    pub(crate) async fn create() -> Self {
        let (server, template) = TEMPLATE.get_or_init(prepare).await.clone();
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut conn = connect(&server).await;
        conn.batch_execute(&format!(
            "CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"
        ))
        .await
        .expect("the test database can be created");
        Self { server, name }
    }

    /// Ends all connections to the database and lets nobody in.
    pub(crate) async fn close_doors(&self) {
        let name = &self.name;
        let mut conn = connect(&self.server).await;
        conn.batch_execute(&format!(
            "ALTER DATABASE {name} ALLOW_CONNECTIONS false; \
             SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await
        .expect("the doors close");
    }

    /// Lets everybody in again.
    pub(crate) async fn open_doors(&self) {
        let open = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name);
        connect(&self.server)
            .await
            .batch_execute(&open)
            .await
            .expect("the doors open");
    }

    /// Address of the database.
    pub(crate) fn url(&self) -> String {
        self.beside(&self.name)
    }

    /// Address of another database of the server.
    pub(crate) fn beside(&self, name: &str) -> String {
        with_database(&self.server, name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's runtime may be gone already, so the clean-up brings its own.
        let cleanup = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = connect(&server).await.batch_execute(&drop).await;
            });
        });
        let _ = cleanup.join();
    }
}

async fn connect(url: &str) -> AsyncPgConnection {
    AsyncPgConnection::establish(url)
        .await
        .expect("the test server can be reached")
}

async fn prepare() -> (String, String) {
    let server = server();
    let template = format!("template_{}", fingerprint());
    let mut conn = connect(&server).await;
    // Test processes start together; one of them makes the template.
    conn.batch_execute("SELECT pg_advisory_lock(1)")
        .await
        .expect("the lock");
    let exists = format!(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_database WHERE datname = '{template}') THEN RAISE 'absent'; END IF; END $$"
    );
    if conn.batch_execute(&exists).await.is_err() {
        let making = format!("making_{}", uuid::Uuid::new_v4().simple());
        conn.batch_execute(&format!("CREATE DATABASE {making}"))
            .await
            .expect("the template");
        let url = with_database(&server, &making);
        migrate::run(&url).await.expect("the migrations run");
        let fresh = connect(&url).await;
        chartroom::domains::access::role::seed(&fresh)
            .await
            .expect("the built-in roles");
        drop(fresh);
        conn.batch_execute(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{making}'; \
             ALTER DATABASE {making} RENAME TO {template}"
        ))
        .await
        .expect("the template gets its name");
    }
    (server, template)
}

/// Changes with every migration and built-in role, so that an old template is not used.
fn fingerprint() -> String {
    let mut hash = Sha256::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(root)
        .expect("migrations")
        .flatten()
        .collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    for file in files {
        if let Ok(text) = std::fs::read(file.path().join("up.sql")) {
            hash.update(text);
        }
    }
    for role in chartroom::authz::built_in_roles() {
        hash.update(format!("{role:?}"));
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
}

fn server() -> String {
    std::env::var("CHARTROOM_TEST_DATABASE_URL")
        .expect("the tests run by `make test` or `scripts/with-test-postgres cargo test`")
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
