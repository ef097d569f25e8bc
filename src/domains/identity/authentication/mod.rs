//! From a token to a viewer, from a password to a session, and the first administrator.
//!
//! What a token stands for is read with the rights of now. Queries may use an answer of at most
//! [`Freshness::Recent`] age, mutations always look.

mod authenticator;
mod store;

pub use authenticator::{Authenticator, Freshness};
