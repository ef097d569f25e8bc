//! Statements on runs.

use super::{QueryKind, QueryRunRow};
use crate::{
    authz::{Permission, System},
    db::{Bind, Conn, schema::query_runs, sql},
    domains::query::{engine::Compiled, result::Answer, spec::Spec},
    kernel::{
        Error, Result,
        entity::{DashboardId, JobId, OrganizationId, ProjectId, QueryRunId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::Value;

/// A run to be stored.
pub(in crate::domains::query) struct NewRun<'a> {
    pub(in crate::domains::query) id: QueryRunId,
    pub(in crate::domains::query) organization: OrganizationId,
    pub(in crate::domains::query) project: ProjectId,
    pub(in crate::domains::query) job: JobId,
    pub(in crate::domains::query) kind: QueryKind,
    pub(in crate::domains::query) permission: Permission,
    pub(in crate::domains::query) dashboard: Option<DashboardId>,
    pub(in crate::domains::query) dashboard_filters: Value,
    pub(in crate::domains::query) spec: &'a Spec,
    pub(in crate::domains::query) compiled: &'a Compiled,
    pub(in crate::domains::query) compile_ms: f64,
    pub(in crate::domains::query) at: DateTime<Utc>,
    pub(in crate::domains::query) by: UserId,
}

pub(super) fn json(value: &impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(value).map_err(anyhow::Error::new)?)
}

/// Stores a run that was asked for.
pub(in crate::domains::query) async fn create(
    mut conn: &Conn,
    _: System,
    new: &NewRun<'_>,
) -> Result<()> {
    let columns = new.compiled.columns.as_ref().map(json).transpose()?;
    let explore = new.spec.ask.question();
    let explore = explore.map(|question| question.query.explore_name.clone());
    sql(
        "INSERT INTO query_runs (id, organization_id, project_id, job_id, kind, permission, chart_id, \
           dashboard_id, explore_name, spec, dashboard_filters, sql, warnings, answer_columns, compile_ms, \
           created_at, created_by) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            new.id.into(),
            new.organization.into(),
            new.project.into(),
            new.job.into(),
            new.kind.into(),
            new.permission.as_str().into(),
            new.spec.chart.into(),
            new.dashboard.into(),
            explore.into(),
            json(new.spec)?.into(),
            new.dashboard_filters.clone().into(),
            new.compiled.statement.sql.as_str().into(),
            json(&new.compiled.warnings)?.into(),
            Bind::from(columns),
            new.compile_ms.into(),
            new.at.into(),
            new.by.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// A run, for the job that runs it.
pub(in crate::domains::query) async fn get(
    mut conn: &Conn,
    _: System,
    id: QueryRunId,
) -> Result<QueryRunRow> {
    let row = query_runs::table
        .select(QueryRunRow::as_select())
        .filter(query_runs::id.eq(id))
        .first(&mut conn)
        .await
        .optional()?;
    row.ok_or(Error::NotFound)
}

/// How a run went.
pub(in crate::domains::query) struct Outcome<'a> {
    pub(in crate::domains::query) answer: &'a Answer,
    /// When the answer was fetched, if by an earlier run.
    pub(in crate::domains::query) cached_at: Option<DateTime<Utc>>,
    /// The statement that was run.
    pub(in crate::domains::query) compiled: &'a Compiled,
    pub(in crate::domains::query) totals: Option<Value>,
    pub(in crate::domains::query) warehouse_ms: Option<f64>,
    pub(in crate::domains::query) store_ms: Option<f64>,
}

/// Notes how a run went.
pub(in crate::domains::query) async fn finish(
    mut conn: &Conn,
    _: System,
    id: QueryRunId,
    outcome: &Outcome<'_>,
) -> Result<()> {
    let answer = outcome.answer;
    // The columns of now: with a cached answer, a label may have changed since.
    let columns = match &outcome.compiled.columns {
        Some(columns) => json(columns)?,
        None => json(&answer.columns)?,
    };
    sql(
        "UPDATE query_runs SET result_id = ?, row_count = ?, is_truncated = ?, answer_columns = ?, sql = ?, warnings = ?, \
           totals = ?, cached_at = ?, warehouse_ms = ?, store_ms = ? WHERE id = ?",
        [
            answer.id.into(),
            answer.row_count.into(),
            answer.is_truncated.into(),
            columns.into(),
            outcome.compiled.statement.sql.as_str().into(),
            json(&outcome.compiled.warnings)?.into(),
            Bind::from(outcome.totals.clone()),
            Bind::from(outcome.cached_at),
            Bind::from(outcome.warehouse_ms),
            Bind::from(outcome.store_ms),
            id.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Puts the totals of a run beside its rows.
pub(in crate::domains::query) async fn set_totals(
    mut conn: &Conn,
    _: System,
    id: QueryRunId,
    totals: Value,
) -> Result<()> {
    sql(
        "UPDATE query_runs SET totals = ? WHERE id = ?",
        [totals.into(), id.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
