//! Spaces: folders of content with access of their own.

mod list;
mod object;
mod policy;
mod row;

pub use object::Space;
pub use policy::{PlaceRow, PlaceSql, place_of};
pub use row::*;
