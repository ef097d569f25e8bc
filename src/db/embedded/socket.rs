//! The directory of the server's socket.
//!
//! The address of a Unix socket is limited to 107 bytes (103 on macOS), and libpq takes a comma in
//! it for the end of one host and the start of the next. A data directory with such a path gets a
//! short private directory below `/tmp`, with a random name so that nobody can be there first; it
//! is noted in the home and removed at the next stop or start.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::error::EmbeddedError;
use super::home::{Home, create_private, write_private};
use super::secret::random_hex;

/// The port gives the socket its name; no network port is opened.
pub(super) const PORT: u16 = 5432;
const LIMIT: usize = 103;

/// A directory that only the user of PostgreSQL and this process can enter.
#[derive(Debug)]
pub(super) struct SocketDirectory {
    path: PathBuf,
    note: Option<PathBuf>,
}

impl SocketDirectory {
    /// Creates the directory or takes the one of earlier runs.
    pub(super) fn prepare(home: &Home, account: &Account) -> Result<Self, EmbeddedError> {
        remove_noted(&home.run_note(), account);
        let path = home.run();
        if fits(&path) {
            if !path.is_dir() {
                create_private(&path, account)?;
            }
            return Ok(Self { path, note: None });
        }
        let path = PathBuf::from(format!("/tmp/chartroom-{}", random_hex::<6>()?));
        create_private(&path, account)?;
        write_private(&home.run_note(), &format!("{}\n", path.display()))?;
        Ok(Self {
            path,
            note: Some(home.run_note()),
        })
    }

    /// Where a running server has put it.
    pub(super) fn in_use(home: &Home) -> PathBuf {
        match fs::read_to_string(home.run_note()) {
            Ok(text) => PathBuf::from(text.trim()),
            Err(_none) => home.run(),
        }
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is outside of the home.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.note.is_some()
    }

    /// Removes a directory below `/tmp`.
    pub(super) fn remove(&self, account: &Account) {
        if let Some(note) = &self.note {
            remove_noted(note, account);
        }
    }
}

fn fits(directory: &Path) -> bool {
    let socket = directory.join(format!(".s.PGSQL.{PORT}"));
    socket
        .to_str()
        .is_some_and(|path| path.len() <= LIMIT && !path.contains(','))
}

/// Removes the directory a note tells of, if it is one of ours: the name, the owner and the kind
/// are checked, since `/tmp` belongs to everybody. What cannot be removed is left.
fn remove_noted(note: &Path, account: &Account) {
    let Ok(text) = fs::read_to_string(note) else {
        return;
    };
    let path = Path::new(text.trim());
    let ours = text.starts_with("/tmp/chartroom-")
        && fs::symlink_metadata(path)
            .is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == account.uid());
    if ours {
        let removed = fs::remove_dir_all(path);
        tracing::debug!(path = %path.display(), ok = removed.is_ok(), "removed a socket directory");
    }
    let _ = fs::remove_file(note);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_ambiguous_paths_do_not_fit() {
        assert!(fits(Path::new("/srv/chartroom/postgres/run")));
        assert!(fits(&PathBuf::from("/").join("x".repeat(88))));
        assert!(!fits(&PathBuf::from("/").join("x".repeat(89))));
        assert!(!fits(Path::new("/srv/a,b/run")));
    }
}
