//! What is in a space: lists that need nothing of it but its id.

use super::{Space, SpaceFilter, SpaceOrderField, SpaceRow};
use crate::{
    domains::content::{
        chart::{Chart, ChartFilter, ChartOrder, charts_of},
        dashboard::{Dashboard, DashboardFilter, DashboardOrder, dashboards_of},
    },
    gql::{Connection, FilterInput as _, PageArgs, children},
    kernel::{Result, entity::SpaceId},
};
use async_graphql::{Context, Object};

/// The spaces, charts and dashboards in a space.
pub(super) struct SpaceContent(pub(super) SpaceId);

/// The spaces, charts and dashboards in a space.
#[Object]
impl SpaceContent {
    /// The spaces directly inside, by name.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Space>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(SpaceOrderField, _); 0] = [];
        children::<SpaceRow, _>(
            ctx,
            self.0.uuid(),
            "spaces.parent_id = p.id",
            &page,
            &order,
            |viewer| None::<SpaceFilter>.condition(viewer),
        )
        .await
    }

    /// The charts in this very space, those inside its dashboards included.
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
        let parent = (self.0.uuid(), "charts.space_id = p.id");
        charts_of(ctx, parent, filter.as_ref(), order_by, &page).await
    }

    /// The dashboards in this very space.
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
        let parent = (self.0.uuid(), "dashboards.space_id = p.id");
        dashboards_of(ctx, parent, filter.as_ref(), order_by, &page).await
    }
}
