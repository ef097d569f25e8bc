//! Mutations that are sent again.

use crate::support::{Actor, Reply, Tenant, TestApp};
use chartroom::kernel::{Clock as _, SystemClock};
use chrono::TimeDelta;
use serde_json::{Value, json};

const CREATE: &str = "mutation($input: CreateProjectInput!) { \
     createProject(input: $input) { project { name id } userErrors { code } } }";

async fn create(app: &TestApp, tenant: &Tenant, actor: Actor, key: &str, name: &str) -> Reply {
    let input = json!({ "organizationId": tenant.id.to_string(), "name": name });
    send(app, actor, key, CREATE, json!({ "input": input })).await
}

async fn send(app: &TestApp, actor: Actor, key: &str, query: &str, variables: Value) -> Reply {
    let request = app.request(actor).await.header("idempotency-key", key);
    app.reply(
        request,
        json!({ "query": query, "variables": variables }).to_string(),
    )
    .await
}

async fn count(app: &TestApp, actor: Actor) -> i64 {
    app.ask(actor, "{ projects { totalCount } }")
        .await
        .at("/projects/totalCount")
        .as_i64()
        .unwrap()
}

#[tokio::test]
async fn the_same_request_is_done_once() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let first = create(&app, &tenant, tenant.admin, "key-1", "Sales").await;
    assert_eq!(
        (first.status.as_u16(), first.header("idempotency-replayed")),
        (200, "")
    );
    let again = create(&app, &tenant, tenant.admin, "key-1", "Sales").await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.text, first.text, "to the byte");
    assert_eq!(count(&app, tenant.admin).await, 1);
    let other = create(&app, &tenant, tenant.admin, "key-1", "Finance").await;
    assert_eq!(
        (other.status.as_u16(), other.code().as_str()),
        (422, "CONFLICT")
    );
    // Keys belong to users.
    let second = tenant.user(&app, "second", "admin").await;
    let theirs = create(&app, &tenant, second, "key-1", "Finance").await;
    assert_eq!(theirs.header("idempotency-replayed"), "");
    assert_eq!(count(&app, tenant.admin).await, 2);
    // Mistakes are answers, too.
    for _ in 0..2 {
        let taken = create(&app, &tenant, tenant.admin, "key-2", "Sales").await;
        assert_eq!(
            taken.json()["data"]["createProject"]["userErrors"][0]["code"],
            "ALREADY_EXISTS"
        );
    }
}

#[tokio::test]
async fn two_at_a_time_are_one_and_a_conflict() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    app.token(tenant.admin).await;
    let (a, b) = tokio::join!(
        create(&app, &tenant, tenant.admin, "key", "Sales"),
        create(&app, &tenant, tenant.admin, "key", "Sales"),
    );
    assert_eq!(count(&app, tenant.admin).await, 1);
    for reply in [a, b] {
        let replayed = reply.header("idempotency-replayed") == "true";
        assert!(
            reply.status == 200 || reply.status == 409,
            "{reply:?} {replayed}"
        );
    }
}

#[tokio::test]
async fn tokens_in_answers_are_not_kept() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let query = "mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) \
                 { secret userErrors { message } } }";
    let in_a_month = (SystemClock.now() + TimeDelta::days(30)).to_rfc3339();
    let input = json!({ "input": { "name": "ci", "expiresAt": in_a_month } });
    let first = send(&app, tenant.admin, "key", query, input.clone()).await;
    let token = first.json()["data"]["createApiKey"]["secret"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(token.starts_with("crk_"), "{first:?}");
    let again = send(&app, tenant.admin, "key", query, input).await;
    assert_eq!(
        (again.status.as_u16(), again.code().as_str()),
        (409, "CONFLICT")
    );
    let keys = app.ask(tenant.admin, "{ apiKeys { totalCount } }").await;
    assert_eq!(keys.at("/apiKeys/totalCount"), 1);
}

#[tokio::test]
async fn what_changed_nothing_may_be_tried_again() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let query = "mutation($id: ID!) { updateProject(input: { id: $id, name: \"x\" }) { userErrors { code } } }";
    let broken = json!({ "id": "chart_01h455vb4pex5vsknk084sn02q" });
    for _ in 0..2 {
        let reply = send(&app, viewer, "key", query, broken.clone()).await;
        assert_ne!(reply.status, 409, "{reply:?}");
    }
    for key in ["with space", "", &"x".repeat(256)] {
        let reply = create(&app, &tenant, tenant.admin, key, "Sales").await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (400, "BAD_REQUEST"),
            "{key:?}"
        );
    }
}
