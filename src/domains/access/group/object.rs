//! The type `Group` of the graph.

use super::GroupRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Group(pub Arc<GroupRow>);

impl From<Arc<GroupRow>> for Group {
    fn from(row: Arc<GroupRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Group {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
