//! The master key of stored secrets: `CHARTROOM_MASTER_KEY`, `CHARTROOM_MASTER_KEY_FILE`.

use super::Environment;
use anyhow::bail;
use secrecy::SecretString;
use std::path::PathBuf;

/// Where the master keys come from.
#[derive(Debug, Clone, Default)]
pub enum MasterKeySource {
    /// The file in the data directory, made at the first start.
    #[default]
    DataDirectory,
    /// The variable: keys separated by commas, the one in use first.
    Given(SecretString),
    /// A file of the operator with the same content.
    File(PathBuf),
}

impl MasterKeySource {
    /// Reads the settings.
    ///
    /// # Errors
    /// Both variables are set.
    pub fn from_env(environment: &Environment) -> anyhow::Result<Self> {
        let given = environment.text("CHARTROOM_MASTER_KEY");
        let file = environment.text("CHARTROOM_MASTER_KEY_FILE");
        Ok(match (given, file) {
            (Some(_), Some(_)) => bail!(
                "CHARTROOM_MASTER_KEY: CHARTROOM_MASTER_KEY_FILE is set as well; give one of the two"
            ),
            (Some(keys), None) => Self::Given(keys.into()),
            (None, Some(path)) => Self::File(path.into()),
            (None, None) => Self::DataDirectory,
        })
    }
}
