//! Rows of `chart_history`.

use crate::{
    db::views::chart_history,
    kernel::entity::{ChartId, ChartVersionId, OrganizationId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A version of a chart, without query and configuration.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = chart_history, check_for_backend(Pg))]
pub struct ChartVersionRow {
    /// Id.
    pub id: ChartVersionId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// The chart.
    pub chart_id: ChartId,
    /// The explore it queries.
    pub explore_name: String,
    /// Whether it is what the chart draws now.
    pub is_current: bool,
    /// Since when the chart drew it.
    pub created_at: DateTime<Utc>,
    /// Who made the chart draw it.
    pub created_by: Option<UserId>,
}
