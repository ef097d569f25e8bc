//! Progress of a running job.

use super::{Lease, Progress};
use crate::{
    db::{Conn, sql},
    kernel::Result,
};
use diesel_async::RunQueryDsl as _;

/// Stores how far a job is; false if the lease was lost.
///
/// # Errors
/// The database fails.
pub async fn report(mut conn: &Conn, lease: Lease, progress: &Progress) -> Result<bool> {
    let changed = sql(
        "UPDATE jobs SET progress_done = ?, progress_total = ?, progress_message = ? WHERE ",
        [
            progress.done.into(),
            progress.total.into(),
            progress.message.clone().into(),
        ],
    )
    .with(lease.holds())
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(changed == 1)
}
