//! The row of `dashboards` and the enums stored in it.

use crate::{
    db::{
        schema::{dashboard_tabs, dashboard_tiles, dashboards},
        text_enum,
    },
    kernel::entity::{
        ChartId, DashboardId, DashboardTabId, DashboardTileId, OrganizationId, ProjectId, SpaceId,
        UserId,
    },
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

/// A dashboard, without tiles and tabs.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = dashboards, check_for_backend(Pg))]
pub struct DashboardRow {
    /// Id.
    pub id: DashboardId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its project.
    pub project_id: ProjectId,
    /// Its space.
    pub space_id: SpaceId,
    /// Name for addresses, unique within the project.
    pub slug: String,
    /// Name.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
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

text_enum! {
    /// What a tile holds.
    pub enum DashboardTileKind {
        /// A chart.
        Chart = "CHART",
        /// The result of SQL.
        SqlChart = "SQL_CHART",
        /// Text in Markdown.
        Markdown = "MARKDOWN",
        /// A video.
        Loom = "LOOM",
    }
}

/// A tile of a dashboard.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = dashboard_tiles, check_for_backend(Pg))]
pub struct DashboardTileRow {
    /// Id.
    pub id: DashboardTileId,
    /// The dashboard.
    pub dashboard_id: DashboardId,
    /// The tab, if the dashboard has tabs.
    pub tab_id: Option<DashboardTabId>,
    /// What it holds.
    pub kind: DashboardTileKind,
    /// First column, from 0.
    pub x: i32,
    /// First row, from 0.
    pub y: i32,
    /// Columns.
    pub width: i32,
    /// Rows.
    pub height: i32,
    /// Title, if not that of the content.
    pub title: Option<String>,
    /// Whether no title is shown.
    pub hide_title: bool,
    /// The chart.
    pub chart_id: Option<ChartId>,
    /// The text.
    pub content: Option<String>,
    /// Address of the video.
    pub url: Option<String>,
}

/// A tab of a dashboard.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = dashboard_tabs, check_for_backend(Pg))]
pub struct DashboardTabRow {
    /// Id.
    pub id: DashboardTabId,
    /// The dashboard.
    pub dashboard_id: DashboardId,
    /// Name.
    pub name: String,
    /// Place among the tabs.
    pub position: i32,
}
