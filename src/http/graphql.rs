//! The endpoint `/graphql`: GraphQL over HTTP. Sockets begin here, too.

use super::{
    Edge, body,
    call::Call,
    caller::Caller,
    credentials::{self, Credentials},
    facts,
    failure::Failure,
    multipart,
    negotiate::{self, Events, MediaType},
    params::{self, Requests},
    playground,
    run::SharedFacts,
    socket,
};
use crate::{config::PlaygroundMode, domains::identity::authentication::Freshness, gql::ErrorCode};
use axum::{
    body::Body,
    extract::{Extension, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;

const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");

/// `POST /graphql`.
pub(super) async fn post(edge: &Arc<Edge>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(mut facts) = parts.extensions.get::<SharedFacts>().cloned() else {
        tracing::error!("a request without its facts");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some((media, events)) = accepted(&parts) else {
        return not_acceptable(&facts);
    };
    let received = if multipart::is_announced(&parts.headers) {
        // Boxed: few requests have files, and all would carry the room for them.
        let received = Box::pin(multipart::receive(edge, &facts, &parts, body)).await;
        facts = Arc::new(facts.begun_now());
        received
    } else {
        receive(edge, &parts, body).await
    };
    let call = Call {
        edge,
        facts: &facts,
        parts: &parts,
        media,
        events,
        by_get: false,
    };
    match received {
        Ok(requests) => call.answer(requests).await,
        Err(failure) => call.fail(failure),
    }
}

/// The operations of a body without files.
async fn receive(edge: &Edge, parts: &Parts, body: Body) -> Result<Requests, Failure> {
    let config = &edge.app.config;
    let body = body::receive(&parts.headers, body, config).await?;
    params::of_body(&body, &edge.app.guard, config.batch_max)
}

/// `GET /graphql`: queries, and the playground for browsers.
pub(super) async fn get(
    State(edge): State<Arc<Edge>>,
    Extension(facts): Extension<SharedFacts>,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    if socket::is_wanted(&parts) {
        return socket::open(edge, &facts, &mut parts).await;
    }
    let query = parts.uri.query();
    if playground::is_wanted(&parts.headers, query) && shows_playground(&edge, &facts, &parts).await
    {
        return playground::page(facts::host(&parts));
    }
    let Some((media, events)) = accepted(&parts) else {
        return not_acceptable(&facts);
    };
    let call = Call {
        edge: &edge,
        facts: &facts,
        parts: &parts,
        media,
        events,
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

/// The form of the answer; `None` if the client takes none that there is.
fn accepted(parts: &Parts) -> Option<(MediaType, Events)> {
    let events = negotiate::events(&parts.headers);
    match negotiate::accepted(&parts.headers) {
        Some(media) => Some((media, events)),
        None if events == Events::Never => None,
        None => Some((MediaType::GraphqlResponse, events)),
    }
}

fn not_acceptable(facts: &SharedFacts) -> Response {
    Failure::new(
        StatusCode::NOT_ACCEPTABLE,
        ErrorCode::BadRequest,
        "answers are application/graphql-response+json, application/json or text/event-stream, in UTF-8",
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
