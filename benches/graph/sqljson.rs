//! The reference: one hand-written statement per query, its text passed through. No permission
//! checks, no sign-in, no validation.

use crate::cases;
use anyhow::Context as _;
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
    serve::ListenerExt as _,
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};
use tokio_postgres::{Client, NoTls, Statement, types::ToSql};

/// As many as measured best: four to five per core.
pub(crate) const CONNECTIONS_PER_CORE: usize = 5;

struct Prepared {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// Connections that are free, the one used last on top.
struct Pool {
    free: Mutex<Vec<Prepared>>,
    turns: Semaphore,
}

impl Pool {
    fn lock(&self) -> anyhow::Result<MutexGuard<'_, Vec<Prepared>>> {
        self.free.lock().ok().context("a thread panicked")
    }
}

#[derive(Deserialize)]
struct Body {
    variables: Vec<String>,
}

/// Serves until it is killed.
pub(crate) async fn serve(database: &str, bind: SocketAddr, per_core: usize) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    let mut free = Vec::new();
    let mut connections = JoinSet::new();
    for _ in 0..cores * per_core {
        let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
        connections.spawn(connection);
        client.batch_execute("SET jit = off").await?;
        let mut statements = HashMap::new();
        for (name, text) in cases::REFERENCE {
            statements.insert(*name, client.prepare(text).await.with_context(|| *name)?);
        }
        free.push(Prepared { client, statements });
    }
    let pool = Arc::new(Pool {
        turns: Semaphore::new(free.len()),
        free: Mutex::new(free),
    });
    let app = Router::new()
        .route("/{name}", post(answer))
        .with_state(pool);
    let listener = TcpListener::bind(bind).await?.tap_io(|stream| {
        // Only slower without it.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}

async fn answer(State(pool): State<Arc<Pool>>, Path(name): Path<String>, body: Bytes) -> Response {
    match text(&pool, &name, &body).await {
        Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
    }
}

async fn text(pool: &Pool, name: &str, body: &[u8]) -> anyhow::Result<String> {
    let body: Body = serde_json::from_slice(body)?;
    let values: Vec<&(dyn ToSql + Sync)> = body
        .variables
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value })
        .collect();
    let _turn = pool.turns.acquire().await?;
    let prepared = pool.lock()?.pop().context("no connection")?;
    let statement = prepared.statements.get(name).context("no such query")?;
    let row = prepared.client.query_one(statement, &values).await;
    pool.lock()?.push(prepared);
    Ok(row?.try_get(0)?)
}
