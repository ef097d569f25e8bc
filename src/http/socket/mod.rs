//! Sockets: the protocol `graphql-transport-ws`, and no other.
//!
//! A request for a socket is checked as far as it can be (`open`). Then the client says who it is
//! (`greeting`), and sends operations (`desk`), each of which passes the same checks as over HTTP
//! (`operation`). One task per socket reads and writes (`connection`, `writer`); operations are
//! tasks of their own, which end with it. Cookies count for nothing: browsers send them with the
//! request for a socket whichever page asks.

mod close;
mod connection;
mod desk;
mod greeting;
mod message;
mod operation;
mod writer;

use super::{
    Edge, cors, credentials, facts, failure::Failure, negotiate::MediaType, rate::Principal,
    run::SharedFacts,
};
use crate::{gql::ErrorCode, kernel::Secret};
use axum::{
    extract::{FromRequestParts as _, WebSocketUpgrade, ws::rejection::WebSocketUpgradeRejection},
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use std::sync::Arc;

const PROTOCOL: &str = "graphql-transport-ws";
/// Buffers of a socket: most messages are small, and there are many sockets.
const BUFFER_BYTES: usize = 4 * 1024;

/// A socket that is about to open.
struct Opening {
    edge: Arc<Edge>,
    facts: SharedFacts,
    /// The token in the request's `Authorization`.
    token: Option<Secret>,
    user_agent: Option<String>,
}

/// Whether a request asks for a socket.
pub(super) fn is_wanted(parts: &Parts) -> bool {
    facts::text(&parts.headers, &header::UPGRADE)
        .is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Opens a socket.
pub(super) async fn open(edge: Arc<Edge>, facts: &SharedFacts, parts: &mut Parts) -> Response {
    match upgrade(edge, facts, parts).await {
        Ok(response) => response,
        Err(failure) => failure.respond(MediaType::Json, &facts.id),
    }
}

async fn upgrade(
    edge: Arc<Edge>,
    facts: &SharedFacts,
    parts: &mut Parts,
) -> Result<Response, Failure> {
    let app = edge.app.clone();
    edge.rate.request(&Principal::of(None, facts.address))?;
    refuse_other_origins(&edge, parts)?;
    let opening = Opening {
        token: credentials::authorization(&parts.headers)?,
        user_agent: super::caller::user_agent(parts),
        facts: facts.clone(),
        edge,
    };
    if app.stopping.is_cancelled() {
        return Err(Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Unavailable,
            "the server stops",
        ));
    }
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(|rejection| refused(&rejection))?
        .protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return Err(Failure::bad_request(
            "the socket must speak `graphql-transport-ws`: send it as `Sec-WebSocket-Protocol`",
        ));
    }
    let limit = app.config.body_limit;
    // A stop waits for the socket from now on.
    let tracked = app.tasks.token();
    let response = upgrade
        // Longer messages than allowed are told so; much longer ones are not even read.
        .max_message_size(limit.saturating_mul(2))
        .max_frame_size(limit.saturating_mul(2))
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .on_upgrade(async move |socket| {
            connection::serve(socket, opening).await;
            drop(tracked);
        });
    Ok(response)
}

/// Browsers let any page ask for a socket, but say truly which page it is.
fn refuse_other_origins(edge: &Edge, parts: &Parts) -> Result<(), Failure> {
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let own = facts::host(parts).is_some_and(|host| cors::is_own(origin, host));
    if own || cors::is_allowed(origin, &edge.app.config) {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::FORBIDDEN,
        ErrorCode::CsrfRefused,
        "sockets do not open from another origin; CHARTROOM_CORS_ORIGINS allows more",
    ))
}

fn refused(rejection: &WebSocketUpgradeRejection) -> Failure {
    let is_version = matches!(
        rejection,
        WebSocketUpgradeRejection::InvalidWebSocketVersionHeader(_)
    );
    let status = if is_version {
        StatusCode::UPGRADE_REQUIRED
    } else {
        StatusCode::BAD_REQUEST
    };
    let failure = Failure::new(
        status,
        ErrorCode::BadRequest,
        "this is no request for a WebSocket by RFC 6455, version 13, over HTTP/1.1",
    );
    if is_version {
        failure.with(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        )
    } else {
        failure
    }
}
