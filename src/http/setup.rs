//! `POST /setup`: the first administrator, by the code that the server printed. Gone once used.

use super::{
    Edge, body, edge as outer, failure::Failure, negotiate::MediaType, rate::Principal,
    run::SharedFacts,
};
use crate::{
    authz::Origin,
    domains::identity::authentication::{Administrator, SetupError, complete_setup},
    gql::ErrorCode,
};
use axum::{
    Json,
    extract::{Extension, Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    code: String,
    organization: String,
    username: String,
    #[serde(default)]
    email: Option<String>,
    password: String,
}

/// Makes the first organization and its administrator.
pub(super) async fn post(
    State(edge): State<Arc<Edge>>,
    Extension(facts): Extension<SharedFacts>,
    request: Request,
) -> Response {
    match run(&edge, &facts, request).await {
        Ok(response) => response,
        Err(Some(failure)) => failure.respond(MediaType::Json, &facts.id),
        Err(None) => outer::not_found(Extension(facts)).await,
    }
}

/// Fails with nothing where setup is over, so that the answer is that of a path that is not there.
async fn run(
    edge: &Edge,
    facts: &SharedFacts,
    request: Request,
) -> Result<Response, Option<Failure>> {
    let app = &edge.app;
    edge.rate.request(&Principal::of(None, facts.address))?;
    let (parts, body) = request.into_parts();
    let body = body::receive(&parts.headers, body, &app.config).await?;
    let input: Input = serde_json::from_slice(&body).map_err(|_ignored| {
        Failure::bad_request(
            "the body must be a JSON object with `code`, `organization`, `username`, `password` and \
             perhaps `email`",
        )
    })?;
    let origin = Origin {
        address: facts.address.map(|address| address.to_string()),
        user_agent: None,
        request_id: facts.id.clone(),
        by_cookie: false,
    };
    let administrator = Administrator {
        organization: &input.organization,
        username: &input.username,
        email: input.email.as_deref(),
        password: &input.password,
        is_system_administrator: true,
    };
    let code = (input.code.as_str(), &origin);
    let now = app.clock.now();
    let made = complete_setup(&app.db, &app.passwords, now, code, &administrator).await;
    match made {
        Ok(user) => {
            tracing::info!(
                request_id = facts.id,
                "the first administrator is made; setup is over"
            );
            let body = json!({ "userId": user.to_string(), "username": input.username });
            Ok((StatusCode::CREATED, Json(body)).into_response())
        }
        Err(SetupError::Closed) => Err(None),
        Err(SetupError::Failed(error)) => Err(Some(Failure::of(&error, &facts.id))),
        Err(error @ SetupError::Code) => {
            let message = error.to_string();
            Err(Some(Failure::new(
                StatusCode::FORBIDDEN,
                ErrorCode::Forbidden,
                message,
            )))
        }
        Err(error @ SetupError::Field { .. }) => {
            let message = error.to_string();
            Err(Some(Failure::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                ErrorCode::Invalid,
                message,
            )))
        }
    }
}
