//! The server process: started, waited for, stopped.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::account::Account;
use super::binaries::Binaries;
use super::error::{EmbeddedError, tells_of_full_disk};
use super::log::Log;
use super::session::{Access, Answer};
use super::socket::PORT;
use super::stale;
use super::watchdog::Watchdog;

const POLL: Duration = Duration::from_millis(25);
const WATCH_POLL: Duration = Duration::from_millis(200);
const STILL_STARTING: Duration = Duration::from_secs(5);
const LEFTOVERS: Duration = Duration::from_secs(10);
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);

/// What a start of the server needs.
#[derive(Debug)]
pub(super) struct Launch {
    pub(super) binaries: Binaries,
    pub(super) account: Account,
    pub(super) cluster: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) log: PathBuf,
    pub(super) settings: Vec<(String, String)>,
}

impl Launch {
    fn command(&self) -> Command {
        let mut command = self.account.command(&self.binaries.program("postgres"));
        command.arg("-D").arg(&self.cluster);
        // A list, in which quotes keep commas and spaces together.
        let socket = format!(
            "\"{}\"",
            self.socket.display().to_string().replace('"', "\"\"")
        );
        let port = PORT.to_string();
        let fixed = [
            ("listen_addresses", ""),
            ("unix_socket_directories", socket.as_str()),
            ("unix_socket_permissions", "0700"),
            ("port", port.as_str()),
            ("logging_collector", "off"),
            ("log_destination", "stderr"),
        ];
        let chosen = self
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in chosen.chain(fixed) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command
    }
}

/// The one server process of a cluster, now running or not.
#[derive(Debug)]
pub(super) struct Server {
    launch: Launch,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    child: Option<Child>,
    watchdog: Option<Watchdog>,
    stopping: bool,
}

impl Server {
    /// A server that does not run yet. Starts its watchdog.
    pub(super) fn new(launch: Launch) -> Result<Self, EmbeddedError> {
        let watchdog = Watchdog::start(&launch.account)?;
        let state = State {
            child: None,
            watchdog: Some(watchdog),
            stopping: false,
        };
        Ok(Self {
            launch,
            state: Mutex::new(state),
        })
    }

    /// Starts the process and waits until it takes statements.
    ///
    /// Fails when it ends before, refuses us, or takes longer than `patience`.
    pub(super) async fn start(
        &self,
        access: &Access,
        patience: Duration,
    ) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        loop {
            stale::recover(&self.launch.cluster).await?;
            let log = self.spawn()?;
            match self.ready(access, &log, patience).await {
                // Children of a server that was killed need a moment to notice and go.
                Err(EmbeddedError::DidNotStart { tail, .. })
                    if tail.contains("shared memory block") && started.elapsed() < LEFTOVERS =>
                {
                    sleep(WATCH_POLL).await;
                }
                result => return result,
            }
        }
    }

    /// The process id, while the process runs.
    pub(super) fn pid(&self) -> Option<u32> {
        let state = self.state();
        state.child.as_ref().map(Child::id)
    }

    /// Waits until the process has ended without having been stopped by us.
    pub(super) async fn died(&self) -> String {
        loop {
            if let Some(status) = self.try_exit()
                && !self.state().stopping
            {
                return status;
            }
            sleep(WATCH_POLL).await;
        }
    }

    /// Stops the process, gently first. There is no start afterwards.
    ///
    /// Fails when the process outlives both signals.
    pub(super) async fn stop(&self, patience: Duration) -> Result<(), EmbeddedError> {
        let watchdog = {
            let mut state = self.state();
            state.stopping = true;
            state.watchdog.take()
        };
        let mut gone = self.stopped_by(Signal::SIGINT, patience).await;
        if !gone {
            tracing::warn!("PostgreSQL takes too long to stop; it will recover at the next start");
            gone = self.stopped_by(Signal::SIGQUIT, IMMEDIATE_SHUTDOWN).await;
        }
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok());
        if !gone && let Some(pid) = pid {
            return Err(EmbeddedError::DoesNotStop { pid });
        }
        if let Some(mut watchdog) = watchdog {
            watchdog.guard(None);
            watchdog.dismiss().await;
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Log, EmbeddedError> {
        let (log, output) = Log::open(self.launch.log.clone())?;
        let doing = || {
            format!(
                "start PostgreSQL as the user {}",
                self.launch.account.name()
            )
        };
        let errors = output
            .try_clone()
            .map_err(|cause| EmbeddedError::io(doing(), cause))?;
        let mut command = self.launch.command();
        command
            .stdout(Stdio::from(output))
            .stderr(Stdio::from(errors));
        // Under the lock, so that a stop at the same time either finds the process or prevents it.
        let mut state = self.state();
        if state.stopping {
            return Err(EmbeddedError::Stopping);
        }
        let child = command
            .spawn()
            .map_err(|cause| EmbeddedError::io(doing(), cause))?;
        if let Some(watchdog) = &mut state.watchdog {
            watchdog.guard(Some(child.id()));
        }
        state.child = Some(child);
        Ok(log)
    }

    async fn ready(
        &self,
        access: &Access,
        log: &Log,
        patience: Duration,
    ) -> Result<(), EmbeddedError> {
        let started = Instant::now();
        let mut told = started;
        loop {
            if let Some(status) = self.try_exit() {
                let tail = log.tail();
                if tells_of_full_disk(&tail) {
                    return Err(EmbeddedError::DiskFull {
                        doing: "start PostgreSQL".to_owned(),
                    });
                }
                return Err(EmbeddedError::DidNotStart {
                    status,
                    log: log.path().to_owned(),
                    tail,
                });
            }
            match access.ask().await {
                Answer::Ready => return Ok(()),
                Answer::Refused(cause) => {
                    let advice = "If the password was lost, remove the file `password` beside the \
                                  cluster: the next start sets a new one";
                    return Err(EmbeddedError::Refused { cause, advice });
                }
                Answer::Wait => {}
            }
            if started.elapsed() >= patience {
                return Err(EmbeddedError::NotReady {
                    seconds: patience.as_secs(),
                    log: log.path().to_owned(),
                    tail: log.tail(),
                });
            }
            if told.elapsed() >= STILL_STARTING {
                told = Instant::now();
                let seconds = started.elapsed().as_secs();
                tracing::info!(seconds, "PostgreSQL is still starting: {}", log.tail());
            }
            sleep(POLL).await;
        }
    }

    async fn stopped_by(&self, signal: Signal, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        self.signal(signal);
        loop {
            if self.try_exit().is_some() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            sleep(POLL).await;
        }
    }

    fn signal(&self, signal: Signal) {
        let state = self.state();
        let pid = state
            .child
            .as_ref()
            .and_then(|child| i32::try_from(child.id()).ok());
        if let Some(pid) = pid {
            // An error means that it is gone, which `try_exit` finds out.
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// How the process ended; `None` while it runs.
    fn try_exit(&self) -> Option<String> {
        let mut state = self.state();
        let Some(child) = &mut state.child else {
            return Some("not running".to_owned());
        };
        let status = match child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => format!("its end was missed: {error}"),
        };
        state.child = None;
        if let Some(watchdog) = &mut state.watchdog {
            watchdog.guard(None);
        }
        Some(status)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
