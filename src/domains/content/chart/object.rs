//! The type `Chart` of the graph.

use super::ChartRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Chart(pub Arc<ChartRow>);

impl From<Arc<ChartRow>> for Chart {
    fn from(row: Arc<ChartRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Chart {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
