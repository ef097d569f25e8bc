//! Chartroom without its limit of cost points, for a query that it refuses as too expensive: the
//! same layers, in a process of the benchmark's. The table says where this one was measured.

use anyhow::Context as _;
use chartroom::{
    app::App,
    config::{HttpConfig, JobsConfig, WarehouseConfig},
    db::{Database, DatabaseConfig},
    gql::guard::{Guard, Limits},
    graph,
    http::{self, Http},
    kernel::SystemClock,
    services::{Outside, warehouse::OwnDatabase},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until it is killed.
pub(crate) async fn serve(database: &str, bind: SocketAddr) -> anyhow::Result<()> {
    // As the server has it, since a line per request costs something.
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .init();
    let cores = std::thread::available_parallelism()?.get();
    let db = Database::new(DatabaseConfig {
        url: database.to_owned(),
        max_connections: (cores * 5).max(10),
        wait_timeout: Duration::from_secs(5),
        statement_timeout: Duration::from_secs(10),
    })?;
    let own = OwnDatabase::new(db.clone(), database.into());
    let outside = Outside::ephemeral(WarehouseConfig::for_tests(), own)?;
    let mut app = App::new(
        HttpConfig::for_tests(),
        JobsConfig::for_tests(),
        outside,
        db,
        Arc::new(SystemClock),
    )?;
    let limits = Limits {
        cost: u32::MAX,
        ..Limits::default()
    };
    Arc::get_mut(&mut app)
        .context("the server is shared already")?
        .guard = Guard::new(&graph::sdl(), limits).context("the guard does not fit the schema")?;
    let router = Http::new(app)?.front();
    http::serve(
        TcpListener::bind(bind).await?,
        router,
        CancellationToken::new(),
    )
    .await;
    Ok(())
}
