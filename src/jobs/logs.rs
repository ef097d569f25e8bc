//! Lines that a running job writes.

use super::{Lease, LogLevel};
use crate::{
    db::{Bind, Conn, sql},
    kernel::{Result, entity::JobId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use std::time::Instant;

/// Longest line, in bytes.
pub const LINE_BYTES: usize = 64 * 1024;
/// Most bytes of the lines of a job.
pub const JOB_BYTES: usize = 10 * 1024 * 1024;

/// A line to be written.
#[derive(Debug, Clone)]
pub struct Line {
    /// How much it matters.
    pub level: LogLevel,
    /// The line.
    pub message: String,
    /// Facts for machines.
    pub details: Option<Value>,
    /// When it was written, by the node's monotonic clock. The time that is stored is the
    /// database's, less the age of the line.
    pub at: Instant,
}

impl Line {
    /// A line that is not longer than allowed and holds nothing that PostgreSQL cannot.
    pub fn new(level: LogLevel, message: &str, details: Option<Value>) -> Self {
        let mut end = message.len().min(LINE_BYTES);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let message = message
            .get(..end)
            .unwrap_or_default()
            .replace('\0', "\u{fffd}");
        Self {
            level,
            message,
            details,
            at: Instant::now(),
        }
    }
}

/// How many bytes of lines a job has.
///
/// # Errors
/// The database fails.
pub async fn size(mut conn: &Conn, id: JobId) -> Result<usize> {
    let bytes: i64 = sql(
        "SELECT coalesce(sum(octet_length(message)), 0)::bigint FROM job_logs WHERE job_id = ?",
        [id.into()],
    )
    .statement::<st::BigInt>()
    .get_result(&mut conn)
    .await?;
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// Writes lines; false if the lease was lost, and then none is written.
///
/// The job's row is locked, so that lines of a fenced attempt cannot come between those of the next.
///
/// # Errors
/// The database fails.
pub async fn write(mut conn: &Conn, lease: Lease, lines: &[Line]) -> Result<bool> {
    let details = lines.iter().map(|line| {
        let text = line.details.as_ref().map(ToString::to_string);
        text.unwrap_or_default().replace("\\u0000", "\\ufffd")
    });
    let written = sql(
        "WITH job AS MATERIALIZED (SELECT jobs.id, jobs.attempt FROM jobs WHERE ",
        [],
    )
    .with(lease.holds())
    .then(
        " FOR UPDATE) \
         INSERT INTO job_logs (job_id, seq, attempt, at, level, message, details) \
         SELECT job.id, \
           (SELECT coalesce(max(l.seq), 0) FROM job_logs l WHERE l.job_id = job.id) + line.n::integer, \
           job.attempt, clock_timestamp() - make_interval(secs => line.age / 1000.0), \
           line.level, line.message, nullif(line.details, '')::jsonb \
         FROM job, unnest(?, ?, ?, ?) WITH ORDINALITY AS line(level, message, details, age, n)",
        [
            Bind::Texts(lines.iter().map(|line| line.level.as_str().to_owned()).collect()),
            Bind::Texts(lines.iter().map(|line| line.message.clone()).collect()),
            Bind::Texts(details.collect()),
            Bind::Ints(lines.iter().map(age_millis).collect()),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(written > 0)
}

fn age_millis(line: &Line) -> i32 {
    i32::try_from(line.at.elapsed().as_millis()).unwrap_or(i32::MAX)
}
