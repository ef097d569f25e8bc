//! What is logged, and how: `CHARTROOM_LOG`, `CHARTROOM_LOG_FORMAT`.

use super::Environment;
use anyhow::bail;

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Settings of the log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// A level or directives.
    pub filter: String,
    /// The shape of lines.
    pub format: LogFormat,
}

impl LogConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let format = match environment.text("CHARTROOM_LOG_FORMAT") {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => bail!("CHARTROOM_LOG_FORMAT: expected `text` or `json`, got `{other}`"),
        };
        let filter = environment
            .text("CHARTROOM_LOG")
            .unwrap_or("info")
            .to_owned();
        if let Err(error) = tracing_subscriber::EnvFilter::builder().parse(&filter) {
            bail!("CHARTROOM_LOG: `{filter}` cannot be read: {error}");
        }
        Ok(Self { filter, format })
    }
}
