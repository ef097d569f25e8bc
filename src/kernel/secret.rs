//! Tokens that authenticate: `crs_` sessions, `crk_` API keys, `crt_` tickets for one socket.
//!
//! A token is a prefix, 43 characters of base62 (256 bits) and a checksum of six, so that scanners
//! find leaked ones and a mistyped one is refused before any look into the database. Only the
//! SHA-256 of a token is ever stored.

use rand::{TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A signed-in session.
    Session,
    /// An API key.
    ApiKey,
    /// Opens one socket, soon after it was made.
    SocketTicket,
}

impl SecretKind {
    const ALL: [Self; 3] = [Self::Session, Self::ApiKey, Self::SocketTicket];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "crs_",
            Self::ApiKey => "crk_",
            Self::SocketTicket => "crt_",
        }
    }
}

/// A token in clear, held only between its making or arrival and the answer.
#[derive(Clone)]
pub struct Secret {
    kind: SecretKind,
    text: String,
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM: usize = 43;
const CHECKSUM: usize = 6;

impl Secret {
    /// A fresh token with 256 bits from the operating system.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn generate(kind: SecretKind) -> anyhow::Result<Self> {
        let mut text = String::from(kind.prefix());
        let mut bytes = [0u8; 64];
        while text.len() < kind.prefix().len() + RANDOM {
            OsRng.try_fill_bytes(&mut bytes)?;
            for byte in bytes {
                // 248 = 4 × 62: higher values would favour the first characters.
                if byte < 248 && text.len() < kind.prefix().len() + RANDOM {
                    text.push(digit(u32::from(byte) % 62));
                }
            }
        }
        let sum = checksum(&text);
        text.push_str(&sum);
        Ok(Self { kind, text })
    }

    /// Recognises a token by prefix, length and checksum.
    pub fn parse(text: &str) -> Option<Self> {
        let kind = SecretKind::ALL
            .into_iter()
            .find(|kind| text.starts_with(kind.prefix()))?;
        let body = text.len().checked_sub(CHECKSUM)?;
        if body != kind.prefix().len() + RANDOM {
            return None;
        }
        let (body, sum) = text.split_at_checked(body)?;
        (checksum(body) == sum).then(|| Self {
            kind,
            text: text.to_owned(),
        })
    }

    /// What the token is for.
    pub const fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The form that is stored.
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.text.as_bytes()).to_vec()
    }

    /// The last four characters, by which people recognise a key.
    pub fn last_four(&self) -> String {
        self.text
            .chars()
            .skip(self.text.len().saturating_sub(4))
            .collect()
    }

    /// The token itself, to be shown once.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

fn digit(value: u32) -> char {
    let index = usize::try_from(value % 62).unwrap_or_default();
    char::from(BASE62.get(index).copied().unwrap_or(b'0'))
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut text = [' '; CHECKSUM];
    for place in text.iter_mut().rev() {
        *place = digit(rest % 62);
        rest /= 62;
    }
    text.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_tokens_are_recognised_and_altered_ones_are_not() {
        for kind in SecretKind::ALL {
            let secret = Secret::generate(kind).unwrap();
            assert_eq!(Secret::parse(secret.expose()).unwrap().kind(), kind);
            for at in 4..secret.expose().len() {
                let mut text: Vec<char> = secret.expose().chars().collect();
                text[at] = if text[at] == 'x' { 'y' } else { 'x' };
                let text: String = text.into_iter().collect();
                assert!(Secret::parse(&text).is_none(), "{text}");
            }
        }
    }

    #[test]
    fn debug_output_hides_the_token() {
        let secret = Secret::generate(SecretKind::Session).unwrap();
        assert_eq!(format!("{secret:?}"), "crs_…");
    }
}
