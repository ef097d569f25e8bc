//! How the queue does, for operators.

use crate::{
    db::{Conn, sql},
    kernel::Result,
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;

/// The jobs of one kind and status that have not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Depth {
    /// Name of the kind.
    pub kind: String,
    /// Where they stand.
    pub status: super::JobStatus,
    /// How many.
    pub count: i64,
    /// Since when the first of them is due, in seconds; negative if it is not yet.
    pub oldest_seconds: f64,
}

/// What has not ended, by kind and status.
///
/// # Errors
/// The database fails.
pub async fn depth(mut conn: &Conn) -> Result<Vec<Depth>> {
    let rows: Vec<(String, super::JobStatus, i64, f64)> = sql(
        // Two halves, each from an index of its own; what has ended is never read.
        "SELECT kind, status, count(*), extract(epoch FROM job_now() - min(run_at))::double precision \
         FROM jobs WHERE status IN ('SCHEDULED', 'QUEUED', 'RETRY_WAIT') GROUP BY kind, status \
         UNION ALL \
         SELECT kind, status, count(*), extract(epoch FROM job_now() - min(run_at))::double precision \
         FROM jobs WHERE status = 'RUNNING' GROUP BY kind, status",
        [],
    )
    .statement::<(st::Text, st::Text, st::BigInt, st::Double)>()
    .load(&mut conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(kind, status, count, oldest_seconds)| Depth {
            kind,
            status,
            count,
            oldest_seconds,
        })
        .collect())
}
