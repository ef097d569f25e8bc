//! Roles: named sets of permissions.
//!
//! A role can be granted on one kind of scope only, and carries only permissions that have an
//! effect there. Built-in roles belong to nobody and never change. Custom roles belong to an
//! organization; those of scope TENANT to the installation. `rank` is the number of permissions.

mod command;
mod input;
mod list;
mod mutation;
mod object;
mod policy;
mod query;
mod refs;
mod row;
mod store;

pub use list::{RoleFilter, RoleOrder, RoleOrderField, RoleScopeFilter, RoleTypeFilter, shareable};
pub use mutation::{CreateRoleInput, DeleteRolesInput, RoleMutation, UpdateRoleInput};
pub use object::Role;
pub use policy::POLICIES;
pub use query::RoleQuery;
pub use refs::RoleRef;
pub use row::{RoleRow, RoleType};
pub use store::built_in_id;

use crate::{authz::System, db::Conn, kernel::Result};

/// Stores the built-in roles as this version has them: at every start, before anything else.
///
/// # Errors
/// The database fails.
pub async fn seed(conn: &Conn) -> Result<()> {
    store::seed(conn, System::new("store the built-in roles")).await
}
