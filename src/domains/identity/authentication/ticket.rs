//! Tickets: how a browser that has nothing but a session cookie opens a socket.
//!
//! Browsers send cookies with the request for a socket whichever page asks, and that request can
//! carry no header. So a cookie never opens a socket; a page that could call the API asks for a
//! ticket first, which works once, soon, and for the session that asked.

use super::{authenticator::Pass, store};
use crate::{
    authz::System,
    db::Database,
    kernel::{Result, Secret, SecretKind, entity::SessionId},
};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a ticket works.
pub const TICKET_LIFE: TimeDelta = TimeDelta::seconds(30);

/// Makes a ticket for one socket of a session.
///
/// # Errors
/// The database fails, or there is no randomness.
pub async fn make_ticket(db: &Database, session: SessionId, now: DateTime<Utc>) -> Result<Secret> {
    let ticket = Secret::generate(SecretKind::SocketTicket)?;
    let conn = db.get().await?;
    let system = System::new("make a ticket for a socket");
    let until = now + TICKET_LIFE;
    store::keep_ticket(&conn, system, &ticket.hash(), session, (now, until)).await?;
    Ok(ticket)
}

/// Takes a ticket in; `None` if it is unknown, used or too old.
///
/// # Errors
/// The database fails.
pub async fn redeem_ticket(
    db: &Database,
    ticket: &Secret,
    now: DateTime<Utc>,
) -> Result<Option<Pass>> {
    let conn = db.get().await?;
    let system = System::new("take a ticket for a socket in");
    let session = store::take_ticket(&conn, system, &ticket.hash(), now).await?;
    Ok(session.map(Pass::of_session))
}
