//! One socket with its subscriptions.

use super::{Seen, changes::Commits};
use anyhow::{Context as _, bail};
use chartroom::kernel::entity::JobId;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{net::TcpStream, sync::mpsc, task::JoinHandle};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

const WATCH: &str = "subscription W($id: ID!) { jobUpdated(id: $id) { version status } }";

/// What one socket watches.
pub(super) struct Watch {
    pub(super) address: SocketAddr,
    pub(super) token: String,
    pub(super) jobs: Vec<JobId>,
    pub(super) commits: Arc<Commits>,
    pub(super) seen: Arc<Seen>,
    pub(super) times: mpsc::UnboundedSender<Duration>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    payload: serde_json::Value,
}

/// Opens the socket and sends its subscriptions.
pub(super) async fn start(watch: Watch) -> anyhow::Result<JoinHandle<()>> {
    let mut request = format!("ws://{}/graphql", watch.address).into_client_request()?;
    let protocol = HeaderValue::from_static("graphql-transport-ws");
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.context("no socket")?;
    let init = json!({ "type": "connection_init", "payload": { "token": watch.token } });
    socket.send(Message::text(init.to_string())).await?;
    let ack = socket.next().await.context("the socket closed")??;
    if !ack.to_text()?.contains("connection_ack") {
        bail!("not let in: {ack}");
    }
    for (place, job) in watch.jobs.iter().enumerate() {
        let payload = json!({ "query": WATCH, "variables": { "id": job.to_string() } });
        let message = json!({ "id": place.to_string(), "type": "subscribe", "payload": payload });
        socket.feed(Message::text(message.to_string())).await?;
    }
    socket.flush().await?;
    #[expect(
        clippy::disallowed_methods,
        reason = "a benchmark has no server to stop"
    )]
    Ok(tokio::spawn(listen(socket, watch)))
}

async fn listen(mut socket: Socket, watch: Watch) {
    let mut last = vec![0_i64; watch.jobs.len()];
    while let Some(Ok(message)) = socket.next().await {
        let Message::Text(text) = message else {
            continue;
        };
        let Ok(wire) = serde_json::from_str::<Wire>(&text) else {
            continue;
        };
        let place: usize = wire.id.parse().unwrap_or_default();
        let version = wire
            .payload
            .pointer("/data/jobUpdated/version")
            .and_then(serde_json::Value::as_i64);
        let (Some(version), Some(job), Some(last)) =
            (version, watch.jobs.get(place), last.get_mut(place))
        else {
            crate::report::say(&format!("unexpected {}: {text}", wire.kind));
            watch.seen.wrong.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        if version != *last + 1 {
            watch.seen.wrong.fetch_add(1, Ordering::Relaxed);
        }
        *last = version;
        if let Some(time) = watch.commits.age(*job, version) {
            let _ = watch.times.send(time);
        }
        watch.seen.events.fetch_add(1, Ordering::Relaxed);
    }
}
