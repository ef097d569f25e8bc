//! Spaces: folders of content, nested, with access of their own.
//!
//! Each space knows its path from the root (`path`), the spaces whose grants reach it
//! (`grant_path`: from the nearest private space above or itself, else from the root) and whether a
//! private space cuts off wider grants (`is_restricted`). Whoever changes the tree holds a lock on
//! the project, so that parallel moves cannot make a circle. Who may see a space: `policy`.

mod content;
mod list;
mod mutation;
mod object;
mod policy;
mod query;
mod row;
mod sharing;
pub(crate) mod store;

pub use list::{SpaceFilter, SpaceOrder, SpaceOrderField};
pub use mutation::{
    CreateSpaceInput, CreateSpacePayload, DeleteSpacesInput, DeleteSpacesPayload, SpaceMutation,
    UpdateSpaceInput, UpdateSpacePayload,
};
pub use object::Space;
pub use policy::POLICIES;
pub(crate) use policy::{place_in_space, places};
pub use query::SpaceQuery;
pub use row::*;
pub use sharing::SpaceAccessInput;
