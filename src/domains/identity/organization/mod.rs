//! Organizations: the tenants.

mod list;
mod object;
mod policy;
mod row;

pub use object::Organization;
pub use row::*;
