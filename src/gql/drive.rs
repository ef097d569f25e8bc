//! The flush scheduler: runs a request and sends waiting batches exactly when the request can make
//! no progress without them.
//!
//! The request's future gets a waker of its own that sets a flag. It is polled while the flag is
//! set; when it is pending and nothing woke it, every key that this level of the document will ask
//! for is known, so all lanes are drained into one statement each. No timers, no split batches.
//!
//! Tokio gives a task a budget of operations per turn. Where it is used up, everything of Tokio is
//! pending and wakes its task at once, to be polled in another turn: so a turn ends there.

use super::loader::Lanes;
use futures_util::{
    StreamExt as _,
    stream::FuturesUnordered,
    task::{ArcWake, AtomicWaker},
};
use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::task::coop::has_budget_remaining;

struct Flag {
    woken: AtomicBool,
    outer: AtomicWaker,
}

impl ArcWake for Flag {
    fn wake_by_ref(flag: &Arc<Self>) {
        flag.woken.store(true, Ordering::Release);
        flag.outer.wake();
    }
}

/// Runs `request`, sending the waiting batches of `lanes` whenever it can go no further by itself.
pub(super) async fn drive<F: Future>(request: F, lanes: &Lanes) -> F::Output {
    let mut request = pin!(request);
    let mut running = FuturesUnordered::new();
    let flag = Arc::new(Flag {
        woken: AtomicBool::new(true),
        outer: AtomicWaker::new(),
    });
    let waker = futures_util::task::waker(flag.clone());
    poll_fn(move |cx| {
        flag.outer.register(cx.waker());
        loop {
            while flag.woken.swap(false, Ordering::AcqRel) {
                if let Poll::Ready(output) = request.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return Poll::Ready(output);
                }
                if !has_budget_remaining() {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
            running.extend(lanes.drain());
            match running.poll_next_unpin(cx) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) | Poll::Pending => {
                    if !flag.woken.load(Ordering::Acquire) {
                        return Poll::Pending;
                    }
                }
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::Semaphore;

    /// More operations than the budget of one turn, none of which waits for anything.
    #[expect(
        clippy::disallowed_methods,
        reason = "only another task can see that this one never yields"
    )]
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_long_request_comes_to_its_end() {
        let request = async {
            let permits = Semaphore::new(1);
            for _ in 0..1_000 {
                drop(permits.acquire().await);
            }
        };
        let lanes = Lanes::default();
        let driven = tokio::spawn(async move { drive(request, &lanes).await });
        tokio::time::timeout(Duration::from_secs(5), driven)
            .await
            .expect("it ends")
            .expect("without a panic");
    }
}
