//! Statements on validations.

use super::row::{ValidationErrorRow, ValidationSource};
use crate::{
    authz::{Create, Delete, Grant, System},
    db::{
        Conn,
        schema::{charts, dashboard_tiles, dashboards, explores, validation_errors},
        sql,
    },
    kernel::{
        Result,
        entity::{
            ChartId, DashboardId, JobId, Project, ProjectId, ValidationError, ValidationErrorId,
        },
    },
};
use diesel::{pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use std::collections::HashSet;

/// Most rows read at once: queries are wide.
const PAGE: i64 = 200;

/// A chart, as far as it can be wrong.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = charts, check_for_backend(Pg))]
pub(super) struct ChartParts {
    pub(super) id: ChartId,
    pub(super) name: String,
    pub(super) metric_query: Value,
    pub(super) pivot_columns: Vec<String>,
}

/// A dashboard, as far as it can be wrong.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = dashboards, check_for_backend(Pg))]
pub(super) struct DashboardParts {
    pub(super) id: DashboardId,
    pub(super) filters: Value,
}

/// Charts of a project behind an id, by id: a page of them, none at the end.
pub(super) async fn charts(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
    after: Option<ChartId>,
) -> Result<Vec<ChartParts>> {
    let mut page = charts::table
        .select(ChartParts::as_select())
        .filter(charts::project_id.eq(project))
        .order(charts::id)
        .limit(PAGE)
        .into_boxed();
    if let Some(after) = after {
        page = page.filter(charts::id.gt(after));
    }
    Ok(page.load(&mut conn).await?)
}

/// Dashboards of a project behind an id, by id: a page of them, none at the end.
pub(super) async fn dashboards(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
    after: Option<DashboardId>,
) -> Result<Vec<DashboardParts>> {
    let mut page = dashboards::table
        .select(DashboardParts::as_select())
        .filter(dashboards::project_id.eq(project))
        .order(dashboards::id)
        .limit(PAGE)
        .into_boxed();
    if let Some(after) = after {
        page = page.filter(dashboards::id.gt(after));
    }
    Ok(page.load(&mut conn).await?)
}

/// The charts on dashboards.
pub(super) async fn on_dashboards(
    mut conn: &Conn,
    _: System,
    ids: &[DashboardId],
) -> Result<Vec<(DashboardId, ChartId)>> {
    let found = dashboard_tiles::table
        .filter(dashboard_tiles::dashboard_id.eq_any(ids))
        .filter(dashboard_tiles::chart_id.is_not_null())
        .select((
            dashboard_tiles::dashboard_id,
            dashboard_tiles::chart_id.assume_not_null(),
        ))
        .distinct()
        .order((dashboard_tiles::dashboard_id, dashboard_tiles::chart_id))
        .load(&mut conn)
        .await?;
    Ok(found)
}

/// Names of the explores with errors that a project shows.
pub(super) async fn broken_explores(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<Vec<String>> {
    let is_active = sql(
        "explores.deployment_id = (SELECT a.deployment_id FROM active_deployments a WHERE a.project_id = ?)",
        [project.into()],
    );
    let found = explores::table
        .filter(is_active)
        .filter(explores::error_count.gt(0))
        .select(explores::name)
        .order(explores::name)
        .load(&mut conn)
        .await?;
    Ok(found)
}

/// Keeps what a job found. `replaced` says of what it is the latest; nothing, where other models than
/// the active ones were checked. What earlier jobs found is forgotten with them. Gives how many errors
/// were kept.
pub(super) async fn keep(
    mut conn: &Conn,
    project: &Grant<Create<ValidationError>, Project>,
    job: JobId,
    replaced: &[ValidationSource],
    mut found: Vec<ValidationErrorRow>,
) -> Result<usize> {
    let of_project = validation_errors::project_id.eq(project.id());
    if !replaced.is_empty() {
        diesel::update(validation_errors::table)
            .filter(of_project.and(validation_errors::source.eq_any(replaced)))
            .filter(validation_errors::is_latest)
            .set(validation_errors::is_latest.eq(false))
            .execute(&mut conn)
            .await?;
    }
    diesel::delete(validation_errors::table)
        .filter(of_project)
        .filter(sql(
            "(job_id = ? OR (job_id IS NULL AND NOT is_latest))",
            [job.into()],
        ))
        .execute(&mut conn)
        .await?;
    // What was deleted meanwhile has no errors, and what is there stays until they are stored.
    let named: Vec<ChartId> = found.iter().filter_map(|row| row.chart_id).collect();
    let charts: HashSet<ChartId> = charts::table
        .filter(charts::id.eq_any(named))
        .select(charts::id)
        .for_key_share()
        .load(&mut conn)
        .await?
        .into_iter()
        .collect();
    let named: Vec<DashboardId> = found.iter().filter_map(|row| row.dashboard_id).collect();
    let dashboards: HashSet<DashboardId> = dashboards::table
        .filter(dashboards::id.eq_any(named))
        .select(dashboards::id)
        .for_key_share()
        .load(&mut conn)
        .await?
        .into_iter()
        .collect();
    found.retain(|row| {
        row.chart_id.is_none_or(|id| charts.contains(&id))
            && row.dashboard_id.is_none_or(|id| dashboards.contains(&id))
    });
    // A statement holds 65,535 values.
    for part in found.chunks(1_000) {
        diesel::insert_into(validation_errors::table)
            .values(part)
            .execute(&mut conn)
            .await?;
    }
    Ok(found.len())
}

/// Deletes the errors of the grants.
pub(super) async fn dismiss(
    mut conn: &Conn,
    grants: &[Grant<Delete, ValidationError>],
) -> Result<()> {
    let ids: Vec<ValidationErrorId> = grants.iter().map(Grant::id).collect();
    diesel::delete(validation_errors::table.filter(validation_errors::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}
