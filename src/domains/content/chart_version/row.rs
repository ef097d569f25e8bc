//! Rows of `chart_history`.

use crate::{
    db::views::chart_history,
    kernel::entity::{ChartId, ChartVersionId, OrganizationId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use serde_json::Value;

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

/// The wide part of a version, as stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = chart_history, check_for_backend(Pg))]
pub struct ChartVersionDefinitionRow {
    /// Id.
    pub id: ChartVersionId,
    /// What it asks.
    pub metric_query: Value,
    /// How it is drawn.
    pub config: Value,
    /// Dimensions whose values become columns.
    pub pivot_columns: Vec<String>,
    /// Columns from left to right.
    pub column_order: Vec<String>,
}
