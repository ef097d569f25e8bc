//! What is to be run, as it is stored with a run.

use crate::{
    authz::Permission,
    domains::content::metric_query::MetricQuery,
    kernel::entity::{ChartId, ChartVersionId, QueryRunId},
    semantic::request::DateZoom,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is to be run, and by which right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The chart that is run: then it must be visible, and nothing else is needed.
    pub chart: Option<ChartId>,
    /// The version of the chart.
    #[serde(default)]
    pub chart_version: Option<ChartVersionId>,
    /// What is asked of the warehouse.
    pub ask: Ask,
    /// Whether an earlier answer will do.
    pub accepts_cached: bool,
    /// Whether somebody wrote SQL into the query, beside names of what the models show.
    #[serde(default)]
    pub writes_sql: bool,
    /// For totals of a run: the run.
    #[serde(default)]
    pub totals_of: Option<QueryRunId>,
}

/// What is asked of the warehouse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// A metric query.
    Metric(Question),
    /// The rows behind a value, as a metric query.
    Underlying(Question),
    /// The totals of a metric query.
    Totals(Question),
    /// SQL that somebody wrote.
    Sql(String),
}

impl Spec {
    /// The permissions on the project that running it needs; none for a chart, which must be seen.
    pub fn permissions(&self) -> Vec<Permission> {
        if self.chart.is_some() {
            return Vec::new();
        }
        let own_sql = self.writes_sql.then_some(Permission::CustomSqlUse);
        [self.ask.permission()].into_iter().chain(own_sql).collect()
    }
}

impl Ask {
    /// The permission on the project that running it needs, unless it is that of a chart.
    pub const fn permission(&self) -> Permission {
        match self {
            Self::Metric(_) | Self::Totals(_) => Permission::ExploreUse,
            Self::Underlying(_) => Permission::UnderlyingDataView,
            Self::Sql(_) => Permission::SqlRun,
        }
    }

    /// The metric query, if it is one.
    pub const fn question(&self) -> Option<&Question> {
        match self {
            Self::Metric(question) | Self::Underlying(question) | Self::Totals(question) => {
                Some(question)
            }
            Self::Sql(_) => None,
        }
    }
}

/// A metric query with what stands beside it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Question {
    /// The query.
    pub query: MetricQuery,
    /// Values of parameters.
    #[serde(default)]
    pub parameters: IndexMap<String, Value>,
    /// Another interval for a date dimension.
    #[serde(default)]
    pub date_zoom: Option<DateZoom>,
    /// The cell of the query's result whose rows are asked for, instead of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell: Option<AskedCell>,
}

/// A cell of a result.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AskedCell {
    /// The metric, or the dimension, whose value it shows.
    pub field_id: String,
    /// Values of its row, by field id.
    pub row: IndexMap<String, Value>,
    /// Where the result is pivoted: values of its column, by dimension.
    pub pivot: IndexMap<String, Value>,
}
