//! Lists: from the arguments of a field to its page, for one parent among many or none.

mod args;
mod fields;
mod keys;
mod listing;
mod positions;

pub use args::PageArgs;
pub use fields::{children, children_by, field_place, list};
pub use keys::Key;
pub use listing::Listing;
pub(crate) use listing::{by_id_loader, listing};
pub use positions::Span;
