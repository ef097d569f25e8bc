//! Statements on runs.

use super::{QueryKind, QueryRunRow};
use crate::{
    authz::{Permission, System},
    db::{Bind, Conn, Fragment, schema::query_runs, sql},
    domains::query::{
        engine::Compiled,
        result::{
            Answer,
            store::{NewAnswer, put},
        },
        spec::Spec,
    },
    kernel::{
        Error, Result,
        entity::{DashboardId, ProjectId, QueryRunId, UserId},
        milliseconds,
    },
};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::Serialize;
use serde_json::Value;
use std::time::Instant;

/// A run to be stored.
pub(in crate::domains::query) struct NewRun<'a> {
    pub(in crate::domains::query) id: QueryRunId,
    pub(in crate::domains::query) project: ProjectId,
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

/// What stores a run that was asked for, with its job ([`crate::jobs::enqueue_with`]).
pub(in crate::domains::query) fn create(_: System, new: &NewRun<'_>) -> Result<Fragment> {
    let columns = new.compiled.columns.as_ref().map(json).transpose()?;
    let explore = new.spec.ask.question();
    let explore = explore.map(|question| question.query.explore_name.clone());
    Ok(sql(
        ", run AS (INSERT INTO query_runs (id, organization_id, project_id, job_id, kind, permission, chart_id, \
           dashboard_id, explore_name, spec, dashboard_filters, sql, warnings, answer_columns, compile_ms, \
           created_at, created_by) \
         SELECT ?, job.organization_id, ?, job.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM job)",
        [
            new.id.into(),
            new.project.into(),
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
    ))
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
    pub(in crate::domains::query) answer: Given<'a>,
    /// The statement that was run.
    pub(in crate::domains::query) compiled: &'a Compiled,
    pub(in crate::domains::query) totals: Option<Value>,
}

/// Where the answer of a run is from.
pub(in crate::domains::query) enum Given<'a> {
    /// An earlier run fetched it.
    Earlier(&'a Answer),
    /// This one did.
    New(NewAnswer<'a>, Took),
}

/// How long the stages of a run took.
pub(in crate::domains::query) struct Took {
    /// Waiting for a connection, in milliseconds.
    pub(in crate::domains::query) wait_ms: f64,
    /// The warehouse, in milliseconds.
    pub(in crate::domains::query) warehouse_ms: f64,
    /// When storing the answer began.
    pub(in crate::domains::query) storing: Instant,
}

/// Notes how a run went, and stores its answer if it is new: in one statement, so that there is neither
/// without the other, and one commit for both.
pub(in crate::domains::query) async fn finish(
    mut conn: &Conn,
    _: System,
    id: QueryRunId,
    outcome: Outcome<'_>,
) -> Result<()> {
    // The columns of now: with a cached answer, a label may have changed since.
    let columns = match (&outcome.compiled.columns, &outcome.answer) {
        (Some(columns), _) => json(columns)?,
        (None, Given::Earlier(answer)) => json(&answer.columns)?,
        (None, Given::New(new, _)) => json(&new.columns)?,
    };
    let (stored, given) = match outcome.answer {
        Given::Earlier(answer) => (
            Fragment::default(),
            sql(
                "result_id = ?, row_count = ?, is_truncated = ?, cached_at = ? WHERE id = ?",
                [
                    answer.id.into(),
                    answer.row_count.into(),
                    answer.is_truncated.into(),
                    answer.at.into(),
                    id.into(),
                ],
            ),
        ),
        Given::New(new, took) => (put(new)?, took.noted(id)),
    };
    let noting = [
        columns.into(),
        outcome.compiled.statement.sql.as_str().into(),
        json(&outcome.compiled.warnings)?.into(),
        Bind::from(outcome.totals),
    ];
    stored
        .then(
            "UPDATE query_runs SET answer_columns = ?, sql = ?, warnings = ?, totals = ?, ",
            noting,
        )
        .with(given)
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    Ok(())
}

impl Took {
    /// What a run notes of an answer that is stored with it.
    fn noted(&self, id: QueryRunId) -> Fragment {
        let storing = milliseconds(self.storing.elapsed());
        // The clock is read when all rows are stored: their count is awaited.
        sql(
            "result_id = result.id, row_count = result.row_count, is_truncated = result.is_truncated, \
             wait_ms = ?, warehouse_ms = ?, \
             store_ms = ? + extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 \
             FROM result, (SELECT count(*) FROM rows) AS stored WHERE query_runs.id = ?",
            [
                self.wait_ms.into(),
                self.warehouse_ms.into(),
                storing.into(),
                id.into(),
            ],
        )
    }
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
