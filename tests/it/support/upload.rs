//! Requests with files.

use super::{Actor, Answer, TestApp};
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

/// What stands between the parts.
const BOUNDARY: &str = "parts-of-a-test";

/// A body of parts: name, file name if it is a file, content.
pub(crate) fn parts(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

impl TestApp {
    /// Sends a body of parts.
    pub(crate) async fn send_parts(&self, actor: Actor, body: Vec<u8>) -> (StatusCode, Answer) {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, kind)
            .header(header::ACCEPT, "application/graphql-response+json");
        if actor != Actor::Anonymous {
            let token = self.token(actor).await;
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body)).expect("a request");
        let response = self.send(request).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        let body = serde_json::from_slice(&body).expect("JSON");
        (
            status,
            Answer {
                body,
                statements: 0,
            },
        )
    }

    /// Sends an operation with files, each at the path of a variable that is null.
    pub(crate) async fn upload(
        &self,
        actor: Actor,
        query: &str,
        variables: Value,
        files: &[(&str, &[u8])],
    ) -> Answer {
        let operations = json!({ "query": query, "variables": variables }).to_string();
        let mut map = json!({});
        let names: Vec<_> = (0..files.len()).map(|n| n.to_string()).collect();
        for (name, (path, _)) in names.iter().zip(files) {
            map[name] = json!([path]);
        }
        let map = map.to_string();
        let mut all: Vec<(&str, Option<&str>, &[u8])> = vec![
            ("operations", None, operations.as_bytes()),
            ("map", None, map.as_bytes()),
        ];
        for (name, (_, content)) in names.iter().zip(files) {
            all.push((name, Some("file"), content));
        }
        self.send_parts(actor, parts(&all)).await.1
    }
}
