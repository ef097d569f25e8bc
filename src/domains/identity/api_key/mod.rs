//! API keys.

mod list;
mod object;
mod policy;
mod row;

pub use object::ApiKey;
pub use row::*;
