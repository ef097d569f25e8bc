//! Tags: labels of a project for the items of its catalog.

mod list;
mod mutation;
mod object;
mod policy;
mod row;
mod store;

pub use list::{tags_of, tags_of_items};
pub use mutation::TagMutation;
pub use object::Tag;
pub use policy::POLICIES;
pub use row::TagRow;
