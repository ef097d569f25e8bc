//! The row of `warehouse_connections`, without its secret.

use crate::{
    db::{schema::warehouse_connections, text_enum},
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId},
    },
    services::{
        vault::Slot,
        warehouse::{Settings, WarehouseType},
    },
};
use diesel::{dsl::IsNotNull, pg::Pg, prelude::*};

text_enum! {
    /// A day of the week.
    pub enum Weekday {
        /// Monday.
        Monday = "MONDAY",
        /// Tuesday.
        Tuesday = "TUESDAY",
        /// Wednesday.
        Wednesday = "WEDNESDAY",
        /// Thursday.
        Thursday = "THURSDAY",
        /// Friday.
        Friday = "FRIDAY",
        /// Saturday.
        Saturday = "SATURDAY",
        /// Sunday.
        Sunday = "SUNDAY",
    }
}

/// A connection.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = warehouse_connections, check_for_backend(Pg))]
pub struct WarehouseConnectionRow {
    /// The project.
    pub project_id: ProjectId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// What kind of warehouse.
    pub kind: WarehouseType,
    /// The settings of that kind.
    #[diesel(column_name = settings)]
    pub stored: serde_json::Value,
    /// Whether there is a secret.
    #[diesel(select_expression = warehouse_connections::secret.is_not_null(), select_expression_type = IsNotNull<warehouse_connections::secret>)]
    pub has_secret: bool,
    /// With which day weeks begin, if not with the warehouse's own.
    pub start_of_week: Option<Weekday>,
}

impl WarehouseConnectionRow {
    /// The settings.
    ///
    /// # Errors
    /// What is stored is not what its kind has, which would be a fault of the server.
    pub fn settings(&self) -> Result<Settings> {
        Ok(Settings::from_json(self.kind, &self.stored)?)
    }
}

/// Where the secret of a project's connection is stored.
pub(super) const fn slot(organization: OrganizationId, project: ProjectId) -> Slot {
    Slot {
        table: "warehouse_connections",
        column: "secret",
        row: project.uuid(),
        organization,
    }
}
