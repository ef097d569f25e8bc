//! Groups of members.

mod list;
mod object;
mod policy;
mod row;

pub use object::Group;
pub use row::*;
