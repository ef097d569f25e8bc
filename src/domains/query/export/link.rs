//! Links to files: who may fetch which file until when, signed by the server.
//!
//! A link is no right of its own. It names its user, whose rights are asked again whenever it is used.

use crate::{
    kernel::{
        Id, Result,
        entity::{ExportedFileId, UserId},
    },
    services::vault::{SIGNATURE, Vault},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// What the signature is for.
const PURPOSE: &str = "exported file";
const VERSION: u8 = 1;
/// Version, file, user, end.
const CLAIM: usize = 1 + 16 + 16 + 8;

/// What a link says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) file: ExportedFileId,
    pub(super) user: UserId,
    /// Until when it works.
    pub(super) until: DateTime<Utc>,
}

impl Link {
    /// The token of the link.
    pub(super) fn token(&self, vault: &Vault) -> Result<String> {
        let mut bytes = Vec::with_capacity(CLAIM + SIGNATURE);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.file.uuid().as_bytes());
        bytes.extend_from_slice(self.user.uuid().as_bytes());
        bytes.extend_from_slice(&self.until.timestamp().to_be_bytes());
        let signature = vault.sign(PURPOSE, &bytes)?;
        bytes.extend_from_slice(&signature);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a token says, if it is one of ours.
    pub(super) fn read(token: &str, vault: &Vault) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (claim, signature) = bytes.split_first_chunk::<CLAIM>()?;
        if !vault.is_signed(PURPOSE, claim, signature) {
            return None;
        }
        let (version, rest) = claim.split_first()?;
        let (file, rest) = rest.split_first_chunk::<16>()?;
        let (user, until) = rest.split_first_chunk::<16>()?;
        let until = i64::from_be_bytes(until.try_into().ok()?);
        (*version == VERSION).then_some(Self {
            file: Id::from_uuid(Uuid::from_bytes(*file)),
            user: Id::from_uuid(Uuid::from_bytes(*user)),
            until: DateTime::from_timestamp(until, 0)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::vault::MasterKeys;

    #[test]
    fn only_what_this_server_signed_is_read() {
        let vault = || Vault::new(MasterKeys::ephemeral().unwrap());
        let (own, other) = (vault(), vault());
        let link = Link {
            file: Id::from_uuid(Uuid::from_u128(1)),
            user: Id::from_uuid(Uuid::from_u128(2)),
            until: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        };
        let token = link.token(&own).unwrap();
        assert_eq!(Link::read(&token, &own), Some(link));
        assert_eq!(Link::read(&token, &other), None);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(Link::read(&changed, &own), None, "{at}");
        }
        let short = token.get(..token.len() - 4).unwrap();
        assert_eq!(Link::read(short, &own), None);
        assert_eq!(Link::read("", &own), None);
    }
}
