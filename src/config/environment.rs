//! The variables, by name, and how their texts become values.

use anyhow::{Context as _, anyhow, bail};
use std::{collections::HashMap, fmt::Display, str::FromStr, time::Duration};

/// One variable, as the documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What holds when it is not set.
    pub default: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        default,
        meaning,
    }
}

/// Every variable that Chartroom reads.
pub const VARIABLES: &[Variable] = &[
    variable(
        "DATABASE_URL",
        "unset",
        "PostgreSQL to use; unset means an embedded one in the data directory",
    ),
    variable(
        "CHARTROOM_DATA_DIR",
        "`./.chartroom`",
        "secrets, files, the embedded PostgreSQL",
    ),
    variable(
        "CHARTROOM_POSTGRES_BIN",
        "unset",
        "directory with `initdb` and `postgres`, if they are not in `PATH` or the usual places",
    ),
    variable(
        "PATH",
        "",
        "where the programs of PostgreSQL are looked for",
    ),
    variable(
        "CHARTROOM_DATABASE_CONNECTIONS",
        "5 per core, at least 10",
        "most connections to the database",
    ),
    variable(
        "CHARTROOM_DATABASE_WAIT_SECONDS",
        "5",
        "how long a request waits for a connection",
    ),
    variable(
        "CHARTROOM_STATEMENT_TIMEOUT_SECONDS",
        "10",
        "longest run of one SQL statement",
    ),
    variable(
        "CHARTROOM_MASTER_KEY",
        "made in the data directory",
        "key that encrypts stored secrets: 32 random bytes in hexadecimal or base64; former keys may follow, separated by commas",
    ),
    variable(
        "CHARTROOM_MASTER_KEY_FILE",
        "unset",
        "a file with the same content as `CHARTROOM_MASTER_KEY`, instead of it",
    ),
    variable(
        "CHARTROOM_WAREHOUSE_ALLOWED_NETWORKS",
        "none",
        "private networks in which warehouses may be, such as `10.20.0.0/16`, separated by commas; public addresses need no entry",
    ),
    variable(
        "CHARTROOM_WAREHOUSE_CONNECTIONS",
        "5",
        "most connections to one warehouse of a project",
    ),
    variable(
        "CHARTROOM_QUERY_ROWS",
        "5000",
        "most rows of the answer to one query; a higher limit is refused",
    ),
    variable(
        "CHARTROOM_RESULT_BYTES",
        "16777216",
        "bytes of the answer to a query after which no more rows are read",
    ),
    variable(
        "CHARTROOM_RESULT_SECONDS",
        "86400",
        "how long the answer of a warehouse is kept, and given to the same question again",
    ),
    variable(
        "CHARTROOM_WAREHOUSE_TIMEOUT_SECONDS",
        "300",
        "longest run of one query in a warehouse",
    ),
    variable(
        "CHARTROOM_EXPORT_CELLS",
        "5000000",
        "most cells of one export; it has so many divided by its columns rows, and says if there were more",
    ),
    variable(
        "CHARTROOM_EXPORT_SECONDS",
        "86400",
        "how long the file of an export is kept, and its link works",
    ),
    variable(
        "CHARTROOM_PUBLIC_URL",
        "unset",
        "address under which browsers reach this server, such as `https://bi.example.com`, for links to files; unset makes them relative to the API",
    ),
    variable(
        "CHARTROOM_BIND",
        "`127.0.0.1:8080`",
        "address of the API and the playground",
    ),
    variable(
        "CHARTROOM_ADMIN_BIND",
        "`127.0.0.1:8081`",
        "address of `/metrics`, `/livez` and `/readyz`; keep it private",
    ),
    variable(
        "CHARTROOM_REQUEST_TIMEOUT_SECONDS",
        "30",
        "longest run of one request",
    ),
    variable(
        "CHARTROOM_BODY_LIMIT_BYTES",
        "2097152",
        "largest request body, without files",
    ),
    variable(
        "CHARTROOM_UPLOAD_LIMIT_BYTES",
        "67108864",
        "the files of one request, together; they are held in memory",
    ),
    variable(
        "CHARTROOM_INTROSPECTION",
        "`signed-in`",
        "who may read the schema by introspection: `on` (everybody), `signed-in`, `off`",
    ),
    variable(
        "CHARTROOM_PLAYGROUND",
        "`on`",
        "who gets the playground: `on` (every browser), `signed-in`, `off`",
    ),
    variable(
        "CHARTROOM_CORS_ORIGINS",
        "none",
        "origins of other web applications that may call the API, with cookies: exact, separated by commas",
    ),
    variable(
        "CHARTROOM_TRUSTED_PROXIES",
        "none",
        "addresses or networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, separated by commas",
    ),
    variable(
        "CHARTROOM_RATE_LIMIT_REQUESTS",
        "6000",
        "requests a minute of one user, or of one address without sign-in; 0 turns the limit off",
    ),
    variable(
        "CHARTROOM_RATE_LIMIT_POINTS",
        "600000",
        "cost points a minute of one user, or of one address without sign-in; 0 turns the limit off",
    ),
    variable(
        "CHARTROOM_WORKERS",
        "4",
        "jobs that `serve` runs at a time; 0 leaves them to `chartroom worker`",
    ),
    variable(
        "CHARTROOM_JOBS_LEASE_MS",
        "60000",
        "how long a worker owns a job without a sign of life; the same on every node",
    ),
    variable(
        "CHARTROOM_JOBS_BEAT_MS",
        "15000",
        "how often a worker gives a sign of life; at most a third of the lease",
    ),
    variable(
        "CHARTROOM_JOBS_RESCUE_MS",
        "10000",
        "how often jobs of dead workers are looked for",
    ),
    variable(
        "CHARTROOM_JOBS_POLL_MS",
        "1000",
        "how often work and news are looked for where no notification tells of them",
    ),
    variable(
        "CHARTROOM_JOBS_NOTIFY",
        "`on`",
        "whether nodes wake each other by LISTEN and NOTIFY; `off` costs delay, nothing else",
    ),
    variable(
        "CHARTROOM_JOBS_CANCEL_SECONDS",
        "30",
        "how long a cancelled job may take to stop by itself",
    ),
    variable(
        "CHARTROOM_JOBS_DRAIN_SECONDS",
        "25",
        "how long running jobs may go on after the process was asked to stop",
    ),
    variable(
        "CHARTROOM_JOBS_RETRY_MS",
        "5000",
        "the wait before the second attempt; each further one is three times as long",
    ),
    variable(
        "CHARTROOM_JOBS_POISON_AFTER",
        "3",
        "after how many deaths of its workers a job is not tried again",
    ),
    variable(
        "CHARTROOM_JOBS_BACKLOG",
        "10000",
        "most jobs of one organization that wait; more are refused with `QUEUE_FULL`",
    ),
    variable(
        "CHARTROOM_JOBS_TENANT_RUNNING",
        "0",
        "most jobs of one organization that run at a time, unless `job_limits` says otherwise; 0 is no limit",
    ),
    variable(
        "CHARTROOM_INTERACTIVE_JOBS",
        "32",
        "queries and other jobs that somebody waits for that a process runs at a time, beside its workers",
    ),
    variable(
        "CHARTROOM_TENANT_INTERACTIVE_JOBS",
        "12",
        "most of those of one organization at a time, unless `job_limits` says otherwise; 0 is no limit",
    ),
    variable(
        "CHARTROOM_SELFTEST_URL",
        "unset",
        "address to which self-test jobs with an effect POST their effect key",
    ),
    variable(
        "CHARTROOM_SOCKET_INIT_SECONDS",
        "5",
        "how long a client may take to send `connection_init` on a socket",
    ),
    variable(
        "CHARTROOM_SOCKET_PING_SECONDS",
        "20",
        "how often a socket is pinged; three times unanswered ends it",
    ),
    variable(
        "CHARTROOM_SOCKET_WRITE_SECONDS",
        "30",
        "how long one message may take to reach a slow client before its socket or event stream ends",
    ),
    variable(
        "CHARTROOM_SOCKETS_PER_USER",
        "20",
        "most sockets of one user on one server",
    ),
    variable(
        "CHARTROOM_SOCKET_OPERATIONS",
        "100",
        "most operations at a time on one socket, and most event streams of one user on one server",
    ),
    variable(
        "CHARTROOM_LOG",
        "`info`",
        "what is logged: a level, or directives such as `info,chartroom::db=debug`",
    ),
    variable(
        "CHARTROOM_LOG_FORMAT",
        "`text`",
        "`text` for people, `json` for machines",
    ),
];

