//! The versions of a chart, the newest first.

use super::{ChartVersion, ChartVersionRow};
use crate::{
    db::views::chart_history,
    gql::{
        Connection, DateTimeFilter, FilterInput as _, ListNode, OrderDirection, OrderField,
        PageArgs, by_id_loader, children, column, filterable, listing,
    },
    kernel::{Result, entity, entity::ChartId},
};
use async_graphql::Context;

by_id_loader! { ChartVersionRow in chart_history for entity::ChartVersion }
listing! {
    ChartVersionRow in chart_history as ChartVersion, for entity::ChartVersion, keys {
        "chart_history.id" => id,
        "chart_history.created_at" => created_at,
    }
}

impl ListNode for ChartVersion {
    const CONNECTION: &'static str = "ChartVersionConnection";
    const EDGE: &'static str = "ChartVersionEdge";
}

filterable! {
    /// Which versions to list.
    pub struct ChartVersionFilter {
        /// By the moment since which the chart drew it.
        created_at: DateTimeFilter => column("chart_history.created_at"),
    }
}

/// The one order of versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NewestFirst;

impl OrderField for NewestFirst {
    const LIST: &'static str = "versions of a chart";
    const TIE: (&'static str, &'static str) = ("chart_history.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("chart_history.created_at", "::timestamptz")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Desc)
    }
}

/// The versions of a chart.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn versions_of(
    ctx: &Context<'_>,
    chart: ChartId,
    filter: Option<&ChartVersionFilter>,
    page: &PageArgs,
) -> Result<Connection<ChartVersion>> {
    let order: [(NewestFirst, _); 0] = [];
    let link = "chart_history.chart_id = p.id";
    children::<ChartVersionRow, _>(ctx, chart.uuid(), link, page, &order, |viewer| {
        filter.condition(viewer)
    })
    .await
}
