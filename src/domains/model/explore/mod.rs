//! Explores as a project shows and queries them: those of its active deployment.
//!
//! An explore never changes once it is compiled, so parsed ones are kept in the process ([`Models`]).
//! First day of weeks and meaning of moments come from the warehouse connection as it is now, not as
//! it was when the models were compiled.

mod cache;
mod list;
mod loader;
mod object;
mod policy;
mod row;
mod settings;
mod store;

pub use cache::{ActiveExplore, Models};
pub use list::{ExploreFilter, explores_of};
pub use loader::explore_of;
pub(super) use loader::{definition, facts};
pub(super) use object::joined;
pub use object::{Explore, ExploreError, ExploreParameter, JoinType, JoinedTable};
pub use row::ExploreRow;
pub use settings::{QuerySettings, query_settings};
