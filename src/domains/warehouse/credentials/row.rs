//! The row of `warehouse_credentials`, without its secret.

use crate::{
    db::schema::warehouse_credentials,
    kernel::entity::{OrganizationId, UserId, WarehouseCredentialsId},
    services::{vault::Slot, warehouse::WarehouseType},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// Personal credentials.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = warehouse_credentials, check_for_backend(Pg))]
pub struct WarehouseCredentialsRow {
    /// Id.
    pub id: WarehouseCredentialsId,
    /// For whose warehouses.
    pub organization_id: OrganizationId,
    /// Whose they are.
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// For what kind of warehouse.
    pub kind: WarehouseType,
    /// User name in the warehouse.
    pub username: Option<String>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// Where the secret of credentials is stored.
pub const fn slot(organization: OrganizationId, id: WarehouseCredentialsId) -> Slot {
    Slot {
        table: "warehouse_credentials",
        column: "secret",
        row: id.uuid(),
        organization,
    }
}
