//! Statements of schedules.

use super::{CatchUp, FireOutcome, Overlap};
use crate::{
    db::{Conn, sql},
    jobs::{Kind, NewJob, Priority},
    kernel::{
        Result,
        entity::{JobId, JobScheduleId, OrganizationId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;

/// A schedule that is due, locked by the transaction.
pub(super) struct Due {
    pub(super) id: JobScheduleId,
    pub(super) cron: String,
    pub(super) time_zone: String,
    pub(super) catch_up: CatchUp,
    pub(super) overlap: Overlap,
    pub(super) next_due_at: Option<DateTime<Utc>>,
    pub(super) now: DateTime<Utc>,
}

type DueSql = (
    st::Uuid,
    st::Text,
    st::Text,
    st::Text,
    st::Text,
    st::Nullable<st::Timestamptz>,
    st::Timestamptz,
);

/// The schedule that is due the longest and that nobody else is at.
pub(super) async fn next_due(mut conn: &Conn) -> Result<Option<Due>> {
    type Row = (
        JobScheduleId,
        String,
        String,
        CatchUp,
        Overlap,
        Option<DateTime<Utc>>,
        DateTime<Utc>,
    );
    let row: Option<Row> = sql(
        "SELECT id, cron, time_zone, catch_up, overlap, next_due_at, job_now() FROM job_schedules \
         WHERE is_enabled AND (next_due_at IS NULL OR next_due_at <= job_now()) \
         ORDER BY next_due_at NULLS FIRST LIMIT 1 FOR UPDATE SKIP LOCKED",
        [],
    )
    .statement::<DueSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(row.map(
        |(id, cron, time_zone, catch_up, overlap, next_due_at, now)| Due {
            id,
            cron,
            time_zone,
            catch_up,
            overlap,
            next_due_at,
            now,
        },
    ))
}

/// When it is due next; never again switches it off.
pub(super) async fn set_next(
    mut conn: &Conn,
    id: JobScheduleId,
    next: Option<DateTime<Utc>>,
) -> Result<()> {
    sql(
        "UPDATE job_schedules SET next_due_at = ?, is_enabled = is_enabled AND ? WHERE id = ?",
        [next.into(), next.is_some().into(), id.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

pub(super) async fn switch_off(mut conn: &Conn, id: JobScheduleId) -> Result<()> {
    sql(
        "UPDATE job_schedules SET is_enabled = false WHERE id = ?",
        [id.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Takes a due time; false if it was taken before.
pub(super) async fn note(
    mut conn: &Conn,
    id: JobScheduleId,
    due_at: DateTime<Utc>,
) -> Result<bool> {
    let noted = sql(
        "INSERT INTO job_fires (schedule_id, due_at, outcome) VALUES (?, ?, 'MISSED') ON CONFLICT DO NOTHING",
        [id.into(), due_at.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(noted == 1)
}

pub(super) async fn outcome(
    mut conn: &Conn,
    id: JobScheduleId,
    due_at: DateTime<Utc>,
    (outcome, job): (FireOutcome, Option<JobId>),
) -> Result<()> {
    sql(
        "UPDATE job_fires SET outcome = ?, job_id = ? WHERE schedule_id = ? AND due_at = ?",
        [outcome.into(), job.into(), id.into(), due_at.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Whether a run of the schedule is not done yet.
pub(super) async fn is_running(mut conn: &Conn, id: JobScheduleId) -> Result<bool> {
    let found = sql(
        "SELECT EXISTS (SELECT FROM job_fires f JOIN jobs j ON j.id = f.job_id \
         WHERE f.schedule_id = ? AND j.finished_at IS NULL)",
        [id.into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// The job that a schedule asks for.
pub(super) async fn job(mut conn: &Conn, due: &Due) -> Result<NewJob> {
    type Row = (Option<OrganizationId>, String, i32, Value, Option<UserId>);
    let (organization, kind, input_version, input, run_as): Row = sql(
        "SELECT organization_id, kind, input_version, input, run_as_id FROM job_schedules WHERE id = ?",
        [due.id.into()],
    )
    .statement::<(
        st::Nullable<st::Uuid>,
        st::Text,
        st::Integer,
        st::Jsonb,
        st::Nullable<st::Uuid>,
    )>()
    .get_result(&mut conn)
    .await?;
    Ok(NewJob {
        id: JobId::new(),
        organization,
        project: None,
        kind,
        input_version,
        input,
        run_as,
        created_by: run_as,
        delay: 0.0,
        deadline: None,
        max_attempts: 5,
        priority: Priority::Low.number(),
        progress_total: None,
        idempotency_key: None,
        unique_key: None,
        retry_of: None,
    })
}

/// A schedule of the server itself.
#[derive(Debug, Clone, Copy)]
pub struct NewSchedule<'a> {
    /// By which it is known.
    pub name: &'a str,
    /// Five fields: minute, hour, day of month, month, day of week.
    pub cron: &'a str,
    /// IANA name of the zone.
    pub time_zone: &'a str,
    /// What happens to missed due times.
    pub catch_up: CatchUp,
    /// What happens when the last run is not done yet.
    pub overlap: Overlap,
}

/// Stores a schedule of the server itself, or brings the one of that name up to date.
///
/// # Errors
/// The payload cannot be written; the database fails.
pub async fn ensure<K: Kind>(
    mut conn: &Conn,
    schedule: &NewSchedule<'_>,
    payload: &K::Payload,
) -> Result<()> {
    let input = serde_json::to_value(payload).map_err(anyhow::Error::new)?;
    sql(
        "INSERT INTO job_schedules (id, name, kind, input_version, input, cron, time_zone, catch_up, overlap) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (coalesce(organization_id, '00000000-0000-0000-0000-000000000000'), name) DO UPDATE SET \
           kind = excluded.kind, input_version = excluded.input_version, input = excluded.input, \
           next_due_at = CASE WHEN (job_schedules.cron, job_schedules.time_zone) = (excluded.cron, excluded.time_zone) \
             THEN job_schedules.next_due_at END, \
           cron = excluded.cron, time_zone = excluded.time_zone, catch_up = excluded.catch_up, overlap = excluded.overlap",
        [
            JobScheduleId::new().into(),
            schedule.name.into(),
            K::NAME.into(),
            K::VERSION.into(),
            input.into(),
            schedule.cron.into(),
            schedule.time_zone.into(),
            schedule.catch_up.into(),
            schedule.overlap.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
