//! Attributes of users: named facts that models ask for.
//!
//! A user has the values given to them and those of their active groups together; where there is
//! none of either, the default of the attribute.

mod list;
mod loader;
mod mutation;
mod object;
mod policy;
mod row;
mod store;

pub use list::attributes_of;
pub use mutation::UserAttributeMutation;
pub use object::{
    UserAttribute, UserAttributeAssignment, UserAttributeGroupValue, UserAttributeUserValue,
    assignments_of,
};
pub use policy::POLICIES;
pub use row::UserAttributeRow;

use crate::{
    authz::System,
    db::Conn,
    kernel::{
        Result,
        entity::{OrganizationId, UserId},
    },
    semantic::request::UserFacts,
};

/// What explores know of a user in an organization. An attribute without any value is left out.
///
/// # Errors
/// The database fails.
pub async fn user_facts(
    conn: &Conn,
    organization: OrganizationId,
    user: UserId,
) -> Result<UserFacts> {
    let system = System::new("comparing attributes of a user with a model");
    store::user_facts(conn, system, organization, user).await
}
