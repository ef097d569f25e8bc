//! Random names and passwords, straight from the operating system.

use std::fmt::Write as _;
use std::io;

use rand::TryRngCore as _;
use rand::rngs::OsRng;

use super::error::EmbeddedError;

/// `N` random bytes in hexadecimal, which needs no quoting in URLs, SQL and file names.
pub(super) fn random_hex<const N: usize>() -> Result<String, EmbeddedError> {
    let mut bytes = [0_u8; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|cause| EmbeddedError::io("read random bytes", io::Error::other(cause)))?;
    let mut text = String::with_capacity(2 * N);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
