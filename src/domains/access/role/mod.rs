//! Roles: named sets of permissions.

mod list;
mod object;
mod policy;
mod refs;
mod row;
mod store;

pub use object::Role;
pub use refs::RoleRef;
pub use row::*;
pub use store::built_in_id;

use crate::{authz::System, db::Conn, kernel::Result};

/// Stores the built-in roles as this version has them: at every start, before anything else.
///
/// # Errors
/// The database fails.
pub async fn seed(conn: &Conn) -> Result<()> {
    store::seed(conn, System::new("store the built-in roles")).await
}
