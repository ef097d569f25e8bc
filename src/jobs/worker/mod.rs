//! A worker: takes jobs, runs them, says that it lives, and looks after what is nobody's.
//!
//! Loops, none of which waits for another: *claims* fill free slots, a loop for each lane; *beats* renew the leases
//! of all jobs in hand; the *watch* gives up jobs whose lease may be lost before somebody else can
//! take them; *upkeep* rescues jobs of dead workers, queues what is due, fires schedules.

mod context;
mod handlers;
mod hold;
mod record;
mod run;
mod upkeep;

pub use context::{Effect, RunContext};
pub use handlers::Handlers;
pub use upkeep::UpkeepFigures;

use super::{
    Channel, Claimed, Express, Jobs, Lane, Lease, Wanted, beat, claim, claim::claim_one, node,
};
use crate::{
    db::Database,
    kernel::{
        Result,
        entity::{JobId, OrganizationId, WorkerNodeId},
    },
};
use hold::{Hold, Holds, Why};
use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long slots that become free are collected before they are filled.
const GATHER: Duration = Duration::from_millis(5);
/// How long the ends of attempts may take to be stored when the worker stops.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A worker. Cheap to clone; it stops when told to, not when dropped.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

/// A worker of the same process, for as long as it is there.
pub(super) struct Nearby(Weak<Inner>);

impl Nearby {
    pub(super) fn get(&self) -> Option<Worker> {
        self.0.upgrade().map(Worker)
    }
}

pub(super) struct Inner {
    id: WorkerNodeId,
    slots: usize,
    db: Database,
    jobs: Jobs,
    handlers: Handlers,
    holds: Holds,
    upkeep: upkeep::Counters,
    /// When the last beat that was answered was sent.
    last_beat: Mutex<Instant>,
    /// No more claims.
    stopping: CancellationToken,
    /// No more beats and upkeep.
    stopped: CancellationToken,
    tasks: TaskTracker,
}

impl Worker {
    /// Starts a worker that runs at most `slots` jobs at a time; with none, it only looks after what
    /// is nobody's. `db` should be a pool of its own, so that beats never wait behind requests.
    pub fn start(db: Database, jobs: Jobs, handlers: Handlers, slots: usize) -> Self {
        let inner = Arc::new(Inner {
            id: WorkerNodeId::new(),
            slots,
            db,
            jobs,
            handlers,
            holds: Holds::default(),
            upkeep: upkeep::Counters::default(),
            last_beat: Mutex::new(Instant::now()),
            stopping: CancellationToken::new(),
            stopped: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let worker = Self(inner.clone());
        inner
            .jobs
            .worker
            .get_or_init(|| Nearby(Arc::downgrade(&inner)));
        let until = |token: &CancellationToken,
                     work: futures_util::future::BoxFuture<'static, ()>| {
            let token = token.clone();
            inner.tasks.spawn(async move {
                token.run_until_cancelled(work).await;
            });
        };
        let of = || inner.clone();
        let (beats, watch, upkeep) = (of(), of(), of());
        for lane in [Lane::Interactive, Lane::Batch] {
            // A claim is never cut short: what it has taken must get into a hold.
            let claims = of();
            inner.tasks.spawn(async move { claims.claims(lane).await });
        }
        until(&inner.stopped, Box::pin(async move { beats.beats().await }));
        until(&inner.stopped, Box::pin(async move { watch.watch().await }));
        until(
            &inner.stopped,
            Box::pin(async move { upkeep::run(&upkeep).await }),
        );
        worker
    }

    /// Runs a job that was just stored and that somebody waits for at once, if this worker has room
    /// for it; else it stays in the queue, for this worker or another. Resolves when the attempt
    /// has ended, and at once if it was left in the queue.
    pub async fn express(&self, id: JobId, tenant: Option<OrganizationId>) -> Express {
        let inner = &self.0;
        let most = usize::try_from(inner.config().tenant_interactive).unwrap_or(usize::MAX);
        let is_full = inner.room(Lane::Interactive) == 0
            || (most > 0 && inner.holds.of_tenant(tenant, Lane::Interactive) >= most);
        if is_full || inner.stopping.is_cancelled() {
            return Express::Left;
        }
        // Not cut short when the caller goes away: what it has taken must get into a hold.
        let running = inner.tasks.spawn(inner.clone().run_one(id));
        match running.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => {
                tracing::debug!(%error, job = %id, "a job is left in the queue");
                Express::Left
            }
            Err(error) => {
                tracing::error!(%error, job = %id, "an attempt broke");
                Express::Left
            }
        }
    }

