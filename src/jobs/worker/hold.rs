//! The jobs that a node has in its hands, and what each is to do.

use crate::{
    jobs::{Claimed, Lane, Lease},
    kernel::entity::OrganizationId,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// Why a job is to stop. Later ones are stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// The worker stops.
    WorkerStops,
    /// Somebody asked for it.
    Cancelled,
    /// Its time is over.
    Expired,
    /// The lease is lost, or will be before it can be renewed.
    Lost,
}

/// One job in the node's hands.
pub(super) struct Hold {
    pub(super) lease: Lease,
    /// Whose slots it takes.
    pub(super) lane: Lane,
    /// Whose job it is.
    pub(super) tenant: Option<OrganizationId>,
    /// Tells the job to stop by itself.
    pub(super) asked: CancellationToken,
    /// Stops it where it is.
    pub(super) abort: CancellationToken,
    state: Mutex<State>,
}

struct State {
    why: Option<(Why, Instant)>,
    /// When the last statement that renewed the lease was sent.
    renewed: Instant,
}

impl Hold {
    /// A hold by a claim that was sent at `sent`.
    pub(super) fn new(claimed: &Claimed, lane: Lane, sent: Instant) -> Self {
        Self {
            lease: claimed.lease,
            lane,
            tenant: claimed.organization,
            asked: CancellationToken::new(),
            abort: CancellationToken::new(),
            state: Mutex::new(State {
                why: None,
                renewed: sent,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it is to stop, if it is.
    pub(super) fn why(&self) -> Option<Why> {
        self.state().why.map(|(why, _)| why)
    }

    /// Asks it to stop by itself.
    pub(super) fn ask(&self, why: Why) {
        let mut state = self.state();
        if state.why.is_none_or(|(known, _)| known < why) {
            state.why = Some((why, Instant::now()));
        }
        drop(state);
        self.asked.cancel();
    }

    /// Stops it where it is.
    pub(super) fn stop(&self, why: Why) {
        self.ask(why);
        self.abort.cancel();
    }

    /// Notes that the lease was renewed by a statement sent at that time.
    pub(super) fn renew(&self, sent: Instant) {
        self.state().renewed = sent;
    }

    /// Stops it if it cannot be sure of its lease any more, or has not stopped by itself in time.
    pub(super) fn check(&self, give_up: Duration, grace: Duration) {
        let state = self.state();
        let is_lost = state.renewed.elapsed() >= give_up;
        let is_late = state.why.is_some_and(|(why, since)| {
            matches!(why, Why::Cancelled | Why::Expired) && since.elapsed() >= grace
        });
        drop(state);
        if is_lost {
            self.stop(Why::Lost);
        } else if is_late {
            self.abort.cancel();
        }
    }
}

/// All jobs in the node's hands.
#[derive(Default)]
pub(super) struct Holds {
    by_lease: Mutex<HashMap<Lease, Arc<Hold>>>,
    /// Wakes who fills the slots of the lane that one left.
    left_interactive: Notify,
    left_batch: Notify,
    /// Wakes who waits for all to leave.
    left: Notify,
}

impl Holds {
    fn map(&self) -> MutexGuard<'_, HashMap<Lease, Arc<Hold>>> {
        self.by_lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, hold: Arc<Hold>) {
        self.map().insert(hold.lease, hold);
    }

    pub(super) fn remove(&self, hold: &Hold) {
        self.map().remove(&hold.lease);
        // One that leaves makes room in its own lane only.
        self.left_lane(hold.lane).notify_one();
        self.left.notify_waiters();
    }

    const fn left_lane(&self, lane: Lane) -> &Notify {
        match lane {
            Lane::Interactive => &self.left_interactive,
            Lane::Batch => &self.left_batch,
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<Hold>> {
        self.map().values().cloned().collect()
    }

    pub(super) fn len(&self) -> usize {
        self.map().len()
    }

    /// How many are in hand of a lane.
    pub(super) fn of_lane(&self, lane: Lane) -> usize {
        self.map().values().filter(|hold| hold.lane == lane).count()
    }

    /// How many are in hand of a tenant in a lane.
    pub(super) fn of_tenant(&self, tenant: Option<OrganizationId>, lane: Lane) -> usize {
        let of = |hold: &&Arc<Hold>| hold.lane == lane && hold.tenant == tenant;
        self.map().values().filter(of).count()
    }

    /// Waits until one of a lane has left. For one at a time to each lane.
    pub(super) async fn one_left(&self, lane: Lane) {
        self.left_lane(lane).notified().await;
    }

    /// Waits until none is left.
    pub(super) async fn none_left(&self) {
        loop {
            let left = self.left.notified();
            if self.map().is_empty() {
                return;
            }
            left.await;
        }
    }
}
