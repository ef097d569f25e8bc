//! Answers as streams of events: GraphQL over Server-Sent Events, distinct connections.

use crate::{
    jobs::stage::{run, selftest, start_by_hand, succeed_by_hand},
    socket::limits::becomes,
    support::{Actor, Reply, Tenant, TestApp},
};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

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

/// The stream of a subscription to a job.
async fn follow(
    address: std::net::SocketAddr,
    token: &str,
    job: &str,
    headers: &[(&str, &str)],
) -> reqwest::Response {
    let query = "subscription ($id: ID!) { jobUpdated(id: $id) { status } }";
    let body = json!({ "query": query, "variables": { "id": job } });
    let mut request = reqwest::Client::new()
        .post(format!("http://{address}/graphql"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, STREAM)
        .header(header::ACCEPT_ENCODING, "gzip, br")
        .bearer_auth(token)
        .body(body.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

/// The next event of a stream, comments left out; `None` at its end.
async fn next(stream: &mut reqwest::Response, rest: &mut String) -> Option<String> {
    loop {
        if let Some((event, after)) = rest.split_once("\n\n") {
            let event = event.to_owned();
            *rest = after.to_owned();
            if !event.starts_with(':') {
                return Some(event);
            }
            continue;
        }
        let chunk = tokio::time::timeout(Duration::from_secs(15), stream.chunk());
        let chunk = chunk.await.expect("silence").unwrap()?;
        rest.push_str(std::str::from_utf8(&chunk).unwrap());
    }
}

fn told(version: i64, status: &str) -> String {
    let data = json!({ "data": { "jobUpdated": { "status": status } } });
    format!("event: next\nid: {version}\ndata: {data}")
}

#[tokio::test]
async fn a_subscription_is_a_stream_that_can_be_resumed() {
    let app = TestApp::with(|config| config.sockets.keep_alive = Duration::from_millis(100)).await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await;
    start_by_hand(&app, job).await;
    let (address, token) = (app.listen().await, app.token(tenant.admin).await);
    let id = job.to_string();
    let mut stream = follow(address, &token, &id, &[]).await;
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers()["x-accel-buffering"], "no");
    assert_eq!(stream.headers().get("content-encoding"), None);
    let mut rest = String::new();
    assert_eq!(
        next(&mut stream, &mut rest).await.unwrap(),
        told(1, "QUEUED")
    );
    assert_eq!(
        next(&mut stream, &mut rest).await.unwrap(),
        told(2, "RUNNING")
    );
    let mut comments = 0;
    while comments < 3 {
        let chunk = stream.chunk().await.unwrap().unwrap();
        assert_eq!(&*chunk, b":\n\n", "silence is shown to be no death");
        comments += 1;
    }
    drop(stream);
    becomes(&app, "chartroom_live_operations{transport=\"events\"}", "0").await;
    run(
        &app,
        "UPDATE jobs SET progress_done = 1 WHERE id = ?",
        [job.into()],
    )
    .await;
    let mut stream = follow(address, &token, &id, &[("last-event-id", "2")]).await;
    let mut rest = String::new();
    assert_eq!(
        next(&mut stream, &mut rest).await.unwrap(),
        told(3, "RUNNING")
    );
    succeed_by_hand(&app, job).await;
    assert_eq!(
        next(&mut stream, &mut rest).await.unwrap(),
        told(4, "SUCCEEDED")
    );
    assert_eq!(
        next(&mut stream, &mut rest).await.unwrap(),
        "event: complete\ndata:"
    );
    assert_eq!(next(&mut stream, &mut rest).await, None);
    let bad = follow(address, &token, &id, &[("last-event-id", "x")]).await;
    assert_eq!(bad.status(), 400);
}

#[tokio::test]
async fn a_stream_ends_with_the_session_and_with_the_server() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let other = tenant.user(&app, "olga", "admin").await;
    let job = selftest(&app, &tenant, json!({})).await.to_string();
    let address = app.listen().await;
    let mut of_admin = follow(address, &app.token(tenant.admin).await, &job, &[]).await;
    let mut of_other = follow(address, &app.token(other).await, &job, &[]).await;
    let (mut rest_of_admin, mut rest_of_other) = (String::new(), String::new());
    next(&mut of_admin, &mut rest_of_admin).await.unwrap();
    next(&mut of_other, &mut rest_of_other).await.unwrap();
    let Actor::User(olga, _) = other else {
        panic!("a user")
    };
    run(
        &app,
        "DELETE FROM sessions WHERE user_id = ?",
        [olga.into()],
    )
    .await;
    let began = Instant::now();
    let last = next(&mut of_other, &mut rest_of_other).await.unwrap();
    assert!(last.contains("\"UNAUTHENTICATED\""), "{last}");
    let end = next(&mut of_other, &mut rest_of_other).await.unwrap();
    assert_eq!(end, "event: complete\ndata:");
    assert!(began.elapsed() < Duration::from_secs(5));
    app.app.stopping.cancel();
    let cut = next(&mut of_admin, &mut rest_of_admin).await;
    assert_eq!(
        cut, None,
        "without `complete`, so that the client comes back"
    );
    app.app.tasks.close();
    tokio::time::timeout(Duration::from_secs(5), app.app.tasks.wait())
        .await
        .expect("a stop waits for streams, and not long");
}

#[tokio::test]
async fn what_cannot_be_followed_is_said_in_the_stream() {
    let app = TestApp::with(|config| config.sockets.operations = 2).await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await.to_string();
    let (address, token) = (app.listen().await, app.token(tenant.admin).await);
    let mut none = follow(address, &token, "job_01h455vb4pex5vsknk084sn02q", &[]).await;
    let mut rest = String::new();
    let said = next(&mut none, &mut rest).await.unwrap();
    assert!(said.contains("\"NOT_FOUND\""), "{said}");
    assert_eq!(
        next(&mut none, &mut rest).await.unwrap(),
        "event: complete\ndata:"
    );
    drop(none);
    becomes(&app, "chartroom_live_operations{transport=\"events\"}", "0").await;
    let first = follow(address, &token, &job, &[]).await;
    let _second = follow(address, &token, &job, &[]).await;
    let third = follow(address, &token, &job, &[]).await;
    assert_eq!(third.status(), 429, "streams are counted");
    drop(first);
    becomes(&app, "chartroom_live_operations{transport=\"events\"}", "1").await;
    assert_eq!(follow(address, &token, &job, &[]).await.status(), 200);
    let query = "subscription ($id: ID!) { jobUpdated(id: $id) { status } }";
    let body = json!({ "query": query, "variables": { "id": job } });
    let json = post(&app, tenant.admin, "application/json", body).await;
    assert!(
        json.text.contains("text/event-stream"),
        "says how: {json:?}"
    );
}
