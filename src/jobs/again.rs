//! Doing a job over, as a new job.

use super::{JobStatus, NewJob};
use crate::{
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{JobId, OrganizationId, ProjectId, UserId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;

type Row = (
    Option<OrganizationId>,
    Option<ProjectId>,
    String,
    (i32, Value),
    bool,
    Option<f64>,
    i32,
    i32,
    Option<i32>,
    Option<String>,
    JobStatus,
);
type RowSql = (
    st::Nullable<st::Uuid>,
    st::Nullable<st::Uuid>,
    st::Text,
    (st::Integer, st::Jsonb),
    st::Bool,
    st::Nullable<st::Double>,
    st::Integer,
    st::Integer,
    st::Nullable<st::Integer>,
    st::Nullable<st::Text>,
    st::Text,
);

/// The same job again, asked for by a user and with their rights; `None` if it did not fail, was not
/// cancelled and has not expired.
///
/// # Errors
/// The database fails.
pub async fn again(mut conn: &Conn, id: JobId, by: UserId) -> Result<Option<NewJob>> {
    let row: Option<Row> = sql(
        "SELECT j.organization_id, j.project_id, j.kind, i.version, i.input, j.run_as_id IS NOT NULL, \
           extract(epoch FROM j.deadline_at - j.created_at)::double precision, \
           j.max_attempts, j.priority, j.progress_total, j.unique_key, j.status \
         FROM jobs j JOIN job_inputs i ON i.job_id = j.id WHERE j.id = ?",
        [id.into()],
    )
    .statement::<RowSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    let Some(row) = row else { return Ok(None) };
    let (organization, project, kind, (input_version, input), has_user, deadline, ..) = row;
    let (.., max_attempts, priority, progress_total, unique_key, status) =
        (row.6, row.7, row.8, row.9, row.10);
    if !status.is_terminal() || status == JobStatus::Succeeded {
        return Ok(None);
    }
    Ok(Some(NewJob {
        id: JobId::new(),
        organization,
        project,
        kind,
        input_version,
        input,
        run_as: has_user.then_some(by),
        created_by: Some(by),
        delay: 0.0,
        deadline,
        max_attempts,
        priority,
        progress_total,
        idempotency_key: None,
        unique_key,
        retry_of: Some(id),
    }))
}
