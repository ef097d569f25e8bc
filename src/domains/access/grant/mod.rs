//! Grants: roles given to users and groups on scopes.
//!
//! A principal has at most one grant on a scope. The grant of a user on an organization is the
//! membership. Only grants that were made are stored and listed; what follows from them is
//! computed in `effective`.

mod command;
mod list;
mod mutation;
mod object;
mod policy;
mod row;
mod scope;
mod store;

pub use list::{AccessGrantFilter, AccessGrantOrder, access_grant_of, access_grants_of};
pub use mutation::AccessGrantMutation;
pub use object::AccessGrant;
pub use policy::POLICIES;
pub use row::{AccessGrantRow, GrantScope};
pub use scope::AccessScope;
