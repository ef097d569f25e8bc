//! One key, and what it encrypts: a random nonce, the encrypted bytes, the tag.

use super::VaultError;
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use rand::{TryRngCore as _, rngs::OsRng};
use secrecy::zeroize::Zeroizing;

/// Bytes of a key.
pub(super) const KEY: usize = 32;
const NONCE: usize = 24;

/// A key that encrypts. Its memory is overwritten when it is dropped.
pub(super) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    /// The key of these bytes.
    pub(super) fn new(bytes: &[u8]) -> Result<Self, VaultError> {
        let cipher = XChaCha20Poly1305::new_from_slice(bytes);
        cipher.map(Self).map_err(|_length| VaultError::Damaged)
    }

    /// A fresh key, and its bytes to be wrapped.
    pub(super) fn generate() -> Result<(Self, Zeroizing<[u8; KEY]>), VaultError> {
        let bytes = Zeroizing::new(random::<KEY>()?);
        Ok((Self::new(bytes.as_slice())?, bytes))
    }

    /// Encrypts `bytes` together with what they are bound to.
    pub(super) fn seal(&self, bytes: &[u8], binding: &[u8]) -> Result<Vec<u8>, VaultError> {
        // 24 random bytes never come twice.
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload {
            msg: bytes,
            aad: binding,
        };
        let encrypted = self.0.encrypt(XNonce::from_slice(&nonce), payload);
        let encrypted = encrypted.map_err(|_too_long| VaultError::Damaged)?;
        Ok([nonce.as_slice(), &encrypted].concat())
    }

    /// Decrypts what [`Cipher::seal`] made with the same binding.
    pub(super) fn open(
        &self,
        sealed: &[u8],
        binding: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, encrypted) = sealed
            .split_first_chunk::<NONCE>()
            .ok_or(VaultError::Damaged)?;
        let payload = Payload {
            msg: encrypted,
            aad: binding,
        };
        self.0
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_wrong_key_or_binding| VaultError::Damaged)
    }
}

/// Bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| VaultError::Randomness(error.to_string()))?;
    Ok(bytes)
}
