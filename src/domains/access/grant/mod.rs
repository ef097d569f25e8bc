//! Grants: roles given to users and groups on scopes.

mod list;
mod object;
mod policy;
mod row;

pub use object::AccessGrant;
pub use row::*;
