//! Uploaded files between upload and compilation: compressed, in the database.

use crate::kernel::{Error, Result};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use std::io::{Read as _, Write as _};

/// Largest file after decompression: what was stored is ours, but a limit costs nothing.
const LARGEST: u64 = 4 * 1024 * 1024 * 1024;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    /// `manifest.json`.
    Manifest,
    /// `catalog.json`.
    Catalog,
    /// `lightdash.config.yml`.
    Config,
    /// Explores, compiled elsewhere.
    Explores,
}

impl FileKind {
    /// The stored text.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "MANIFEST",
            Self::Catalog => "CATALOG",
            Self::Config => "CONFIG",
            Self::Explores => "EXPLORES",
        }
    }
}

/// A file as it is stored.
#[derive(Debug, Clone)]
pub(super) struct StoredFile {
    pub(super) kind: FileKind,
    pub(super) content: Vec<u8>,
}

/// Compresses a file.
pub(super) fn pack(kind: FileKind, text: &[u8]) -> Result<StoredFile> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(text).and_then(|()| encoder.finish());
    let content = packed.map_err(anyhow::Error::new)?;
    Ok(StoredFile { kind, content })
}

/// The text of a stored file.
pub(super) fn unpack(content: &[u8]) -> Result<String> {
    let mut text = String::new();
    let read = GzDecoder::new(content)
        .take(LARGEST)
        .read_to_string(&mut text);
    read.map_err(|_error| Error::fault("a stored file cannot be read"))?;
    Ok(text)
}
