//! Answers as streams of events: GraphQL over Server-Sent Events, distinct connections.

use crate::support::{Actor, Reply, Tenant, TestApp};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

const STREAM: &str = "text/event-stream";

/// The events of a whole stream: their names and data.
fn events(reply: &Reply) -> Vec<(String, Value)> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(
        reply.header("content-type").starts_with(STREAM),
        "{reply:?}"
    );
    assert_eq!(reply.header("x-accel-buffering"), "no");
    let blocks = reply.text.split_terminator("\n\n");
    let fields = |block: &str, name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name));
        line.map(|line| line.trim_start().to_owned())
    };
    blocks
        .filter(|block| !block.starts_with(':'))
        .map(|block| {
            let event = fields(block, "event:").expect("a name");
            let data = fields(block, "data:").expect("data, which an EventSource needs");
            (event, serde_json::from_str(&data).unwrap_or(Value::Null))
        })
        .collect()
}

async fn post(app: &TestApp, actor: Actor, accept: &str, body: Value) -> Reply {
    let request = app.request(actor).await.header(header::ACCEPT, accept);
    app.reply(request, body.to_string()).await
}

/// The one result of a stream.
fn only(reply: &Reply) -> Value {
    let mut events = events(reply);
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(events.pop().unwrap(), ("complete".to_owned(), Value::Null));
    let (name, data) = events.pop().unwrap();
    assert_eq!(name, "next");
    data
}

#[tokio::test]
async fn queries_and_mutations_are_streams_of_one_result() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let read = "{ projects { nodes { description } } }";
    let create = "mutation($input: CreateProjectInput!) { \
        createProject(input: $input) { project { name } userErrors { code } } }";
    let input = json!({ "organizationId": tenant.id.to_string(), "name": "Sales",
        "description": "first\n\nevent: complete\ndata:" });
    let body = json!({ "query": create, "variables": { "input": input } });
    let created = only(&post(&app, tenant.admin, STREAM, body).await);
    assert_eq!(created["data"]["createProject"]["userErrors"], json!([]));
    let listed = only(&post(&app, tenant.admin, STREAM, json!({ "query": read })).await);
    let expected = app.ask(tenant.admin, read).await;
    assert_eq!(&listed["data"], expected.data());
    assert_eq!(
        expected.texts("/projects/nodes", "description"),
        ["first\n\nevent: complete\ndata:"]
    );
}

#[tokio::test]
async fn the_stream_is_for_whoever_likes_it_best() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    for (accept, kind) in [
        ("text/event-stream", STREAM),
        ("text/event-stream, */*;q=0.1", STREAM),
        ("application/json;q=0.5, text/event-stream", STREAM),
        ("application/json, text/event-stream", "application/json"),
        (
            "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
            "application/graphql-response+json",
        ),
        ("*/*", "application/json"),
        (
            "text/event-stream;q=0, application/json",
            "application/json",
        ),
    ] {
        let reply = post(
            &app,
            tenant.admin,
            accept,
            json!({ "query": "{ __typename }" }),
        )
        .await;
        assert!(
            reply.header("content-type").starts_with(kind),
            "{accept}: {reply:?}"
        );
    }
    let neither = post(
        &app,
        tenant.admin,
        "text/*",
        json!({ "query": "{ __typename }" }),
    )
    .await;
    assert_eq!(neither.status, 406);
}

#[tokio::test]
async fn what_is_wrong_with_an_operation_is_an_event() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    for (body, code) in [
        (json!({ "query": "{" }), "PARSE_FAILED"),
        (json!({ "query": "{ nope }" }), "VALIDATION_FAILED"),
        (
            json!({ "query": "query($id: ID!) { node(id: $id) { id } }" }),
            "INVALID",
        ),
    ] {
        let refused = only(&post(&app, tenant.admin, STREAM, body).await);
        assert_eq!(refused["errors"][0]["extensions"]["code"], code);
        assert_eq!(refused.get("data"), None);
    }
    for (body, status) in [
        (json!({}), 400),
        (json!([{ "query": "{ __typename }" }]), 400),
    ] {
        let refused = post(&app, tenant.admin, STREAM, body).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.code()),
            (status, "BAD_REQUEST")
        );
    }
    let stranger = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, STREAM)
        .header(header::AUTHORIZATION, "Bearer nonsense");
    let stranger = app
        .reply(stranger, json!({ "query": "{ a }" }).to_string())
        .await;
    assert_eq!(
        (stranger.status.as_u16(), &*stranger.code()),
        (401, "UNAUTHENTICATED")
    );
}

/// What a page's `EventSource` asks for.
async fn event_source(app: &TestApp, token: &str, query: &str, headers: &[(&str, &str)]) -> Reply {
    let query = form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
    let mut request = Request::get(format!("/graphql?query={query}"))
        .header(header::HOST, "chartroom.test")
        .header(header::ACCEPT, STREAM)
        .header(header::COOKIE, format!("__Host-chartroom={token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.reply(request, Body::empty()).await
}

#[tokio::test]
async fn an_event_source_works_with_the_cookie_on_pages_of_ours_only() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let token = app.token(tenant.admin).await;
    let who = "{ viewer { user { username } } }";
    let own = event_source(&app, &token, who, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(&only(&own)["data"], app.ask(tenant.admin, who).await.data());
    for headers in [
        &[][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "none")],
        &[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://evil.test"),
        ],
    ] {
        let refused = event_source(&app, &token, who, headers).await;
        assert_eq!(
            (refused.status.as_u16(), &*refused.code()),
            (403, "CSRF_REFUSED"),
            "{headers:?}"
        );
    }
    let sign_out = "mutation { signOut { deletedId } }";
    let own = event_source(&app, &token, sign_out, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(own.status, 405, "nothing changes by GET");
}
