//! Deals with what an earlier run left behind in the cluster directory.
//!
//! The lock on the data directory is held when this runs, so no other Chartroom process uses the
//! cluster. A server that still lives has lost its owner and is stopped. A dead server's
//! `postmaster.pid` is left to PostgreSQL, which clears it and replays the log, unless the number
//! in it now belongs to some other program, which would make PostgreSQL refuse to start: common in
//! containers, where process ids repeat at every start.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use super::error::EmbeddedError;

const FAST_SHUTDOWN: Duration = Duration::from_mins(1);
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// Makes the cluster directory ready for a new server, and tells the process id of an abandoned
/// one that had to be stopped.
///
/// Fails when such a server belongs to somebody else or does not stop.
pub(super) async fn recover(cluster: &Path) -> Result<Option<i32>, EmbeddedError> {
    let pid_file = cluster.join("postmaster.pid");
    let Some(pid) = recorded_pid(&pid_file) else {
        return Ok(None);
    };
    if !is_alive(pid) {
        return Ok(None);
    }
    if !serves(pid, cluster) {
        fs::remove_file(&pid_file).map_err(EmbeddedError::at("remove", &pid_file))?;
        return Ok(None);
    }
    for (signal, patience) in [
        (Signal::SIGINT, FAST_SHUTDOWN),
        (Signal::SIGQUIT, IMMEDIATE_SHUTDOWN),
    ] {
        if kill(pid, signal) == Err(Errno::EPERM) {
            break;
        }
        if gone_within(pid, patience).await {
            return Ok(Some(pid.as_raw()));
        }
    }
    Err(EmbeddedError::DoesNotStop { pid: pid.as_raw() })
}

fn recorded_pid(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    // A server in single-user mode writes its number negated.
    Some(Pid::from_raw(pid.checked_abs()?)).filter(|pid| pid.as_raw() > 1)
}

fn is_alive(pid: Pid) -> bool {
    kill(pid, None) != Err(Errno::ESRCH)
}

/// Whether the process has ended and is only still listed, because its parent does not look: the
/// usual fate of orphans in a container whose first process is not an init.
fn is_zombie(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, fields)| fields.trim_start().starts_with('Z'))
}

async fn gone_within(pid: Pid, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while is_alive(pid) && !is_zombie(pid) {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(POLL).await;
    }
    true
}

/// Whether a process is a PostgreSQL server on this cluster.
fn serves(pid: Pid, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    if let Ok(command) = fs::read(process.join("cmdline")) {
        let mut arguments = command.split(|byte| *byte == 0);
        let program = Path::new(std::ffi::OsStr::from_bytes(
            arguments.next().unwrap_or_default(),
        ));
        let is_postgres = program
            .file_name()
            .is_some_and(|name| name == "postgres" || name == "postmaster");
        let named = arguments.any(|argument| argument == cluster.as_os_str().as_bytes());
        // The directory may have been moved since; the server's working directory moves along.
        let inside = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == cluster);
        return is_postgres && (named || inside);
    }
    let listing = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    listing.is_ok_and(|output| {
        let command = String::from_utf8_lossy(&output.stdout);
        command.contains("postgres") && command.contains(&*cluster.to_string_lossy())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_are_not_taken_for_a_server() {
        let own = Pid::this();
        assert!(is_alive(own));
        assert!(!serves(own, Path::new("/nowhere")));
    }

    #[test]
    fn zombies_are_gone() {
        let mut child = Command::new("true").spawn().unwrap();
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        while !is_zombie(pid) && cfg!(target_os = "linux") {
            std::thread::yield_now();
        }
        assert!(is_alive(pid));
        child.wait().unwrap();
        assert!(!is_alive(pid));
    }
}
