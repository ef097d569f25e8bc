//! Requests that do not end by themselves: the deadline, and clients that leave.

use crate::support::{Actor, Tenant, TestApp};
use axum::http::{Request, header};
use chartroom::db::sql;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use serde_json::json;
use std::time::{Duration, Instant};

const READ: &str = "{ projects { nodes { id } } }";

/// Other connections to the test's database that are in a statement or a transaction.
async fn busy(conn: &AsyncPgConnection) -> i64 {
    // Inside one transaction the activity is read once and kept, unless it is dropped.
    sql("SELECT pg_stat_clear_snapshot()", [])
        .statement::<BigInt>()
        .execute(&mut &*conn)
        .await
        .unwrap();
    sql(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'",
        [],
    )
    .statement::<BigInt>()
    .get_result(&mut &*conn)
    .await
    .unwrap()
}

async fn calm(conn: &AsyncPgConnection) {
    let begun = Instant::now();
    while busy(conn).await > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "a statement outlived its request"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn ask(
    app: &TestApp,
    actor: Actor,
    query: &str,
    variables: serde_json::Value,
) -> (u16, String) {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let reply = app.reply(app.request(actor).await, body).await;
    let code = reply.json()["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (reply.status.as_u16(), code)
}

#[tokio::test]
async fn the_deadline_ends_a_request_and_its_statement() {
    let app = TestApp::with(|config| config.request_timeout = Duration::from_millis(400)).await;
    let tenant = Tenant::create(&app, "acme").await;
    let mut lock = app.lock_projects().await;
    let answer = ask(&app, tenant.admin, READ, json!({})).await;
    assert_eq!(answer, (504, "TIMEOUT".to_owned()));
    let create =
        "mutation($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }";
    let input = json!({ "input": { "organizationId": tenant.id.to_string(), "name": "late" } });
    let answer = ask(&app, tenant.admin, create, input).await;
    assert_eq!(answer, (504, "TIMEOUT".to_owned()));
    calm(&lock).await;
    lock.batch_execute("ROLLBACK").await.unwrap();
    let after = app.ask(tenant.admin, READ).await;
    assert_eq!(
        after.at("/projects/nodes"),
        &json!([]),
        "nothing of the mutation is stored"
    );
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_statement_along() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let token = app.token(tenant.admin).await;
    let mut lock = app.lock_projects().await;
    // More than the pool has, so that a connection kept would be missed.
    for _ in 0..12 {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(json!({ "query": READ }).to_string().into())
            .unwrap();
        let gone = tokio::time::timeout(Duration::from_millis(60), app.send(request)).await;
        assert!(gone.is_err(), "the table is locked");
    }
    calm(&lock).await;
    lock.batch_execute("ROLLBACK").await.unwrap();
    app.ask(tenant.admin, READ).await.data();
}
