//! Which requests get a socket, and how a socket begins and ends.

use crate::support::{Socket, Tenant, TestApp};
use axum::{body::Body, http::Request};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

#[tokio::test]
async fn only_one_protocol_is_spoken() {
    let app = TestApp::start().await;
    let address = app.listen().await;
    for headers in [
        &[][..],
        &[("sec-websocket-protocol", "graphql-ws")],
        &[("sec-websocket-protocol", "soap, mqtt")],
    ] {
        let refused = Socket::ask(address, headers).await.err().unwrap();
        assert_eq!(refused, (400, "BAD_REQUEST".to_owned()), "{headers:?}");
    }
    let old = Socket::ask(address, &[PROTOCOL, ("sec-websocket-version", "8")]).await;
    assert_eq!(old.err().unwrap(), (426, "BAD_REQUEST".to_owned()));
    let both = ("sec-websocket-protocol", "graphql-ws, graphql-transport-ws");
    Socket::ask(address, &[both]).await.unwrap();
}

#[tokio::test]
async fn pages_of_other_sites_get_no_socket() {
    let app = TestApp::with(|config| {
        config.cors_origins = vec!["https://bi.example.test".to_owned()];
    })
    .await;
    let address = app.listen().await;
    let own = format!("http://{address}");
    for origin in [&*own, "https://bi.example.test"] {
        Socket::ask(address, &[PROTOCOL, ("origin", origin)])
            .await
            .unwrap();
    }
    for origin in [
        "https://evil.test",
        "https://bi.example.test.evil.test",
        "http://bi.example.test",
        "null",
        "",
    ] {
        let refused = Socket::ask(address, &[PROTOCOL, ("origin", origin)]).await;
        assert_eq!(
            refused.err().unwrap(),
            (403, "CSRF_REFUSED".to_owned()),
            "{origin}"
        );
    }
    Socket::open(address, &[]).await;
}

#[tokio::test]
async fn a_client_that_does_not_say_who_it_is_is_shown_out() {
    let app = TestApp::with(|config| {
        config.sockets.init_timeout = Duration::from_millis(400);
    })
    .await;
    let address = app.listen().await;
    let began = Instant::now();
    let mut silent = Socket::open(address, &[]).await;
    let mut chatty = Socket::open(address, &[]).await;
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        chatty.send(json!({ "type": "ping" })).await;
        assert_eq!(chatty.message().await, json!({ "type": "pong" }));
    }
    for socket in [&mut silent, &mut chatty] {
        let end = (4408, "Connection initialisation timeout".to_owned());
        assert_eq!(socket.end().await, end);
    }
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(400) && took < Duration::from_secs(2),
        "{took:?}"
    );
}

#[tokio::test]
async fn operations_wait_for_the_acknowledgement() {
    let app = TestApp::start().await;
    let address = app.listen().await;
    let mut socket = Socket::open(address, &[]).await;
    socket.subscribe("1", "{ __typename }").await;
    assert_eq!(socket.end().await, (4401, "Unauthorized".to_owned()));
}

#[tokio::test]
async fn one_greeting_is_enough() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let token = app.token(tenant.admin).await;
    socket
        .send(json!({ "type": "connection_init", "payload": { "token": token } }))
        .await;
    let end = (4429, "Too many initialisation requests".to_owned());
    assert_eq!(socket.end().await, end);
}

#[tokio::test]
async fn other_messages_end_a_socket() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let deep = format!(r#"{{"type":"ping","payload":{}"#, "[".repeat(100_000));
    for bad in [
        "",
        "hello",
        "[]",
        r#"{"id":"1"}"#,
        r#"{"type":"start","id":"1","payload":{"query":"{ __typename }"}}"#,
        r#"{"type":"next","id":"1","payload":{}}"#,
        r#"{"type":"subscribe","payload":{"query":"{ __typename }"}}"#,
        r#"{"type":"subscribe","id":"1"}"#,
        r#"{"type":"subscribe","id":"1","payload":[]}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":5}}"#,
        r#"{"type":"subscribe","id":"1","payload":{"query":"{a}","operationName":[]}}"#,
        r#"{"type":"complete"}"#,
        &deep,
    ] {
        let mut socket = app.socket(address, tenant.admin).await;
        socket.text(bad).await;
        let (code, reason) = socket.end().await;
        let shown = &bad[..bad.len().min(80)];
        assert_eq!(code, 4400, "{shown}: {reason}");
        assert!(!reason.is_empty() && reason.len() <= 123, "{shown}");
        let mut early = Socket::open(address, &[]).await;
        early.text(r#"{"type":"nonsense"}"#).await;
        assert_eq!(early.end().await.0, 4400);
    }
    let mut binary = app.socket(address, tenant.admin).await;
    binary
        .inner
        .send(Message::binary(br#"{"type":"ping"}"#.to_vec()))
        .await
        .unwrap();
    assert_eq!(binary.end().await.0, 4400);
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let payload = json!({ "at": 5, "text": "\u{1f980}\n" });
    socket.send(json!({ "type": "pong" })).await;
    socket
        .send(json!({ "type": "complete", "id": "unknown" }))
        .await;
    socket
        .send(json!({ "type": "ping", "payload": payload }))
        .await;
    assert_eq!(
        socket.message().await,
        json!({ "type": "pong", "payload": payload })
    );
}

#[tokio::test]
async fn a_stop_tells_sockets_to_come_back() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut idle = app.socket(address, tenant.admin).await;
    let mut new = Socket::open(address, &[]).await;
    let mut busy = app.socket(address, tenant.admin).await;
    let held = app.lock_projects().await;
    busy.subscribe("1", super::WAITS).await;
    assert!(busy.is_silent(200).await);
    app.app.stopping.cancel();
    for socket in [&mut idle, &mut new, &mut busy] {
        assert_eq!(socket.end().await, (1012, "Service restart".to_owned()));
    }
    app.app.tasks.close();
    tokio::time::timeout(Duration::from_secs(5), app.app.tasks.wait())
        .await
        .expect("a stop waits for sockets, and not long");
    drop(held);
    let late = Request::get("/graphql")
        .header("upgrade", "websocket")
        .header("connection", "upgrade");
    let late = app.reply(late, Body::empty()).await;
    assert_eq!((late.status.as_u16(), &*late.code()), (503, "UNAVAILABLE"));
}

#[tokio::test]
async fn a_client_that_leaves_is_answered() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let frame = CloseFrame {
        code: 1000.into(),
        reason: "Normal Closure".into(),
    };
    socket.inner.close(Some(frame)).await.unwrap();
    assert_eq!(socket.end().await.0, 1000, "the farewell comes back");
    assert!(socket.inner.next().await.is_none());
}
