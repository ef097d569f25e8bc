//! The row of `query_runs`.

use crate::{
    db::{schema::query_runs, text_enum},
    kernel::entity::{
        ChartId, DashboardId, JobId, OrganizationId, ProjectId, QueryResultId, QueryRunId, UserId,
    },
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};
use serde_json::Value;

text_enum! {
    /// What a run asks.
    pub enum QueryKind {
        /// A metric query.
        MetricQuery = "METRIC_QUERY",
        /// SQL that somebody wrote.
        SqlQuery = "SQL_QUERY",
        /// The totals of a metric query.
        Totals = "TOTALS",
    }
}

/// An execution of a query.
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = query_runs, check_for_backend(Pg))]
pub struct QueryRunRow {
    /// Id.
    pub id: QueryRunId,
    /// Its organization.
    pub organization_id: OrganizationId,
    /// Its project.
    pub project_id: ProjectId,
    /// The job that runs it.
    pub job_id: JobId,
    /// What it asks.
    pub kind: QueryKind,
    /// The chart that is run.
    pub chart_id: Option<ChartId>,
    /// The dashboard on which the chart is run.
    pub dashboard_id: Option<DashboardId>,
    /// The explore that is asked.
    pub explore_name: Option<String>,
    /// What is run, as stored.
    pub spec: Value,
    /// The filters of the dashboard that were applied.
    pub dashboard_filters: Value,
    /// The statement.
    pub sql: String,
    /// What the caller should know.
    pub warnings: Value,
    /// The columns, once they are known.
    pub answer_columns: Option<Value>,
    /// The answer.
    pub result_id: Option<QueryResultId>,
    /// How many rows the answer has.
    pub row_count: Option<i32>,
    /// Whether there were more rows than the limit.
    pub is_truncated: bool,
    /// One value per metric.
    pub totals: Option<Value>,
    /// When the answer was fetched, if by an earlier run.
    pub cached_at: Option<DateTime<Utc>>,
    /// How long compiling took, in milliseconds.
    pub compile_ms: Option<f64>,
    /// How long it waited for a connection.
    pub wait_ms: Option<f64>,
    /// How long the warehouse took.
    pub warehouse_ms: Option<f64>,
    /// How long storing the answer took.
    pub store_ms: Option<f64>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: UserId,
}
