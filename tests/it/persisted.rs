//! Documents by their hash, and several operations in one request.

use crate::support::{Actor, Reply, Tenant, TestApp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const QUERY: &str = "query Count { projects { totalCount } }";

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn persisted(hash: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })
}

async fn send(app: &TestApp, actor: Actor, body: Value) -> Reply {
    let request = app.request(actor).await;
    app.reply(
        request.header("accept", "application/graphql-response+json"),
        body.to_string(),
    )
    .await
}

#[tokio::test]
async fn a_document_is_sent_once_and_named_ever_after() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let by_hash = persisted(&hash(QUERY));
    let unknown = send(&app, tenant.admin, by_hash.clone()).await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.code().as_str()),
        (400, "PERSISTED_QUERY_NOT_FOUND")
    );
    assert_eq!(
        unknown.json()["errors"][0]["message"],
        "PersistedQueryNotFound",
        "clients look for it"
    );
    let mut both = by_hash.clone();
    both["query"] = QUERY.into();
    for body in [both, by_hash.clone(), by_hash.clone()] {
        let reply = send(&app, tenant.admin, body).await;
        assert_eq!(
            reply.json()["data"]["projects"]["totalCount"],
            0,
            "{reply:?}"
        );
    }
    // The hash opens no door: rights and limits are those of the caller.
    assert_eq!(
        send(&app, Actor::Anonymous, by_hash).await.code(),
        "UNAUTHENTICATED"
    );
    let get = format!(
        "/graphql?extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22{}%22%7D%7D",
        hash(QUERY)
    );
    let token = app.token(tenant.admin).await;
    let get = axum::http::Request::get(get).header("authorization", format!("Bearer {token}"));
    assert_eq!(
        app.reply(get, "").await.json()["data"]["projects"]["totalCount"],
        0
    );
}

#[tokio::test]
async fn a_hash_that_is_not_that_of_the_text_is_refused() {
    let app = TestApp::start().await;
    for (query, hash, code) in [
        (Some("{ __typename }"), hash(QUERY), "BAD_REQUEST"),
        (None, "zz".to_owned(), "PERSISTED_QUERY_NOT_FOUND"),
        (None, "ab".repeat(500), "PERSISTED_QUERY_NOT_FOUND"),
    ] {
        let mut body = persisted(&hash);
        body["query"] = query.into();
        assert_eq!(send(&app, Actor::Anonymous, body).await.code(), code);
    }
    // What the guard refuses is not kept either.
    let mut hostile = persisted(&hash("{ nope }"));
    hostile["query"] = "{ nope }".into();
    assert_eq!(
        send(&app, Actor::Anonymous, hostile).await.code(),
        "VALIDATION_FAILED"
    );
    let by_hash = persisted(&hash("{ nope }"));
    assert_eq!(
        send(&app, Actor::Anonymous, by_hash).await.code(),
        "PERSISTED_QUERY_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_bounded() {
    let app = TestApp::start().await;
    let one = |n: usize| json!({ "query": format!("{{ n{n}: __typename }}") });
    let ten: Vec<_> = (0..10).map(one).collect();
    let reply = send(&app, Actor::Anonymous, ten.into()).await;
    let answers = reply.json();
    for (n, answer) in answers.as_array().unwrap().iter().enumerate() {
        assert_eq!(answer["data"][format!("n{n}")], "Query");
    }
    let eleven: Vec<_> = (0..11).map(one).collect();
    assert_eq!(
        send(&app, Actor::Anonymous, eleven.into()).await.status,
        400
    );
    let thousands: Vec<_> = (0..20_000).map(one).collect();
    assert_eq!(
        send(&app, Actor::Anonymous, thousands.into()).await.status,
        400
    );
    let mixed =
        json!([one(1), { "query": "{ nope }" }, { "query": "{ projects { totalCount } }" }]);
    let reply = send(&app, Actor::Anonymous, mixed).await;
    assert_eq!(reply.status, 200);
    let answers = reply.json();
    assert_eq!(answers[0]["data"]["n1"], "Query");
    assert_eq!(
        answers[1]["errors"][0]["extensions"]["code"],
        "VALIDATION_FAILED"
    );
    assert!(answers[1].get("data").is_none());
    assert_eq!(
        answers[2]["errors"][0]["extensions"]["code"],
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn the_entries_of_a_batch_share_one_limit_of_cost() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let dear = |first: u32| json!({ "query": format!("{{ projects(first: 20) {{ nodes {{ spaces(first: {first}) {{ nodes {{ id }} }} }} }} }}") });
    let alone = send(&app, tenant.admin, dear(100)).await;
    let cost = alone.json()["extensions"]["cost"]["requested"]
        .as_u64()
        .unwrap();
    assert!((2000..=2500).contains(&cost), "{cost}");
    let two = send(&app, tenant.admin, json!([dear(100), dear(100)])).await;
    assert_eq!(two.status, 200, "{two:?}");
    let three = send(&app, tenant.admin, json!([dear(100), dear(100), dear(100)])).await;
    assert_eq!(
        (three.status.as_u16(), three.code().as_str()),
        (400, "LIMIT_EXCEEDED")
    );
    assert_eq!(
        three.json()["errors"][0]["extensions"]["limit"]["name"],
        "COST"
    );
}
