//! What can go wrong with the embedded cluster, worded for the person at the terminal.
//!
//! Each message stands on one line, names the path or the process in question, and says what to
//! do about it. Causes are part of the message, so that `{error}` alone is complete.

use std::io;
use std::path::{Path, PathBuf};

/// A failure to create, start or stop the embedded PostgreSQL cluster.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No PostgreSQL server programs were found.
    #[error(
        "PostgreSQL is not installed: no `initdb` and `postgres` in {searched}. Install the server \
         (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; \
         Alpine: apk add postgresql; macOS: brew install postgresql@17) or set DATABASE_URL to a \
         database of your own"
    )]
    NotInstalled {
        /// The places that were looked at.
        searched: String,
    },

    /// The programs are there, but none can serve the existing cluster.
    #[error(
        "the cluster in {path} was made by PostgreSQL {cluster}, and only version {found} is \
         installed: install PostgreSQL {cluster}, or move the data with pg_dump (docs/operations.md)",
        path = path.display()
    )]
    Version {
        /// The cluster directory.
        path: PathBuf,
        /// The major version that made it.
        cluster: u32,
        /// The major versions that are installed.
        found: String,
    },

    /// Only PostgreSQL versions too old for Chartroom are installed.
    #[error("PostgreSQL {found} is too old: Chartroom needs version {minimum} or newer")]
    TooOld {
        /// The major versions that are installed.
        found: String,
        /// The oldest that will do.
        minimum: u32,
    },

    /// Another process holds the data directory.
    #[error(
        "another Chartroom process ({holder}) uses the data directory {path}: stop it, or choose \
         another CHARTROOM_DATA_DIR",
        path = path.display()
    )]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// The process id of the holder as far as it is known.
        holder: String,
    },

    /// Another process holds the data directory, but its PostgreSQL cannot be reached.
    #[error(
        "another Chartroom process uses the data directory {path}, but its PostgreSQL does not \
         answer: try again when it runs, or stop that process",
        path = path.display()
    )]
    Silent {
        /// The data directory.
        path: PathBuf,
    },

    /// A file or directory cannot be written for lack of permission.
    #[error("cannot {doing}: {cause}. Choose a CHARTROOM_DATA_DIR that this user can write to")]
    Unwritable {
        /// What was tried, with its path.
        doing: String,
        /// Why the system refused.
        cause: io::Error,
    },

    /// There is no space left for the cluster.
    #[error("cannot {doing}: the disk is full. Free some space and start again")]
    DiskFull {
        /// What was tried, with its path.
        doing: String,
    },

    /// PostgreSQL cannot run as root and there is no user to run it as.
    #[error(
        "PostgreSQL refuses to run as root, and this system has neither a user `postgres` nor \
         `nobody`: run Chartroom as an ordinary user"
    )]
    NoAccount,

    /// The user that runs PostgreSQL cannot get into the directory of its cluster.
    #[error(
        "PostgreSQL runs as the user {account}, who cannot enter {path}: choose a \
         CHARTROOM_DATA_DIR outside of private directories, for example below /var/lib",
        path = path.display()
    )]
    Unreachable {
        /// The directory.
        path: PathBuf,
        /// The user.
        account: String,
    },

    /// The cluster belongs to somebody else.
    #[error(
        "the cluster in {path} belongs to the user {owner}: {advice}",
        path = path.display()
    )]
    ForeignOwner {
        /// The cluster directory.
        path: PathBuf,
        /// Name or number of its owner.
        owner: String,
        /// What to do.
        advice: &'static str,
    },

    /// The data directory points to a cluster that is not there.
    #[error(
        "{note} says that the cluster is in {path}, where there is none: restore it, or remove \
         that file to begin with an empty database",
        note = note.display(), path = path.display()
    )]
    Missing {
        /// The file that holds the path.
        note: PathBuf,
        /// The path it holds.
        path: PathBuf,
    },

    /// `initdb` or another program of PostgreSQL failed.
    #[error("{program} failed: {output}")]
    Program {
        /// Its name.
        program: &'static str,
        /// The last lines it wrote.
        output: String,
    },

    /// PostgreSQL ended before it was ready.
    #[error("PostgreSQL did not start ({status}). The end of {log}:\n{tail}", log = log.display())]
    DidNotStart {
        /// How it ended.
        status: String,
        /// The log file.
        log: PathBuf,
        /// The last lines of this start.
        tail: String,
    },

    /// PostgreSQL runs and does not answer.
    #[error(
        "PostgreSQL was not ready after {seconds} s. The end of {log}:\n{tail}",
        log = log.display()
    )]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// The last lines of this start.
        tail: String,
    },

    /// PostgreSQL answers and refuses our role.
    #[error("PostgreSQL refused the connection: {cause}. {advice}")]
    Refused {
        /// What it said.
        cause: String,
        /// What may help.
        advice: &'static str,
    },

    /// A process of an earlier run could not be stopped.
    #[error("PostgreSQL (process {pid}) did not stop: end it with `kill -QUIT {pid}`")]
    DoesNotStop {
        /// The process.
        pid: i32,
    },

    /// The cluster is being stopped and was asked to start.
    #[error("the embedded PostgreSQL is being stopped")]
    Stopping,

    /// Any other failure of the operating system.
    #[error("cannot {doing}: {cause}")]
    Io {
        /// What was tried, with its path.
        doing: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl EmbeddedError {
    /// Sorts a failed system call by what the reader can do about it.
    pub(super) fn io(doing: impl Into<String>, cause: io::Error) -> Self {
        let doing = doing.into();
        match cause.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { doing },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Unwritable { doing, cause }
            }
            _ => Self::Io { doing, cause },
        }
    }

    /// [`EmbeddedError::io`] for one step on one path, in the shape `map_err` wants.
    pub(super) fn at(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let doing = format!("{step} {}", path.display());
        move |cause| Self::io(doing, cause)
    }

    /// Sorts what a program of PostgreSQL wrote before it failed.
    pub(super) fn program(program: &'static str, output: &str) -> Self {
        if tells_of_full_disk(output) {
            return Self::DiskFull {
                doing: format!("run {program}"),
            };
        }
        Self::Program {
            program,
            output: output.to_owned(),
        }
    }
}

/// Whether the output of a program of PostgreSQL says that it ran out of space.
pub(super) fn tells_of_full_disk(output: &str) -> bool {
    [
        "No space left on device",
        "Disk quota exceeded",
        "Check free disk space",
    ]
    .into_iter()
    .any(|sign| output.contains(sign))
}
