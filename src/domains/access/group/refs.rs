//! How inputs name groups.

use super::store;
use crate::{
    authz::View,
    gql::{Refusal, Tx, UserErrorCode},
    kernel::entity::{Group, GroupId, OrganizationId},
};
use async_graphql::{ID, OneofObject};

/// Names a group by exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum GroupRef {
    /// Its id.
    Id(ID),
    /// Its key, in upper or lower case; unique within an organization.
    Key(String),
}

impl GroupRef {
    /// The group, if the viewer may see it and it is of `organization` (of any, if none is given).
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND`, or `INVALID` for a key that several organizations use.
    pub async fn resolve(
        &self,
        tx: &Tx<'_>,
        path: &str,
        organization: Option<OrganizationId>,
    ) -> Result<GroupId, Refusal> {
        let visible = tx.viewer.visible::<Group, View>();
        match store::find_by_ref(tx.conn, &visible, self, organization)
            .await?
            .as_slice()
        {
            [id] => Ok(*id),
            [] => Err(Refusal::user(
                UserErrorCode::NotFound,
                path,
                "there is no such group, or you may not see it",
            )),
            _ => Err(Refusal::user(
                UserErrorCode::Invalid,
                path,
                "groups of several organizations have this key: name the group by its id",
            )),
        }
    }
}
