//! Stops PostgreSQL when this process dies, however it dies.
//!
//! A shell waits on a pipe whose other end only this process holds. The system closes it with the
//! process, `kill -9` included; the shell then asks the server for a fast shutdown, and for an
//! immediate one if that takes too long. `PR_SET_PDEATHSIG` would need unsafe code, exists on Linux
//! only, and fires when the spawning *thread* ends. What gets past the watchdog (it was killed
//! too) is found by `stale` at the next start.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use tokio::time::sleep;

use super::account::Account;
use super::error::EmbeddedError;

/// Each line names the process to stop, the last one counts, an empty one means none.
const SCRIPT: &str = r#"
pid=
while read -r line; do pid=$line; done
[ -n "$pid" ] || exit 0
kill -INT "$pid" || exit 0
left=60
while [ "$left" -gt 0 ]; do
    sleep 1
    kill -0 "$pid" || exit 0
    left=$((left - 1))
done
kill -QUIT "$pid"
"#;

const POLL: Duration = Duration::from_millis(10);
const PATIENCE: u32 = 200;

/// The shell and the pipe to it.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts the shell, as the user that runs PostgreSQL.
    pub(super) fn start(account: &Account) -> Result<Self, EmbeddedError> {
        let mut command = account.command(Path::new("/bin/sh"));
        command
            .args(["-c", SCRIPT, "chartroom-watchdog"])
            .stdin(Stdio::piped());
        let mut shell = command.spawn().map_err(|cause| {
            EmbeddedError::io(format!("run /bin/sh as the user {}", account.name()), cause)
        })?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// Names the server to stop; `None` once it is gone.
    pub(super) fn guard(&mut self, pid: Option<u32>) {
        let line = pid.map(|pid| pid.to_string()).unwrap_or_default();
        let told = self.pipe.as_mut().map(|pipe| writeln!(pipe, "{line}"));
        if let Some(Err(error)) = told {
            tracing::warn!(%error, "the watchdog of the embedded PostgreSQL is gone");
        }
    }

    /// Ends the shell. The server must be gone, or it will be stopped.
    pub(super) async fn dismiss(mut self) {
        drop(self.pipe.take());
        for _ in 0..PATIENCE {
            if !matches!(self.shell.try_wait(), Ok(None)) {
                return;
            }
            sleep(POLL).await;
        }
    }
}
