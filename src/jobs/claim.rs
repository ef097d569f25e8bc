//! Claiming jobs for a node. The order in which they are given out (fair among tenants, within
//! limits, ageing priorities) is in the function `claim_jobs` of the database.

use super::{Lane, Lease, Progress};
use crate::{
    config::JobsConfig,
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{JobId, OrganizationId, ProjectId, UserId, WorkerNodeId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use uuid::Uuid;

/// A job in a worker's hands.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The hold on it.
    pub lease: Lease,
    /// Name of the kind.
    pub kind: String,
    /// Version of the payload.
    pub input_version: i32,
    /// The payload.
    pub input: Value,
    /// Its organization.
    pub organization: Option<OrganizationId>,
    /// Its project.
    pub project: Option<ProjectId>,
    /// Whose rights it has.
    pub run_as: Option<UserId>,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// How far the attempts before came.
    pub progress: Progress,
}

type Row = (
    (JobId, Uuid, String, i32, Value),
    (
        Option<OrganizationId>,
        Option<ProjectId>,
        Option<UserId>,
        i32,
    ),
    (i32, Option<i32>, Option<String>),
);
type RowSql = (
    (st::Uuid, st::Uuid, st::Text, st::Integer, st::Jsonb),
    (
        st::Nullable<st::Uuid>,
        st::Nullable<st::Uuid>,
        st::Nullable<st::Uuid>,
        st::Integer,
    ),
    (
        st::Integer,
        st::Nullable<st::Integer>,
        st::Nullable<st::Text>,
    ),
);

/// Which jobs a node can take.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Names of the kinds, all of the lane.
    pub kinds: &'a [String],
    /// Names of all kinds of the interactive lane, to count what runs in each.
    pub interactive: &'a [String],
    /// The lane.
    pub lane: Lane,
    /// How many at most.
    pub slots: usize,
}

const COLUMNS: &str = "(job).id, (job).lease_token, (job).kind, payload_version, payload, \
     (job).organization_id, (job).project_id, (job).run_as_id, (job).attempt, \
     (job).progress_done, (job).progress_total, (job).progress_message";

/// Claims jobs for a node.
///
/// # Errors
/// The database fails.
pub async fn claim(
    mut conn: &Conn,
    node: WorkerNodeId,
    wanted: Wanted<'_>,
    config: &JobsConfig,
) -> Result<Vec<Claimed>> {
    let slots = i32::try_from(wanted.slots).unwrap_or(i32::MAX);
    let most = match wanted.lane {
        Lane::Interactive => config.tenant_interactive,
        Lane::Batch => config.tenant_running,
    };
    let rows: Vec<Row> = sql("SELECT ", [])
        .then(COLUMNS, [])
        .then(
            " FROM claim_jobs(?, ?, ?, make_interval(secs => ?), ?, ?, ?)",
            [
                node.into(),
                slots.into(),
                wanted.kinds.to_vec().into(),
                config.lease.as_secs_f64().into(),
                i32::try_from(most).unwrap_or(i32::MAX).into(),
                wanted.interactive.to_vec().into(),
                (wanted.lane == Lane::Interactive).into(),
            ],
        )
        .statement::<RowSql>()
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().map(claimed).collect())
}

/// Claims one job that waits in the queue; `None` if another node was quicker.
///
/// # Errors
/// The database fails.
pub(super) async fn claim_one(
    mut conn: &Conn,
    node: WorkerNodeId,
    id: JobId,
    config: &JobsConfig,
) -> Result<Option<Claimed>> {
    let row: Option<Row> = sql(
        "WITH taken AS (\
           UPDATE jobs SET status = 'RUNNING', attempt = attempt + 1, lease_token = gen_random_uuid(), \
             lease_until = job_now() + make_interval(secs => ?), worker_id = ?, \
             started_at = coalesce(started_at, job_now()) \
           FROM job_inputs i WHERE jobs.id = ? AND i.job_id = jobs.id AND jobs.status = 'QUEUED' \
           RETURNING jobs AS job, i.version AS payload_version, i.input AS payload) SELECT ",
        [config.lease.as_secs_f64().into(), node.into(), id.into()],
    )
    .then(COLUMNS, [])
    .then(" FROM taken", [])
    .statement::<RowSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(row.map(claimed))
}

fn claimed(row: Row) -> Claimed {
    let ((id, token, kind, input_version, input), (organization, project, run_as, attempt), done) =
        row;
    Claimed {
        lease: Lease { id, token },
        kind,
        input_version,
        input,
        organization,
        project,
        run_as,
        attempt,
        progress: Progress {
            done: done.0,
            total: done.1,
            message: done.2,
        },
    }
}
