//! Signatures of what the server gives away and will be shown again: HMAC-SHA256 with a key that is made
//! from the master key, so that all servers of an installation know each other's, and nothing else has to
//! be kept.

use super::{VaultError, cipher::KEY};
use hmac::{Hmac, Mac as _};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

/// Bytes of a signature.
pub const SIGNATURE: usize = 32;

/// A key that signs.
pub(super) struct Signer(Zeroizing<[u8; KEY]>);

impl Signer {
    /// The key that belongs to a master key. Who has one of its signatures learns nothing of either.
    pub(super) fn of_master(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut derived = mac(bytes)?;
        derived.update(b"chartroom signatures\0");
        Ok(Self(Zeroizing::new(derived.finalize().into_bytes().into())))
    }

    pub(super) fn sign(
        &self,
        purpose: &str,
        message: &[u8],
    ) -> Result<[u8; SIGNATURE], VaultError> {
        Ok(self.over(purpose, message)?.finalize().into_bytes().into())
    }

    /// Whether the signature is this key's, in a time that tells nothing about it.
    pub(super) fn is_by(&self, purpose: &str, message: &[u8], signature: &[u8]) -> bool {
        let expected = self.over(purpose, message);
        expected.is_ok_and(|expected| expected.verify_slice(signature).is_ok())
    }

    fn over(&self, purpose: &str, message: &[u8]) -> Result<Hmac<Sha256>, VaultError> {
        let mut mac = mac(self.0.as_slice())?;
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(message);
        Ok(mac)
    }
}

fn mac(key: &[u8]) -> Result<Hmac<Sha256>, VaultError> {
    Hmac::new_from_slice(key).map_err(|_length| VaultError::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_its_key_purpose_and_message_only() {
        let (own, other) = (
            Signer::of_master(&[1; KEY]).unwrap(),
            Signer::of_master(&[2; KEY]).unwrap(),
        );
        let signature = own.sign("link", b"file 1").unwrap();
        assert!(own.is_by("link", b"file 1", &signature));
        assert!(!own.is_by("link", b"file 2", &signature));
        assert!(!own.is_by("ticket", b"file 1", &signature));
        assert!(!other.is_by("link", b"file 1", &signature));
        assert!(!own.is_by("link", b"file 1", &signature[..31]));
    }
}
