//! The log of PostgreSQL: a file in the data directory that the server inherits as its output.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::error::EmbeddedError;

/// A log longer than this is set aside at the next start.
const ROTATE_AT: u64 = 16 * 1024 * 1024;
/// How much of the end of the log is looked at for a message.
const TAIL_BYTES: u64 = 8 * 1024;
const TAIL_LINES: usize = 12;

/// The log as one start of the server writes it.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    start: u64,
}

impl Log {
    /// Opens the log for a start of the server, and gives the handle that the server shall have.
    pub(super) fn open(path: PathBuf) -> Result<(Self, File), EmbeddedError> {
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > ROTATE_AT) {
            let old = path.with_extension("log.1");
            fs::rename(&path, old).map_err(EmbeddedError::at("set aside", &path))?;
        }
        let open = || {
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&path)?;
            let start = file.metadata()?.len();
            Ok((file, start))
        };
        let (file, start) = open().map_err(EmbeddedError::at("write the log", &path))?;
        Ok((Self { path, start }, file))
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines written since this start.
    pub(super) fn tail(&self) -> String {
        self.read()
            .unwrap_or_else(|error| format!("(the log cannot be read: {error})"))
    }

    fn read(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.path)?;
        let end = file.metadata()?.len();
        file.seek(SeekFrom::Start(
            self.start.max(end.saturating_sub(TAIL_BYTES)),
        ))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(last_lines(&String::from_utf8_lossy(&bytes)))
    }
}

/// The last lines of a text.
pub(super) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let skipped = lines.len().saturating_sub(TAIL_LINES);
    lines
        .into_iter()
        .skip(skipped)
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept() {
        let lines: Vec<String> = (1..=20).map(|n| format!("line {n}")).collect();
        let text = lines.join("\n\n");
        let tail = last_lines(&text);
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(tail.starts_with("line 9\n") && tail.ends_with("line 20"));
    }
}
