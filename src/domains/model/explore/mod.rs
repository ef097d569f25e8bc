//! Explores as a project shows and queries them: those of its active deployment.
//!
//! An explore never changes once it is compiled, so parsed ones are kept in the process ([`Models`]).
//! First day of weeks and meaning of moments come from the warehouse connection as it is now, not as
//! it was when the models were compiled.

mod cache;
mod settings;
mod store;

pub use cache::{ActiveExplore, Models};
pub use settings::{QuerySettings, query_settings};
