//! A database of the run's own, workers as processes, and questions to ask when it is quiet again.

use crate::{receiver::Receiver, verdict::Verdict};
use chartroom::{
    db::{
        Bind, Database, DatabaseConfig,
        embedded::{EmbeddedCluster, EmbeddedOptions},
        migrate, sql,
    },
    domains::{
        access::role,
        identity::{
            authentication::{Administrator, create_administrator},
            password::Passwords,
        },
        platform::selftest::{Selftest, SelftestPayload},
    },
    jobs::{self, Enqueued, NewJob},
    kernel::{
        Clock as _, Result, SystemClock,
        entity::{JobId, OrganizationId, UserId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// Slots of each worker.
pub(crate) const SLOTS: usize = 8;

/// The administrator who follows jobs.
const LOGIN: &str = "faults";
const PASSWORD: &str = "a password of one run";

/// Everything a run needs.
pub(crate) struct Stage {
    pub(crate) cluster: Arc<EmbeddedCluster>,
    pub(crate) db: Database,
    pub(crate) receiver: Receiver,
    effects_at: String,
    directory: PathBuf,
    user: UserId,
    organization: OrganizationId,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let directory =
            std::env::temp_dir().join(format!("chartroom-faults-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let options = EmbeddedOptions {
            search_path: std::env::var_os("PATH"),
            ..EmbeddedOptions::default()
        };
        let cluster = EmbeddedCluster::start(&directory, options)
            .await
            .expect("a database");
        let url = cluster.url();
        migrate::run(url.expose_secret()).await.expect("the tables");
        let db = Database::new(DatabaseConfig {
            url: url.expose_secret().to_owned(),
            max_connections: 8,
            wait_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
        })
        .expect("a pool");
        let conn = db.get().await.expect("a connection");
        role::seed(&conn).await.expect("the roles");
        let administrator = Administrator {
            organization: "faults",
            username: LOGIN,
            email: None,
            password: PASSWORD,
            is_system_administrator: false,
        };
        let now = SystemClock.now();
        let user = create_administrator(&db, &Passwords::default(), now, &administrator)
            .await
            .expect("an administrator");
        let organization = sql("SELECT id FROM organizations", [])
            .statement::<st::Uuid>()
            .get_result(&mut &*conn)
            .await
            .expect("the organization");
        drop(conn);
        let receiver = Receiver::default();
        let address = receiver.start().await;
        Self {
            cluster: Arc::new(cluster),
            db,
            receiver,
            effects_at: format!("http://{address}/effect"),
            directory,
            user,
            organization,
        }
    }

    pub(crate) async fn end(self) {
        drop(self.db);
        if let Err(error) = self.cluster.stop().await {
            println!("the database did not stop in order: {error}");
        }
        drop(self.cluster);
        let _ = std::fs::remove_dir_all(&self.directory);
    }

    /// Starts a worker.
    pub(crate) fn worker(&self) -> Worker {
        let slots = SLOTS.to_string();
        Worker(self.start_process(&["worker", "--concurrency", &slots], &[]))
    }

    /// Starts a server, and waits until it answers.
    pub(crate) async fn server(&self) -> (Worker, SocketAddr) {
        let free = || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
            listener.local_addr().expect("an address")
        };
        let (api, admin) = (free(), free());
        let more = [
            ("CHARTROOM_BIND", api.to_string()),
            ("CHARTROOM_ADMIN_BIND", admin.to_string()),
            ("CHARTROOM_DATA_DIR", self.directory.display().to_string()),
        ];
        let server = Worker(self.start_process(&["serve"], &more));
        let ready = format!("http://{admin}/readyz");
        for _ in 0..200 {
            let answer = reqwest::get(&ready).await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return (server, api);
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("the server is not ready");
    }

    /// A session of the administrator.
    pub(crate) async fn token(&self, server: SocketAddr) -> String {
        let sign_in = json!({
            "query": "mutation ($login: String!, $password: String!) { \
                signIn(input: { login: $login, password: $password }) { token } }",
            "variables": { "login": LOGIN, "password": PASSWORD },
        });
        let answer = reqwest::Client::new()
            .post(format!("http://{server}/graphql"))
            .header("content-type", "application/json")
            .body(sign_in.to_string())
            .send()
            .await
            .expect("an answer");
        let answer: Value =
            serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        let token = answer["data"]["signIn"]["token"].as_str();
        token.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn start_process(&self, arguments: &[&str], more: &[(&str, String)]) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.directory.join("workers.log"))
            .expect("a log");
        Command::new(env!("CARGO_BIN_EXE_chartroom"))
            .args(arguments)
            .envs(more.iter().map(|(name, value)| (*name, value.as_str())))
            .env("DATABASE_URL", self.cluster.url().expose_secret())
            .env("CHARTROOM_JOBS_LEASE_MS", "3000")
            .env("CHARTROOM_JOBS_BEAT_MS", "750")
            .env("CHARTROOM_JOBS_RESCUE_MS", "500")
            .env("CHARTROOM_JOBS_POLL_MS", "300")
            .env("CHARTROOM_JOBS_RETRY_MS", "200")
            .env("CHARTROOM_JOBS_POISON_AFTER", "50")
            .env("CHARTROOM_DATABASE_WAIT_SECONDS", "3")
            .env("CHARTROOM_SELFTEST_URL", &self.effects_at)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("a process")
    }

    /// A self-test to be stored.
    pub(crate) fn job(&self, steps: i32, step_seconds: f64, effect: bool) -> NewJob {
        let payload = SelftestPayload {
            steps,
            step_seconds,
            failures: 0,
            effect,
        };
        NewJob::of::<Selftest>(&payload)
            .expect("a job")
            .on_behalf_of(self.user, Some(self.organization))
            .with_attempts(50)
    }

    /// Stores a job; an answer is an acknowledgement.
    pub(crate) async fn put(&self, new: &NewJob) -> Result<JobId> {
        let conn = self.db.get().await?;
        match jobs::enqueue(&conn, new, 1_000_000).await? {
            Enqueued::New(id) | Enqueued::Existing(id) => Ok(id),
            Enqueued::QueueFull => panic!("the queue is full"),
        }
    }

    /// A number from the database.
    pub(crate) async fn number(&self, text: &'static str, binds: Vec<Bind>) -> Result<i64> {
        let conn = self.db.get().await?;
        let statement = sql(text, binds).statement::<st::BigInt>();
        Ok(statement.get_result(&mut &*conn).await?)
    }

    pub(crate) async fn run(&self, text: &'static str) {
        let conn = self.db.get().await.expect("a connection");
        let done = sql(text, []).statement::<()>().execute(&mut &*conn).await;
        done.expect("the statement runs");
    }

    /// Waits until every job has ended; how long it took.
    pub(crate) async fn drained(&self, most: Duration) -> Option<Duration> {
        let began = Instant::now();
        while began.elapsed() < most {
            let left = "SELECT count(*) FROM jobs WHERE finished_at IS NULL";
            if let Ok(0) = self.number(left, Vec::new()).await {
                return Some(began.elapsed());
            }
            sleep(Duration::from_millis(200)).await;
        }
        None
    }

    /// The promises that hold after whatever happened.
    pub(crate) async fn check_quiet(&self, verdict: &mut Verdict) {
        for (promise, text) in [
            (
                "every job has exactly one end, and nothing follows it",
                "SELECT count(*) FROM (SELECT j.id FROM jobs j JOIN job_events e ON e.job_id = j.id GROUP BY j.id, j.version \
                 HAVING count(*) FILTER (WHERE e.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')) <> 1 \
                   OR max(e.version) FILTER (WHERE e.status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')) <> j.version) x",
            ),
            (
                "versions have neither gap nor repeat",
                "SELECT count(*) FROM (SELECT j.id FROM jobs j JOIN job_events e ON e.job_id = j.id GROUP BY j.id, j.version \
                 HAVING count(*) <> j.version OR min(e.version) <> 1 OR max(e.version) <> j.version) x",
            ),
            (
                "no job has two owners at a time: each start is of a new attempt",
                "SELECT count(*) FROM (SELECT 1 FROM job_events a JOIN job_events b ON b.job_id = a.job_id AND b.version = a.version + 1 \
                 WHERE a.status = 'RUNNING' AND b.status = 'RUNNING' AND (a.attempt <> b.attempt OR a.worker_id <> b.worker_id)) x",
            ),
            (
                "no job failed because workers died",
                "SELECT count(*) FROM jobs WHERE status <> 'SUCCEEDED'",
            ),
        ] {
            let broken = self.number(text, Vec::new()).await.expect("an answer");
            verdict.check(broken == 0, format!("{promise} ({broken} times not)"));
        }
    }
}

/// A worker process.
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the signal is sent");
    }

    /// Whether it runs without having been told to end.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Waits for a killed one.
    pub(crate) fn bury(mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
