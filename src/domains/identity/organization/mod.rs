//! Organizations: the tenants.
//!
//! An organization holds projects, members, groups and custom roles; organizations may form a
//! tree, in which rights do not flow. Names are unique on the installation. Whoever creates one
//! becomes its administrator, and the last administrator stays. Who may see it: `policy`.

mod list;
mod loader;
mod mutation;
mod object;
mod policy;
mod query;
mod row;
mod store;

pub use list::{OrganizationFilter, OrganizationOrder, OrganizationOrderField};
pub use loader::path_of;
pub use mutation::OrganizationMutation;
pub use object::Organization;
pub use policy::POLICIES;
pub use query::OrganizationQuery;
pub use row::OrganizationRow;
