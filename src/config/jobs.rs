//! The job queue: `CHARTROOM_WORKERS`, `CHARTROOM_JOBS_…`, `CHARTROOM_SELFTEST_URL`.

use super::Environment;
use anyhow::bail;
use std::time::Duration;

/// Settings of the job queue. All nodes of an installation should have the same.
#[derive(Debug, Clone)]
pub struct JobsConfig {
    /// Jobs that `serve` runs at a time.
    pub workers: usize,
    /// How long a worker owns a job without a sign of life.
    pub lease: Duration,
    /// How often a node says that it is alive.
    pub beat: Duration,
    /// How often jobs of dead workers are looked for.
    pub rescue: Duration,
    /// How often work and news are looked for where no notification tells of them.
    pub poll: Duration,
    /// Whether nodes wake each other by LISTEN and NOTIFY.
    pub notify: bool,
    /// How long a cancelled job may take to stop by itself.
    pub cancel_grace: Duration,
    /// How long running jobs may go on after the process was asked to stop.
    pub drain: Duration,
    /// The wait before the second attempt; each further one is three times as long.
    pub retry_base: Duration,
    /// After how many deaths of its workers a job is not tried again.
    pub poison_after: u32,
    /// Most jobs of one organization that wait.
    pub backlog: u32,
    /// Most jobs of one organization that run at a time; 0 is no limit.
    pub tenant_running: u32,
    /// Jobs that somebody waits for, such as queries, that a worker runs at a time beside the others.
    pub interactive: usize,
    /// Most of those of one organization at a time; 0 is no limit.
    pub tenant_interactive: u32,
    /// Where self-tests send their effect.
    pub selftest_url: Option<String>,
}

impl JobsConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used, or the times do not fit together.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let millis = |name, default| {
            let number = environment.number(name, 10, default)?;
            Ok::<_, anyhow::Error>(Duration::from_millis(number))
        };
        let count = |name, least, default| {
            let number = environment.number(name, least, default)?;
            Ok::<_, anyhow::Error>(u32::try_from(number).unwrap_or(u32::MAX))
        };
        let notify = match environment.text("CHARTROOM_JOBS_NOTIFY") {
            None | Some("on") => true,
            Some("off") => false,
            Some(other) => bail!("CHARTROOM_JOBS_NOTIFY: expected `on` or `off`, got `{other}`"),
        };
        let url = environment.text("CHARTROOM_SELFTEST_URL");
        if url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            bail!("CHARTROOM_SELFTEST_URL: expected an address such as https://example.test/probe");
        }
        let config = Self {
            workers: usize::try_from(environment.number("CHARTROOM_WORKERS", 0, 4)?)?,
            lease: millis("CHARTROOM_JOBS_LEASE_MS", 60_000)?,
            beat: millis("CHARTROOM_JOBS_BEAT_MS", 15_000)?,
            rescue: millis("CHARTROOM_JOBS_RESCUE_MS", 10_000)?,
            poll: millis("CHARTROOM_JOBS_POLL_MS", 1_000)?,
            notify,
            cancel_grace: environment.seconds("CHARTROOM_JOBS_CANCEL_SECONDS", 30)?,
            drain: environment.seconds("CHARTROOM_JOBS_DRAIN_SECONDS", 25)?,
            retry_base: millis("CHARTROOM_JOBS_RETRY_MS", 5_000)?,
            poison_after: count("CHARTROOM_JOBS_POISON_AFTER", 1, 3)?,
            backlog: count("CHARTROOM_JOBS_BACKLOG", 1, 10_000)?,
            tenant_running: count("CHARTROOM_JOBS_TENANT_RUNNING", 0, 0)?,
            interactive: usize::try_from(environment.number(
                "CHARTROOM_INTERACTIVE_JOBS",
                1,
                32,
            )?)?,
            tenant_interactive: count("CHARTROOM_TENANT_INTERACTIVE_JOBS", 0, 12)?,
            selftest_url: url.map(str::to_owned),
        };
        if config.beat * 3 > config.lease {
            bail!(
                "CHARTROOM_JOBS_BEAT_MS: must be at most a third of CHARTROOM_JOBS_LEASE_MS, so that \
                 one lost beat does not cost a job its worker"
            );
        }
        Ok(config)
    }

    /// Settings for tests: everything happens within seconds.
    ///
    /// # Panics
    /// Never: the defaults can be used.
    pub fn for_tests() -> Self {
        let defaults = match Self::from_env(&Environment::default()) {
            Ok(config) => config,
            Err(error) => unreachable!("{error}"),
        };
        Self {
            lease: Duration::from_secs(3),
            beat: Duration::from_millis(750),
            rescue: Duration::from_millis(500),
            poll: Duration::from_millis(300),
            cancel_grace: Duration::from_secs(2),
            drain: Duration::from_secs(2),
            retry_base: Duration::from_millis(200),
            ..defaults
        }
    }

    /// After how long without a beat a node gives its own jobs up: before anybody else may take
    /// them.
    pub fn give_up(&self) -> Duration {
        self.lease * 3 / 4
    }
}
