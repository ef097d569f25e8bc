//! What the caller decides about the embedded cluster.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How to run the embedded cluster. The caller reads the environment; this module never does.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The directory with `initdb` and `postgres`. Nothing else is looked at when it is given.
    pub binaries: Option<PathBuf>,
    /// The value of `PATH`, searched for the programs.
    pub search_path: Option<OsString>,
    /// How long a start may take, crash recovery included.
    pub start_timeout: Duration,
    /// How long a fast shutdown may take before the server is told to stop at once.
    pub stop_timeout: Duration,
    /// Server settings that win over `postgresql.conf`. Tests pass `fsync = off`; nobody else should.
    pub settings: Vec<(String, String)>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            binaries: None,
            search_path: None,
            start_timeout: Duration::from_mins(5),
            stop_timeout: Duration::from_secs(20),
            settings: Vec::new(),
        }
    }
}
