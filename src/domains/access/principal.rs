//! How inputs name whoever can hold a role: a user or a group.

use super::group::GroupRef;
use crate::{
    domains::identity::user::UserRef,
    gql::{Refusal, Tx},
    kernel::entity::{GroupId, OrganizationId, UserId},
};
use async_graphql::OneofObject;

/// Names a user or a group.
#[derive(Debug, Clone, OneofObject)]
pub enum PrincipalRef {
    /// A user.
    User(UserRef),
    /// A group.
    Group(GroupRef),
}

/// A user or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrincipalId {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
}

impl PrincipalRef {
    /// The user or group, if the viewer may see it. Groups are looked for in `organization` if one
    /// is given; whether a user belongs to it is for the caller to check.
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND`.
    pub async fn resolve(
        &self,
        tx: &Tx<'_>,
        path: &str,
        organization: Option<OrganizationId>,
    ) -> Result<PrincipalId, Refusal> {
        match self {
            Self::User(user) => {
                user.resolve(tx, &format!("{path}.user")).await.map(PrincipalId::User)
            }
            Self::Group(group) => group
                .resolve(tx, &format!("{path}.group"), organization)
                .await
                .map(PrincipalId::Group),
        }
    }
}
