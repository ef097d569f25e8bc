//! Receives the effects of self-tests and counts them by key.

use axum::{Router, extract::State, http::HeaderMap, routing::post};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// What was received: how often each key.
#[derive(Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<BTreeMap<String, usize>>>);

impl Receiver {
    /// Listens on a port of its own.
    pub(crate) async fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new()
            .route("/effect", post(receive))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Effects in all, and different ones.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let seen = self.0.lock().expect("the receiver");
        (seen.values().sum(), seen.len())
    }

    pub(crate) fn clear(&self) {
        self.0.lock().expect("the receiver").clear();
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap) -> &'static str {
    let key = headers
        .get("Idempotency-Key")
        .and_then(|key| key.to_str().ok())
        .unwrap_or("none")
        .to_owned();
    *receiver
        .0
        .lock()
        .expect("the receiver")
        .entry(key)
        .or_default() += 1;
    "ok"
}
