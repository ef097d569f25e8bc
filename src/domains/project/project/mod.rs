//! Projects.

mod list;
mod object;
mod policy;
mod row;

pub use object::Project;
pub use row::*;
