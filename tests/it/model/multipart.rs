//! Requests with files: what is taken and what is refused.

use super::deploy::DEPLOY;
use crate::support::{Actor, Tenant, TestApp, parts};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn operations(project: &str) -> String {
    let input = json!({ "projectId": project, "manifest": null });
    json!({ "query": DEPLOY, "variables": { "input": input } }).to_string()
}

const MAP: &[u8] = br#"{"0":["variables.input.manifest"]}"#;

#[tokio::test]
async fn parts_come_in_order_and_fill_what_is_null() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let project = tenant.project(&app, "p").await;
    let operations = operations(&project);
    let operation = ("operations", None, operations.as_bytes());
    let file = ("0", Some("manifest.json"), &b"{}"[..]);
    let refused = [
        (
            vec![("map", None, MAP), operation, file],
            "`operations` is missing",
        ),
        (vec![operation, file], "`map` is missing"),
        (vec![operation, ("map", None, MAP)], "which is missing"),
        (
            vec![operation, ("map", None, MAP), file, file],
            "comes twice",
        ),
        (
            vec![operation, ("map", None, MAP), ("1", Some("x"), b"{}")],
            "is not in `map`",
        ),
        (
            vec![
                operation,
                ("map", None, b"{\"0\":[\"variables.input.projectId\"]}"),
                file,
            ],
            "must lead to a variable that is null",
        ),
        (
            vec![operation, ("map", None, b"{\"0\":[\"query\"]}"), file],
            "must lead to a variable that is null",
        ),
        (
            vec![operation, ("map", None, b"[]"), file],
            "`map` must be a JSON object",
        ),
        (
            vec![("operations", None, b"[]"), ("map", None, MAP), file],
            "the batch is empty",
        ),
    ];
    for (body, message) in refused {
        let (status, answer) = app.send_parts(tenant.admin, parts(&body)).await;
        assert_eq!(
            status,
            StatusCode::BAD_REQUEST,
            "{message}: {:#}",
            answer.body
        );
        let told = answer.body["errors"][0]["message"]
            .as_str()
            .expect("a message");
        assert!(told.contains(message), "{message}: {told}");
    }
    let whole = parts(&[operation, ("map", None, MAP), file]);
    let (status, answer) = app.send_parts(tenant.admin, whole.clone()).await;
    assert_eq!(status, StatusCode::OK);
    answer.done("deployProject");
    let cut = whole[..whole.len() - 20].to_vec();
    let (status, _) = app.send_parts(tenant.admin, cut).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn files_have_a_limit_and_need_sign_in() {
    let app = TestApp::with(|config| config.upload_limit = 100_000).await;
    let tenant = Tenant::create(&app, "a").await;
    let project = tenant.project(&app, "p").await;
    let operations = operations(&project);
    let large = vec![b' '; 100_001];
    let body = |content| {
        parts(&[
            ("operations", None, operations.as_bytes()),
            ("map", None, MAP),
            ("0", Some("manifest.json"), content),
        ])
    };
    let (status, answer) = app.send_parts(tenant.admin, body(&large)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{:#}", answer.body);
    assert_eq!(answer.code(), "LIMIT_EXCEEDED");
    let (status, answer) = app.send_parts(Actor::Anonymous, body(b"{}")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    // A file is nothing that a variable can say by itself.
    for manifest in ["x", "file:0:abc"] {
        let input = json!({ "projectId": project, "manifest": manifest });
        let answer = app
            .gql(tenant.admin, DEPLOY, json!({ "input": input }))
            .await;
        assert!(
            answer.body.to_string().contains("multipart/form-data"),
            "{:#}",
            answer.body
        );
    }
}

#[tokio::test]
async fn who_is_refused_early_is_heard_to_the_end() {
    // A client that writes its whole request before it reads would otherwise see a broken connection.
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let token = app.token(tenant.admin).await;
    let kinds = [
        (
            "multipart/form-data; boundary=b",
            None,
            StatusCode::UNAUTHORIZED,
        ),
        (
            "multipart/form-data; boundary=b",
            Some(&token),
            StatusCode::BAD_REQUEST,
        ),
        (
            "application/json",
            Some(&token),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        ("text/plain", None, StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ];
    for (kind, token, status) in kinds {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let chunks = stream::iter(0..200).map(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024])
        });
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, kind)
            .header(header::TRANSFER_ENCODING, "chunked");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from_stream(chunks)).expect("a request");
        let response = app.send(request).await;
        assert_eq!(response.status(), status, "{kind}");
        assert_eq!(read.load(Ordering::Relaxed), 200, "{kind}");
    }
}
