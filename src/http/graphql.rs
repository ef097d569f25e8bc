//! The endpoint `/graphql`: GraphQL over HTTP.

use super::{
    Edge,
    caller::Caller,
    credentials::{self, Credentials},
    failure::Failure,
    negotiate::{self, BodyType, MediaType},
    operation::{Named, Ready},
    params::{self, Params, Requests},
    playground,
    run::{self, Cost, Done, Outcome, Report, SharedFacts, Statements},
};
use crate::{
    config::PlaygroundMode,
    domains::identity::authentication::Freshness,
    gql::{ErrorCode, ResponseNotes},
};
use axum::{
    body::{Body, to_bytes},
    extract::{Extension, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use std::{sync::Arc, time::Instant};

const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// One request to the endpoint.
struct Call<'a> {
    edge: &'a Arc<Edge>,
    facts: &'a SharedFacts,
    parts: &'a Parts,
    media: MediaType,
    by_get: bool,
}

/// `POST /graphql`.
pub(super) async fn post(
    State(edge): State<Arc<Edge>>,
    Extension(facts): Extension<SharedFacts>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(media) = negotiate::accepted(&parts.headers) else {
        return not_acceptable(&facts);
    };
    let call = Call {
        edge: &edge,
        facts: &facts,
        parts: &parts,
        media,
        by_get: false,
    };
    match body_of(&call, body).await {
        Ok(body) => {
            let most = edge.app.config.batch_max;
            match params::of_body(&body, &edge.app.guard, most) {
                Ok(requests) => call.answer(requests).await,
                Err(failure) => call.fail(failure),
            }
        }
        Err(failure) => call.fail(failure),
    }
}

/// `GET /graphql`: queries, and the playground for browsers.
pub(super) async fn get(
    State(edge): State<Arc<Edge>>,
    Extension(facts): Extension<SharedFacts>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let query = parts.uri.query();
    if playground::is_wanted(&parts.headers, query) && shows_playground(&edge, &facts, &parts).await
    {
        return playground::page();
    }
    let Some(media) = negotiate::accepted(&parts.headers) else {
        return not_acceptable(&facts);
    };
    let call = Call {
        edge: &edge,
        facts: &facts,
        parts: &parts,
        media,
        by_get: true,
    };
    let mut response = match params::of_address(query.unwrap_or_default(), &edge.app.guard) {
        Ok(params) => call.answer(Requests::One(params)).await,
        Err(failure) => call.fail(failure),
    };
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("accept"));
    response
}

/// Any other method on `/graphql`.
pub(super) async fn other_method(
    Extension(facts): Extension<SharedFacts>,
    request: Request,
) -> Response {
    if request.method() == axum::http::Method::OPTIONS {
        return (
            StatusCode::NO_CONTENT,
            [(header::ALLOW, ALLOWED_METHODS)],
            Body::empty(),
        )
            .into_response();
    }
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::BadRequest,
        "send queries by GET or POST, mutations by POST",
    )
    .with(header::ALLOW, ALLOWED_METHODS)
    .respond(MediaType::Json, &facts.id)
}

fn not_acceptable(facts: &SharedFacts) -> Response {
    Failure::new(
        StatusCode::NOT_ACCEPTABLE,
        ErrorCode::BadRequest,
        "answers are application/graphql-response+json or application/json, in UTF-8",
    )
    .respond(MediaType::Json, &facts.id)
}

/// The page may be for signed-in browsers only.
async fn shows_playground(edge: &Edge, facts: &SharedFacts, parts: &Parts) -> bool {
    match edge.app.config.playground {
        PlaygroundMode::On => true,
        PlaygroundMode::Off => false,
        PlaygroundMode::SignedIn => {
            // The page holds no data, so a visit by link from another site may show it.
            let Some(token) = credentials::cookie_token(&parts.headers, facts) else {
                return false;
            };
            let credentials = Credentials::Cookie(token);
            Caller::find(edge, parts, facts, credentials, Freshness::Recent)
                .await
                .is_ok_and(|caller| caller.viewer.is_some())
        }
    }
}

/// Takes the body in, within its limits of size and time.
async fn body_of(call: &Call<'_>, body: Body) -> Result<Bytes, Failure> {
    let headers = &call.parts.headers;
    let unsupported = |message: &'static str| {
        Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorCode::BadRequest,
            message,
        )
    };
    match negotiate::body_type(headers) {
        BodyType::Json => {}
        BodyType::OtherCharset => return Err(unsupported("the body must be in UTF-8")),
        BodyType::Other => {
            return Err(unsupported(
                "the body must be JSON, with `Content-Type: application/json`",
            ));
        }
    }
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(unsupported("the body must not be compressed"));
    }
    let config = &call.edge.app.config;
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > config.body_limit) {
        return Err(Failure::too_large(config.body_limit));
    }
    let reading = to_bytes(body, config.body_limit);
    match tokio::time::timeout(config.body_timeout, reading).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => {
            let over = std::error::Error::source(&error)
                .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
            Err(if over {
                Failure::too_large(config.body_limit)
            } else {
                Failure::bad_request("the body could not be received")
            })
        }
        Err(_elapsed) => Err(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::Timeout,
            "the body took too long to arrive",
        )
        .with(header::CONNECTION, HeaderValue::from_static("close"))),
    }
}

