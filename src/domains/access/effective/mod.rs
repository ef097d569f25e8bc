//! Effective access: who can open a project or a space, and why.
//!
//! Answers for all projects and spaces of one level of a document together, in a constant number of
//! statements: the grants on them and around them are read once, each group is expanded once,
//! organization and project are resolved once per project, and the grants of spaces are laid over
//! that in memory. Follows the same rules as [`Access::at`](crate::authz::Access::at), for
//! everybody at once; a test compares the two on random worlds.
//!
//! Only accounts that the viewer may see are listed, and only active ones: nobody else can open
//! anything.

mod batch;
mod filter;
mod highest;
mod lens;
mod object;
mod store;
mod target;
mod world;

pub use batch::effective_access_of;
pub use filter::EffectiveAccessFilter;
pub use highest::viewer_role_at;
pub use object::{AccessSource, AccessSourceKind, EffectiveAccess};
pub use target::Target;
