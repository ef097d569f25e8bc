//! Master keys: from the operator, or from a file in the data directory made at the first start.

use super::{
    cipher::{Cipher, KEY, random},
    signer::Signer,
};
use crate::config::MasterKeySource;
use anyhow::{Context as _, anyhow, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// A key that wraps data keys, and one made from it that signs.
pub(super) struct MasterKey {
    id: String,
    cipher: Cipher,
    signer: Signer,
}

impl MasterKey {
    fn new(bytes: &[u8]) -> anyhow::Result<Self> {
        let hash = Sha256::new()
            .chain_update("chartroom master key\0")
            .chain_update(bytes)
            .finalize();
        let id: String = hex::encode(hash).chars().take(16).collect();
        Ok(Self {
            id,
            cipher: Cipher::new(bytes)?,
            signer: Signer::of_master(bytes)?,
        })
    }

    /// A name that tells nothing about the key.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn cipher(&self) -> &Cipher {
        &self.cipher
    }

    pub(super) const fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// The master key in use, and former ones that still open what they wrapped.
pub struct MasterKeys {
    current: MasterKey,
    former: Vec<MasterKey>,
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKeys({})", self.current.id)
    }
}

/// Where the key of the data directory is.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("master.key")
}

impl MasterKeys {
    /// Reads keys: 32 bytes each, in hexadecimal or base64, separated by commas or white space; the
    /// first is the one in use.
    ///
    /// # Errors
    /// There is none, or one has another form.
    pub fn parse(text: &SecretString) -> anyhow::Result<Self> {
        let mut keys = text
            .expose_secret()
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .map(key);
        let Some(current) = keys.next() else {
            bail!("there is no key in it");
        };
        Ok(Self {
            current: current?,
            former: keys.collect::<anyhow::Result<_>>()?,
        })
    }

    /// A fresh key that is kept nowhere, for tests and for programs that store no secrets.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn ephemeral() -> anyhow::Result<Self> {
        Ok(Self {
            current: MasterKey::new(&random::<KEY>()?)?,
            former: Vec::new(),
        })
    }

    /// The keys of the source; none if the data directory has no file yet.
    pub(super) fn load(source: &MasterKeySource, data_dir: &Path) -> anyhow::Result<Option<Self>> {
        match source {
            MasterKeySource::Given(keys) => {
                let keys = Self::parse(keys).context("CHARTROOM_MASTER_KEY");
                keys.map(Some).map_err(|error| anyhow!("{error:#}"))
            }
            MasterKeySource::File(path) => match read(path) {
                Ok(Some(keys)) => Ok(Some(keys)),
                Ok(None) => bail!(
                    "CHARTROOM_MASTER_KEY_FILE: there is no file {}",
                    path.display()
                ),
                Err(error) => bail!("CHARTROOM_MASTER_KEY_FILE: {error:#}"),
            },
            MasterKeySource::DataDirectory => read(&path(data_dir)),
        }
    }

    /// Makes the key of the data directory. If another process makes one at the same time, both
    /// use the same.
    pub(super) fn generate(data_dir: &Path) -> anyhow::Result<Self> {
        let path = path(data_dir);
        let unfinished = path.with_extension(format!("{}.new", std::process::id()));
        let text = format!("{}\n", hex::encode(random::<KEY>()?));
        let made = fs::create_dir_all(data_dir).and_then(|()| {
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&unfinished)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            // Fails if there is one already, which a rename would replace.
            fs::hard_link(&unfinished, &path)
        });
        let removed = fs::remove_file(&unfinished);
        match made {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("cannot write {}", path.display()));
            }
            _ => removed.with_context(|| format!("cannot remove {}", unfinished.display()))?,
        }
        tracing::info!(path = %path.display(), "made the master key of stored secrets; back it up");
        read(&path)?.with_context(|| format!("{} is gone again", path.display()))
    }

    pub(super) const fn current(&self) -> &MasterKey {
        &self.current
    }

    pub(super) fn former(&self) -> impl Iterator<Item = &MasterKey> {
        self.former.iter().filter(|key| key.id != self.current.id)
    }

    pub(super) fn find(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current)
            .chain(&self.former)
            .find(|key| key.id == id)
    }
}

fn read(path: &Path) -> anyhow::Result<Option<MasterKeys>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => SecretString::from(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => bail!("cannot read {}: {error}", path.display()),
    };
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others can read the master key; its mode should be 0600");
    }
    let keys = MasterKeys::parse(&text);
    let keys = keys.with_context(|| path.display().to_string());
    keys.map(Some).map_err(|error| anyhow!("{error:#}"))
}

/// One key. Errors do not repeat what was given.
fn key(text: &str) -> anyhow::Result<MasterKey> {
    let bytes = if text.len() == 2 * KEY {
        hex::decode(text).ok()
    } else {
        STANDARD.decode(text).ok()
    };
    match bytes {
        Some(bytes) if bytes.len() == KEY => MasterKey::new(&bytes),
        _ => bail!(
            "a master key is 32 random bytes in hexadecimal or base64: make one with `openssl rand -hex 32`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> anyhow::Result<MasterKeys> {
        MasterKeys::parse(&text.into())
    }

    #[test]
    fn keys_are_read_in_both_forms_and_named_alike() {
        let hex = "00".repeat(31) + "ff";
        let base64 = STANDARD.encode(hex::decode(&hex).unwrap());
        let (a, b) = (parsed(&hex).unwrap(), parsed(&base64).unwrap());
        assert_eq!(a.current.id, b.current.id);
        assert!(!hex.contains(&a.current.id));
        let both = parsed(&format!("{},\n{hex}", "11".repeat(32))).unwrap();
        assert!(both.find(&a.current.id).is_some());
        assert_ne!(both.current.id, a.current.id);
    }

    #[test]
    fn other_forms_are_refused_without_being_repeated() {
        for bad in ["", " , ", "hunter2", &"00".repeat(31), &"zz".repeat(32)] {
            let error = parsed(bad).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_file_of_the_data_directory_is_private_and_stays() {
        let directory =
            std::env::temp_dir().join(format!("chartroom-key-{}", uuid::Uuid::new_v4()));
        assert!(
            MasterKeys::load(&MasterKeySource::DataDirectory, &directory)
                .unwrap()
                .is_none()
        );
        let made = MasterKeys::generate(&directory).unwrap();
        let again = MasterKeys::generate(&directory).unwrap();
        assert_eq!(made.current.id, again.current.id, "never replaced");
        let bits = fs::metadata(path(&directory)).unwrap().permissions().mode();
        assert_eq!(bits & 0o777, 0o600);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
        fs::remove_dir_all(directory).unwrap();
    }
}
