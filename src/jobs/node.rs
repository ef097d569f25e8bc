//! The register of workers.

use crate::{
    db::{Database, sql},
    kernel::{Result, entity::WorkerNodeId},
};
use diesel_async::RunQueryDsl as _;

/// Signs a worker on.
///
/// # Errors
/// The database fails.
pub(super) async fn enter(
    db: &Database,
    id: WorkerNodeId,
    slots: usize,
    kinds: &[String],
) -> Result<()> {
    let host = nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .unwrap_or_default();
    let conn = db.get().await?;
    sql(
        "INSERT INTO worker_nodes (id, host, kinds, slots) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        [
            id.into(),
            host.into(),
            kinds.to_vec().into(),
            i32::try_from(slots).unwrap_or(i32::MAX).into(),
        ],
    )
    .statement::<()>()
    .execute(&mut &*conn)
    .await?;
    Ok(())
}

/// Signs a worker off.
///
/// # Errors
/// The database fails.
pub(super) async fn leave(db: &Database, id: WorkerNodeId) -> Result<()> {
    let conn = db.get().await?;
    sql("DELETE FROM worker_nodes WHERE id = ?", [id.into()])
        .statement::<()>()
        .execute(&mut &*conn)
        .await?;
    Ok(())
}
