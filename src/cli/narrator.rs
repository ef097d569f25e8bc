//! Tells the operator what happens at the start, while it happens.

use chartroom::config::LogFormat;
use std::io::Write as _;

/// Writes for people, or into the log where that is read by machines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Narrator {
    format: LogFormat,
}

impl Narrator {
    pub(crate) const fn new(format: LogFormat) -> Self {
        Self { format }
    }

    /// Says one thing.
    pub(crate) fn say(self, text: &str) {
        match self.format {
            LogFormat::Json => tracing::info!("{text}"),
            LogFormat::Text => {
                // A closed terminal is no reason to stop serving.
                let _ = writeln!(std::io::stderr(), "chartroom: {text}");
            }
        }
    }
}
