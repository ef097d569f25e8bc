//! The type `ApiKey` of the graph.

use super::ApiKeyRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct ApiKey(pub Arc<ApiKeyRow>);

impl From<Arc<ApiKeyRow>> for ApiKey {
    fn from(row: Arc<ApiKeyRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl ApiKey {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
