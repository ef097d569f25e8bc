//! How inputs name groups.

use super::store;
use crate::{
    authz::{View, Viewer},
    db::Conn,
    gql::{Refusal, Tx, UserErrorCode, id_at},
    kernel::{
        self, Error,
        entity::{Group, GroupId, OrganizationId},
    },
};
use async_graphql::{ID, OneofObject};
use std::sync::Arc;

/// Names a group by exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum GroupRef {
    /// Its id.
    Id(ID),
    /// Its key, in upper or lower case; unique within an organization.
    Key(String),
}

impl GroupRef {
    /// The group, if the viewer may see it. A key is looked for in the organization that the viewer
    /// works in, and then in all.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a key that several organizations use; outages.
    pub(super) async fn find(
        &self,
        conn: &Conn,
        viewer: &Arc<Viewer>,
    ) -> kernel::Result<Option<GroupId>> {
        let visible = viewer.visible::<Group, View>();
        if let Some(organization) = viewer.organization {
            let found = store::find_by_ref(conn, &visible, self, Some(organization)).await?;
            if let Some(id) = found.first() {
                return Ok(Some(*id));
            }
        }
        match store::find_by_ref(conn, &visible, self, None)
            .await?
            .as_slice()
        {
            [] => Ok(None),
            [id] => Ok(Some(*id)),
            _ => Err(Error::invalid(
                "by",
                "groups of several organizations have this key: name the group by its id",
            )),
        }
    }

    /// The group, if the viewer may see it and it is of `organization` (of any, if none is given).
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND`, or `INVALID` for a key that several organizations use
    /// and for an id of something else.
    pub async fn resolve(
        &self,
        tx: &Tx<'_>,
        path: &str,
        organization: Option<OrganizationId>,
    ) -> Result<GroupId, Refusal> {
        if let Self::Id(id) = self {
            id_at::<Group>(&format!("{path}.id"), id)?;
        }
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
