//! The type `Session` of the graph.

use super::SessionRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Session(pub Arc<SessionRow>);

impl From<Arc<SessionRow>> for Session {
    fn from(row: Arc<SessionRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Session {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
