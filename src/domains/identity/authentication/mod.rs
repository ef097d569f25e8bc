//! From a token to a viewer, from a password to a session, and the first administrator.
//!
//! What a token stands for is read with the rights of now. Requests may use an answer of at most
//! [`Freshness::Recent`] age; mutations look again in their transactions (`authz::Viewer::renewed`).

mod authenticator;
mod mutation;
mod query;
mod setup;
mod sign_in;
mod store;
mod ticket;

pub use authenticator::{Authenticator, Freshness, Pass};
pub use mutation::{AuthenticationMutation, SignInInput, SignInPayload};
pub use query::{AuthenticationQuery, LoginMethod, LoginOptions, POLICIES};
pub use setup::{
    Administrator, CODE_LIFE, SetupError, complete_setup, create_administrator, setup_code,
};
pub use sign_in::{Guess, guess};
pub use ticket::{TICKET_LIFE, make_ticket, redeem_ticket};
