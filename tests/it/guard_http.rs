//! Documents made to harm, through a real listener: each is refused at once, and the process lives.

use crate::support::TestApp;
use chartroom::{app::App, http};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::TcpListener;

/// Debug builds on busy machines; exponential work would take minutes.
const FAR_TOO_LONG: Duration = Duration::from_secs(10);

struct Server {
    app: TestApp,
    client: reqwest::Client,
    url: String,
}

impl Server {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let server: &Arc<App> = &app.app;
        tokio::task::spawn(http::serve(
            listener,
            app.front.clone(),
            server.stopping.clone(),
        ));
        let client = reqwest::Client::builder()
            .timeout(FAR_TOO_LONG)
            .no_proxy()
            .build()
            .unwrap();
        Self { app, client, url }
    }

    async fn post(&self, body: String) -> (u16, String) {
        let begun = Instant::now();
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json");
        let start: String = body.chars().take(80).collect();
        let response = request
            .body(body)
            .send()
            .await
            .unwrap_or_else(|error| panic!("{start}: {error}"));
        let status = response.status().as_u16();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        let code = body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(begun.elapsed() < FAR_TOO_LONG, "{start}");
        (status, code)
    }

    async fn ask(&self, query: &str) -> (u16, String) {
        self.post(json!({ "query": query }).to_string()).await
    }

    async fn is_alive(&self) {
        assert_eq!(self.ask("{ __typename }").await, (200, String::new()));
    }
}

fn repeat(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(" ")
}

fn hostile() -> Vec<String> {
    let nested = |head: &str, open: &str, close: &str, tail: &str, count: usize| {
        format!("{head}{}1{}{tail}", open.repeat(count), close.repeat(count))
    };
    let doubling = |levels: usize| {
        let fragments = repeat(levels, |n| {
            format!("fragment F{n} on Query{{...F{0} ...F{0}}}", n + 1)
        });
        format!("{{...F0}} {fragments} fragment F{levels} on Query{{__typename}}")
    };
    let wide = |levels: usize, spreads: usize| {
        let fragments = repeat(levels, |n| {
            format!(
                "fragment F{n} on Query{{{}}}",
                repeat(spreads, |_| format!("...F{}", n + 1))
            )
        });
        format!("{{...F0}} {fragments} fragment F{levels} on Query{{__typename}}")
    };
    let mut documents = vec![
        doubling(24),
        doubling(45),
        wide(6, 20),
        wide(12, 20),
        "fragment A on Query{...B} fragment B on Query{...A} {...A}".to_owned(),
        format!("{{{}}}", repeat(250, |n| format!("a{n}: __typename"))),
        format!(
            "{{{}}}",
            repeat(250, |n| format!("a{n}: projects{{totalCount}}"))
        ),
        format!("{{__typename {}}}", "@skip(if: false)".repeat(500)),
        format!(
            "{{__schema{{types{{{}name{}}}}}}}",
            "ofType{".repeat(100),
            "}".repeat(100)
        ),
        "#".repeat(70_000),
        "{a".repeat(40_000),
        format!("{{projects(first: {}){{totalCount}}}}", "9".repeat(60_000)),
    ];
    for count in [1_500, 2_000, 7_000] {
        documents.push(nested("{nodes(ids: ", "[", "]", "){id}}", count));
        documents.push(nested(
            "{projects(filter: ",
            "{not:",
            "}",
            "){totalCount}}",
            count,
        ));
        documents.push(nested(
            "query($a: [ID!] = ",
            "[",
            "]",
            "){nodes(ids: $a){id}}",
            count,
        ));
        documents.push(nested("query($a: ", "[", "]", "){__typename}", count));
        documents.push(nested("{", "...{", "}", "}", count));
    }
    documents
}

#[tokio::test]
async fn no_document_harms_the_process() {
    let server = Server::start().await;
    for query in hostile() {
        let start: String = query.chars().take(60).collect();
        // Alone, again (from the cache of refusals), in a batch, and by GET as far as it fits.
        for _ in 0..2 {
            let (status, code) = server.ask(&query).await;
            assert_eq!(status, 400, "{start} {code}");
            assert!(!code.is_empty(), "{start}");
        }
        let entry = json!({ "query": query });
        let (status, _) = server.post(json!([entry, entry]).to_string()).await;
        assert_eq!(status, 200, "a batch has an answer for each entry: {start}");
    }
    // In a block string this is no escape but text: a long id, and no mistake of the document.
    let long = "\\u0000".repeat(9_000);
    let (status, code) = server
        .ask(&format!("{{node(id: \"\"\"{long}\"\"\"){{id}}}}"))
        .await;
    assert_eq!((status, code.as_str()), (200, "UNAUTHENTICATED"));
    server.is_alive().await;
    assert!(!server.app.app.stopping.is_cancelled());
}

#[tokio::test]
async fn no_variables_harm_the_process() {
    let server = Server::start().await;
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    for variables in [
        format!("{{\"ids\": {}{}}}", "[".repeat(5_000), "]".repeat(5_000)),
        format!(
            "{{\"ids\": {}1{}}}",
            "{\"a\":".repeat(100_000),
            "}".repeat(100_000)
        ),
        format!("{{\"ids\": \"{}\"}}", "x".repeat(1_100_000)),
        format!("{}{}", "{\"ids\":".repeat(33), "}".repeat(33)),
        "[".repeat(1_000_000),
    ] {
        let body = format!(
            "{{\"query\": {}, \"variables\": {variables}}}",
            json!(query)
        );
        let (status, code) = server.post(body).await;
        assert_eq!(status, 400, "{code}");
    }
    for body in [
        "[".repeat(2_000_000),
        format!("[{}", "{},".repeat(600_000)),
        "{\"a\":".repeat(300_000),
    ] {
        assert_eq!(server.post(body).await.0, 400);
    }
    server.is_alive().await;
}

#[tokio::test]
async fn many_unknown_documents_leave_room_for_others() {
    let server = Server::start().await;
    let flood = (0..60).map(|n| {
        let query = format!("{{ nope{n} {} }}", "a ".repeat(2_000));
        let server = &server;
        async move { server.ask(&query).await.0 }
    });
    let others = async {
        for _ in 0..10 {
            server.is_alive().await;
        }
    };
    let (statuses, ()) = tokio::join!(futures_util::future::join_all(flood), others);
    assert!(statuses.iter().all(|status| *status == 400));
}
