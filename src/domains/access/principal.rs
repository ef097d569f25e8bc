//! Whoever can hold a role, a user or a group: as the graph shows them and as inputs name them.

use super::group::{Group, GroupRef, GroupRow};
use crate::{
    db::text_enum,
    domains::identity::user::{User, UserRef, UserRow},
    gql::{Refusal, ScopeExt as _, Tx, enum_filter},
    kernel::{
        self, Error,
        entity::{GroupId, OrganizationId, UserId},
    },
};
use async_graphql::{Context, OneofObject, Union};

/// A user or a group: whom access is given to.
#[derive(Union)]
pub enum Principal {
    /// One person.
    User(User),
    /// All members of a group, while it is active.
    Group(Group),
}

text_enum! {
    /// Kinds of principals.
    pub enum PrincipalType {
        /// A user.
        User = "USER",
        /// A group.
        Group = "GROUP",
    }
}
enum_filter! { PrincipalTypeFilter on PrincipalType }

impl Principal {
    /// The principal of a row that has a user or a group.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the viewer may not see it.
    pub async fn load(
        ctx: &Context<'_>,
        user: Option<UserId>,
        group: Option<GroupId>,
    ) -> kernel::Result<Self> {
        let found = match (user, group) {
            (Some(id), _) => ctx
                .by_id::<UserRow>(id)
                .await?
                .map(|row| Self::User(row.into())),
            (None, Some(id)) => ctx
                .by_id::<GroupRow>(id)
                .await?
                .map(|row| Self::Group(row.into())),
            (None, None) => None,
        };
        found.ok_or(Error::NotFound)
    }
}

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
            Self::User(user) => user
                .resolve(tx, &format!("{path}.user"))
                .await
                .map(PrincipalId::User),
            Self::Group(group) => group
                .resolve(tx, &format!("{path}.group"), organization)
                .await
                .map(PrincipalId::Group),
        }
    }
}
