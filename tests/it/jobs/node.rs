//! Nodes that can be killed, and a kind of job that does what a test tells it.

use crate::support::TestApp;
use chartroom::{
    authz::Permission,
    config::JobsConfig,
    db::{Database, DatabaseConfig},
    jobs::{
        self, Authority, Effect, Enqueued, Failure, Handlers, Jobs, Kind, NewJob, OnDoubt,
        RunContext, Worker, history,
    },
    kernel::entity::{JobId, WorkerNodeId},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A worker with a runtime of its own, so that it can die in the middle of anything.
pub(crate) struct Node {
    pub(crate) worker: Worker,
    pub(crate) jobs: Jobs,
    stopping: CancellationToken,
    runtime: Option<Runtime>,
}

impl Node {
    /// Starts a node with the settings of tests.
    pub(crate) fn start(app: &TestApp, witness: &Witness, slots: usize) -> Self {
        Self::with(app, witness, slots, |_| {})
    }

    /// Starts a node with other settings.
    pub(crate) fn with(
        app: &TestApp,
        witness: &Witness,
        slots: usize,
        change: impl FnOnce(&mut JobsConfig),
    ) -> Self {
        let mut config = JobsConfig::for_tests();
        change(&mut config);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let db = Database::new(DatabaseConfig {
            url: app.database_url(),
            max_connections: slots + 4,
            wait_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
        })
        .expect("a pool");
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        let handlers = Handlers::default()
            .with(Probe(witness.clone()))
            .with(Guarded(witness.clone()));
        let entered = runtime.enter();
        let jobs = Jobs::new(&db, config, &tasks, &stopping);
        let worker = Worker::start(db, jobs.clone(), handlers, slots);
        drop(entered);
        Self {
            worker,
            jobs,
            stopping,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn id(&self) -> WorkerNodeId {
        self.worker.id()
    }

    /// Dies: nothing is said to anybody.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    /// Stops in order.
    pub(crate) async fn stop(self) -> bool {
        let (worker, runtime) = (self.worker.clone(), self.runtime.as_ref());
        let stopped = runtime
            .expect("it runs")
            .spawn(async move { worker.stop().await });
        stopped.await.expect("it stops")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.end();
    }
}

/// What jobs did, seen from outside the database.
#[derive(Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<Seen>>);

#[derive(Default)]
pub(crate) struct Seen {
    /// Attempts that began.
    pub(crate) starts: Vec<(JobId, i32, Instant)>,
    /// Keys under which effects were done, and how often.
    pub(crate) effects: BTreeMap<String, usize>,
    /// Effects that were left since nobody knows.
    pub(crate) uncertain: usize,
}

impl Witness {
    pub(crate) fn see<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock().expect("the witness"))
    }

    /// Attempts of a job that began.
    pub(crate) fn starts(&self, id: JobId) -> usize {
        self.see(|seen| seen.starts.iter().filter(|start| start.0 == id).count())
    }
}

/// A job that does what it is told.
pub(crate) struct Probe(pub(crate) Witness);

/// What a probe is told.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
pub(crate) struct Orders {
    pub(crate) steps: i32,
    pub(crate) step_millis: u64,
    pub(crate) failures: i32,
    pub(crate) effect: Option<String>,
    /// Does not look whether it is to stop.
    pub(crate) is_deaf: bool,
    /// Writes a line per step.
    pub(crate) lines: bool,
}

impl Probe {
    async fn act(
        witness: &Witness,
        ctx: &RunContext,
        orders: Orders,
    ) -> Result<serde_json::Value, Failure> {
        witness.see(|seen| {
            seen.starts.push((ctx.id(), ctx.attempt(), Instant::now()));
        });
        for step in 1..=orders.steps {
            let pause = Duration::from_millis(orders.step_millis);
            if orders.is_deaf {
                tokio::time::sleep(pause).await;
            } else {
                ctx.pause(pause).await?;
            }
            ctx.progress(step, Some(orders.steps), "");
            if orders.lines {
                ctx.info(&format!("attempt {} step {step}", ctx.attempt()));
            }
        }
        if ctx.attempt() <= orders.failures {
            return Err(Failure::passing("as told"));
        }
        if let Some(kind) = &orders.effect {
            let on_doubt = if kind == "mail" {
                OnDoubt::Leave
            } else {
                OnDoubt::Repeat
            };
            let done = ctx
                .effect(kind, on_doubt, |key| async {
                    witness.see(|seen| *seen.effects.entry(key).or_default() += 1);
                    if kind == "slow" || kind == "mail" {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                    Ok(())
                })
                .await?;
            if done == Effect::Uncertain {
                witness.see(|seen| seen.uncertain += 1);
            }
        }
        Ok(serde_json::json!({ "steps": orders.steps }))
    }
}

impl Kind for Probe {
    const NAME: &'static str = "PROBE";
    const AUTHORITY: Authority = Authority::System;
    type Payload = Orders;
    type Report = serde_json::Value;

    async fn run(&self, ctx: &RunContext, orders: Orders) -> Result<serde_json::Value, Failure> {
        Self::act(&self.0, ctx, orders).await
    }
}

/// The same, with the rights of a user, and resumable.
pub(crate) struct Guarded(pub(crate) Witness);

impl Kind for Guarded {
    const NAME: &'static str = "GUARDED";
    const AUTHORITY: Authority = Authority::User(Permission::OrganizationEdit);
    const IS_RESUMABLE: bool = true;
    type Payload = Orders;
    type Report = serde_json::Value;

    async fn run(&self, ctx: &RunContext, orders: Orders) -> Result<serde_json::Value, Failure> {
        Probe::act(&self.0, ctx, orders).await
    }
}

/// What a claim of jobs that nobody waits for asks for.
pub(crate) fn batch(kinds: &[String], slots: usize) -> jobs::Wanted<'_> {
    jobs::Wanted {
        kinds,
        interactive: &[],
        lane: jobs::Lane::Batch,
        slots,
    }
}

/// A probe with these orders.
pub(crate) fn probe(orders: &Orders) -> NewJob {
    NewJob::of::<Probe>(orders).expect("a job")
}

/// Stores a job.
pub(crate) async fn put(app: &TestApp, new: &NewJob) -> JobId {
    let conn = app.conn().await;
    match jobs::enqueue(&conn, new, 100_000).await.expect("stored") {
        Enqueued::New(id) | Enqueued::Existing(id) => id,
        Enqueued::QueueFull => panic!("the queue is full"),
    }
}

/// Waits until a job stands where it is expected; fails after a while.
pub(crate) async fn until(app: &TestApp, id: JobId, statuses: &[jobs::JobStatus]) -> jobs::JobRow {
    let began = Instant::now();
    loop {
        let conn = app.conn().await;
        let row = history::job(&conn, id).await.expect("read").expect("there");
        drop(conn);
        if statuses.contains(&row.status) {
            return row;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{statuses:?} expected, it is {:?}: {row:?}",
            row.status
        );
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// The one promise behind all others: every job has its events 1 to n, by legal moves, and at most one
/// end, behind which there is nothing.
pub(crate) async fn assert_quiet(app: &TestApp) {
    use chartroom::{db::sql, jobs::JobStatus};
    use diesel::sql_types as st;
    use diesel_async::RunQueryDsl as _;
    type Row = (uuid::Uuid, i32, JobStatus, i32, i32, i32);
    let conn = app.conn().await;
    let rows: Vec<Row> = sql(
        "SELECT e.job_id, e.version, e.status, e.attempt, j.version, j.max_attempts \
         FROM job_events e JOIN jobs j ON j.id = e.job_id ORDER BY e.job_id, e.version",
        [],
    )
    .statement::<(
        st::Uuid,
        st::Integer,
        st::Text,
        st::Integer,
        st::Integer,
        st::Integer,
    )>()
    .load(&mut &*conn)
    .await
    .expect("the events");
    let mut before: Option<&Row> = None;
    for row in &rows {
        let (job, version, status, attempt, _, most) = row;
        match before.filter(|before| before.0 == *job) {
            None => {
                assert_eq!(*version, 1, "history of {job} begins later");
                if let Some(last) = before {
                    assert_eq!(last.1, last.4, "history of {} ends early", last.0);
                }
            }
            Some(before) => {
                assert_eq!(*version, before.1 + 1, "a gap in {job}");
                assert!(
                    before.2.may_become(*status),
                    "{job}: {:?} became {status:?}",
                    before.2
                );
            }
        }
        assert!(attempt <= most, "{job} has too many attempts");
        before = Some(row);
    }
}
