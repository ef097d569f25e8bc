//! The operations listener: `/livez`, `/readyz`, `/metrics`. Not for the public.

use super::{Edge, queue_metrics::QueueFigures};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn router(edge: Arc<Edge>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(edge)
}

/// Whether requests should be sent here.
async fn readyz(State(edge): State<Arc<Edge>>) -> Response {
    if edge.app.stopping.is_cancelled() {
        return not_ready("stopping");
    }
    if edge.app.worker().is_some_and(|worker| !worker.is_well()) {
        return not_ready("the job worker cannot reach the database");
    }
    match timeout(PATIENCE, edge.app.db.ping()).await {
        Ok(Ok(())) => "ok\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(?error, "not ready");
            not_ready("the database cannot be reached")
        }
        Err(_elapsed) => not_ready("the database does not answer in time"),
    }
}

fn not_ready(reason: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response()
}

async fn metrics(State(edge): State<Arc<Edge>>) -> Response {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let queue = QueueFigures::read(&edge.app, PATIENCE).await;
    (kind, edge.metrics.render(&edge.app.db, &queue)).into_response()
}