/// The values of the variables that are set.
#[derive(Clone, Default)]
pub struct Environment {
    values: HashMap<String, String>,
    unknown: Vec<String>,
}

impl Environment {
    /// The environment of the process.
    ///
    /// # Errors
    /// A variable holds something that is not text.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn of_process() -> anyhow::Result<Self> {
        let mut values = HashMap::new();
        for variable in VARIABLES {
            match std::env::var(variable.name) {
                Ok(value) => {
                    values.insert(variable.name.to_owned(), value);
                }
                Err(std::env::VarError::NotPresent) => {}
                Err(std::env::VarError::NotUnicode(_)) => bail!("{}: is not text", variable.name),
            }
        }
        let unknown = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .filter(|name| name.starts_with("CHARTROOM_") && !name.starts_with("CHARTROOM_TEST_"))
            .filter(|name| VARIABLES.iter().all(|variable| variable.name != name))
            .collect();
        Ok(Self { values, unknown })
    }

    /// An environment of the given values.
    pub fn of<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let values = values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            values,
            unknown: Vec::new(),
        }
    }

    /// Variables that look like ours and are not: most often typing errors.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// The text of a variable; `None` if it is unset or empty.
    pub fn text(&self, name: &'static str) -> Option<&str> {
        debug_assert!(
            VARIABLES.iter().any(|variable| variable.name == name),
            "{name}"
        );
        self.values
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// The text cannot be read as a `T`; `expected` says what would be right.
    pub fn value<T>(&self, name: &'static str, expected: &str, default: T) -> anyhow::Result<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.parse()
            .map_err(|_ignored| anyhow!("{name}: expected {expected}, got `{text}`"))
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// It is not one.
    pub fn number(&self, name: &'static str, least: u64, default: u64) -> anyhow::Result<u64> {
        let number = self.value(name, "a whole number", default)?;
        if number < least {
            bail!("{name}: expected at least {least}, got `{number}`");
        }
        Ok(number)
    }

    /// A whole number of seconds, at least one.
    ///
    /// # Errors
    /// It is not one.
    pub fn seconds(&self, name: &'static str, default: u64) -> anyhow::Result<Duration> {
        Ok(Duration::from_secs(self.number(name, 1, default)?))
    }

    /// The parts of a list separated by commas.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub fn list<T>(
        &self,
        name: &'static str,
        read: impl Fn(&str) -> anyhow::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        self.text(name)
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| read(part).with_context(|| format!("{name}: `{part}`")))
            .collect::<anyhow::Result<_>>()
            .map_err(|error| anyhow!("{error:#}"))
    }
}
