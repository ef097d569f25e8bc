//! What the caller names.

use crate::domains::{
    content::metric_query::{DashboardFiltersInput, MetricQueryInput, SortField},
    model::DateGranularity,
};
use crate::gql::FieldId;
use async_graphql::{ID, InputObject, OneofObject};
use serde_json::Value;

/// What is to be run, totalled or exported.
#[derive(Debug, OneofObject)]
pub(crate) enum QuerySourceInput {
    /// A metric query. Needs EXPLORE_USE on the project; SQL of one's own in it needs CUSTOM_SQL_USE.
    MetricQuery(ProjectMetricQueryInput),
    /// A saved chart, alone or as a tile of a dashboard. For everybody who sees the chart.
    Chart(ChartRunInput),
    /// SQL. Needs SQL_RUN on the project.
    Sql(ProjectSqlInput),
    /// What an earlier run of the caller ran.
    QueryRunId(ID),
}

/// A metric query of a project.
#[derive(Debug, InputObject)]
pub(crate) struct ProjectMetricQueryInput {
    /// The project.
    pub project_id: ID,
    /// The query.
    pub query: MetricQueryInput,
    /// Another unit for the first date dimension of the query.
    pub granularity: Option<DateGranularity>,
    /// Values of the parameters that the models of the explore use, by name.
    pub parameters: Option<Value>,
    /// Whether the warehouse is asked even if the answer is known.
    #[graphql(default = false)]
    pub invalidate_cache: bool,
}

/// A cell of the result of a query.
#[derive(Debug, InputObject)]
pub(crate) struct UnderlyingCellInput {
    /// The metric, or the dimension, whose value the cell shows.
    pub field_id: FieldId,
    /// Values of its row by field id, as `raw` gives them, null for none. Those of dimensions count; a total lacks some
    /// or all of them.
    pub row: Option<Value>,
    /// Where the result is pivoted: the values of the cell's column, by dimension.
    pub pivot: Option<Value>,
}

/// SQL for the warehouse of a project.
#[derive(Debug, InputObject)]
pub(crate) struct ProjectSqlInput {
    /// The project.
    pub project_id: ID,
    /// One statement that reads; at most 100,000 bytes.
    pub sql: String,
}

/// A saved chart to run.
#[derive(Debug, InputObject)]
pub(crate) struct ChartRunInput {
    /// The chart.
    pub chart_id: ID,
    /// One of its versions, in place of the current one. It runs by the rights that the chart asks for now.
    pub version_id: Option<ID>,
    /// Whether the warehouse is asked even if the answer is known.
    #[graphql(default = false)]
    pub invalidate_cache: bool,
    /// Values of the parameters that the models of the explore use, by name.
    pub parameters: Option<Value>,
    /// The dashboard on which it is shown, whose filters then apply.
    pub dashboard: Option<DashboardContextInput>,
}

/// Runs a chart as the tile of a dashboard.
#[derive(Debug, InputObject)]
pub(crate) struct DashboardContextInput {
    /// The dashboard. The caller must see it.
    pub dashboard_id: ID,
    /// The tile, where filters differ between tiles.
    pub tile_id: Option<ID>,
    /// The filters of the dashboard as the viewer has set them; those saved with it unless given.
    pub filters: Option<DashboardFiltersInput>,
    /// Another order of the rows.
    pub sorts: Option<Vec<SortField>>,
    /// Another unit for the first date dimension.
    pub granularity: Option<DateGranularity>,
    /// Whether nobody asked: the dashboard refreshes itself. Then an answer that is known will not do.
    #[graphql(default = false)]
    pub auto_refresh: bool,
}
