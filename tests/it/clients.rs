//! Clients that people use, from their packages: `tests/clients/…`, run by Node.

use crate::support::{Tenant, TestApp};
use chartroom::{
    config::JobsConfig,
    db::{Database, DatabaseConfig},
    domains::platform,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::process::Command;

/// The folder of a client with its packages installed.
async fn installed(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/clients")
        .join(name);
    let time = |path: &str| {
        let file = std::fs::metadata(folder.join(path)).ok()?;
        file.modified().ok()
    };
    if time("node_modules/.package-lock.json") < time("package-lock.json") {
        let output = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(&folder)
            .output()
            .await
            .expect("npm: scripts/install-prerequisites installs it");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "npm ci: {said}");
    }
    folder
}

/// Runs a client against a server of its own.
async fn run(name: &str) {
    let folder = installed(name).await;
    let app = TestApp::start().await;
    let pool = Database::new(DatabaseConfig {
        url: app.database_url(),
        max_connections: 4,
        wait_timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(10),
    });
    let handlers =
        platform::handlers(&JobsConfig::for_tests(), &app.app.queries).expect("handlers");
    app.app.start_worker(pool.expect("a pool"), handlers, 2);
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let token = app.token(tenant.admin).await;
    let output = Command::new("node")
        .arg("client.mjs")
        .current_dir(&folder)
        .env("CHARTROOM_URL", format!("http://{address}"))
        .env("CHARTROOM_TOKEN", token)
        .output()
        .await
        .expect("node: scripts/install-prerequisites installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{failed}");
    assert!(said.contains("ok "), "the client checked nothing: {said}");
}

#[tokio::test]
async fn graphql_ws() {
    run("graphql-ws").await;
}

#[tokio::test]
async fn graphql_sse() {
    run("graphql-sse").await;
}
