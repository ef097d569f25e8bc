//! The first message: who the client is.

use super::{Opening, close::Close};
use crate::{
    domains::identity::authentication::{Freshness, Pass, redeem_ticket},
    http::{
        credentials,
        holder::Holder,
        rate::Principal,
        seats::{Seat, SeatKind},
    },
    kernel::{Secret, SecretKind},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

const NOT_VALID: Close =
    Close::forbidden("Forbidden: the token is mistyped, unknown, expired or revoked");
const NO_CREDENTIALS: Close =
    Close::forbidden("Forbidden: connection_init needs `authorization`, `token` or `ticket`");
const BAD_TICKET: Close = Close::forbidden("Forbidden: the ticket is unknown, used or too old");

/// The payload of `connection_init`; whatever else is in it is for others.
#[derive(Default, Deserialize)]
struct Payload {
    /// As in the header: `Bearer …`.
    #[serde(default, alias = "Authorization")]
    authorization: Option<String>,
    /// A session token or an API key.
    #[serde(default)]
    token: Option<String>,
    /// A ticket.
    #[serde(default)]
    ticket: Option<String>,
}

/// Lets a client in.
pub(super) async fn admit(
    opening: &Opening,
    payload: Option<&RawValue>,
) -> Result<(Arc<Holder>, Seat), Close> {
    let payload = match payload.map(RawValue::get) {
        None => Payload::default(),
        Some(text) => serde_json::from_str(text)
            .map_err(|_ignored| Close::bad_message("Invalid payload of connection_init"))?,
    };
    let pass = pass(opening, payload).await?;
    let edge = &opening.edge;
    let user_agent = opening.user_agent.clone();
    let holder = Holder::new(edge.clone(), Some(pass), &opening.facts, user_agent);
    let caller = holder
        .caller(&opening.facts.id, Freshness::Now)
        .await
        .map_err(|_unavailable| Close::LATER)?
        .ok_or(NOT_VALID)?;
    let principal = Principal::of(caller.viewer.as_deref(), opening.facts.address);
    let most = edge.app.config.sockets.per_user;
    let seat = edge.seats.take(SeatKind::Socket, principal, most);
    let seat = seat.ok_or_else(|| Close::too_many_sockets(most))?;
    Ok((Arc::new(holder), seat))
}

async fn pass(opening: &Opening, payload: Payload) -> Result<Pass, Close> {
    let given = (payload.authorization, payload.token, payload.ticket);
    let token = match given {
        (None, None, None) => opening.token.clone().ok_or(NO_CREDENTIALS)?,
        (Some(text), None, None) => credentials::bearer_text(&text).ok_or(NOT_VALID)?,
        (None, Some(text), None) => Secret::parse(&text)
            .filter(|token| token.kind() != SecretKind::SocketTicket)
            .ok_or(NOT_VALID)?,
        (None, None, Some(text)) => return redeem(opening, &text).await,
        _ => {
            return Err(Close::bad_message(
                "connection_init may have one of `authorization`, `token` and `ticket`",
            ));
        }
    };
    Ok(Pass::from(&token))
}

async fn redeem(opening: &Opening, text: &str) -> Result<Pass, Close> {
    let app = &opening.edge.app;
    let ticket = Secret::parse(text).filter(|ticket| ticket.kind() == SecretKind::SocketTicket);
    let ticket = ticket.ok_or(BAD_TICKET)?;
    redeem_ticket(&app.db, &ticket, app.clock.now())
        .await
        .map_err(|_unavailable| Close::LATER)?
        .ok_or(BAD_TICKET)
}