    /// Its name in `worker_nodes`.
    pub fn id(&self) -> WorkerNodeId {
        self.0.id
    }

    /// Jobs in hand, and the most there may be.
    pub fn load(&self) -> (usize, usize) {
        let most = self.0.slots + self.0.most(Lane::Interactive);
        (self.0.holds.len(), most)
    }

    /// Whether the database has answered its beats of late. One that is not well gives its jobs up.
    pub fn is_well(&self) -> bool {
        let last = *self
            .0
            .last_beat
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.elapsed() < self.0.config().beat * 2 + Duration::from_secs(1)
    }

    /// What its upkeep has done since the start.
    pub fn upkeep(&self) -> UpkeepFigures {
        self.0.upkeep.figures()
    }

    /// Stops: takes no more jobs, hands back at once what can go on elsewhere, lets the rest finish for
    /// a while, then gives that back too. True if everything in hand has a proper end.
    pub async fn stop(&self) -> bool {
        let inner = &self.0;
        inner.stopping.cancel();
        for hold in inner.holds.all() {
            hold.ask(Why::WorkerStops);
        }
        let drained = timeout(inner.jobs.config.drain, inner.holds.none_left());
        let mut is_clean = drained.await.is_ok();
        if !is_clean {
            for hold in inner.holds.all() {
                hold.stop(Why::WorkerStops);
            }
            is_clean = timeout(LAST_WORDS, inner.holds.none_left()).await.is_ok();
        }
        inner.stopped.cancel();
        inner.tasks.close();
        if let Err(error) = node::leave(&inner.db, inner.id).await {
            tracing::debug!(%error, "the worker could not sign off");
        }
        is_clean
    }
}

impl Inner {
    fn config(&self) -> &crate::config::JobsConfig {
        &self.jobs.config
    }

    /// Slots of a lane. A worker without any of its own runs nothing.
    fn most(&self, lane: Lane) -> usize {
        match lane {
            Lane::Batch => self.slots,
            Lane::Interactive if self.slots == 0 => 0,
            Lane::Interactive => self.config().interactive,
        }
    }

    /// Free slots of a lane.
    fn room(&self, lane: Lane) -> usize {
        self.most(lane).saturating_sub(self.holds.of_lane(lane))
    }

    /// Fills free slots of a lane until the worker stops.
    async fn claims(self: Arc<Self>, lane: Lane) {
        let kinds = self.handlers.of_lane(lane);
        if self.most(lane) == 0 || kinds.is_empty() {
            return;
        }
        let mut rung = self.jobs.bell.listen(Channel::Ready);
        while !self.stopping.is_cancelled() {
            rung.mark_unchanged();
            let free = self.room(lane);
            let mut is_more = false;
            if free > 0 {
                let wanted = Wanted {
                    kinds: &kinds,
                    interactive: self.handlers.interactive(),
                    lane,
                    slots: free,
                };
                match self.claim(wanted).await {
                    Ok(taken) => is_more = taken == free,
                    Err(error) => {
                        tracing::warn!(%error, "jobs could not be claimed; again soon");
                    }
                }
            }
            if is_more && self.room(lane) > 0 {
                continue;
            }
            tokio::select! {
                _ = rung.changed(), if free > 0 => {}
                () = self.holds.one_left(lane) => sleep(GATHER).await,
                () = sleep(self.config().poll) => {}
                () = self.stopping.cancelled() => {}
            }
        }
    }

