//! Groups: sets of members of one organization.

mod list;
mod object;
mod policy;
mod refs;
mod row;
mod store;

pub use object::Group;
pub use refs::GroupRef;
pub use row::*;
