//! The operating system user that PostgreSQL runs as.
//!
//! PostgreSQL refuses root. A server started as root therefore runs its cluster as `postgres` or,
//! where there is none, as `nobody`; an existing cluster keeps its owner. Everybody else runs it
//! as themselves.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Gid, Uid, User, getegid, geteuid};

use super::error::EmbeddedError;

/// A user to run programs of PostgreSQL as.
#[derive(Debug, Clone)]
pub(super) struct Account {
    uid: Uid,
    gid: Gid,
    name: String,
    switched: bool,
}

impl Account {
    /// The user for a new cluster.
    pub(super) fn for_new_cluster() -> Result<Self, EmbeddedError> {
        if !geteuid().is_root() {
            return Ok(Self::current());
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .filter(|user| !user.uid.is_root())
            .map(|user| Self {
                uid: user.uid,
                gid: user.gid,
                name: user.name,
                switched: true,
            })
            .ok_or(EmbeddedError::NoAccount)
    }

    /// The user for an existing cluster: its owner, if this process may act as the owner.
    pub(super) fn owner_of(cluster: &Path) -> Result<Self, EmbeddedError> {
        let metadata = cluster
            .metadata()
            .map_err(EmbeddedError::at("read", cluster))?;
        let (uid, gid) = (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()));
        let foreign = |advice| EmbeddedError::ForeignOwner {
            path: cluster.to_owned(),
            owner: name_of(uid),
            advice,
        };
        if uid.is_root() {
            return Err(foreign(
                "PostgreSQL refuses root, give it back to its user with chown -R",
            ));
        }
        if geteuid().is_root() {
            return Ok(Self {
                uid,
                gid,
                name: name_of(uid),
                switched: true,
            });
        }
        if uid != geteuid() {
            return Err(foreign("start Chartroom as that user or as root"));
        }
        Ok(Self::current())
    }

    fn current() -> Self {
        Self {
            uid: geteuid(),
            gid: getegid(),
            name: name_of(geteuid()),
            switched: false,
        }
    }

    /// The user's name, for messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The user's number.
    pub(super) fn uid(&self) -> u32 {
        self.uid.as_raw()
    }

    /// Whether PostgreSQL runs as somebody else than this process.
    pub(super) fn is_switched(&self) -> bool {
        self.switched
    }

    /// A command that runs as this user: in a process group of its own, so that a Ctrl-C in the
    /// terminal reaches the server alone, and with an environment in which no `PG…` variable of
    /// the caller can redirect it.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if self.switched {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        command
    }

    /// Makes a file or directory that this process has just created the user's own.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.switched {
            return Ok(());
        }
        chown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
            .map_err(EmbeddedError::at("change the owner of", path))
    }

    /// Whether the user can enter a directory. Tried rather than computed, since access lists and
    /// security modules have a say too.
    pub(super) fn can_enter(&self, directory: &Path) -> Result<bool, EmbeddedError> {
        if !self.switched {
            return Ok(true);
        }
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", r#"cd "$1""#, "sh"]).arg(directory);
        let status = command.status().map_err(|cause| {
            EmbeddedError::io(format!("run a program as the user {}", self.name), cause)
        })?;
        Ok(status.success())
    }
}

fn name_of(uid: Uid) -> String {
    User::from_uid(uid)
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |user| user.name)
}
