//! The type `Project` of the graph.

use super::ProjectRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Project(pub Arc<ProjectRow>);

impl From<Arc<ProjectRow>> for Project {
    fn from(row: Arc<ProjectRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Project {
    /// Id.
    async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
