//! Counts the statements of one request, whichever connections they go down.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

tokio::task_local! {
    static SENT: Arc<AtomicU64>;
}

/// Runs `work` and adds the statements that it sends to `number`.
pub async fn counted<F: Future>(number: &Arc<AtomicU64>, work: F) -> F::Output {
    SENT.scope(number.clone(), work).await
}

/// A statement is sent.
pub(super) fn sent() {
    // Nobody counts those of the server's own work.
    let _ = SENT.try_with(|number| number.fetch_add(1, Ordering::Relaxed));
}
