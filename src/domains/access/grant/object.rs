//! The type `AccessGrant` of the graph.

use super::AccessGrantRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct AccessGrant(pub Arc<AccessGrantRow>);

impl From<Arc<AccessGrantRow>> for AccessGrant {
    fn from(row: Arc<AccessGrantRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl AccessGrant {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
