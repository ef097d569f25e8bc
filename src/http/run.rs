//! Runs operations and writes their answers: one buffer for the whole response.

use super::{
    Edge, caller::Caller, documents::Prepared, facts::Facts, failure::Failure, operation::Ready,
    rate::Budget,
};
use crate::gql::{self, ErrorCode, ResponseNotes, Scope};
use async_graphql::{Request, Response, Value, Variables};
use axum::http::StatusCode;
use futures_util::FutureExt as _;
use serde::Serialize;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Instant};

/// How an operation ended, for the log and the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Without errors.
    Ok,
    /// With data and errors.
    Partial,
    /// Without data.
    Failed,
}

/// What running an operation left behind.
pub(super) struct Done {
    /// The status for `application/graphql-response+json`.
    pub(super) status: StatusCode,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// SQL statements sent.
    pub(super) statements: u64,
    /// What resolvers noted.
    pub(super) notes: ResponseNotes,
}

/// The cost of an answer, in its `extensions`.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    /// Points of this operation.
    pub(super) requested: u32,
    /// Most points that one request may have.
    pub(super) maximum: u32,
    /// Points a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) budget: Option<u32>,
    /// Points left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remaining: Option<u32>,
    /// Seconds until all are back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reset_seconds: Option<u64>,
}

impl Cost {
    pub(super) fn new(edge: &Edge, requested: u32, budget: Option<Budget>) -> Self {
        Self {
            requested,
            maximum: edge.app.guard.limits().cost,
            budget: budget.map(|budget| budget.limit),
            remaining: budget.map(|budget| budget.remaining),
            reset_seconds: budget.map(Budget::reset_seconds),
        }
    }
}

/// Runs one operation and writes its answer to the end of `out`.
///
/// Neither a panic nor the deadline leaves this function; a connection in the middle of something
/// is ended by the pool.
pub(super) async fn run(
    edge: &Edge,
    caller: &Caller,
    facts: &Facts,
    (ready, cost): (Ready, Cost),
    out: &mut Vec<u8>,
) -> Done {
    let app = &edge.app;
    let scope = scope(edge, caller, cost.requested);
    let (prepared, request) = request(ready);
    let request = request.data(scope.clone());
    // Boxed, so that the frames above, which are moved about, stay small.
    let work = scope.drive(Box::pin(app.engine.execute(&prepared.tree, request)));
    let deadline = tokio::time::Instant::from_std(facts.started + app.config.request_timeout);
    let result = tokio::time::timeout_at(deadline, AssertUnwindSafe(work).catch_unwind()).await;
    // Before the answer is written: another request may be waiting for the connection.
    let statements = scope.release().await;
    let notes = scope.notes();
    let (status, outcome) = match result {
        Ok(Ok(mut response)) => {
            for error in &mut response.errors {
                gql::complete(error, &facts.id);
            }
            write(&response, cost, out)
        }
        Ok(Err(_panic)) => {
            tracing::error!(request_id = facts.id, "a resolver panicked");
            let failure = Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::Internal,
                "internal error",
            );
            (write_failure(failure, &facts.id, out), Outcome::Failed)
        }
        Err(_elapsed) => (
            write_failure(timeout(edge), &facts.id, out),
            Outcome::Failed,
        ),
    };
    Done {
        status,
        outcome,
        statements,
        notes,
    }
}

/// Most points of an operation whose statements may go down a connection behind those of others.
const SMALL: u32 = 1_000;

/// The scope of an operation of that cost.
pub(super) fn scope(edge: &Edge, caller: &Caller, cost: u32) -> Arc<Scope> {
    let app = &edge.app;
    let db = if cost <= SMALL {
        app.db.clone()
    } else {
        app.db.unshared()
    };
    Scope::new(
        db,
        caller.viewer.clone(),
        caller.origin.clone(),
        app.clock.clone(),
        app.limits,
    )
}

/// What the engine gets of an operation: its document and the rest.
pub(super) fn request(ready: Ready) -> (Arc<Prepared>, Request) {
    let variables = serde_json::Value::Object(ready.variables);
    let mut request = Request::new(String::new()).variables(Variables::from_json(variables));
    request.operation_name = ready.name;
    if !ready.prepared.document.merges_objects() {
        request = request.data(gql::direct::Allowed);
    }
    if !ready.uploads.is_empty() {
        request = request.data(ready.uploads);
    }
    (ready.prepared, request)
}

/// The request took too long.
pub(super) fn timeout(edge: &Edge) -> Failure {
    let seconds = edge.app.config.request_timeout.as_secs();
    Failure::new(
        StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Timeout,
        format!("the request took longer than {seconds} s and was stopped"),
    )
}

/// Writes an answer without data.
pub(super) fn write_failure(
    mut failure: Failure,
    request_id: &str,
    out: &mut Vec<u8>,
) -> StatusCode {
    out.push(b'{');
    failure.write(request_id, out);
    out.push(b'}');
    failure.status
}

fn write(response: &Response, cost: Cost, out: &mut Vec<u8>) -> (StatusCode, Outcome) {
    let has_data = response.data != Value::Null;
    // Errors without a place in the data come from before the execution.
    let before_execution = !has_data && response.errors.iter().all(|error| error.path.is_empty());
    let outcome = match (response.errors.is_empty(), has_data) {
        (true, _) => Outcome::Ok,
        (false, true) => Outcome::Partial,
        (false, false) => Outcome::Failed,
    };
    out.push(b'{');
    if !response.errors.is_empty() {
        out.extend_from_slice(b"\"errors\":");
        json(&response.errors, out);
        out.push(b',');
    }
    if !before_execution {
        out.extend_from_slice(b"\"data\":");
        json(&response.data, out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"extensions\":{\"cost\":");
    json(&cost, out);
    out.extend_from_slice(b"}}");
    let status = if before_execution {
        StatusCode::BAD_REQUEST
    } else {
        StatusCode::OK
    };
    (status, outcome)
}

/// Writes any value as JSON; parts of an answer that resolvers wrote themselves, as they are.
pub(super) fn json(value: &impl Serialize, out: &mut Vec<u8>) {
    let length = out.len();
    let mut writer = serde_json::Serializer::with_formatter(&mut *out, gql::direct::Verbatim);
    if let Err(error) = value.serialize(&mut writer) {
        // Only maps with keys that are no text fail, and there are none.
        tracing::error!(%error, "a part of an answer cannot be written");
        out.truncate(length);
        out.extend_from_slice(b"null");
    }
}

/// What is known of a finished request; the outermost layer logs and counts it.
#[derive(Debug, Clone)]
pub(super) struct Report {
    /// Name of the operation.
    pub(super) operation: Option<String>,
    /// `query`, `mutation`, `batch`.
    pub(super) kind: &'static str,
    /// `ok`, `partial`, or the code of the failure.
    pub(super) outcome: &'static str,
    /// SQL statements sent.
    pub(super) statements: u64,
    /// Cost in points.
    pub(super) cost: u32,
    /// What is left of the caller's budget.
    pub(super) budget: Option<Budget>,
    /// The user, in text form.
    pub(super) user: Option<String>,
    /// When the execution began.
    pub(super) began: Option<Instant>,
}

impl Report {
    pub(super) const fn refused(code: &'static str) -> Self {
        Self {
            operation: None,
            kind: "none",
            outcome: code,
            statements: 0,
            cost: 0,
            budget: None,
            user: None,
            began: None,
        }
    }
}

/// SQL statements that a request sent; an extension of every response of the API, for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statements(pub u64);

pub(super) type SharedFacts = Arc<Facts>;