    async fn claim(self: &Arc<Self>, wanted: Wanted<'_>) -> Result<usize> {
        let conn = self.db.get().await?;
        let sent = Instant::now();
        let claimed = claim(&conn, self.id, wanted, self.config()).await?;
        drop(conn);
        let count = claimed.len();
        for job in claimed {
            let hold = self.take(&job, wanted.lane, sent);
            self.tasks.spawn(run::run(self.clone(), hold, job));
        }
        if count > 0 {
            self.jobs.bell.ring(Channel::Changed);
        }
        Ok(count)
    }

    /// Runs one job that waits, unless another node was quicker.
    async fn run_one(self: Arc<Self>, id: JobId) -> Result<Express> {
        let conn = self.db.get().await?;
        let sent = Instant::now();
        let claimed = claim_one(&conn, self.id, id, self.config()).await?;
        drop(conn);
        let Some(claimed) = claimed else {
            return Ok(Express::Left);
        };
        let hold = self.take(&claimed, Lane::Interactive, sent);
        let has_ended = run::run(self, hold, claimed).await;
        Ok(if has_ended {
            Express::Ended
        } else {
            Express::Attempted
        })
    }

    /// Takes a job into the worker's hands that was claimed by a statement sent at that time.
    fn take(&self, job: &Claimed, lane: Lane, sent: Instant) -> Arc<Hold> {
        let hold = Arc::new(Hold::new(job, lane, sent));
        self.holds.add(hold.clone());
        if self.stopping.is_cancelled() {
            hold.ask(Why::WorkerStops);
        }
        hold
    }

    /// Renews the leases, and does what the answers say.
    async fn beats(self: Arc<Self>) {
        let beat = self.config().beat;
        let mut rung = self.jobs.bell.listen(Channel::Changed);
        let mut is_known = false;
        loop {
            if !is_known {
                is_known = node::enter(&self.db, self.id, self.slots, &self.handlers.names())
                    .await
                    .is_ok();
            }
            let began = Instant::now();
            rung.mark_unchanged();
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "a beat was lost");
                sleep(beat / 4).await;
                continue;
            }
            // Somebody may have cancelled one of ours: that is not left to the next beat.
            let news = async {
                sleep(beat.min(Duration::from_secs(1))).await;
                // The bell rings for every job anywhere; it matters to who has some.
                while rung.changed().await.is_err() || self.holds.len() == 0 {
                    sleep(GATHER).await;
                }
            };
            tokio::select! {
                () = sleep(beat.saturating_sub(began.elapsed())) => {}
                () = news => {}
            }
        }
    }

    async fn beat(&self) -> Result<()> {
        let holds = self.holds.all();
        let leases: Vec<Lease> = holds.iter().map(|hold| hold.lease).collect();
        let sent = Instant::now();
        let patience = self.config().give_up();
        let answer = timeout(patience, async {
            let conn = self.db.get().await?;
            beat(&conn, self.id, &leases, self.config().lease).await
        });
        let alive = match answer.await {
            Ok(alive) => alive?,
            Err(_elapsed) => {
                return Err(crate::kernel::Error::fault("the database does not answer"));
            }
        };
        *self
            .last_beat
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = sent;
        for hold in holds {
            match alive.iter().find(|alive| alive.lease == hold.lease) {
                Some(alive) => {
                    hold.renew(sent);
                    if alive.is_expired {
                        hold.ask(Why::Expired);
                    } else if alive.is_cancelled {
                        hold.ask(Why::Cancelled);
                    }
                }
                None => hold.stop(Why::Lost),
            }
        }
        Ok(())
    }

    /// Gives up jobs whose lease may be lost: by the node's own monotonic clock, and before anybody
    /// else may take them.
    async fn watch(self: Arc<Self>) {
        let (give_up, grace) = (self.config().give_up(), self.config().cancel_grace);
        let tick =
            (self.config().lease / 40).clamp(Duration::from_millis(20), Duration::from_secs(1));
        loop {
            for hold in self.holds.all() {
                hold.check(give_up, grace);
            }
            sleep(tick).await;
        }
    }
}
