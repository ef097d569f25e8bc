//! Groups: sets of members of one organization.
//!
//! A grant to a group reaches its members while the group is active. Keys are unique within the
//! organization, names need not be. Whoever adds a member hands out all that is granted to the
//! group, and so must hold it. Who may see a group: `policy`.

mod command;
mod list;
mod mutation;
mod object;
mod policy;
mod query;
mod refs;
mod row;
mod store;

pub use command::{join_groups, leave_groups};
pub use list::{GroupFilter, GroupOrder, GroupOrderField, GroupTypeFilter};
pub use mutation::GroupMutation;
pub use object::Group;
pub use policy::POLICIES;
pub use query::GroupQuery;
pub use refs::GroupRef;
pub use row::{GroupRow, GroupType};
