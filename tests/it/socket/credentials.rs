//! Who gets in by a socket, and for how long.

use crate::support::{Actor, Reply, Socket, Tenant, TestApp};
use axum::{
    body::Body,
    http::{Request, header},
};
use chartroom::{
    db::{Bind, sql},
    kernel::Secret,
};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

const WHO: &str = "{ viewer { user { username } } }";

async fn api_key(app: &TestApp, tenant: &Tenant) -> String {
    let expires_at = chrono::Utc::now() + chrono::TimeDelta::days(30);
    let create = "mutation($input: CreateApiKeyInput!) { \
        createApiKey(input: $input) { secret userErrors { message } } }";
    let answer = app
        .gql(
            tenant.admin,
            create,
            json!({ "input": { "name": "socket", "expiresAt": expires_at } }),
        )
        .await;
    answer.text("/createApiKey/secret")
}

/// Asks for a ticket as a page does that has a session cookie.
async fn ticket(app: &TestApp, token: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::post("/graphql/ticket")
        .header(header::HOST, "chartroom.test")
        .header(header::COOKIE, format!("__Host-chartroom={token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.reply(request, Body::empty()).await
}

const CSRF: (&str, &str) = ("x-chartroom-csrf", "1");

/// How a socket with this greeting ends.
async fn refused(address: SocketAddr, headers: &[(&str, &str)], payload: Value) -> (u16, String) {
    let mut socket = Socket::open(address, headers).await;
    socket
        .send(json!({ "type": "connection_init", "payload": payload }))
        .await;
    let crate::support::Heard::Close(code, reason) = socket.hear().await else {
        panic!("{payload} was let in");
    };
    (code, reason)
}

#[tokio::test]
async fn tokens_and_keys_let_in() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let token = app.token(tenant.admin).await;
    let key = api_key(&app, &tenant).await;
    let expected = app.ask(tenant.admin, WHO).await.data().clone();
    for payload in [
        json!({ "token": token }),
        json!({ "token": key }),
        json!({ "authorization": format!("Bearer {token}") }),
        json!({ "Authorization": format!("bearer {key}"), "other": 5 }),
    ] {
        let mut socket = Socket::open(address, &[]).await;
        socket.greet(payload.clone()).await;
        assert_eq!(socket.run("1", WHO).await["data"], expected, "{payload}");
    }
    let authorization = format!("Bearer {token}");
    for payload in [Value::Null, json!({})] {
        let mut socket = Socket::open(address, &[("authorization", &authorization)]).await;
        socket.greet(payload).await;
        assert_eq!(socket.run("1", WHO).await["data"], expected);
    }
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let token = app.token(tenant.admin).await;
    let stranger = Secret::generate(chartroom::kernel::SecretKind::Session).unwrap();
    let last = if token.ends_with('x') { 'y' } else { 'x' };
    let mistyped = format!("{}{last}", &token[..token.len() - 1]);
    for payload in [
        Value::Null,
        json!({}),
        json!({ "headers": { "authorization": format!("Bearer {token}") } }),
        json!({ "token": "" }),
        json!({ "token": mistyped }),
        json!({ "token": stranger.expose() }),
        json!({ "token": format!("Bearer {token}") }),
        json!({ "authorization": token }),
        json!({ "authorization": format!("Basic {token}") }),
        json!({ "ticket": token }),
    ] {
        let (code, reason) = refused(address, &[], payload.clone()).await;
        assert_eq!(code, 4403, "{payload}: {reason}");
        assert!(reason.starts_with("Forbidden"), "{reason}");
    }
    for payload in [
        json!({ "token": 5 }),
        json!({ "token": token, "ticket": token }),
        json!({ "token": token, "authorization": format!("Bearer {token}") }),
    ] {
        assert_eq!(refused(address, &[], payload).await.0, 4400);
    }
    let bad = ("authorization", "Bearer nonsense");
    let protocol = ("sec-websocket-protocol", "graphql-transport-ws");
    let refusal = Socket::ask(address, &[protocol, bad]).await;
    assert_eq!(refusal.err().unwrap(), (401, "UNAUTHENTICATED".to_owned()));
}

#[tokio::test]
async fn a_cookie_opens_no_socket() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let token = app.token(tenant.admin).await;
    let cookie = format!("chartroom_session={token}; __Host-chartroom={token}");
    let origin = format!("http://{address}");
    let headers = [("cookie", &*cookie), ("origin", &*origin), CSRF];
    assert_eq!(refused(address, &headers, json!({})).await.0, 4403);
}

