//! The type `User` of the graph.

use super::UserRow;
use crate::gql::id_text;
use async_graphql::{ID, Object};
use std::sync::Arc;

/// See the type of the graph.
pub struct User(pub Arc<UserRow>);

impl From<Arc<UserRow>> for User {
    fn from(row: Arc<UserRow>) -> Self {
        Self(row)
    }
}

/// TODO describe.
#[Object]
impl User {
    /// Id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }
}
