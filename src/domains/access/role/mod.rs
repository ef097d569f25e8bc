//! Roles: named sets of permissions.

mod list;
mod object;
mod policy;
mod row;

pub use object::Role;
pub use row::*;
