//! Which other origins may call, and what their browsers are told.

use crate::config::HttpConfig;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};

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

/// What a request asks of the rules for other origins.
pub(super) enum Cors {
    /// No other origin may call, so nothing depends on it.
    Closed,
    /// Some may.
    Open {
        /// The origin of the request, if it is one of them.
        allowed: Option<HeaderValue>,
        /// Whether a browser only asks if it may call.
        is_preflight: bool,
    },
}

impl Cors {
    pub(super) fn of(request: &Request, config: &HttpConfig) -> Self {
        if config.cors_origins.is_empty() {
            return Self::Closed;
        }
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN);
        Self::Open {
            allowed: origin.filter(|origin| is_allowed(origin, config)).cloned(),
            is_preflight: request.method() == Method::OPTIONS
                && headers.contains_key(REQUEST_METHOD),
        }
    }

    /// The whole answer to a browser that only asks.
    pub(super) fn preflight(&self) -> Option<Response> {
        match self {
            Self::Open {
                allowed,
                is_preflight: true,
            } => Some(preflight(allowed.is_some())),
            _ => None,
        }
    }

    /// Adds the headers for allowed origins.
    pub(super) fn complete(self, response: &mut Response) {
        let Self::Open { allowed, .. } = self else {
            return;
        };
        let headers = response.headers_mut();
        headers.append(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = allowed {
            allow(headers, origin);
        }
    }
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
