//! Spaces, charts and dashboards.

use async_graphql::MergedObject;

pub mod chart;
pub mod chart_version;
pub mod dashboard;
pub mod import;
mod interface;
pub mod metric_query;
pub mod space;

pub use interface::Content;

/// What can be read here.
#[derive(MergedObject, Default)]
pub struct ContentQuery(
    space::SpaceQuery,
    chart::ChartQuery,
    dashboard::DashboardQuery,
);

/// What can be changed here.
#[derive(MergedObject, Default)]
pub struct ContentMutation(
    space::SpaceMutation,
    chart::ChartMutation,
    chart_version::ChartVersionMutation,
    dashboard::DashboardMutation,
);
