//! What a job does outside the database, where nothing can be rolled back.
//!
//! A note is committed before (*intent*) and after (*done*). A rerun that finds *done* does nothing;
//! one that finds *intent* alone cannot know whether it was done, and the kind of effect decides:
//! what is safe to repeat is repeated under the same key, what is not is left and marked *uncertain*.

use super::Lease;
use crate::{
    db::{Conn, sql},
    kernel::Result,
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// What to do when nobody knows whether an effect was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDoubt {
    /// Do it again: the receiver knows it by its key.
    Repeat,
    /// Leave it, and mark it as uncertain: mail, for example.
    Leave,
}

/// Whether to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// Do it now.
    Go,
    /// It was done by an attempt before.
    Done,
    /// It may have been done by an attempt before, and is not repeated.
    Uncertain,
    /// The job may do nothing more: its lease is lost, or it is to be cancelled.
    Refused,
}

/// Notes that an effect is about to be done.
///
/// # Errors
/// The database fails.
pub async fn intend(
    mut conn: &Conn,
    lease: Lease,
    step: &str,
    on_doubt: OnDoubt,
) -> Result<Intent> {
    // The note of an attempt before is changed by the ON CONFLICT, and `before` is what it was.
    let found: Option<Option<String>> = sql(
        "WITH job AS MATERIALIZED (SELECT jobs.id, jobs.attempt FROM jobs WHERE jobs.cancel_requested_at IS NULL AND ",
        [],
    )
    .with(lease.holds())
    .then(
        " FOR UPDATE), before AS (\
           SELECT e.state FROM job JOIN job_effects e ON e.job_id = job.id AND e.step = ?), \
         noted AS (\
           INSERT INTO job_effects (job_id, step, attempt, state) \
           SELECT job.id, ?, job.attempt, 'INTENT' FROM job \
           ON CONFLICT (job_id, step) DO UPDATE SET \
             state = CASE WHEN job_effects.state = 'INTENT' AND ? THEN 'UNCERTAIN' ELSE job_effects.state END, \
             attempt = CASE WHEN job_effects.state = 'INTENT' THEN excluded.attempt ELSE job_effects.attempt END) \
         SELECT (SELECT before.state FROM before) FROM job",
        [
            step.into(),
            step.into(),
            (on_doubt == OnDoubt::Leave).into(),
        ],
    )
    .statement::<st::Nullable<st::Text>>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(match found.as_ref().map(|state| state.as_deref()) {
        None => Intent::Refused,
        Some(None) => Intent::Go,
        Some(Some("DONE")) => Intent::Done,
        Some(Some("INTENT")) if on_doubt == OnDoubt::Repeat => Intent::Go,
        Some(Some(_)) => Intent::Uncertain,
    })
}

/// Notes that an effect was done. Asks for no lease: it happened, whoever owns the job now.
///
/// # Errors
/// The database fails.
pub async fn done(mut conn: &Conn, lease: Lease, step: &str) -> Result<()> {
    sql(
        "UPDATE job_effects SET state = 'DONE', done_at = clock_timestamp() WHERE job_id = ? AND step = ?",
        [lease.id.into(), step.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
