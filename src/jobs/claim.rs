//! Claiming jobs for a node. The order in which they are given out (fair among tenants, within
//! limits, ageing priorities) is in the function `claim_jobs` of the database.

use super::{Lease, Progress};
use crate::{
    config::JobsConfig,
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{JobId, OrganizationId, ProjectId, UserId, WorkerNodeId},
    },
};
use diesel::sql_types as st;
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

/// Claims at most `slots` jobs of the given kinds.
///
/// # Errors
/// The database fails.
pub async fn claim(
    mut conn: &Conn,
    node: WorkerNodeId,
    slots: usize,
    kinds: &[String],
    config: &JobsConfig,
) -> Result<Vec<Claimed>> {
    let slots = i32::try_from(slots).unwrap_or(i32::MAX);
    let most = i32::try_from(config.tenant_running).unwrap_or(i32::MAX);
    let rows: Vec<Row> = sql(
        "SELECT (job).id, (job).lease_token, (job).kind, payload_version, payload, \
           (job).organization_id, (job).project_id, (job).run_as_id, (job).attempt, \
           (job).progress_done, (job).progress_total, (job).progress_message \
         FROM claim_jobs(?, ?, ?, make_interval(secs => ?), ?)",
        [
            node.into(),
            slots.into(),
            kinds.to_vec().into(),
            config.lease.as_secs_f64().into(),
            most.into(),
        ],
    )
    .statement::<RowSql>()
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(claimed).collect())
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
