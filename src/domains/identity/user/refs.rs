//! How inputs name users.

use super::store;
use crate::{
    authz::{View, Viewer},
    db::Conn,
    gql::{Refusal, Tx, UserErrorCode, id_at},
    kernel::{
        Result,
        entity::{User, UserId},
    },
};
use async_graphql::{ID, OneofObject};
use std::sync::Arc;

/// Names a user by exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum UserRef {
    /// The id.
    Id(ID),
    /// The username, in upper or lower case.
    Username(String),
    /// The mail address, in upper or lower case.
    Email(String),
    /// The identifier in another system.
    ExternalId(String),
}

impl UserRef {
    /// The user, if the viewer may see one of this name.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find(&self, conn: &Conn, viewer: &Arc<Viewer>) -> Result<Option<UserId>> {
        store::find_by_ref(conn, &viewer.visible::<User, View>(), self).await
    }

    /// The user that the input names at `path`.
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND` if there is none for the viewer, `INVALID` for an id of
    /// something else.
    pub async fn resolve(&self, tx: &Tx<'_>, path: &str) -> Result<UserId, Refusal> {
        if let Self::Id(id) = self {
            id_at::<User>(&format!("{path}.id"), id)?;
        }
        self.find(tx.conn, &tx.viewer).await?.ok_or_else(|| {
            Refusal::user(
                UserErrorCode::NotFound,
                path,
                "there is no such user, or you may not see them",
            )
        })
    }
}
