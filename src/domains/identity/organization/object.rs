//! The type `Organization` of the graph.

use super::OrganizationRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct Organization(pub Arc<OrganizationRow>);

impl From<Arc<OrganizationRow>> for Organization {
    fn from(row: Arc<OrganizationRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl Organization {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
