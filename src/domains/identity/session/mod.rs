//! Signed-in sessions.

mod list;
mod object;
mod policy;
mod row;

pub use object::Session;
pub use row::*;
