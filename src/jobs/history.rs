//! Reading what happened to jobs.

use super::{JobEventRow, JobLogRow, JobRow};
use crate::{
    db::{
        Bind, Conn,
        schema::{job_events, job_logs, jobs},
        sql,
    },
    kernel::{Result, entity::JobId},
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Most events or lines that are read at once.
pub const MOST_READ: i64 = 1_000;

/// The job, as it is now.
///
/// # Errors
/// The database fails.
pub async fn job(mut conn: &Conn, id: JobId) -> Result<Option<JobRow>> {
    let row = jobs::table
        .select(JobRow::as_select())
        .filter(jobs::id.eq(id))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(row)
}

/// Jobs, as they are now.
///
/// # Errors
/// The database fails.
pub async fn many(mut conn: &Conn, ids: &[JobId]) -> Result<Vec<JobRow>> {
    let rows = jobs::table
        .select(JobRow::as_select())
        .filter(jobs::id.eq_any(ids.to_vec()))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The next events of a job after a version, in order.
///
/// # Errors
/// The database fails.
pub async fn events(mut conn: &Conn, id: JobId, after: i32) -> Result<Vec<JobEventRow>> {
    let rows = job_events::table
        .select(JobEventRow::as_select())
        .filter(job_events::job_id.eq(id))
        .filter(job_events::version.gt(after))
        .order(job_events::version)
        .limit(MOST_READ)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The next lines of a job after a number, in order.
///
/// # Errors
/// The database fails.
pub async fn lines(mut conn: &Conn, id: JobId, after: i32) -> Result<Vec<JobLogRow>> {
    let rows = job_logs::table
        .select(JobLogRow::as_select())
        .filter(job_logs::job_id.eq(id))
        .filter(job_logs::seq.gt(after))
        .order(job_logs::seq)
        .limit(MOST_READ)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The events of each job after a version, by job and in order.
///
/// # Errors
/// The database fails.
pub async fn events_of(mut conn: &Conn, from: &[(JobId, i32)]) -> Result<Vec<JobEventRow>> {
    let after = sql(
        "job_events.version > (SELECT w.after FROM unnest(?, ?) AS w(id, after) WHERE w.id = job_events.job_id)",
        [
            Bind::Uuids(from.iter().map(|(id, _)| id.uuid()).collect()),
            Bind::Ints(from.iter().map(|(_, after)| *after).collect()),
        ],
    );
    let ids: Vec<JobId> = from.iter().map(|(id, _)| *id).collect();
    let rows = job_events::table
        .select(JobEventRow::as_select())
        .filter(job_events::job_id.eq_any(ids))
        .filter(after)
        .order((job_events::job_id, job_events::version))
        .load(&mut conn)
        .await?;
    Ok(rows)
}
