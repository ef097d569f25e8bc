//! GraphQL over HTTP: methods, media types, status codes, limits, headers.

use crate::support::{Actor, Reply, Tenant, TestApp};
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use std::time::Duration;

const MODERN: &str = "application/graphql-response+json";

fn body(query: &str) -> String {
    json!({ "query": query }).to_string()
}

async fn get(app: &TestApp, path: &str) -> Reply {
    app.reply(Request::get(path), "").await
}

#[tokio::test]
async fn the_media_type_decides_how_mistakes_are_told() {
    let app = TestApp::start().await;
    for (accept, kind, of_document) in [
        (MODERN, MODERN, 400),
        ("application/json", "application/json", 200),
        ("*/*", "application/json", 200),
    ] {
        let ask = async |text: String| {
            let request = app
                .request(Actor::Anonymous)
                .await
                .header(header::ACCEPT, accept);
            app.reply(request, text).await
        };
        let ok = ask(body("{ __typename }")).await;
        assert_eq!(ok.status, 200);
        assert_eq!(ok.header("content-type"), format!("{kind}; charset=utf-8"));
        assert_eq!(ok.json()["data"], json!({ "__typename": "Query" }));
        for (document, code) in [
            ("{", "PARSE_FAILED"),
            ("{ nope }", "VALIDATION_FAILED"),
            ("query($id: ID!) { node(id: $id) { id } }", "INVALID"),
            (
                "query A { __typename } query B { __typename }",
                "OPERATION_RESOLUTION_FAILED",
            ),
            ("{ __schema { description } }", "INTROSPECTION_DISABLED"),
        ] {
            let reply = ask(body(document)).await;
            assert_eq!(
                (reply.status.as_u16(), reply.code().as_str()),
                (of_document, code),
                "{document}"
            );
            assert!(reply.json().get("data").is_none(), "{reply:?}");
            assert_eq!(
                reply.json()["errors"][0]["extensions"]["requestId"],
                reply.header("x-request-id")
            );
        }
        // What is no GraphQL request at all is 400 whatever the media type.
        for text in [
            "",
            "null",
            "7",
            "{ \"query",
            "{}",
            "[]",
            "[7]",
            "{\"query\": 7}",
            "{\"query\": \"{ __typename }\", \"variables\": []}",
            "{\"query\": \"{ __typename }\", \"variables\": \"{}\"}",
            "{\"query\": \"{ __typename }\", \"operationName\": {}}",
            "{\"query\": \"{ __typename }\", \"extensions\": []}",
            "{\"query\": \"{ __typename }\", \"query\": \"{ __typename }\"}",
        ] {
            let reply = ask(text.to_owned()).await;
            assert_eq!(
                (reply.status.as_u16(), reply.code().as_str()),
                (400, "BAD_REQUEST"),
                "{text}"
            );
        }
    }
    let refused = app
        .request(Actor::Anonymous)
        .await
        .header(header::ACCEPT, "text/csv");
    assert_eq!(app.reply(refused, body("{ __typename }")).await.status, 406);
}

#[tokio::test]
async fn text_that_is_not_unicode_is_refused() {
    let app = TestApp::start().await;
    for text in [
        &b"{\"query\": \"{ __typename \xff }\"}"[..],
        br#"{"query": "{ __typename } # \ud800"}"#,
        br#"{"query": "{ __typename }", "variables": {"a": "\udc00"}}"#,
    ] {
        let reply = app
            .reply(app.request(Actor::Anonymous).await, text.to_vec())
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (400, "BAD_REQUEST")
        );
    }
}

#[tokio::test]
async fn bodies_are_json_in_utf8_and_small() {
    let app = TestApp::with(|config| config.body_limit = 2048).await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=utf-16",
    ] {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, kind);
        assert_eq!(
            app.reply(request, body("{ __typename }")).await.status,
            415,
            "{kind}"
        );
    }
    let packed = app
        .request(Actor::Anonymous)
        .await
        .header(header::CONTENT_ENCODING, "gzip");
    assert_eq!(app.reply(packed, body("{ __typename }")).await.status, 415);
    let sized = |size: usize| {
        let plain = body("{ __typename }");
        format!("{plain}{}", " ".repeat(size - plain.len()))
    };
    let fits = app
        .reply(app.request(Actor::Anonymous).await, sized(2048))
        .await;
    assert_eq!(fits.status, 200);
    let over = app
        .reply(app.request(Actor::Anonymous).await, sized(2049))
        .await;
    assert_eq!(
        (over.status.as_u16(), over.code().as_str()),
        (413, "LIMIT_EXCEEDED")
    );
    // Announced too large: refused before a byte of the body is taken.
    let announced = app
        .request(Actor::Anonymous)
        .await
        .header(header::CONTENT_LENGTH, "2049");
    let never = axum::body::Body::from_stream(futures_util::stream::pending::<
        Result<bytes::Bytes, std::io::Error>,
    >());
    let reply = tokio::time::timeout(Duration::from_secs(5), app.reply(announced, never)).await;
    assert_eq!(reply.unwrap().status, 413);
}

