//! The sign of life: one statement for all jobs of a node, whose answer says what to do with each.

use super::Lease;
use crate::{
    db::{Bind, Conn, sql},
    kernel::{
        Result,
        entity::{JobId, WorkerNodeId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::time::Duration;
use uuid::Uuid;

/// What a beat tells of one job that the node still holds. A job that is missing is lost: somebody
/// else may have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alive {
    /// The hold on it.
    pub lease: Lease,
    /// Whether somebody asked to stop it.
    pub is_cancelled: bool,
    /// Whether its time is over.
    pub is_expired: bool,
}

/// Renews the leases of a node and notes that it lives.
///
/// # Errors
/// The database fails.
pub async fn beat(
    mut conn: &Conn,
    node: WorkerNodeId,
    held: &[Lease],
    lease: Duration,
) -> Result<Vec<Alive>> {
    let rows: Vec<(JobId, Uuid, bool, bool)> = sql(
        "WITH node AS (UPDATE worker_nodes SET last_beat_at = job_now() WHERE id = ?) \
         UPDATE jobs SET lease_until = job_now() + make_interval(secs => ?) \
         FROM unnest(?, ?) AS held(id, token) \
         WHERE jobs.id = held.id AND jobs.lease_token = held.token AND jobs.status = 'RUNNING' \
         RETURNING jobs.id, jobs.lease_token, jobs.cancel_requested_at IS NOT NULL, \
           coalesce(jobs.deadline_at <= job_now(), false)",
        [
            node.into(),
            lease.as_secs_f64().into(),
            Bind::Uuids(held.iter().map(|lease| lease.id.uuid()).collect()),
            Bind::Uuids(held.iter().map(|lease| lease.token).collect()),
        ],
    )
    .statement::<(st::Uuid, st::Uuid, st::Bool, st::Bool)>()
    .load(&mut conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, token, is_cancelled, is_expired)| Alive {
            lease: Lease { id, token },
            is_cancelled,
            is_expired,
        })
        .collect())
}
