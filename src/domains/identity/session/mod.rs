//! Signed-in sessions: each has a token of its own, and ends when it is signed out, revoked, 12
//! hours unused or 14 days old.

mod list;
mod mutation;
mod object;
mod policy;
mod row;
mod store;

pub use list::NewestFirst;
pub use mutation::{RevokeSessionsInput, RevokeSessionsPayload, SessionMutation, SignOutPayload};
pub use object::Session;
pub use policy::POLICIES;
pub use row::SessionRow;
