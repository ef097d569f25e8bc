//! What running a query needs to know of a project beside its explores.

use super::store;
use crate::{
    authz::System,
    db::Conn,
    kernel::{Result, entity::ProjectId},
    semantic::value::Weekday,
    services::warehouse::WarehouseType,
};
use chrono_tz::Tz;

/// What comes from the warehouse connection of a project.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct QuerySettings {
    /// The kind of warehouse; `None` if the project has no connection.
    pub warehouse: Option<WarehouseType>,
    /// With which day weeks begin, if not with the warehouse's own.
    pub week_start: Option<Weekday>,
    /// Zone that moments without one are in, if one is set; UTC is meant otherwise.
    pub data_timezone: Option<Tz>,
}

impl QuerySettings {
    /// Zone in which days begin unless a query names one: that of the data.
    pub fn timezone(&self) -> Tz {
        self.data_timezone.unwrap_or(Tz::UTC)
    }
}

/// The settings of a project, which the caller has seen.
///
/// # Errors
/// The database fails.
pub async fn query_settings(conn: &Conn, project: ProjectId) -> Result<QuerySettings> {
    let system = System::new("reading how a project queries its warehouse");
    store::settings(conn, system, project).await
}
