//! `POST /graphql/ticket`: what a page that has only a session cookie opens a socket with.

use super::{
    Edge, caller::Caller, credentials::Credentials, failure::Failure, negotiate::MediaType,
    run::SharedFacts,
};
use crate::{
    authz::Credential,
    domains::identity::authentication::{Freshness, TICKET_LIFE, make_ticket},
    gql::ErrorCode,
};
use axum::{
    Json,
    extract::{Extension, Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use serde_json::json;
use std::sync::Arc;

/// Makes a ticket for the caller's session.
pub(super) async fn post(
    State(edge): State<Arc<Edge>>,
    Extension(facts): Extension<SharedFacts>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    match make(&edge, &facts, &parts).await {
        Ok(response) => response,
        Err(failure) => failure.respond(MediaType::Json, &facts.id),
    }
}

async fn make(edge: &Arc<Edge>, facts: &SharedFacts, parts: &Parts) -> Result<Response, Failure> {
    let app = &edge.app;
    let credentials = Credentials::of(parts, facts, &app.config)?;
    let caller = Caller::find(edge, parts, facts, credentials, Freshness::Recent).await?;
    let session = match caller.viewer.as_deref().map(|viewer| viewer.credential) {
        Some(Credential::Session(session)) => session,
        Some(Credential::ApiKey(_) | Credential::CommandLine) => {
            return Err(Failure::bad_request(
                "tickets are for sessions; send an API key itself in `connection_init`",
            ));
        }
        None => {
            return Err(Failure::new(
                StatusCode::UNAUTHORIZED,
                ErrorCode::Unauthenticated,
                "sign in first",
            ));
        }
    };
    let ticket = make_ticket(&app.db, session, app.clock.now())
        .await
        .map_err(|error| Failure::of(&error, &facts.id))?;
    let body = json!({
        "ticket": ticket.expose(),
        "expiresInSeconds": TICKET_LIFE.num_seconds(),
    });
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
