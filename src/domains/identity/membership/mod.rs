//! Memberships: the grants on an organization, seen from the organization.
//!
//! Each is a row of `access_grants` whose scope is the organization, with an id of its own prefix
//! over the same UUID. A user's membership is also their place in `organization_members`; groups
//! are members by their grant alone. Seen like the grant it is: `policy`.

mod list;
mod loader;
mod mutation;
mod object;
mod policy;
mod row;
mod store;

pub use list::{
    OrganizationMembershipFilter, OrganizationMembershipOrder, OrganizationMembershipOrderField,
    memberships_of,
};
pub use loader::membership_of;
pub use mutation::MembershipMutation;
pub use object::OrganizationMembership;
pub use policy::POLICIES;
pub use row::OrganizationMembershipRow;
pub use store::members_among;
