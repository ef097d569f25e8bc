//! Forgetting what was kept long enough.

use crate::{
    db::{Conn, sql},
    kernel::Result,
};
use diesel_async::RunQueryDsl as _;

/// Most rows that go at a time, so that no statement holds many locks.
const BATCH: i64 = 500;

/// Deletes jobs whose time to be kept is over, with all that belongs to them; one batch. Gives back
/// how many there were.
///
/// # Errors
/// The database fails.
pub async fn jobs(mut conn: &Conn) -> Result<usize> {
    let count = sql(
        "WITH old AS (\
           SELECT id FROM jobs WHERE retain_until < job_now() AND finished_at IS NOT NULL \
           ORDER BY retain_until LIMIT ? FOR UPDATE SKIP LOCKED) \
         DELETE FROM jobs USING old WHERE jobs.id = old.id",
        [BATCH.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(count)
}

/// Forgets the keys of requests of more than a day ago; whoever sends one again gets a new job.
///
/// # Errors
/// The database fails.
pub async fn keys(mut conn: &Conn) -> Result<usize> {
    let count = sql(
        "WITH old AS (\
           SELECT id FROM jobs WHERE idempotency_key IS NOT NULL AND created_at < job_now() - interval '1 day' \
           LIMIT ? FOR UPDATE SKIP LOCKED) \
         UPDATE jobs SET idempotency_key = NULL FROM old WHERE jobs.id = old.id",
        [BATCH.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(count)
}

/// Strikes off workers that gave no sign of life for an hour, and forgets due times of more than 30
/// days ago.
///
/// # Errors
/// The database fails.
pub async fn registers(mut conn: &Conn) -> Result<usize> {
    let workers = sql(
        "DELETE FROM worker_nodes WHERE last_beat_at < job_now() - interval '1 hour'",
        [],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let fires = sql(
        "DELETE FROM job_fires WHERE at < job_now() - interval '30 days'",
        [],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(workers + fires)
}
