//! The type `Dashboard` of the graph.

use super::DashboardRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Dashboard(pub Arc<DashboardRow>);

impl From<Arc<DashboardRow>> for Dashboard {
    fn from(row: Arc<DashboardRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Dashboard {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
