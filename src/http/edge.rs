//! Before and after every request: ids, headers that every answer has, one line in the log.

use super::{
    Edge, downloads,
    facts::{Facts, REQUEST_ID},
    failure::Failure,
    negotiate::MediaType,
    run::{Report, SharedFacts},
};
use crate::{gql::ErrorCode, kernel::milliseconds};
use axum::{
    extract::{Extension, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use std::time::Duration;

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Headers of every answer that does not bring its own.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
];

/// So many headers have most answers, so that their room is made once.
const MOST_HEADERS: usize = 16;

/// One request on its way: what is known of it before it is handled, for what is said of it after.
pub(super) struct Visit {
    facts: SharedFacts,
    method: Method,
    path: String,
}

impl Visit {
    /// The request arrives. Handlers find its facts among its extensions.
    pub(super) fn begin(edge: &Edge, request: &mut Request) -> Self {
        let facts = Facts::of(request, &edge.app.config, &edge.ids);
        request.extensions_mut().insert(facts.clone());
        Self {
            facts,
            method: request.method().clone(),
            path: shown(request.uri().path()).to_owned(),
        }
    }

    /// The answer leaves; `Err` is the panic of a handler.
    pub(super) fn end<P>(self, edge: &Edge, handled: Result<Response, P>) -> Response {
        let Self {
            facts,
            method,
            path,
        } = self;
        let mut response = handled.unwrap_or_else(|_panic| {
            tracing::error!(request_id = facts.id, "a handler panicked");
            Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::Internal,
                "internal error",
            )
            .respond(MediaType::Json, &facts.id)
        });
        let took = facts.started.elapsed();
        let report = response.extensions_mut().remove::<Report>();
        if let Some(report) = &report {
            edge.metrics.count(report, took);
        }
        let headers = response.headers_mut();
        headers.reserve(MOST_HEADERS);
        complete(headers, &facts);
        timing(headers, &facts, took, report.as_ref());
        log(
            &facts,
            (method.as_str(), &path),
            response.status(),
            took,
            report.as_ref(),
        );
        response
    }
}

/// Anything that is not there.
pub(super) async fn not_found(Extension(facts): Extension<SharedFacts>) -> Response {
    Failure::new(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        "there is nothing here; the API is at /graphql",
    )
    .respond(MediaType::Json, &facts.id)
}

/// The path as it may stand in a log: whoever has the token of a link can fetch its file.
fn shown(path: &str) -> &str {
    if path.starts_with(downloads::PATH) {
        return downloads::PATH;
    }
    path
}

fn complete(headers: &mut HeaderMap, facts: &Facts) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if let Ok(id) = HeaderValue::try_from(&facts.id) {
        headers.insert(REQUEST_ID, id);
    }
}

fn timing(headers: &mut HeaderMap, facts: &Facts, took: Duration, report: Option<&Report>) {
    let mut text = format!("total;dur={:.2}", milliseconds(took));
    if let Some(began) = report.and_then(|report| report.began) {
        let before = began.saturating_duration_since(facts.started);
        let execution = took.saturating_sub(before);
        let (before, execution) = (milliseconds(before), milliseconds(execution));
        text = format!("{text}, prepare;dur={before:.2}, execute;dur={execution:.2}");
    }
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(SERVER_TIMING, value);
    }
}

/// One line for each request: never variables, never tokens, never the address beyond its path.
fn log(
    facts: &Facts,
    (method, path): (&str, &str),
    status: StatusCode,
    took: Duration,
    report: Option<&Report>,
) {
    let duration_ms = (milliseconds(took) * 100.0).round() / 100.0;
    let trace = facts.trace.as_deref();
    let status = status.as_u16();
    let Some(report) = report else {
        tracing::debug!(
            target: "chartroom::request",
            method, path, status, duration_ms, request_id = facts.id, trace_id = trace, "request"
        );
        return;
    };
    tracing::info!(
        target: "chartroom::request",
        operation = report.operation.as_deref(),
        kind = report.kind,
        outcome = report.outcome,
        status,
        duration_ms,
        statements = report.statements,
        cost = report.cost,
        user = report.user.as_deref(),
        request_id = facts.id,
        trace_id = trace,
        "operation"
    );
}
