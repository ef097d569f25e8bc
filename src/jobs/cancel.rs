//! Asking a job to stop.

use super::JobStatus;
use crate::{
    db::{Conn, sql},
    kernel::{Result, entity::JobId},
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// What became of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It had not started and never will.
    AtOnce,
    /// It runs; its worker is told with the next beat.
    Requested,
    /// It has ended already, so.
    Ended(JobStatus),
}

/// Cancels a job that waits; asks the worker of one that runs. `None` if there is no such job.
///
/// The caller rings [`super::Channel::Changed`] after its commit.
///
/// # Errors
/// The database fails.
pub async fn cancel(mut conn: &Conn, id: JobId) -> Result<Option<Cancelled>> {
    let before: Option<(JobStatus, JobStatus)> = sql(
        "WITH old AS (SELECT id, status FROM jobs WHERE id = ? FOR UPDATE), \
         new AS (\
           UPDATE jobs j SET \
             status = CASE WHEN old.status = 'RUNNING' THEN 'RUNNING' ELSE 'CANCELLED' END, \
             finished_at = CASE WHEN old.status = 'RUNNING' THEN NULL ELSE job_now() END, \
             retain_until = CASE WHEN old.status = 'RUNNING' THEN NULL ELSE job_now() + interval '7 days' END, \
             cancel_requested_at = coalesce(cancel_requested_at, job_now()) \
           FROM old WHERE j.id = old.id AND j.finished_at IS NULL RETURNING j.id, j.status) \
         SELECT old.status, coalesce(new.status, old.status) FROM old LEFT JOIN new ON new.id = old.id",
        [id.into()],
    )
    .statement::<(st::Text, st::Text)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(before.map(|(old, new)| match (old, new) {
        (JobStatus::Running, _) => Cancelled::Requested,
        (old, JobStatus::Cancelled) if !old.is_terminal() => Cancelled::AtOnce,
        (old, _) => Cancelled::Ended(old),
    }))
}
