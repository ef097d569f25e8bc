//! A job that tests the queue from end to end: an administrator starts it and watches it.

mod kind;
mod mutation;

pub use kind::{Selftest, SelftestPayload, SelftestReport};
pub use mutation::{POLICIES, SelftestMutation};