impl Call<'_> {
    /// Answers one operation or a batch.
    async fn answer(&self, requests: Requests) -> Response {
        match self.run(requests).await {
            Ok(response) => response,
            Err(failure) => self.fail(failure),
        }
    }

    fn fail(&self, failure: Failure) -> Response {
        let report = Report::refused(failure.code());
        let mut response = failure.respond(self.media, &self.facts.id);
        response.extensions_mut().insert(report);
        response
    }

    async fn run(&self, requests: Requests) -> Result<Response, Failure> {
        let credentials = Credentials::of(self.parts, self.facts, &self.edge.app.config)?;
        match requests {
            Requests::One(params) => {
                let named = Named::new(self.edge, params);
                let freshness = freshness(std::slice::from_ref(&named));
                let caller = self.caller(credentials, freshness).await?;
                let response = self.single(&caller, named).await;
                Ok(self.finish(&caller, response))
            }
            Requests::Batch(list) => {
                let named: Vec<_> = list
                    .into_iter()
                    .map(|params: Params| Named::new(self.edge, params))
                    .collect();
                let caller = self.caller(credentials, freshness(&named)).await?;
                let response = self.batch(&caller, named).await;
                Ok(self.finish(&caller, response))
            }
        }
    }

    async fn caller(
        &self,
        credentials: Credentials,
        freshness: Freshness,
    ) -> Result<Caller, Failure> {
        Caller::find(self.edge, self.parts, self.facts, credentials, freshness).await
    }

    async fn single(
        &self,
        caller: &Caller,
        named: Named,
    ) -> Result<(Response, ResponseNotes), Failure> {
        let ready = named.ready(self.edge, caller, self.by_get).await?;
        let (cost, mut report) = self.admit(caller, &[&ready])?;
        report.operation.clone_from(&ready.name);
        report.kind = ready.kind.as_str();
        let requested = ready.cost;
        let mut out = Vec::with_capacity(1024);
        let cost = Cost { requested, ..cost };
        let done = run::run(self.edge, caller, self.facts, (ready, cost), &mut out).await;
        let status = match self.media {
            MediaType::Json if done.status == StatusCode::BAD_REQUEST => StatusCode::OK,
            _ => done.status,
        };
        report.add(&done);
        Ok((self.respond(status, out, report), done.notes))
    }

    /// Operations of a batch run one after the other, so that a batch uses one connection at a time.
    async fn batch(
        &self,
        caller: &Caller,
        list: Vec<Named>,
    ) -> Result<(Response, ResponseNotes), Failure> {
        let mut entries = Vec::with_capacity(list.len());
        for named in list {
            entries.push(named.ready(self.edge, caller, false).await);
        }
        let runnable: Vec<_> = entries
            .iter()
            .filter_map(|entry| entry.as_ref().ok())
            .collect();
        let (cost, mut report) = self.admit(caller, &runnable)?;
        report.kind = "batch";
        let mut out = Vec::with_capacity(4096);
        let mut notes = ResponseNotes::default();
        for entry in entries {
            out.push(if out.is_empty() { b'[' } else { b',' });
            match entry {
                Ok(ready) => {
                    let cost = Cost {
                        requested: ready.cost,
                        ..cost
                    };
                    let done =
                        run::run(self.edge, caller, self.facts, (ready, cost), &mut out).await;
                    report.add(&done);
                    notes.session_token = done.notes.session_token.or(notes.session_token);
                    notes.signed_out |= done.notes.signed_out;
                    notes.changed_rights |= done.notes.changed_rights;
                }
                Err(failure) => {
                    report.outcome = failure.code();
                    run::write_failure(failure, &self.facts.id, &mut out);
                }
            }
        }
        out.push(b']');
        Ok((self.respond(StatusCode::OK, out, report), notes))
    }

    /// Checks the cost of all operations together, and takes it from the caller's budget.
    fn admit(&self, caller: &Caller, ready: &[&Ready]) -> Result<(Cost, Report), Failure> {
        let total = ready
            .iter()
            .fold(0_u32, |sum, ready| sum.saturating_add(ready.cost));
        let checked = self.edge.app.guard.check_cost(total);
        checked.map_err(|refusal| Failure::refused(&refusal, false))?;
        let budget = self.edge.rate.points(&caller.principal, total)?;
        let report = Report {
            cost: total,
            outcome: "ok",
            user: caller.viewer.as_ref().map(|viewer| viewer.user.to_string()),
            began: Some(Instant::now()),
            ..Report::refused("ok")
        };
        Ok((Cost::new(self.edge, total, budget), report))
    }

    fn respond(&self, status: StatusCode, out: Vec<u8>, report: Report) -> Response {
        let mut response = (status, out).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, self.media.header());
        response
            .extensions_mut()
            .insert(Statements(report.statements));
        response.extensions_mut().insert(report);
        response
    }

    /// Does what resolvers left to the HTTP layer: cookies, and forgetting who had which rights.
    fn finish(
        &self,
        caller: &Caller,
        result: Result<(Response, ResponseNotes), Failure>,
    ) -> Response {
        let (mut response, notes) = match result {
            Ok(done) => done,
            Err(failure) => (self.fail(failure), ResponseNotes::default()),
        };
        if notes.changed_rights || notes.signed_out {
            self.edge.app.authenticator.forget_all();
        }
        let cookie = match &notes.session_token {
            Some(token) => credentials::set_cookie(Some(token), self.facts),
            None if notes.signed_out || caller.has_stale_cookie => {
                credentials::set_cookie(None, self.facts)
            }
            None => None,
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Mutations are done with the rights of this very moment.
fn freshness(named: &[Named]) -> Freshness {
    if named.iter().all(Named::only_reads) {
        Freshness::Recent
    } else {
        Freshness::Now
    }
}

impl Report {
    fn add(&mut self, done: &Done) {
        self.statements += done.statements;
        match done.outcome {
            Outcome::Ok => {}
            Outcome::Partial => self.outcome = "partial",
            Outcome::Failed => self.outcome = "failed",
        }
    }
}
