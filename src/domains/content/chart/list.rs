//! Filters and orders of chart lists.

use super::{Chart, ChartKind, ChartRow};
use crate::{
    db::schema::charts,
    gql::{
        BooleanFilter, Connection, DateTimeFilter, FilterInput, IdFilter, ListNode, PageArgs,
        StringFilter, by_id_loader, children, column, direct, enum_filter, filterable, listing,
        search, sortable,
    },
    kernel::{Result, entity},
};
use async_graphql::Context;
use uuid::Uuid;

by_id_loader! { ChartRow in charts for entity::Chart }
listing! {
    ChartRow in charts as Chart, for entity::Chart, keys {
        "charts.id" => id,
        "charts.name" => name,
        "charts.view_count" => view_count,
        "charts.created_at" => created_at,
        "charts.updated_at" => updated_at,
    }
}

impl ListNode for Chart {
    const CONNECTION: &'static str = "ChartConnection";
    const EDGE: &'static str = "ChartEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

enum_filter! { ChartKindFilter on ChartKind }

filterable! {
    /// Which charts to list.
    pub struct ChartFilter {
        /// With this text in the name or the description.
        search: String => search(&["charts.name", "charts.description"]),
        /// By name.
        name: StringFilter => column("charts.name"),
        /// In this space; not in those inside it.
        space_id: IdFilter => IdFilter::of::<entity::Space>("charts.space_id"),
        /// By how they are drawn.
        kind: ChartKindFilter => column("charts.kind"),
        /// By the explore they ask.
        explore_name: StringFilter => column("charts.explore_name"),
        /// `eq: false` leaves out charts that exist only inside a dashboard.
        in_dashboard: BooleanFilter => column("(charts.dashboard_id IS NOT NULL)"),
        /// By time of the last change.
        updated_at: DateTimeFilter => column("charts.updated_at"),
    }
}

sortable! {
    /// Fields by which charts can be ordered.
    pub enum ChartOrderField, ChartOrder in "charts", tie "charts.id", default UpdatedAt Desc {
        /// By name.
        Name = "NAME" => "charts.name" as "::text",
        /// By the name of the space.
        SpaceName = "SPACE_NAME" => "(SELECT s.name FROM spaces s WHERE s.id = charts.space_id)" as "::text",
        /// By how often they were opened.
        ViewCount = "VIEW_COUNT" => "charts.view_count" as "::int4",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "charts.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "charts.updated_at" as "::timestamptz",
    }
}

/// The charts of one parent, tied to it by `link`.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn charts_of(
    ctx: &Context<'_>,
    (parent, link): (Uuid, &'static str),
    filter: Option<&ChartFilter>,
    order_by: Option<Vec<ChartOrder>>,
    page: &PageArgs,
) -> Result<Connection<Chart>> {
    let order: Vec<_> = order_by
        .unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect();
    children::<ChartRow, _>(ctx, parent, link, page, &order, |viewer| {
        filter.condition(viewer)
    })
    .await
}
