//! Statements on jobs for the graph. Those of the queue are in `crate::jobs`.

use super::JobRow;
use crate::{
    authz::{Edit, Grant, Resource as _, Viewer, Visible},
    db::{Conn, Fragment, schema::jobs, sql},
    jobs::{Cancelled, JobEventRow, history::MOST_READ},
    kernel::{
        Result,
        entity::{Job, JobId},
    },
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// The next events of each job after a version, in order.
pub(super) async fn events(
    mut conn: &Conn,
    visible: &Visible<Job>,
    ids: &[JobId],
    after: i32,
) -> Result<Vec<JobEventRow>> {
    use crate::db::schema::job_events;
    let of_visible = sql(
        "job_events.job_id IN (SELECT jobs.id FROM jobs WHERE jobs.id = ANY(?) AND ",
        [ids.into()],
    )
    .with(Job::visible(visible.viewer()))
    .then(")", []);
    let rows = job_events::table
        .select(JobEventRow::as_select())
        .filter(job_events::version.gt(after))
        // Versions have no gaps, so this is as many of each job.
        .filter(
            job_events::version
                .le(after.saturating_add(i32::try_from(MOST_READ).unwrap_or(i32::MAX))),
        )
        .filter(of_visible)
        .order((job_events::job_id, job_events::version))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Those among the jobs that the viewer sees and the condition selects.
pub(super) async fn selected(
    mut conn: &Conn,
    viewer: &Viewer,
    ids: &[JobId],
    condition: &Fragment,
) -> Result<Vec<JobRow>> {
    let rows = jobs::table
        .select(JobRow::as_select())
        .filter(jobs::id.eq_any(ids.to_vec()))
        .filter(Job::visible(viewer))
        .filter(condition.clone())
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The job of the grant, as it is now.
pub(super) async fn get(mut conn: &Conn, job: &Grant<Edit, Job>) -> Result<JobRow> {
    let row = jobs::table
        .select(JobRow::as_select())
        .filter(jobs::id.eq(job.id()))
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// Cancels the job of the grant, or asks its worker to.
pub(super) async fn cancel(conn: &Conn, job: &Grant<Edit, Job>) -> Result<Option<Cancelled>> {
    crate::jobs::cancel(conn, job.id()).await
}
