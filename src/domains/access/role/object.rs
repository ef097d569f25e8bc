//! The type `Role` of the graph.

use super::RoleRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Role(pub Arc<RoleRow>);

impl From<Arc<RoleRow>> for Role {
    fn from(row: Arc<RoleRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Role {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
