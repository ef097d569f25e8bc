//! Operations on a socket pass the same checks as over HTTP.

use crate::support::{Socket, Tenant, TestApp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeSet, time::Duration};

/// The one message that an operation is refused with.
async fn refused(socket: &mut Socket, id: &str, payload: Value) -> Value {
    socket
        .send(json!({ "id": id, "type": "subscribe", "payload": payload }))
        .await;
    let mut message = socket.message().await;
    assert_eq!(
        (&message["type"], &message["id"]),
        (&json!("error"), &json!(id)),
        "{message}"
    );
    let error = message["payload"][0].take();
    assert!(error["extensions"]["requestId"].is_string(), "{error}");
    error
}

#[tokio::test]
async fn queries_and_mutations_work_as_over_http() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let create = "mutation C($input: CreateProjectInput!) { \
        createProject(input: $input) { project { name } userErrors { code path } } }";
    let input = json!({ "organizationId": tenant.id.to_string(), "name": "Sales" });
    socket
        .send(json!({ "id": "m", "type": "subscribe", "payload": {
            "query": create, "operationName": "C", "variables": { "input": input },
        } }))
        .await;
    let next = socket.message().await;
    assert_eq!(next["type"], "next");
    assert_eq!(
        next["payload"]["data"],
        json!({ "createProject": { "project": { "name": "Sales" }, "userErrors": [] } })
    );
    assert!(next["payload"]["extensions"]["cost"]["requested"].is_number());
    assert_eq!(
        socket.message().await,
        json!({ "id": "m", "type": "complete" })
    );
    let read = "{ projects { nodes { name } } }";
    let over_http = app.ask(tenant.admin, read).await;
    assert_eq!(
        &socket.run("m", read).await["data"],
        over_http.data(),
        "ids are free again"
    );
}

#[tokio::test]
async fn errors_of_a_request_and_errors_of_fields_are_told_apart() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    for (payload, code) in [
        (json!({ "query": "{" }), "PARSE_FAILED"),
        (json!({ "query": "{ nope }" }), "VALIDATION_FAILED"),
        (
            json!({ "query": "query A { __typename } query B { __typename }" }),
            "OPERATION_RESOLUTION_FAILED",
        ),
        (
            json!({ "query": "query($id: ID!) { node(id: $id) { id } }" }),
            "INVALID",
        ),
        (json!({ "variables": {} }), "BAD_REQUEST"),
        (
            json!({ "query": "{ __typename }", "variables": [] }),
            "BAD_REQUEST",
        ),
        (
            json!({ "query": format!("{{ {} }}", "a: __typename ".repeat(3000)) }),
            "LIMIT_EXCEEDED",
        ),
        (
            json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "00" } } }),
            "PERSISTED_QUERY_NOT_FOUND",
        ),
    ] {
        let error = refused(&mut socket, "1", payload.clone()).await;
        assert_eq!(error["extensions"]["code"], code, "{payload}");
    }
    let partial = "query($id: ID!) { node(id: $id) { id } }";
    socket
        .send(json!({ "id": "1", "type": "subscribe", "payload": {
            "query": partial, "variables": { "id": "chart_nonsense" },
        } }))
        .await;
    let next = socket.message().await;
    assert_eq!(next["type"], "next", "{next}");
    assert_eq!(next["payload"].get("data"), Some(&Value::Null));
    assert_eq!(next["payload"]["errors"][0]["path"], json!(["node"]));
    assert_eq!(socket.message().await["type"], "complete");
}

#[tokio::test]
async fn documents_can_be_named_by_their_hash() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let query = "query Hashed { __typename }";
    let hash = hex::encode(Sha256::digest(query));
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let first = refused(&mut socket, "1", json!({ "extensions": extensions })).await;
    assert_eq!(first["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    socket.run("1", query).await;
    socket
        .send(json!({ "id": "1", "type": "subscribe", "payload": { "extensions": extensions } }))
        .await;
    assert_eq!(
        socket.message().await["payload"]["data"],
        json!({ "__typename": "Query" })
    );
}

#[tokio::test]
async fn operations_use_the_budget_of_the_caller() {
    let app = TestApp::with(|config| {
        config.rate.requests = 20;
        config.rate.points = 1000;
    })
    .await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let dear = "{ projects(first: 200) { nodes { id name } } }";
    let mut codes = BTreeSet::new();
    for n in 0..40 {
        socket.subscribe(&n.to_string(), dear).await;
        let message = socket.message().await;
        if message["type"] == "error" {
            codes.insert(message["payload"][0]["message"].as_str().unwrap()[..12].to_owned());
            assert_eq!(message["payload"][0]["extensions"]["code"], "RATE_LIMITED");
        } else {
            socket.message().await;
        }
    }
    let expected = ["at most 1000", "at most 20 r"].map(str::to_owned);
    assert_eq!(codes, BTreeSet::from(expected));
}

#[tokio::test]
async fn operations_run_side_by_side_and_end_when_the_client_says_so() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let held = app.lock_projects().await;
    socket.subscribe("slow", super::WAITS).await;
    socket.subscribe("gone", super::WAITS).await;
    assert_eq!(
        socket.run("quick", "{ __typename }").await["data"]["__typename"],
        "Query"
    );
    socket
        .send(json!({ "id": "gone", "type": "complete" }))
        .await;
    let again = socket.run("gone", "{ again: __typename }").await;
    assert_eq!(
        again["data"],
        json!({ "again": "Query" }),
        "the id is free at once"
    );
    drop(held);
    let slow = socket.message().await;
    assert_eq!(
        (&slow["id"], &slow["type"]),
        (&json!("slow"), &json!("next"))
    );
    assert_eq!(
        socket.message().await,
        json!({ "id": "slow", "type": "complete" })
    );
    assert!(
        socket.is_silent(300).await,
        "nothing more is heard of the other"
    );
}

#[tokio::test]
async fn an_id_in_use_ends_the_socket() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let _held = app.lock_projects().await;
    let mut socket = app.socket(address, tenant.admin).await;
    socket.subscribe("a", super::WAITS).await;
    socket.subscribe("a", "{ __typename }").await;
    let end = (4409, "Subscriber for a already exists".to_owned());
    assert_eq!(socket.end().await, end);
    let long = "\u{e9}".repeat(64);
    let mut socket = app.socket(address, tenant.admin).await;
    socket.subscribe(&long, super::WAITS).await;
    socket.subscribe(&long, super::WAITS).await;
    let (code, reason) = socket.end().await;
    assert_eq!(code, 4409);
    assert!(
        reason.len() <= 123 && reason.starts_with("Subscriber for \u{e9}"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_operation_may_take_no_longer_than_a_request() {
    let app = TestApp::with(|config| config.request_timeout = Duration::from_millis(400)).await;
    let tenant = Tenant::create(&app, "acme").await;
    let address = app.listen().await;
    let _held = app.lock_projects().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let error = refused(&mut socket, "1", json!({ "query": super::WAITS })).await;
    assert_eq!(error["extensions"]["code"], "TIMEOUT");
}
