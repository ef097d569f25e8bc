//! The type `AuditEvent` of the graph.

use super::AuditEventRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct AuditEvent(pub Arc<AuditEventRow>);

impl From<Arc<AuditEventRow>> for AuditEvent {
    fn from(row: Arc<AuditEventRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl AuditEvent {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
