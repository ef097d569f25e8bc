//! What is in a project: lists that need nothing of it but its id.

use crate::{
    domains::content::{
        chart::{Chart, ChartFilter, ChartOrder, charts_of},
        dashboard::{Dashboard, DashboardFilter, DashboardOrder, dashboards_of},
        space::{Space, SpaceFilter, SpaceOrder, SpaceRow},
    },
    gql::{Connection, FilterInput as _, PageArgs, children},
    kernel::{Result, entity::ProjectId},
};
use async_graphql::{Context, Object};

/// The charts, dashboards and spaces of a project.
pub(super) struct ProjectContent(pub(super) ProjectId);

/// The charts, dashboards and spaces of a project.
#[Object]
impl ProjectContent {
    /// The charts of the project, those inside dashboards included.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn charts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ChartFilter>,
        #[graphql(desc = "In which order; the last changed first unless given.")] order_by: Option<
            Vec<ChartOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Chart>> {
        let page = PageArgs::new(first, after, last, before);
        let parent = (self.0.uuid(), "charts.project_id = p.id");
        charts_of(ctx, parent, filter.as_ref(), order_by, &page).await
    }

    /// The dashboards of the project.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn dashboards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<DashboardFilter>,
        #[graphql(desc = "In which order; the last changed first unless given.")] order_by: Option<
            Vec<DashboardOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Dashboard>> {
        let page = PageArgs::new(first, after, last, before);
        let parent = (self.0.uuid(), "dashboards.project_id = p.id");
        dashboards_of(ctx, parent, filter.as_ref(), order_by, &page).await
    }

    /// The spaces of the project, on all levels.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn spaces(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<SpaceFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<SpaceOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Space>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        let link = "spaces.project_id = p.id";
        children::<SpaceRow, _>(ctx, self.0.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }
}
