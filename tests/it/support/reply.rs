//! A whole answer, with its status and headers.

use super::{Actor, TestApp};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, Response, StatusCode, header, request::Builder},
};
use serde_json::Value;

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Reply {
    /// Takes a response in.
    pub(crate) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8_lossy(&body).into_owned();
        Self {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// `extensions.code` of the first error.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        let code = &self.json()["errors"][0]["extensions"]["code"];
        code.as_str()
            .unwrap_or_else(|| panic!("no code: {self:?}"))
            .to_owned()
    }

    /// A header as text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

impl TestApp {
    /// A `POST /graphql` with JSON, to be completed.
    pub(crate) async fn request(&self, actor: Actor) -> Builder {
        let request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        if actor == Actor::Anonymous {
            return request;
        }
        let token = self.token(actor).await;
        request.header(header::AUTHORIZATION, format!("Bearer {token}"))
    }

    /// Sends a request with a body.
    pub(crate) async fn reply(&self, request: Builder, body: impl Into<Body>) -> Reply {
        let request = request.body(body.into()).expect("a request");
        Reply::of(self.send(request).await).await
    }
}
