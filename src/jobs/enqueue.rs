//! Asking for work, in the caller's own transaction: the job is there if and only if the rest of
//! the caller's change is.

use super::{Enqueued, NewJob};
use crate::{
    db::{Bind, Conn, Fragment, sql},
    kernel::{Error, Result, entity::JobId},
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// How often the insert is tried when the job it collides with ends at the same moment.
const TRIES: usize = 3;

/// Stores a job, unless one with the same key is there or the tenant has too many waiting.
///
/// The caller rings [`super::Channel::Ready`] and [`super::Channel::Changed`] after its commit.
///
/// # Errors
/// The database fails.
pub async fn enqueue(conn: &Conn, new: &NewJob, backlog: u32) -> Result<Enqueued> {
    enqueue_with(conn, new, backlog, &Fragment::default()).await
}

/// The same with rows beside the job, in the same statement. `beside` are more members of its `WITH`, each
/// after a comma; they read `job`, which has the row of a job that was stored (`id`, `organization_id`) and
/// else none.
///
/// # Errors
/// The database fails.
pub async fn enqueue_with(
    mut conn: &Conn,
    new: &NewJob,
    backlog: u32,
    beside: &Fragment,
) -> Result<Enqueued> {
    for _ in 0..TRIES {
        let statement = sql(include_str!("enqueue.sql"), binds(new, backlog))
            .with(beside.clone())
            .then(" SELECT id FROM job", []);
        let stored: Option<JobId> = statement
            .statement::<st::Uuid>()
            .get_result(&mut conn)
            .await
            .optional()?;
        if let Some(id) = stored {
            return Ok(Enqueued::New(id));
        }
        if let Some(id) = existing(conn, new).await? {
            return Ok(Enqueued::Existing(id));
        }
        if waiting(conn, new).await? >= i64::from(backlog) {
            return Ok(Enqueued::QueueFull);
        }
        // The job that was in the way has just ended, or the queue has just emptied.
    }
    Err(Error::Conflict(
        "jobs with the same key come and go, try again".into(),
    ))
}

fn binds(new: &NewJob, backlog: u32) -> [Bind; 20] {
    let tenant = new.tenant();
    [
        tenant.into(),
        i64::from(backlog).into(),
        new.id.into(),
        new.organization.into(),
        new.project.into(),
        new.kind.as_str().into(),
        new.run_as.into(),
        new.created_by.into(),
        new.delay.into(),
        new.max_attempts.into(),
        new.priority.into(),
        tenant.into(),
        new.priority.into(),
        new.deadline.into(),
        new.idempotency_key.clone().into(),
        new.unique_key.clone().into(),
        new.retry_of.into(),
        new.progress_total.into(),
        new.input_version.into(),
        new.input.clone().into(),
    ]
}

/// The job that has the same key.
async fn existing(mut conn: &Conn, new: &NewJob) -> Result<Option<JobId>> {
    let found = sql(
        "SELECT id FROM jobs WHERE fairness_key = ? AND (idempotency_key = ? \
           OR (kind = ? AND unique_key = ? AND finished_at IS NULL)) \
         ORDER BY idempotency_key IS NOT DISTINCT FROM ? DESC LIMIT 1",
        [
            new.tenant().into(),
            new.idempotency_key.clone().into(),
            new.kind.as_str().into(),
            new.unique_key.clone().into(),
            new.idempotency_key.clone().into(),
        ],
    )
    .statement::<st::Uuid>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(found)
}

async fn waiting(mut conn: &Conn, new: &NewJob) -> Result<i64> {
    let count = sql(
        "SELECT count(*) FROM jobs \
         WHERE fairness_key = ? AND status IN ('SCHEDULED', 'QUEUED', 'RETRY_WAIT')",
        [new.tenant().into()],
    )
    .statement::<st::BigInt>()
    .get_result(&mut conn)
    .await?;
    Ok(count)
}
