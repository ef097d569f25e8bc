//! The type `WarehouseCredentials` of the graph.

use super::WarehouseCredentialsRow;
use crate::{gql::id_text, services::warehouse::WarehouseType};
use async_graphql::{ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Personal credentials of the caller for warehouses of one organization.
pub struct WarehouseCredentials(pub Arc<WarehouseCredentialsRow>);

impl From<Arc<WarehouseCredentialsRow>> for WarehouseCredentials {
    fn from(row: Arc<WarehouseCredentialsRow>) -> Self {
        Self(row)
    }
}

/// Personal credentials of the caller for warehouses of one organization. The secret is never
/// shown.
#[Object]
impl WarehouseCredentials {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// What the caller calls them.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// For what kind of warehouse they are.
    #[graphql(name = "type")]
    async fn kind(&self) -> WarehouseType {
        self.0.kind
    }

    /// User name in the warehouse; null where credentials have none.
    async fn user(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// When they were created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When they were changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}