#[tokio::test]
async fn a_ticket_opens_one_socket_of_its_session() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let token = app.token(tenant.admin).await;
    let made = ticket(&app, &token, &[CSRF]).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["expiresInSeconds"], 30);
    assert_eq!(made.header("cache-control"), "no-store");
    let text = made.json()["ticket"].as_str().unwrap().to_owned();
    let mut socket = Socket::open(address, &[]).await;
    socket.greet(json!({ "ticket": text })).await;
    let who = socket.run("1", WHO).await;
    assert_eq!(&who["data"], app.ask(tenant.admin, WHO).await.data());
    let again = refused(address, &[], json!({ "ticket": text })).await;
    assert_eq!(again.0, 4403, "it works once");

    let bearer = Request::post("/graphql").header(header::AUTHORIZATION, format!("Bearer {text}"));
    let bearer = bearer.header(header::CONTENT_TYPE, "application/json");
    let bearer = app.reply(bearer, json!({ "query": WHO }).to_string()).await;
    assert_eq!(bearer.status, 401, "it is no token");

    let mut later = Vec::new();
    for _ in 0..2 {
        let made = ticket(&app, &token, &[CSRF]).await.json();
        later.push(made["ticket"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        refused(address, &[], json!({ "token": later[0] })).await.0,
        4403
    );
    let conn = app.conn().await;
    sql(
        "UPDATE socket_tickets SET expires_at = now() - interval '1 second'",
        [],
    )
    .statement::<()>()
    .execute(&mut &*conn)
    .await
    .unwrap();
    assert_eq!(
        refused(address, &[], json!({ "ticket": later[1] })).await.0,
        4403,
        "it is too old"
    );
    let made = ticket(&app, &token, &[CSRF]).await.json();
    let orphan = made["ticket"].as_str().unwrap().to_owned();
    app.ask(tenant.admin, "mutation { signOut { deletedId } }")
        .await
        .data();
    assert_eq!(
        refused(address, &[], json!({ "ticket": orphan })).await.0,
        4403,
        "its session has ended"
    );
}

#[tokio::test]
async fn tickets_are_for_pages_that_could_call_anyway() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let token = app.token(tenant.admin).await;
    for headers in [&[][..], &[CSRF, ("origin", "https://evil.test")]] {
        let reply = ticket(&app, &token, headers).await;
        assert_eq!(
            (reply.status.as_u16(), &*reply.code()),
            (403, "CSRF_REFUSED")
        );
    }
    let anonymous = app
        .reply(Request::post("/graphql/ticket"), Body::empty())
        .await;
    assert_eq!(anonymous.status, 401);
    let key = api_key(&app, &tenant).await;
    let by_key =
        Request::post("/graphql/ticket").header(header::AUTHORIZATION, format!("Bearer {key}"));
    assert_eq!(app.reply(by_key, Body::empty()).await.status, 400);
    let get = Request::get("/graphql/ticket").header(header::COOKIE, "__Host-chartroom=x");
    assert_eq!(app.reply(get, Body::empty()).await.status, 405);
}

/// Runs a statement that another server could have run: this one is not told.
async fn elsewhere(app: &TestApp, statement: &'static str, bind: Bind) {
    let conn = app.conn().await;
    sql(statement, [bind])
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_socket_ends_with_what_opened_it() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let key = api_key(&app, &tenant).await;
    let expiring = tenant.user(&app, "eve", "viewer").await;
    let leaving = tenant.user(&app, "leo", "viewer").await;
    let (Actor::User(eve, _), Actor::User(leo, _)) = (expiring, leaving) else {
        panic!("users");
    };
    let mut by_key = Socket::open(address, &[]).await;
    by_key.greet(json!({ "token": key })).await;
    let mut sockets = [
        by_key,
        app.socket(address, expiring).await,
        app.socket(address, leaving).await,
    ];
    let mut bystander = app.socket(address, tenant.admin).await;
    let held = app.lock_projects().await;
    for socket in sockets.iter_mut().chain([&mut bystander]) {
        socket.subscribe("1", super::WAITS).await;
    }
    assert!(bystander.is_silent(1500).await);
    let secret = Bind::Bytes(Secret::parse(&key).unwrap().hash());
    elsewhere(&app, "DELETE FROM api_keys WHERE secret_hash = ?", secret).await;
    let expire = "UPDATE sessions SET expires_at = now() WHERE user_id = ?";
    elsewhere(&app, expire, eve.into()).await;
    let deactivate = "UPDATE users SET status = 'INACTIVE' WHERE id = ?";
    elsewhere(&app, deactivate, leo.into()).await;
    let began = Instant::now();
    for socket in &mut sockets {
        let end = (4403, "Forbidden: the session or key has ended".to_owned());
        assert_eq!(socket.end().await, end);
    }
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    drop(held);
    assert_eq!(bystander.message().await["type"], "next", "others go on");
}

#[tokio::test]
async fn signing_out_ends_a_socket_at_once() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let out = socket.run("1", "mutation { signOut { deletedId } }").await;
    assert!(out["data"]["signOut"]["deletedId"].is_string(), "{out}");
    socket.subscribe("2", WHO).await;
    let refused = socket.message().await;
    assert_eq!(refused["type"], "error");
    assert_eq!(
        refused["payload"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}
