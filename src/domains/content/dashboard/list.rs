//! Filters and orders of dashboard lists.

use super::{Dashboard, DashboardRow, DashboardTileRow};
use crate::{
    authz::{Resource as _, Viewer},
    db::{
        Fragment,
        schema::{dashboard_tiles, dashboards},
        sql,
    },
    gql::{
        Connection, DateTimeFilter, FilterInput, IdFilter, ListNode, PageArgs, StringFilter,
        by_id_loader, children, column, direct, filterable, listing, search, sortable,
    },
    kernel::{Result, entity},
};
use async_graphql::Context;
use uuid::Uuid;

by_id_loader! { DashboardRow in dashboards for entity::Dashboard }
by_id_loader! { DashboardTileRow in dashboard_tiles for entity::DashboardTile }
listing! {
    DashboardRow in dashboards as Dashboard, for entity::Dashboard, keys {
        "dashboards.id" => id,
        "dashboards.name" => name,
        "dashboards.view_count" => view_count,
        "dashboards.created_at" => created_at,
        "dashboards.updated_at" => updated_at,
    }
}

impl ListNode for Dashboard {
    const CONNECTION: &'static str = "DashboardConnection";
    const EDGE: &'static str = "DashboardEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

filterable! {
    /// Which dashboards to list.
    pub struct DashboardFilter {
        /// With this text in the name or the description.
        search: String => search(&["dashboards.name", "dashboards.description"]),
        /// By name.
        name: StringFilter => column("dashboards.name"),
        /// In this space; not in those inside it.
        space_id: IdFilter => IdFilter::of::<entity::Space>("dashboards.space_id"),
        /// With a tile that shows this chart; `ne` and `notIn` for those without one.
        chart_id: IdFilter => shows_chart,
        /// By time of the last change.
        updated_at: DateTimeFilter => column("dashboards.updated_at"),
    }
}

sortable! {
    /// Fields by which dashboards can be ordered.
    pub enum DashboardOrderField, DashboardOrder in "dashboards", tie "dashboards.id", default UpdatedAt Desc {
        /// By name.
        Name = "NAME" => "dashboards.name" as "::text",
        /// By the name of the space.
        SpaceName = "SPACE_NAME" => "(SELECT s.name FROM spaces s WHERE s.id = dashboards.space_id)" as "::text",
        /// By how often they were opened.
        ViewCount = "VIEW_COUNT" => "dashboards.view_count" as "::int4",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "dashboards.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "dashboards.updated_at" as "::timestamptz",
    }
}

/// Dashboards by the charts on their tiles, of those that the viewer sees.
fn shows_chart(filter: &IdFilter, viewer: &Viewer) -> Result<Fragment> {
    filter.on_set::<entity::Chart>("t.chart_id", |chart| {
        sql(
            "EXISTS (SELECT FROM dashboard_tiles t WHERE t.dashboard_id = dashboards.id AND ",
            [],
        )
        .with(entity::Chart::visible_by(viewer, "t.chart_id"))
        .then(" AND ", [])
        .with(chart)
        .then(")", [])
    })
}

/// The dashboards of one parent, tied to it by `link`.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn dashboards_of(
    ctx: &Context<'_>,
    (parent, link): (Uuid, &'static str),
    filter: Option<&DashboardFilter>,
    order_by: Option<Vec<DashboardOrder>>,
    page: &PageArgs,
) -> Result<Connection<Dashboard>> {
    let order: Vec<_> = order_by
        .unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect();
    children::<DashboardRow, _>(ctx, parent, link, page, &order, |viewer| {
        filter.condition(viewer)
    })
    .await
}
