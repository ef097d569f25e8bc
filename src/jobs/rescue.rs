//! Work that no worker does: jobs of dead workers, jobs that are due, jobs whose time is over. Any
//! node does it for all; rows that somebody else is at are skipped.

use crate::{
    config::JobsConfig,
    db::{Conn, sql},
    kernel::Result,
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;

/// What became of jobs whose workers died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rescued {
    /// Jobs that are tried again.
    pub again: u64,
    /// Jobs that are not, since their workers died too often.
    pub poisoned: u64,
    /// Jobs that ended otherwise: no attempt left, cancelled, expired.
    pub ended: u64,
}

/// Takes jobs from workers whose lease has run out.
///
/// # Errors
/// The database fails.
pub async fn rescue(mut conn: &Conn, config: &JobsConfig) -> Result<Rescued> {
    let poison_after = i32::try_from(config.poison_after).unwrap_or(i32::MAX);
    let rows: Vec<(String, bool)> = sql(
        include_str!("rescue.sql"),
        [
            poison_after.into(),
            poison_after.into(),
            config.retry_base.as_secs_f64().into(),
        ],
    )
    .statement::<(st::Text, st::Bool)>()
    .load(&mut conn)
    .await?;
    let mut rescued = Rescued::default();
    for (status, is_poison) in rows {
        let count = match (status.as_str(), is_poison) {
            ("RETRY_WAIT", _) => &mut rescued.again,
            (_, true) => &mut rescued.poisoned,
            _ => &mut rescued.ended,
        };
        *count += 1;
    }
    Ok(rescued)
}

/// Puts jobs that are due into the queue; how many there were.
///
/// # Errors
/// The database fails.
pub async fn promote(mut conn: &Conn) -> Result<usize> {
    let count = sql(
        "WITH due AS (\
           SELECT id FROM jobs WHERE status IN ('SCHEDULED', 'RETRY_WAIT') AND run_at <= job_now() \
             AND (deadline_at IS NULL OR deadline_at > job_now()) \
           ORDER BY run_at, id LIMIT 500 FOR UPDATE SKIP LOCKED) \
         UPDATE jobs SET status = 'QUEUED', rank_at = run_at + jobs.priority * interval '1 minute' \
         FROM due WHERE jobs.id = due.id",
        [],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(count)
}

/// Ends jobs that wait and whose time is over; how many there were.
///
/// # Errors
/// The database fails.
pub async fn expire(mut conn: &Conn) -> Result<usize> {
    let count = sql(
        "WITH over AS (\
           SELECT id FROM jobs WHERE deadline_at <= job_now() AND finished_at IS NULL \
             AND status IN ('SCHEDULED', 'QUEUED', 'RETRY_WAIT') \
           ORDER BY deadline_at LIMIT 500 FOR UPDATE SKIP LOCKED) \
         UPDATE jobs SET status = 'EXPIRED', finished_at = job_now(), retain_until = job_now() + interval '7 days', \
           error = jsonb_build_object('code', 'EXPIRED', 'message', 'it was not done by its deadline') \
         FROM over WHERE jobs.id = over.id",
        [],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(count)
}