#[tokio::test]
async fn slow_bodies_are_cut_off() {
    let app = TestApp::with(|config| config.body_timeout = Duration::from_millis(50)).await;
    let never = axum::body::Body::from_stream(futures_util::stream::pending::<
        Result<bytes::Bytes, std::io::Error>,
    >());
    let reply = app.reply(app.request(Actor::Anonymous).await, never).await;
    assert_eq!(
        (reply.status.as_u16(), reply.code().as_str()),
        (408, "TIMEOUT")
    );
}

#[tokio::test]
async fn get_is_for_queries() {
    let app = TestApp::start().await;
    let reply = get(&app, "/graphql?query=%7B__typename%7D").await;
    assert_eq!(reply.json()["data"]["__typename"], "Query");
    let named = "/graphql?query=query+A%7Ba:__typename%7Dquery+B%7Bb:__typename%7D&operationName=B";
    assert_eq!(
        get(&app, named).await.json()["data"],
        json!({ "b": "Query" })
    );
    let variables = "/graphql?query=query(%24e:String)%7BloginOptions(email:%24e)%7B__typename%7D%7D&variables=%7B%22e%22:%22a%22%7D";
    assert_eq!(get(&app, variables).await.status, 200);
    let mutation = get(&app, "/graphql?query=mutation%7BsignOut%7B__typename%7D%7D").await;
    assert_eq!(
        (mutation.status.as_u16(), mutation.header("allow")),
        (405, "POST")
    );
    for bad in [
        "/graphql",
        "/graphql?query=",
        "/graphql?query=%7Ba%7D&query=%7Bb%7D",
        "/graphql?query=%7B__typename%7D&variables=7",
    ] {
        assert_eq!(get(&app, bad).await.status, 400, "{bad}");
    }
    let deleted = app.reply(Request::delete("/graphql"), "").await;
    assert_eq!(
        (deleted.status.as_u16(), deleted.header("allow")),
        (405, "GET, HEAD, POST, OPTIONS")
    );
}

#[tokio::test]
async fn browsers_get_the_playground_and_programs_do_not() {
    let app = TestApp::start().await;
    let browser = Request::get("/graphql").header(header::ACCEPT, "text/html,*/*;q=0.8");
    let page = app.reply(browser, "").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    let off =
        TestApp::with(|config| config.playground = chartroom::config::PlaygroundMode::Off).await;
    let browser = Request::get("/graphql").header(header::ACCEPT, "text/html,*/*;q=0.8");
    assert_eq!(off.reply(browser, "").await.status, 400);
    assert_eq!(get(&off, "/graphql/assets/settings.json").await.status, 404);
}

