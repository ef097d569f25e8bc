//! The jobs, and the small node that takes part.

use crate::dataset::World;
use anyhow::{Context as _, ensure};
use chartroom::{
    config::{Environment, JobsConfig},
    db::{Fragment, sql},
    jobs::{self, End, Lane, Wanted},
    kernel::entity::{JobId, UserId, WorkerNodeId},
};
use diesel::sql_types::{BigInt, Double, Nullable, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use std::{
    future::Future,
    time::{Duration, Instant},
};
use tokio::{pin, sync::Mutex, time::sleep};

const KIND: &str = "SELFTEST";
/// How long the node rests where there was nothing to claim.
const REST: Duration = Duration::from_millis(20);
/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(50);

/// Who asks for jobs, and sees what becomes of them.
pub(super) struct Line {
    conn: Mutex<AsyncPgConnection>,
    user: UserId,
}

/// Milliseconds from asking to running.
pub(super) struct Waits {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) most: f64,
}

impl Line {
    pub(super) async fn open(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            conn: Mutex::new(AsyncPgConnection::establish(&world.url).await?),
            user: world.admin.user,
        })
    }

    async fn run(&self, statement: Fragment) -> anyhow::Result<()> {
        let mut conn = self.conn.lock().await;
        statement.statement::<()>().execute(&mut *conn).await?;
        Ok(())
    }

    /// Writes jobs that have ended, over the last days, each by way of all its statuses.
    pub(super) async fn finished(&self, count: i32) -> anyhow::Result<()> {
        self.run(sql(
            "INSERT INTO jobs (id, organization_id, kind, run_as_id, created_by_id, status, \
               fairness_key, max_attempts, created_at) \
             SELECT gen_random_uuid(), u.organization_id, ?, u.id, u.id, 'QUEUED', \
               u.organization_id, 1, now() - n * interval '5 seconds' \
             FROM users u, generate_series(1, ?) AS n WHERE u.id = ?",
            [KIND.into(), count.into(), self.user.into()],
        ))
        .await?;
        self.run(sql(
            "UPDATE jobs SET status = 'RUNNING', attempt = 1, started_at = created_at, \
               lease_token = id, worker_id = id, lease_until = now() + interval '1 day' \
             WHERE status = 'QUEUED'",
            [],
        ))
        .await?;
        self.run(sql(
            "UPDATE jobs SET status = 'SUCCEEDED', finished_at = created_at, \
               retain_until = now() + interval '7 days', \
               lease_token = NULL, worker_id = NULL, lease_until = NULL \
             WHERE status = 'RUNNING'",
            [],
        ))
        .await?;
        self.run(sql("VACUUM ANALYZE jobs", [])).await
    }

    /// Asks for a job that has nothing to do.
    pub(super) async fn ask_for_one(&self) -> anyhow::Result<()> {
        self.ask_for_many(1, 0.0).await
    }

    /// Asks for jobs of one step each.
    pub(super) async fn ask_for_many(&self, count: i32, seconds: f64) -> anyhow::Result<()> {
        let steps = i32::from(seconds > 0.0);
        self.run(sql(
            "WITH made AS (\
               INSERT INTO jobs (id, organization_id, kind, run_as_id, created_by_id, status, \
                 fairness_key, max_attempts) \
               SELECT gen_random_uuid(), u.organization_id, ?, u.id, u.id, 'QUEUED', \
                 u.organization_id, 5 \
               FROM users u, generate_series(1, ?) WHERE u.id = ? RETURNING id\
             ) \
             INSERT INTO job_inputs (job_id, version, input) \
             SELECT id, 1, jsonb_build_object('steps', ?::integer, 'step_seconds', \
               ?::double precision, 'failures', 0, 'effect', false) FROM made",
            [
                KIND.into(),
                count.into(),
                self.user.into(),
                steps.into(),
                seconds.into(),
            ],
        ))
        .await?;
        self.ring().await
    }

    async fn ring(&self) -> anyhow::Result<()> {
        self.run(sql("NOTIFY chartroom_jobs_ready, 'bench'", []))
            .await
    }

    /// Waits until all jobs that were asked for have ended, and tells how long they waited.
    pub(super) async fn ended(&self, count: u64, patience: Duration) -> anyhow::Result<Waits> {
        let began = Instant::now();
        loop {
            let (ended, p50, p99, most): (i64, Option<f64>, Option<f64>, Option<f64>) = sql(
                "SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY w.ms), \
                   percentile_disc(0.99) WITHIN GROUP (ORDER BY w.ms), max(w.ms) \
                 FROM (SELECT extract(epoch FROM j.started_at - j.created_at)::double precision * 1000 AS ms \
                       FROM jobs j JOIN job_inputs i ON i.job_id = j.id \
                       WHERE j.status = 'SUCCEEDED') AS w",
                [],
            )
            .statement::<(BigInt, Nullable<Double>, Nullable<Double>, Nullable<Double>)>()
            .get_result(&mut *self.conn.lock().await)
            .await?;
            if u64::try_from(ended)? >= count {
                return Ok(Waits {
                    p50: p50.unwrap_or_default(),
                    p99: p99.unwrap_or_default(),
                    most: most.unwrap_or_default(),
                });
            }
            ensure!(began.elapsed() < patience, "{ended} of {count} jobs ended");
            sleep(LOOK).await;
        }
    }

    /// How long one job of another tenant waits until somebody runs it.
    pub(super) async fn other_tenant_waits(&self, patience: Duration) -> anyhow::Result<Duration> {
        let job = JobId::new();
        self.run(sql(
            "WITH made AS (\
               INSERT INTO jobs (id, organization_id, kind, run_as_id, created_by_id, status, \
                 fairness_key, max_attempts) \
               SELECT ?, u.organization_id, ?, u.id, u.id, 'QUEUED', u.organization_id, 5 \
               FROM users u WHERE u.organization_id <> \
                 (SELECT o.organization_id FROM users o WHERE o.id = ?) \
               ORDER BY u.username LIMIT 1 RETURNING id\
             ) \
             INSERT INTO job_inputs (job_id, version, input) \
             SELECT id, 1, '{\"steps\": 0, \"step_seconds\": 0, \"failures\": 0, \"effect\": false}' \
             FROM made",
            [job.into(), KIND.into(), self.user.into()],
        ))
        .await?;
        self.ring().await?;
        let began = Instant::now();
        loop {
            let waited: Option<f64> = sql(
                "SELECT extract(epoch FROM started_at - created_at)::double precision \
                 FROM jobs WHERE id = ?",
                [job.into()],
            )
            .statement::<Nullable<Double>>()
            .get_result(&mut *self.conn.lock().await)
            .await?;
            if let Some(waited) = waited {
                return Ok(Duration::from_secs_f64(waited.max(0.0)));
            }
            ensure!(began.elapsed() < patience, "the job was never claimed");
            sleep(LOOK).await;
        }
    }
}

