//! How rows of `warehouse_credentials` are loaded and listed.

use super::{WarehouseCredentials, WarehouseCredentialsRow};
use crate::{
    db::schema::warehouse_credentials,
    gql::{ListNode, OrderDirection, OrderField, by_id_loader, listing},
    kernel::entity,
};

by_id_loader! { WarehouseCredentialsRow in warehouse_credentials for entity::WarehouseCredentials }
listing! {
    WarehouseCredentialsRow in warehouse_credentials as WarehouseCredentials,
    for entity::WarehouseCredentials, keys {
        "warehouse_credentials.id" => id,
        "warehouse_credentials.name" => name,
    }
}

impl ListNode for WarehouseCredentials {
    const CONNECTION: &'static str = "WarehouseCredentialsConnection";
    const EDGE: &'static str = "WarehouseCredentialsEdge";
}

/// The one order of lists of credentials: by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByName;

impl OrderField for ByName {
    const LIST: &'static str = "warehouseCredentials";
    const TIE: (&'static str, &'static str) = ("warehouse_credentials.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("warehouse_credentials.name", "::text")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}