/// Every path that answers, with its methods; a new one is a decision.
#[tokio::test]
async fn these_are_all_the_routes() {
    let app = TestApp::start().await;
    let mut found = Vec::new();
    for path in [
        "/",
        "/graphql",
        "/graphql/",
        "/graphql/schema.graphql",
        "/graphql/assets/settings.json",
        "/graphql/assets/..%2f..%2fCargo.toml",
        "/graphql/assets/index.html",
        "/healthz",
        "/setup",
        "/livez",
        "/readyz",
        "/metrics",
        "/files/x",
        "/admin",
        "/.env",
        "/api/graphql",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let request = Request::builder().method(method).uri(path);
            let status = app.reply(request, "").await.status;
            if status != StatusCode::NOT_FOUND && status != StatusCode::METHOD_NOT_ALLOWED {
                found.push(format!("{method} {path} {}", status.as_u16()));
            }
        }
    }
    let expected = [
        "GET / 307",
        "GET /graphql 400",
        "POST /graphql 415",
        "GET /graphql/schema.graphql 200",
        "GET /graphql/assets/settings.json 200",
        "GET /healthz 200",
        "POST /setup 415",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn every_answer_has_the_headers_of_safety() {
    let app = TestApp::start().await;
    for path in [
        "/",
        "/graphql",
        "/graphql/schema.graphql",
        "/nowhere",
        "/healthz",
    ] {
        let reply = get(&app, path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(reply.header(name), value, "{path} {name}");
        }
        assert!(
            reply
                .header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
        assert!(
            reply.header("server-timing").starts_with("total;dur="),
            "{path}"
        );
        assert!(!reply.header("x-request-id").is_empty(), "{path}");
    }
    let given = app
        .request(Actor::Anonymous)
        .await
        .header("x-request-id", "my-request-1");
    let reply = app.reply(given, body("{ nope }")).await;
    assert_eq!(reply.header("x-request-id"), "my-request-1");
    assert_eq!(
        reply.json()["errors"][0]["extensions"]["requestId"],
        "my-request-1"
    );
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_schema_is_a_file_that_caches_keep() {
    let app = TestApp::start().await;
    let reply = get(&app, "/graphql/schema.graphql").await;
    assert_eq!(reply.text, chartroom::graph::sdl());
    let tag = reply.header("etag").to_owned();
    let again = Request::get("/graphql/schema.graphql").header(header::IF_NONE_MATCH, &tag);
    let again = app.reply(again, "").await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn large_answers_are_compressed_and_small_ones_have_a_length() {
    let app = TestApp::start().await;
    let packed =
        Request::get("/graphql/schema.graphql").header(header::ACCEPT_ENCODING, "gzip, br");
    let packed = app.reply(packed, "").await;
    assert_eq!(packed.header("content-encoding"), "br");
    let small = app
        .request(Actor::Anonymous)
        .await
        .header(header::ACCEPT_ENCODING, "gzip, br");
    let small = app.reply(small, body("{ __typename }")).await;
    assert_eq!(small.header("content-encoding"), "");
    assert_eq!(small.header("content-length"), small.text.len().to_string());
}

#[tokio::test]
async fn answers_to_head_have_the_headers_of_those_to_get() {
    let app = TestApp::start().await;
    for encoding in ["gzip", "identity"] {
        for path in ["/graphql/schema.graphql", "/graphql/assets/settings.json"] {
            let ask = async |method: &str| {
                let request = Request::builder().method(method).uri(path);
                let request = request.header(header::ACCEPT_ENCODING, encoding);
                let reply = app.reply(request, "").await;
                let names = ["content-encoding", "content-length", "vary", "etag"];
                let headers = names.map(|name| reply.header(name).to_owned());
                (headers, reply.text.len())
            };
            let ((get, length), (head, none)) = (ask("GET").await, ask("HEAD").await);
            assert_eq!((get, none), (head, 0), "{path} {encoding}");
            assert!(length > 0);
        }
    }
}

#[tokio::test]
async fn answers_tell_their_cost() {
    let app = TestApp::with(|config| config.rate.points = 10_000).await;
    let tenant = Tenant::create(&app, "acme").await;
    let query = "{ projects(first: 20) { nodes { id } } }";
    let reply = app
        .reply(app.request(tenant.admin).await, body(query))
        .await;
    let cost = &reply.json()["extensions"]["cost"];
    let requested = cost["requested"].as_u64().unwrap();
    assert!(requested >= 21, "{cost}");
    assert_eq!(
        (cost["maximum"].as_u64(), cost["budget"].as_u64()),
        (Some(5000), Some(10_000))
    );
    assert_eq!(cost["remaining"].as_u64(), Some(10_000 - requested));
    assert_eq!(reply.header("ratelimit-limit"), "10000");
    assert_eq!(
        reply.header("ratelimit-remaining"),
        (10_000 - requested).to_string()
    );
}

#[tokio::test]
async fn anonymous_callers_get_no_hints() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let query = "{ projetcs { nodes { id } } }";
    let hinted = app.ask(tenant.admin, query).await;
    assert!(
        hinted.message().contains("projects"),
        "{}",
        hinted.message()
    );
    let bare = app.ask(Actor::Anonymous, query).await;
    assert!(!bare.message().contains("projects"), "{}", bare.message());
    let introspection = "{ __type(name: \"Query\") { name } }";
    app.ask(tenant.admin, introspection).await.data();
    assert_eq!(
        app.ask(Actor::Anonymous, introspection).await.code(),
        "INTROSPECTION_DISABLED"
    );
}

#[tokio::test]
async fn bad_tokens_are_401_and_stale_cookies_are_cleared() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let mut altered = app.token(tenant.admin).await;
    altered.pop();
    let unknown =
        chartroom::kernel::Secret::generate(chartroom::kernel::SecretKind::ApiKey).unwrap();
    for value in [
        "Bearer".to_owned(),
        "Basic YTpi".to_owned(),
        format!("Bearer {altered}"),
        format!("Bearer {}", unknown.expose()),
    ] {
        let request = app
            .request(Actor::Anonymous)
            .await
            .header(header::AUTHORIZATION, value);
        let reply = app.reply(request, body("{ __typename }")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.code().as_str()),
            (401, "UNAUTHENTICATED")
        );
        assert!(reply.header("www-authenticate").starts_with("Bearer"));
    }
    let cookie = app
        .request(Actor::Anonymous)
        .await
        .header(header::COOKIE, "__Host-chartroom=stale")
        .header("x-chartroom-csrf", "1");
    let reply = app.reply(cookie, body("{ __typename }")).await;
    assert_eq!(reply.status, 200);
    assert!(
        reply.header("set-cookie").contains("Max-Age=0"),
        "{reply:?}"
    );
}
