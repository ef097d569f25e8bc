//! The row of `charts` and the enums stored in it.

use crate::{
    db::{schema::charts, text_enum},
    kernel::entity::{ChartId, DashboardId, OrganizationId, ProjectId, SpaceId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use serde_json::Value;

text_enum! {
    /// How a chart is drawn.
    pub enum ChartKind {
        /// Lines over an axis.
        Line = "LINE",
        /// Bars from left to right.
        HorizontalBar = "HORIZONTAL_BAR",
        /// Bars from bottom to top.
        VerticalBar = "VERTICAL_BAR",
        /// Points by two values.
        Scatter = "SCATTER",
        /// Filled lines.
        Area = "AREA",
        /// Several kinds of series on one pair of axes.
        Mixed = "MIXED",
        /// Shares of a whole.
        Pie = "PIE",
        /// Rows and columns.
        Table = "TABLE",
        /// One number.
        BigNumber = "BIG_NUMBER",
        /// Steps that lose some at each.
        Funnel = "FUNNEL",
        /// As the configuration says.
        Custom = "CUSTOM",
    }
}

/// A chart, without query and configuration.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = charts, check_for_backend(Pg))]
pub struct ChartRow {
    /// Id.
    pub id: ChartId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its space.
    pub space_id: SpaceId,
    /// The only dashboard it exists in.
    pub dashboard_id: Option<DashboardId>,
    /// Name for addresses, unique within the project.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// How it is drawn.
    pub kind: ChartKind,
    /// The explore it queries.
    pub explore_name: String,
    /// How often it was opened.
    pub view_count: i32,
    /// When it was first opened.
    pub first_viewed_at: Option<DateTime<Utc>>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Who created it.
    pub created_by: Option<UserId>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
    /// Who changed it last.
    pub updated_by: Option<UserId>,
}

/// A definition as it is stored: its query may be one that cannot be read.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct StoredDefinition {
    /// What the chart asks.
    pub metric_query: Value,
    /// How it is drawn.
    pub config: Value,
    /// Dimensions whose values become columns.
    pub pivot_columns: Vec<String>,
    /// Columns from left to right.
    pub column_order: Vec<String>,
}
