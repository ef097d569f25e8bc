//! The caller, as the graph shows them to themselves.

mod home;
mod object;
mod query;
mod store;

pub use object::Viewer;
pub use query::{POLICIES, ViewerQuery};
