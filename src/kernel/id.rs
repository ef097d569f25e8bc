//! Typed ids: a UUIDv7 inside, a TypeID outside (`chart_01h455vb4pex5vsknk084sn02q`).
//!
//! The text form follows the TypeID specification 0.3: a lower-case prefix, an underscore and 26
//! characters of Crockford base32 for the 128 bits.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A kind of thing that has ids of its own.
pub trait Entity: 'static {
    /// Prefix of the ids, for example `chart`.
    const PREFIX: &'static str;
    /// Name of the GraphQL type, for example `Chart`.
    const TYPE: &'static str;
}

/// The id of one `T`.
pub struct Id<T>(Uuid, PhantomData<fn() -> T>);

impl<T: Entity> serde::Serialize for Id<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Entity> serde::Deserialize<'de> for Id<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An id whose kind is known only at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnyId<'a> {
    /// The text before the underscore.
    pub prefix: &'a str,
    /// The id proper.
    pub uuid: Uuid,
}

/// Why a text is not the id that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// No underscore, a wrong length or a character outside the alphabet.
    #[error("expected an id like `{expected}_01h455vb4pex5vsknk084sn02q`, got `{got}`")]
    Malformed {
        /// The prefix that was expected.
        expected: &'static str,
        /// The first characters of what was sent.
        got: String,
    },
    /// A well-formed id of something else.
    #[error("expected an id that starts with `{expected}_`, got one that starts with `{got}_`")]
    WrongPrefix {
        /// The prefix that was expected.
        expected: &'static str,
        /// The prefix that was sent.
        got: String,
    },
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 26;

impl<T> Id<T> {
    /// Wraps a UUID that is known to be the id of a `T`.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// A fresh id; ids made later sort later.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    pub fn new() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }

    /// A fixed id for demo data and tests: the time of `at`, the rest from a hash of `name`.
    pub fn deterministic(at: DateTime<Utc>, name: &str) -> Self {
        let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        let mut random = [0; 10];
        for (to, from) in random.iter_mut().zip(hash.as_bytes()) {
            *to = *from;
        }
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The UUID inside.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<T> Default for Id<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> AnyId<'a> {
    /// Splits a TypeID into prefix and UUID; `None` if the text is not one.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (prefix, suffix) = text.rsplit_once('_')?;
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return None;
        }
        Some(Self {
            prefix,
            uuid: decode(suffix)?,
        })
    }
}

/// Writes the text form of the id of a `prefix`.
pub(super) fn encode(prefix: &str, uuid: Uuid) -> String {
    let mut suffix = [b'0'; LENGTH];
    let mut bits = uuid.as_u128();
    for place in suffix.iter_mut().rev() {
        let digit = usize::try_from(bits & 31).unwrap_or_default();
        *place = ALPHABET.get(digit).copied().unwrap_or(b'0');
        bits >>= 5;
    }
    let mut text = String::with_capacity(prefix.len() + 1 + LENGTH);
    text.push_str(prefix);
    text.push('_');
    text.push_str(str::from_utf8(&suffix).unwrap_or_default());
    text
}

impl<T: Entity> Id<T> {
    /// The id as clients see it: the prefix of its kind, `_`, and the UUID in 26 letters and digits.
    pub fn text(self) -> String {
        encode(T::PREFIX, self.0)
    }
}

fn decode(suffix: &str) -> Option<Uuid> {
    if suffix.len() != LENGTH {
        return None;
    }
    let mut bits: u128 = 0;
    for (place, byte) in suffix.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|b| *b == byte)?;
        if place == 0 && digit > 7 {
            return None;
        }
        bits = (bits << 5) | u128::try_from(digit).ok()?;
    }
    Some(Uuid::from_u128(bits))
}

impl<T: Entity> FromStr for Id<T> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match AnyId::parse(text) {
            Some(id) if id.prefix == T::PREFIX => Ok(Self::from_uuid(id.uuid)),
            Some(id) => Err(IdError::WrongPrefix {
                expected: T::PREFIX,
                got: shorten(id.prefix),
            }),
            None => Err(IdError::Malformed {
                expected: T::PREFIX,
                got: shorten(text),
            }),
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

impl<T: Entity> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing;
    impl Entity for Thing {
        const PREFIX: &'static str = "thing";
        const TYPE: &'static str = "Thing";
    }

    #[test]
    fn text_form_round_trips_and_follows_the_specification() {
        let uuid = Uuid::parse_str("0188bac7-4afa-78aa-bc3b-bd1eef28d881").unwrap();
        let id = Id::<Thing>::from_uuid(uuid);
        assert_eq!(id.to_string(), "thing_01h2xcejqtf2nbrexx3vqjhp41");
        assert_eq!(id.to_string().parse::<Id<Thing>>(), Ok(id));
    }

    #[test]
    fn wrong_ids_say_what_was_expected() {
        let error = "chart_01h2xcejqtf2nbrexx3vqjhp41"
            .parse::<Id<Thing>>()
            .unwrap_err();
        assert!(error.to_string().contains("`thing_`"), "{error}");
        for bad in [
            "",
            "thing",
            "thing_",
            "thing_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "thing_01h2xcejqtf2nbrexx3vqjhp4u",
            "Thing_01h2xcejqtf2nbrexx3vqjhp41",
        ] {
            assert!(
                matches!(bad.parse::<Id<Thing>>(), Err(IdError::Malformed { .. })),
                "{bad}"
            );
        }
    }
}
