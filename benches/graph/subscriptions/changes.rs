//! The jobs that are watched, and what happens to them.

use crate::dataset::World;
use anyhow::Context as _;
use chartroom::{
    db::{Fragment, sql},
    kernel::entity::JobId,
};
use diesel::sql_types::{BigInt, Integer};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval};

/// Shortest time between two rings of the doorbell, as a server keeps it.
const PAUSE: Duration = Duration::from_millis(50);

/// When which version of which job was committed.
#[derive(Default)]
pub(super) struct Commits(Mutex<HashMap<(JobId, i64), Instant>>);

impl Commits {
    /// How long ago a version was committed; none for those of the beginning.
    pub(super) fn age(&self, job: JobId, version: i64) -> Option<Duration> {
        let commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commits.get(&(job, version)).map(Instant::elapsed)
    }

    fn note(&self, job: JobId, version: i64, at: Instant) {
        let mut commits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        commits.insert((job, version), at);
    }
}

/// The jobs.
pub(super) struct Changes {
    url: String,
    jobs: Vec<JobId>,
    commits: Arc<Commits>,
}

/// What was changed.
pub(super) struct Made {
    /// How many changes.
    pub(super) count: u64,
    /// Transactions of this process in that time.
    pub(super) transactions: u64,
    /// How long it took.
    pub(super) took: Duration,
    /// Changes of each job, by its place.
    by_job: Vec<u64>,
}

impl Changes {
    /// Makes the jobs: of a kind that no worker knows, so that nobody else touches them.
    pub(super) async fn prepare(world: &World, count: usize) -> anyhow::Result<Self> {
        let mut conn = AsyncPgConnection::establish(&world.url).await?;
        let jobs: Vec<JobId> = (0..count).map(|_| JobId::new()).collect();
        for job in &jobs {
            run(
                &mut conn,
                sql(
                    "INSERT INTO jobs (id, organization_id, kind, run_as_id, created_by_id, status, \
                     fairness_key, max_attempts) \
                     SELECT ?, u.organization_id, 'BENCH', u.id, u.id, 'QUEUED', u.organization_id, 1 \
                     FROM users u WHERE u.id = ?",
                    [(*job).into(), world.admin.user.into()],
                ),
            )
            .await
            .context("the jobs cannot be made")?;
        }
        Ok(Self {
            url: world.url.clone(),
            jobs,
            commits: Arc::default(),
        })
    }

    /// What the subscriptions of these numbers watch.
    pub(super) fn jobs(&self, from: usize, to: usize) -> Vec<JobId> {
        self.jobs
            .iter()
            .cycle()
            .skip(from % self.jobs.len().max(1))
            .take(to - from)
            .copied()
            .collect()
    }

    pub(super) fn commits(&self) -> Arc<Commits> {
        self.commits.clone()
    }

    /// How many events the changes are for so many subscriptions.
    pub(super) fn watchers_of(&self, made: &Made, subscriptions: usize) -> u64 {
        let mut events = 0;
        for subscription in 0..subscriptions {
            let job = subscription % self.jobs.len().max(1);
            events += made.by_job.get(job).copied().unwrap_or_default();
        }
        events
    }

    /// Transactions of the database so far.
    pub(super) async fn transactions(&self) -> anyhow::Result<u64> {
        let mut conn = AsyncPgConnection::establish(&self.url).await?;
        run(&mut conn, sql("SELECT pg_stat_force_next_flush()", [])).await?;
        // Idle connections flush their counts within this time.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        let count: i64 = sql(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()",
            [],
        )
        .statement::<BigInt>()
        .get_result(&mut conn)
        .await?;
        Ok(u64::try_from(count)?)
    }

    /// Changes one status after the other, so many a second: QUEUED, RUNNING, QUEUED, RUNNING.
    pub(super) async fn make(&self, per_second: u32, seconds: u32) -> anyhow::Result<Made> {
        let mut conn = AsyncPgConnection::establish(&self.url).await?;
        let mut bell = AsyncPgConnection::establish(&self.url).await?;
        let began = Instant::now();
        let mut rung = began;
        let mut made = Made {
            count: 0,
            transactions: 0,
            took: Duration::ZERO,
            by_job: vec![0; self.jobs.len()],
        };
        let mut ticks = interval(Duration::from_secs(1) / per_second);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let in_turn = self.jobs.iter().enumerate().cycle();
        let all = usize::try_from(u64::from(per_second) * u64::from(seconds))?;
        for (place, job) in in_turn.take(all) {
            ticks.tick().await;
            let version = change(&mut conn, *job).await?;
            self.commits.note(*job, version, Instant::now());
            made.count += 1;
            if let Some(count) = made.by_job.get_mut(place) {
                *count += 1;
            }
            if rung.elapsed() >= PAUSE {
                rung = Instant::now();
                ring(&mut bell).await?;
                made.transactions += 1;
            }
        }
        tokio::time::sleep(PAUSE).await;
        ring(&mut bell).await?;
        made.transactions += made.count + 1;
        made.took = began.elapsed();
        Ok(made)
    }
}

async fn change(conn: &mut AsyncPgConnection, job: JobId) -> anyhow::Result<i64> {
    let version: i32 = sql(
        "UPDATE jobs SET \
           status = CASE status WHEN 'QUEUED' THEN 'RUNNING' ELSE 'QUEUED' END, \
           lease_token = CASE status WHEN 'QUEUED' THEN id END, \
           worker_id = CASE status WHEN 'QUEUED' THEN id END, \
           lease_until = CASE status WHEN 'QUEUED' THEN now() + interval '1 day' END \
         WHERE id = ? RETURNING version",
        [job.into()],
    )
    .statement::<Integer>()
    .get_result(conn)
    .await?;
    Ok(version.into())
}

async fn ring(conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
    run(conn, sql("NOTIFY chartroom_job_changed, 'bench'", [])).await
}

async fn run(conn: &mut AsyncPgConnection, fragment: Fragment) -> anyhow::Result<()> {
    fragment.statement::<()>().execute(conn).await?;
    Ok(())
}
