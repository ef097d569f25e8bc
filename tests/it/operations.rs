//! What operators look at: metrics, readiness, the way a server ends, the first start.

use crate::support::{Actor, Reply, Tenant, TestApp};
use axum::{body::Body, http::Request};
use chartroom::{domains::identity::authentication::setup_code, http};
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt as _;

async fn admin(router: &axum::Router, path: &str) -> Reply {
    let request = Request::get(path).body(Body::empty()).unwrap();
    Reply::of(router.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn metrics_count_operations_and_refusals() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    app.ask(tenant.admin, "query Listing { projects { nodes { id } } }")
        .await
        .data();
    app.ask(Actor::Anonymous, "query Listing2 { __typename }")
        .await
        .data();
    app.ask(Actor::Anonymous, "{ nope }").await;
    let text = admin(&app.admin, "/metrics").await.text;
    for line in [
        "chartroom_requests_total{operation=\"Listing\",outcome=\"ok\"} 1",
        "chartroom_request_duration_seconds_count{operation=\"Listing\"} 1",
        "chartroom_request_statements_count{operation=\"Listing\"} 1",
        "chartroom_refusals_total{code=\"VALIDATION_FAILED\"} 1",
        "chartroom_database_connections{state=\"max\"} 8",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("Listing2"), "strangers name nothing");
    for n in 0..250 {
        app.ask(tenant.admin, &format!("query Name{n} {{ __typename }}"))
            .await;
    }
    let text = admin(&app.admin, "/metrics").await.text;
    let names = text
        .lines()
        .filter(|line| line.starts_with("chartroom_request_statements_count"))
        .count();
    assert!(names <= 201, "{names}");
}

#[tokio::test]
async fn readiness_follows_the_database() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let listing = "{ projects { totalCount } }";
    app.ask(tenant.admin, listing).await.data();
    assert_eq!(admin(&app.admin, "/readyz").await.status, 200);
    app.database.close_doors().await;
    let gone = admin(&app.admin, "/readyz").await;
    assert_eq!((gone.status.as_u16(), gone.text.is_empty()), (503, false));
    assert_eq!(admin(&app.admin, "/livez").await.status, 200);
    assert_eq!(app.ask(tenant.admin, listing).await.code(), "UNAVAILABLE");
    let up = app.ask(Actor::Anonymous, "{ __typename }").await;
    assert_eq!(
        up.text("/__typename"),
        "Query",
        "what needs no database goes on"
    );
    app.database.open_doors().await;
    assert_eq!(
        admin(&app.admin, "/readyz").await.status,
        200,
        "green again by itself"
    );
    app.ask(tenant.admin, listing).await.data();
    app.app.stopping.cancel();
    let stopping = admin(&app.admin, "/readyz").await;
    assert_eq!(
        (stopping.status.as_u16(), stopping.text.as_str()),
        (503, "stopping\n")
    );
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_takes_no_more() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::task::spawn(http::serve(
        listener,
        app.front.clone(),
        app.app.stopping.clone(),
    ));
    let body = json!({ "query": "{ __typename }" }).to_string();
    let (head, rest) = body.split_at(5);
    let mut slow = TcpStream::connect(address).await.unwrap();
    let begin = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{head}",
        body.len()
    );
    slow.write_all(begin.as_bytes()).await.unwrap();
    let idle = TcpStream::connect(address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    app.app.stopping.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "no longer accepted"
    );
    slow.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("\"Query\""),
        "{answer}"
    );
    drop(idle);
    assert!(server.await.unwrap(), "everything finished in time");
}

#[tokio::test]
async fn heads_are_bounded() {
    let app = TestApp::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::task::spawn(http::serve(
        listener,
        app.front.clone(),
        app.app.stopping.clone(),
    ));
    for (size, status) in [(8_000, "HTTP/1.1 200"), (17_000, "HTTP/1.1 431")] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let filler = "x".repeat(size);
        let request = format!(
            "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-filler: {filler}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(answer.starts_with(status), "{size}: {answer}");
    }
}

#[tokio::test]
async fn the_first_administrator_comes_from_a_code() {
    let app = TestApp::start().await;
    let post = async |code: &str, password: &str| {
        let body = json!({
            "code": code, "organization": "Acme", "username": "ada", "email": "ada@acme.test",
            "password": password,
        });
        let request = Request::post("/setup").header("content-type", "application/json");
        app.reply(request, body.to_string()).await
    };
    let code = setup_code(&app.db, chrono::DateTime::from_timestamp(0, 0).unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        post(&code, "a long and good phrase").await.status,
        403,
        "too old"
    );
    #[expect(
        clippy::disallowed_methods,
        reason = "the server's clock is that of the machine"
    )]
    let code = setup_code(&app.db, chrono::Utc::now())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        post("AAAAA-AAAAA-AAAAA-AAAAA", "a long and good phrase")
            .await
            .status,
        403
    );
    assert_eq!(post(&code, "short").await.status, 422);
    let made = post(&code, "a long and good phrase").await;
    assert_eq!(made.status, 201, "{made:?}");
    assert!(made.json()["userId"].as_str().unwrap().starts_with("user_"));
    let sign_in = "mutation { signIn(input: { login: \"ada\", password: \"a long and good phrase\" }) { token } }";
    let token = app
        .ask(Actor::Anonymous, sign_in)
        .await
        .text("/signIn/token");
    assert!(token.starts_with("crs_"));
    assert_eq!(
        post(&code, "a long and good phrase").await.status,
        404,
        "gone once used"
    );
}
