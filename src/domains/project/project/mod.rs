//! Projects: one semantic layer and the spaces built on it.
//!
//! A project is named uniquely within its organization. Deleting it deletes its spaces, charts and
//! dashboards. Who may see it: `policy`.

mod content;
mod list;
mod mutation;
mod object;
mod policy;
mod query;
mod row;
mod store;

pub use list::{ProjectFilter, ProjectOrder, ProjectOrderField};
pub use mutation::ProjectMutation;
pub use object::Project;
pub use policy::POLICIES;
pub use query::ProjectQuery;
pub use row::{ProjectRow, ProjectType};
