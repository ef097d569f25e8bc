//! How inputs name roles.

use super::{RoleRow, store};
use crate::{
    authz::{RoleScope, View},
    gql::{Refusal, Tx, UserErrorCode, id_at},
    kernel::entity::{OrganizationId, Role},
};
use async_graphql::{ID, OneofObject};

/// Names a role by exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum RoleRef {
    /// Its id.
    Id(ID),
    /// Its key, in upper or lower case. Built-in roles count before custom ones.
    Key(String),
}

impl RoleRef {
    /// The role, if the viewer may see it, it can be granted on one of `scopes` (the first counts
    /// most where keys are equal), and it is built in or belongs to `organization`.
    ///
    /// # Errors
    /// A mistake at `path`: `NOT_FOUND`, or `INVALID` for a role that is switched off and for
    /// an id of something else.
    pub async fn resolve(
        &self,
        tx: &Tx<'_>,
        path: &str,
        scopes: &[RoleScope],
        organization: Option<OrganizationId>,
    ) -> Result<RoleRow, Refusal> {
        if let Self::Id(id) = self {
            id_at::<Role>(&format!("{path}.id"), id)?;
        }
        let visible = tx.viewer.visible::<Role, View>();
        let row = store::find_by_ref(tx.conn, &visible, self, scopes, organization).await?;
        let Some(row) = row else {
            return Err(Refusal::user(
                UserErrorCode::NotFound,
                path,
                "there is no such role for this scope, or you may not see it",
            ));
        };
        if !row.is_active {
            return Err(Refusal::user(
                UserErrorCode::Invalid,
                path,
                "this role is switched off",
            ));
        }
        Ok(row)
    }
}
