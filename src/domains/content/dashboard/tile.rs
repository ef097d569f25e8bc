//! The types `DashboardTile` and `DashboardTab` of the graph.

use super::{DashboardTabRow, DashboardTileKind, DashboardTileRow, loader};
use crate::{
    domains::content::chart::{Chart, ChartRow},
    gql::{ScopeExt as _, Url, id_text},
    kernel::Result,
};
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

/// A rectangle on a dashboard.
pub struct DashboardTile(pub Arc<DashboardTileRow>);

impl From<Arc<DashboardTileRow>> for DashboardTile {
    fn from(row: Arc<DashboardTileRow>) -> Self {
        Self(row)
    }
}

/// A rectangle on a dashboard, with a chart, a text or a video in it.
#[Object]
impl DashboardTile {
    /// Globally unique id; stays when the dashboard is saved with it.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// What it holds.
    async fn kind(&self) -> DashboardTileKind {
        self.0.kind
    }

    /// First of the 36 columns that it covers, from 0.
    async fn x(&self) -> i32 {
        self.0.x
    }

    /// First row that it covers, from 0.
    async fn y(&self) -> i32 {
        self.0.y
    }

    /// How many columns it covers.
    async fn width(&self) -> i32 {
        self.0.width
    }

    /// How many rows it covers.
    async fn height(&self) -> i32 {
        self.0.height
    }

    /// The tab it is on; null where the dashboard has none.
    async fn tab(&self, ctx: &Context<'_>) -> Option<Result<DashboardTab>> {
        let id = self.0.tab_id?;
        match loader::tabs(ctx, self.0.dashboard_id).await {
            Ok(tabs) => tabs
                .iter()
                .find(|tab| tab.id == id)
                .cloned()
                .map(Into::into)
                .map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    /// Title, if it is not that of the content.
    async fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Whether no title is shown.
    async fn hide_title(&self) -> bool {
        self.0.hide_title
    }

    /// The chart; null if the tile holds something else or the caller may not see the chart.
    async fn chart(&self, ctx: &Context<'_>) -> Option<Result<Chart>> {
        let row = ctx.by_id::<ChartRow>(self.0.chart_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The text, in Markdown as it was written: whoever shows it has to make it harmless.
    async fn content(&self) -> Option<&str> {
        self.0.content.as_deref()
    }

    /// Address of the video.
    async fn url(&self) -> Option<Url> {
        self.0.url.as_deref().map(Url::trusted)
    }
}

/// A page of a dashboard.
pub struct DashboardTab(Arc<DashboardTabRow>);

impl From<Arc<DashboardTabRow>> for DashboardTab {
    fn from(row: Arc<DashboardTabRow>) -> Self {
        Self(row)
    }
}

/// A page of a dashboard.
#[Object]
impl DashboardTab {
    /// Id; stays when the dashboard is saved with it.
    async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Place among the tabs: lower ones come first.
    async fn order(&self) -> i32 {
        self.0.position
    }
}
