//! The type `Space` of the graph.

use super::SpaceRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Space(pub Arc<SpaceRow>);

impl From<Arc<SpaceRow>> for Space {
    fn from(row: Arc<SpaceRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Space {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
