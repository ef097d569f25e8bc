//! Files that exports make: `CHARTROOM_EXPORT_CELLS`, `CHARTROOM_EXPORT_SECONDS`, `CHARTROOM_PUBLIC_URL`,
//! and where they are worked on.

use super::Environment;
use anyhow::bail;
use std::{path::PathBuf, time::Duration};

/// Settings of exports.
#[derive(Debug, Clone)]
pub struct ExportConfig {
    /// Most cells of one file.
    pub cells: u64,
    /// How long a file is kept.
    pub life: Duration,
    /// Where files are worked on.
    pub directory: PathBuf,
    /// What links begin with, without a slash at its end; none for links without a host.
    pub public_url: Option<String>,
}

impl ExportConfig {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let data: PathBuf = environment
            .text("CHARTROOM_DATA_DIR")
            .unwrap_or("./.chartroom")
            .into();
        let public_url = environment.text("CHARTROOM_PUBLIC_URL");
        if public_url.is_some_and(|url| !is_address(url)) {
            bail!(
                "CHARTROOM_PUBLIC_URL: expected an address such as https://bi.example.com, without \
                 `?` and `#`"
            );
        }
        Ok(Self {
            cells: environment.number("CHARTROOM_EXPORT_CELLS", 1, 5_000_000)?,
            life: environment.seconds("CHARTROOM_EXPORT_SECONDS", 86_400)?,
            directory: data.join("tmp"),
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
        })
    }
}

fn is_address(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>');
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(is_plain)
    })
}
