//! What one client may take: operations, sockets, room, time.

use crate::support::{Socket, Tenant, TestApp};
use axum::{body::Body, http::Request};
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;
use tower::ServiceExt as _;

async fn metric(app: &TestApp, name: &str) -> String {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = app.admin.clone().oneshot(request).await.unwrap();
    let text = crate::support::Reply::of(response).await.text;
    let line = text.lines().find(|line| line.starts_with(name));
    line.unwrap_or_else(|| panic!("no {name}"))
        .rsplit(' ')
        .next()
        .unwrap()
        .to_owned()
}

/// Waits until a metric has a value.
pub(crate) async fn becomes(app: &TestApp, name: &str, value: &str) {
    let began = Instant::now();
    loop {
        let now = metric(app, name).await;
        if now == value {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{name} is {now}, not {value}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_hundred_operations_at_a_time() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let held = app.lock_projects().await;
    for n in 0..100 {
        socket.subscribe(&n.to_string(), super::WAITS).await;
    }
    becomes(
        &app,
        "chartroom_live_operations{transport=\"socket\"}",
        "100",
    )
    .await;
    socket.subscribe("100", super::WAITS).await;
    let refused = socket.message().await;
    assert_eq!(
        (&refused["id"], &refused["type"]),
        (&json!("100"), &json!("error"))
    );
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "LIMIT_EXCEEDED"
    );
    socket.send(json!({ "id": "7", "type": "complete" })).await;
    socket.subscribe("101", super::WAITS).await;
    assert!(socket.is_silent(200).await, "there is room for one more");
    drop(held);
    let mut completed = 0;
    while completed < 100 {
        let message = socket.message().await;
        assert_ne!(message["type"], "error", "{message}");
        completed += u32::from(message["type"] == "complete");
    }
    becomes(&app, "chartroom_live_operations{transport=\"socket\"}", "0").await;
}

#[tokio::test]
async fn twenty_sockets_of_one_user() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let other = tenant.user(&app, "olga", "viewer").await;
    let address = app.listen().await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        sockets.push(app.socket(address, tenant.admin).await);
    }
    becomes(&app, "chartroom_sockets", "20").await;
    let token = app.token(tenant.admin).await;
    let greeting = json!({ "type": "connection_init", "payload": { "token": token } });
    let mut refused = Socket::open(address, &[]).await;
    refused.send(greeting).await;
    let end = (4429, "Too many sockets: at most 20 per user".to_owned());
    assert_eq!(refused.end().await, end);
    app.socket(address, other).await;
    let mut left = sockets.pop().unwrap();
    left.inner.close(None).await.unwrap();
    becomes(&app, "chartroom_socket_closes_total{code=\"1000\"}", "1").await;
    app.socket(address, tenant.admin).await;
}

#[tokio::test]
async fn messages_have_a_largest_size() {
    let app = TestApp::with(|config| config.body_limit = 10_000).await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    for (size, code) in [(10_001, 1009), (19_000, 1009), (1_000_000, 1002)] {
        let mut socket = app.socket(address, tenant.admin).await;
        let _ = socket.inner.send(Message::text("x".repeat(size))).await;
        assert_eq!(socket.end().await.0, code, "{size}");
    }
    let mut socket = app.socket(address, tenant.admin).await;
    let padding = "#".repeat(9_000);
    let fits = socket
        .run("1", &format!("{{ __typename }} {padding}"))
        .await;
    assert_eq!(fits["data"]["__typename"], "Query");
}

#[tokio::test]
async fn silence_ends_a_socket_and_pongs_keep_it() {
    let app = TestApp::with(|config| config.sockets.ping = Duration::from_millis(200)).await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    // Whoever does not read does not answer pings either.
    let mut deaf = app.socket(address, tenant.admin).await;
    let mut quiet = app.socket(address, tenant.admin).await;
    assert!(quiet.is_silent(1500).await, "answered pings are enough");
    let end = (4408, "Pings were not answered".to_owned());
    assert_eq!(deaf.end().await, end);
    assert_eq!(
        quiet.run("1", "{ __typename }").await["data"]["__typename"],
        "Query"
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let app =
        TestApp::with(|config| config.sockets.write_timeout = Duration::from_millis(500)).await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut slow = app.socket(address, tenant.admin).await;
    let mut other = app.socket(address, tenant.admin).await;
    let large = "{ __schema { types { name description fields { name description \
        args { name description type { name } } type { name ofType { name } } } } } }";
    for n in 0..60 {
        slow.subscribe(&n.to_string(), large).await;
    }
    becomes(&app, "chartroom_socket_closes_total{code=\"4408\"}", "1").await;
    becomes(&app, "chartroom_live_operations{transport=\"socket\"}", "0").await;
    let quick = other.run("1", "{ __typename }").await;
    assert_eq!(quick["data"]["__typename"], Value::from("Query"));
}
