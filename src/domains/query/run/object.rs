//! The type `QueryRun` of the graph.

use super::{
    QueryRunRow,
    rows::{self, ResultColumn, ResultRow, ResultTable},
};
use crate::{
    domains::{
        content::{
            chart::{Chart, ChartRow},
            chart_version::{ChartVersion, ChartVersionRow},
            dashboard::{Dashboard, DashboardRow},
            metric_query::{DashboardFilterRule, MetricQuery},
        },
        model::explore::{Explore, explore_of},
        platform::job::{Job, JobRow},
        project::project::{Project, ProjectRow},
        query::spec::Spec,
    },
    gql::{Connection, PageArgs, ScopeExt as _, id_text},
    jobs::{JobStatus, StoredError},
    kernel::{Error, Result, milliseconds},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;

/// One execution of a query on the warehouse.
pub struct QueryRun(pub Arc<QueryRunRow>);

impl From<Arc<QueryRunRow>> for QueryRun {
    fn from(row: Arc<QueryRunRow>) -> Self {
        Self(row)
    }
}

/// How long the stages of a run took.
#[expect(clippy::struct_field_names, reason = "the unit, as callers read it")]
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct QueryTimings {
    /// Finding the explore and writing the SQL, in milliseconds.
    compile_ms: Option<f64>,
    /// Waiting for a worker, in milliseconds; null before it has started.
    queue_ms: Option<f64>,
    /// Waiting for one of the connections to the warehouse, or for a new one to be made, in milliseconds;
    /// null where the answer was known.
    wait_ms: Option<f64>,
    /// The warehouse, from sending the statement to the last row, in milliseconds; null where the answer
    /// was known.
    warehouse_ms: Option<f64>,
    /// Storing the rows, in milliseconds; null where the answer was known.
    store_ms: Option<f64>,
}

impl QueryRun {
    fn spec(&self) -> Result<Spec> {
        Ok(serde_json::from_value(self.0.spec.clone()).map_err(anyhow::Error::new)?)
    }

    async fn job_row(&self, ctx: &Context<'_>) -> Result<Arc<JobRow>> {
        let row = ctx.by_id::<JobRow>(self.0.job_id).await?;
        row.ok_or(Error::NotFound)
    }
}

/// One execution of a query on the warehouse. Seen by who asked for it, as long as they may ask it.
#[Object]
impl QueryRun {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Where it stands: the status of its job.
    async fn status(&self, ctx: &Context<'_>) -> Result<JobStatus> {
        Ok(self.job_row(ctx).await?.status)
    }

    /// The job that runs it: watch it with `jobUpdated`, stop it with `cancelJob`.
    async fn job(&self, ctx: &Context<'_>) -> Result<Job> {
        Ok(self.job_row(ctx).await?.into())
    }

    /// The project whose warehouse is asked.
    async fn project(&self, ctx: &Context<'_>) -> Option<Result<Project>> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The statement that the warehouse gets. Values stand beside it.
    async fn sql(&self) -> &str {
        &self.0.sql
    }

    /// The metric query that is run, with the filters of the dashboard; null for SQL.
    fn metric_query(&self) -> Result<Option<MetricQuery>> {
        let spec = self.spec()?;
        Ok(spec.ask.question().map(|question| question.query.clone()))
    }

    /// The chart that is run; null if none is, or it is not visible any more.
    async fn chart(&self, ctx: &Context<'_>) -> Option<Result<Chart>> {
        let row = ctx.by_id::<ChartRow>(self.0.chart_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The version of the chart that is run: the one that was named, else the one that was current when the
    /// run was asked for. Null if no chart is run, or it is not visible any more.
    async fn chart_version(&self, ctx: &Context<'_>) -> Result<Option<ChartVersion>> {
        let Some(id) = self.spec()?.chart_version else {
            return Ok(None);
        };
        let row = ctx.by_id::<ChartVersionRow>(id).await?;
        Ok(row.map(Into::into))
    }

    /// The dashboard on which the chart is run; null if there is none, or it is not visible.
    async fn dashboard(&self, ctx: &Context<'_>) -> Option<Result<Dashboard>> {
        let row = ctx.by_id::<DashboardRow>(self.0.dashboard_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Name of the explore that is asked; null for SQL.
    async fn explore_name(&self) -> Option<&str> {
        self.0.explore_name.as_deref()
    }

    /// The explore that is asked, as the project has it now. Null for SQL, where the project has none of this
    /// name any more, and for who may run the chart but may not see the explore.
    async fn explore(&self, ctx: &Context<'_>) -> Result<Option<Explore>> {
        match &self.0.explore_name {
            Some(name) => explore_of(ctx, self.0.project_id, name).await,
            None => Ok(None),
        }
    }

    /// The columns of the rows; for SQL, empty until it has run.
    fn columns(&self) -> Result<Vec<ResultColumn>> {
        let columns = rows::columns(&self.0)?;
        Ok(columns.iter().map(Into::into).collect())
    }

    /// The rows with raw and written values; empty until it has run. `table` is faster.
    async fn rows(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 500, 50 unless given.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 500.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ResultRow>> {
        let args = PageArgs::new(first, after, last, before);
        rows::rows(ctx, &self.0, &args).await
    }

    /// The same rows as plain arrays of raw values in the order of the columns, for charts and tables
    /// that want speed.
    async fn table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 5,000, 500 unless given.")]
        first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
    ) -> Result<ResultTable> {
        let args = PageArgs::new(first, after, None, None);
        rows::table(ctx, &self.0, &args).await
    }

    /// How many rows there are; null until it has run.
    async fn row_count(&self) -> Option<i32> {
        self.0.row_count
    }

    /// Whether there were more rows than one answer may have; the rest was left out.
    async fn is_truncated(&self) -> bool {
        self.0.is_truncated
    }

    /// One value per metric, null for metrics that cannot be totalled: of a run of `calculateTotals`,
    /// and of the run that it was asked for. Null where nobody asked.
    async fn totals(&self) -> Option<&Value> {
        self.0.totals.as_ref()
    }

    /// What the caller should know, such as metrics that joins count twice.
    fn warnings(&self) -> Result<Vec<String>> {
        warnings(&self.0.warnings)
    }

    /// The filters of the dashboard that this run applied.
    fn applied_dashboard_filters(&self) -> Result<Vec<DashboardFilterRule>> {
        let stored = self.0.dashboard_filters.clone();
        Ok(serde_json::from_value(stored).map_err(anyhow::Error::new)?)
    }

    /// Whether the rows are those of an earlier run.
    async fn cache_hit(&self) -> bool {
        self.0.cached_at.is_some()
    }

    /// When the rows were fetched, if by an earlier run.
    async fn cached_at(&self) -> Option<DateTime<Utc>> {
        self.0.cached_at
    }

    /// How long the stages took.
    async fn timings(&self, ctx: &Context<'_>) -> Result<QueryTimings> {
        let job = self.job_row(ctx).await?;
        let waited = job.started_at.map(|started| started - job.created_at);
        let waited = waited.and_then(|waited| waited.to_std().ok());
        Ok(QueryTimings {
            compile_ms: self.0.compile_ms,
            queue_ms: waited.map(milliseconds),
            wait_ms: self.0.wait_ms,
            warehouse_ms: self.0.warehouse_ms,
            store_ms: self.0.store_ms,
        })
    }

    /// Why it failed; null if it did not. The error of its job has a code and details.
    async fn error(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let job = self.job_row(ctx).await?;
        let stored = job.error.clone().filter(|_| job.status.is_terminal());
        let stored: Option<StoredError> = stored
            .map(serde_json::from_value)
            .transpose()
            .map_err(anyhow::Error::new)?;
        Ok(stored.map(|error| error.message))
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

/// The sentences of stored warnings.
fn warnings(stored: &Value) -> Result<Vec<String>> {
    let read: Vec<crate::semantic::resolve::Warning> =
        serde_json::from_value(stored.clone()).map_err(anyhow::Error::new)?;
    Ok(read.into_iter().map(|warning| warning.message).collect())
}
