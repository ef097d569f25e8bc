//! The endpoint `/graphql`: GraphQL over HTTP.

use super::{
    Edge, body,
    call::Call,
    caller::Caller,
    credentials::{self, Credentials},
    failure::Failure,
    negotiate::{self, MediaType},
    params::{self, Requests},
    playground,
    run::SharedFacts,
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
    match body::receive(&parts.headers, body, &edge.app.config).await {
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
