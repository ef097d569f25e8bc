//! The caller, as the graph shows them to themselves.

mod object;
mod query;

pub use object::Viewer;
pub use query::{POLICIES, ViewerQuery};