/// A node of one slot, whose claims are timed.
pub(super) struct Node {
    conn: AsyncPgConnection,
    id: WorkerNodeId,
    config: JobsConfig,
}

impl Node {
    /// Signs on.
    pub(super) async fn enter(world: &World) -> anyhow::Result<Self> {
        let mut conn = AsyncPgConnection::establish(&world.url).await?;
        let id = WorkerNodeId::new();
        let _: uuid::Uuid = sql(
            "INSERT INTO worker_nodes (id, host, kinds, slots) VALUES (?, 'bench', ?, 1) RETURNING id",
            [id.into(), vec![KIND.to_owned()].into()],
        )
        .statement::<SqlUuid>()
        .get_result(&mut conn)
        .await
        .context("the node cannot sign on")?;
        let config = JobsConfig::from_env(&Environment::default())?;
        Ok(Self { conn, id, config })
    }

    /// Claims and ends jobs for as long as `asking` takes; the times of its claims, in order.
    pub(super) async fn work_until(
        &mut self,
        asking: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        pin!(asking);
        let kinds = [KIND.to_owned()];
        let wanted = Wanted {
            kinds: &kinds,
            interactive: &[],
            lane: Lane::Batch,
            slots: 1,
        };
        loop {
            let turn = async {
                let began = Instant::now();
                let claimed = jobs::claim(&self.conn, self.id, wanted, &self.config).await?;
                times.push(began.elapsed());
                if claimed.is_empty() {
                    sleep(REST).await;
                }
                for job in claimed {
                    let end = End::Succeeded(None);
                    jobs::finish(&self.conn, job.lease, &end, &job.progress, &self.config).await?;
                }
                anyhow::Ok(())
            };
            pin!(turn);
            let asked = tokio::select! {
                asked = &mut asking => Some(asked),
                done = &mut turn => { done?; None }
            };
            if let Some(asked) = asked {
                asked?;
                // What it has in hand is ended first.
                turn.await?;
                break;
            }
        }
        times.sort_unstable();
        Ok(times)
    }
}
