//! Where the files of the cluster are, and the lock that makes this process their only user.
//!
//! ```text
//! data directory/
//!   postgres.lock      held as long as the process lives, holds its id
//!   postgres.log       what PostgreSQL writes
//!   postgres.location  only if the cluster had to go elsewhere: the path of its home
//!   postgres/          the home of the cluster
//!     cluster/         PGDATA, private to the user that runs PostgreSQL
//!     password         of the role, 0600
//!     run/             the socket, private as well
//! ```
//!
//! The home goes elsewhere when this process is root and the data directory lies below a private
//! directory such as `/root`, which the unprivileged user of PostgreSQL cannot enter.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use nix::unistd::geteuid;

use super::account::Account;
use super::error::EmbeddedError;
use super::secret::random_hex;

/// The parent of homes that cannot be in their data directory.
const ELSEWHERE: &str = "/var/lib/chartroom";

/// What the names of clusters begin with that are not complete.
const UNFINISHED: &str = "cluster.new-";

/// A process that was killed a moment ago may still hold its lock.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The data directory, locked for this process.
#[derive(Debug)]
pub(super) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Creates the directory if need be and takes its lock.
    ///
    /// Fails when the directory cannot be written or another process holds the lock.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddedError> {
        // As root, others may pass through: the user of PostgreSQL has to. Secrets in it are 0600.
        let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(path)
            .map_err(EmbeddedError::at("create the data directory", path))?;
        let path =
            fs::canonicalize(path).map_err(EmbeddedError::at("find the data directory", path))?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Its absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The log of PostgreSQL.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    /// The home of the existing cluster, if there is one.
    pub(super) fn existing_home(&self) -> Result<Option<Home>, EmbeddedError> {
        Home::of(&self.path)
    }

    /// Picks and creates the home of a new cluster: in the data directory if its user can get
    /// there, else below `/var/lib`.
    pub(super) fn new_home(&self, account: &Account) -> Result<Home, EmbeddedError> {
        if self.let_in(account)? {
            return Home::create(self.path.join("postgres"));
        }
        let home = Path::new(ELSEWHERE).join(random_hex::<6>()?);
        let home = Home::create(home)?;
        if !account.can_enter(&home.root)? {
            return Err(EmbeddedError::Unreachable {
                path: self.path.clone(),
                account: account.name().to_owned(),
            });
        }
        Ok(home)
    }

    /// Records a home elsewhere. Done once its cluster is complete, so that a start cut short
    /// leaves no pointer to half a cluster.
    pub(super) fn remember(&self, home: &Home) -> Result<(), EmbeddedError> {
        if home.root.starts_with(&self.path) {
            return Ok(());
        }
        let note = location_note(&self.path);
        write_private(&note, &format!("{}\n", home.root.display()))?;
        write_private(
            &home.root.join("data-directory"),
            &format!("{}\n", self.path.display()),
        )
    }

    /// Whether the user can pass through the data directory. Its own mode is widened for that
    /// if it is all that is in the way; directories above it are not ours to change.
    fn let_in(&self, account: &Account) -> Result<bool, EmbeddedError> {
        if account.can_enter(&self.path)? {
            return Ok(true);
        }
        let Some(parent) = self.path.parent() else {
            return Ok(false);
        };
        if !account.can_enter(parent)? {
            return Ok(false);
        }
        let step = "let PostgreSQL pass through";
        let metadata = self
            .path
            .metadata()
            .map_err(EmbeddedError::at(step, &self.path))?;
        let mut permissions = metadata.permissions();
        permissions.set_mode(permissions.mode() | 0o011);
        fs::set_permissions(&self.path, permissions)
            .map_err(EmbeddedError::at(step, &self.path))?;
        account.can_enter(&self.path)
    }
}

/// Where a home that is elsewhere is noted.
fn location_note(data_directory: &Path) -> PathBuf {
    data_directory.join("postgres.location")
}

/// The directory that holds the cluster and what belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Home {
    root: PathBuf,
}

impl Home {
    /// The home of the cluster of a data directory, if there is one. Takes no lock.
    pub(super) fn of(data_directory: &Path) -> Result<Option<Self>, EmbeddedError> {
        let note = location_note(data_directory);
        match fs::read_to_string(&note) {
            Ok(text) => {
                let home = Self::at(PathBuf::from(text.trim()));
                if home.cluster().is_dir() {
                    Ok(Some(home))
                } else {
                    Err(EmbeddedError::Missing {
                        note,
                        path: home.cluster(),
                    })
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let home = Self::at(data_directory.join("postgres"));
                Ok(home.cluster().is_dir().then_some(home))
            }
            Err(error) => Err(EmbeddedError::at("read", &note)(error)),
        }
    }

    fn at(root: PathBuf) -> Self {
        Self {
            root: fs::canonicalize(&root).unwrap_or(root),
        }
    }

    fn create(root: PathBuf) -> Result<Self, EmbeddedError> {
        let mode = if geteuid().is_root() { 0o711 } else { 0o700 };
        DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(&root)
            .map_err(EmbeddedError::at("create the directory", &root))?;
        Ok(Self { root })
    }

    /// PGDATA.
    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    /// A new name for PGDATA while `initdb` fills it. What earlier tries left is removed; since an
    /// abandoned `initdb` may live a moment longer, no name is used twice.
    pub(super) fn unfinished(&self) -> Result<PathBuf, EmbeddedError> {
        let entries = fs::read_dir(&self.root).map_err(EmbeddedError::at("read", &self.root))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(self
            .root
            .join(format!("{UNFINISHED}{}", random_hex::<4>()?)))
    }

    /// The password of the role.
    pub(super) fn password(&self) -> PathBuf {
        self.root.join("password")
    }

    /// The directory of the socket.
    pub(super) fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// Where the socket directory is noted when its path would be too long here.
    pub(super) fn run_note(&self) -> PathBuf {
        self.root.join("run.location")
    }

    /// The home itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }
}

/// Creates a directory that only the user of PostgreSQL (and root) can look into.
/// Fails if there is something of that name.
pub(super) fn create_private(path: &Path, account: &Account) -> Result<(), EmbeddedError> {
    DirBuilder::new()
        .mode(0o700)
        .create(path)
        .map_err(EmbeddedError::at("create the directory", path))?;
    account.own(path)
}

/// Writes a file that only this user can read, whole or not at all.
pub(super) fn write_private(path: &Path, text: &str) -> Result<(), EmbeddedError> {
    let unfinished = path.with_extension("new");
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&unfinished, path));
    written.map_err(EmbeddedError::at("write", path))
}

fn lock(directory: &Path) -> Result<File, EmbeddedError> {
    let path = directory.join("postgres.lock");
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path);
    let mut file = open.map_err(EmbeddedError::at("write to the data directory", directory))?;
    for attempt in 1.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if attempt < LOCK_ATTEMPTS => sleep(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedError::InUse {
                    path: directory.to_owned(),
                    holder: holder(&mut file),
                });
            }
            Err(TryLockError::Error(cause)) => {
                return Err(EmbeddedError::at("lock", &path)(cause));
            }
        }
    }
    let record = file
        .set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    record.map_err(EmbeddedError::at("write", &path))?;
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => format!("process {}", text.trim()),
        _ => "process unknown".to_owned(),
    }
}
