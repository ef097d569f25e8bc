//! Which other origins may call, and what their browsers are told.

use super::Edge;
use crate::config::HttpConfig;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;

const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "accept, authorization, content-type, idempotency-key, traceparent, x-request-id, \
     x-chartroom-csrf, graphql-require-preflight, apollo-require-preflight, \
     apollographql-client-name, apollographql-client-version, last-event-id",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "x-request-id, server-timing, ratelimit-limit, ratelimit-remaining, ratelimit-reset, \
     retry-after, idempotency-replayed, www-authenticate",
);
const REQUEST_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;

/// Whether an origin is in the list of the settings.
pub(super) fn is_allowed(origin: &HeaderValue, config: &HttpConfig) -> bool {
    config
        .cors_origins
        .iter()
        .any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

/// Whether an origin is the server itself, under the name it was called by.
pub(super) fn is_own(origin: &HeaderValue, host: &str) -> bool {
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let (authority, port) = match origin.split_once("://") {
        Some(("https", authority)) => (authority, ":443"),
        Some(("http", authority)) => (authority, ":80"),
        _ => return false,
    };
    authority.eq_ignore_ascii_case(host.strip_suffix(port).unwrap_or(host))
}

/// Answers preflights and adds the headers for allowed origins.
pub(super) async fn layer(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let config = &edge.app.config;
    if config.cors_origins.is_empty() {
        return next.run(request).await;
    }
    let allowed = request
        .headers()
        .get(header::ORIGIN)
        .filter(|origin| is_allowed(origin, config))
        .cloned();
    let is_preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(REQUEST_METHOD);
    let mut response = if is_preflight {
        preflight(allowed.is_some())
    } else {
        next.run(request).await
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = allowed {
        allow(response.headers_mut(), origin);
    }
    response
}

fn preflight(is_allowed: bool) -> Response {
    let mut response = (StatusCode::NO_CONTENT, Body::empty()).into_response();
    if is_allowed {
        let headers = response.headers_mut();
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST"),
        );
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    // Ours alone by default; these may read.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_origin_is_the_name_that_was_called() {
        let own = |origin: &'static str, host| is_own(&HeaderValue::from_static(origin), host);
        assert!(own("https://a.test", "a.test"));
        assert!(own("https://a.test", "a.test:443"));
        assert!(own("http://localhost:8080", "localhost:8080"));
        assert!(!own("https://a.test", "a.test:80"));
        assert!(!own("https://a.test.evil.test", "a.test"));
        assert!(!own("null", "null"));
    }
}
