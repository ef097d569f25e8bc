//! Custom scalars: texts with rules.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use std::str::FromStr as _;

macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident, $graphql:literal, $parse:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// A value that is known to follow the rules, such as a stored one.
            pub fn trusted(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// A value that follows the rules.
            ///
            /// # Errors
            /// What is wrong with the text.
            pub fn parse_text(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<(), String> = $parse;
                parse(text).map(|()| Self(text.to_owned()))
            }
        }

        $(#[$doc])*
        #[Scalar(name = $graphql)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match &value {
                    Value::String(text) => Self::parse_text(text).map_err(InputValueError::custom),
                    _ => Err(InputValueError::expected_type(value)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar! {
    /// Absolute or server-relative address.
    Url, "URL", |text| {
        let relative = text.starts_with('/') && !text.starts_with("//");
        let scheme = ["https://", "http://"].iter().any(|scheme| {
            text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        });
        if (relative || scheme) && text.len() <= 2_048 && !text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            Ok(())
        } else {
            Err("expected an address that starts with https://, http:// or /, without spaces, of at most 2048 characters".to_owned())
        }
    }
}
text_scalar! {
    /// Hex colour, #rrggbb.
    Color, "Color", |text| {
        let hex = text.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if hex { Ok(()) } else { Err("expected a colour such as #1f6feb".to_owned()) }
    }
}
text_scalar! {
    /// IANA zone name.
    TimeZone, "TimeZone", |text| {
        if chrono_tz::Tz::from_str(text).is_ok() {
            Ok(())
        } else {
            Err("expected the IANA name of a time zone, such as Europe/Berlin".to_owned())
        }
    }
}
text_scalar! {
    /// BCP 47 language tag.
    Locale, "Locale", |text| {
        let mut parts = text.split('-');
        let language = parts.next().is_some_and(|p| (2..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()));
        let rest = parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
        if language && rest { Ok(()) } else { Err("expected a language tag such as en or de-CH".to_owned()) }
    }
}
text_scalar! {
    /// Identifier of a field in the semantic layer: table name, underscore, field name.
    FieldId, "FieldId", |text| {
        let plain = !text.is_empty() && text.len() <= 255 && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '));
        if plain { Ok(()) } else { Err("expected a field id such as orders_total_revenue: letters, digits and underscores, at most 255 bytes".to_owned()) }
    }
}
text_scalar! {
    /// ISO 8601 duration, for example P7D. Years count 365 days, months 30.
    Duration, "Duration", |text| {
        seconds_of(text).map(|_| ()).ok_or_else(|| "expected an ISO 8601 duration such as P7D or PT12H".to_owned())
    }
}

impl Duration {
    /// The length in seconds.
    pub fn seconds(&self) -> i64 {
        seconds_of(&self.0).unwrap_or_default()
    }
}

fn seconds_of(text: &str) -> Option<i64> {
    let (date, time) = text.strip_prefix('P')?.split_once('T').map_or_else(
        || (text.strip_prefix('P').unwrap_or_default(), None),
        |(date, time)| (date, Some(time)),
    );
    if (date.is_empty() && time.is_none()) || time == Some("") {
        return None;
    }
    let date = sum(
        date,
        &[
            ('Y', 31_536_000),
            ('M', 2_592_000),
            ('W', 604_800),
            ('D', 86_400),
        ],
    )?;
    let time = sum(
        time.unwrap_or_default(),
        &[('H', 3_600), ('M', 60), ('S', 1)],
    )?;
    date.checked_add(time)
        .filter(|seconds| *seconds <= 3_153_600_000)
}

/// Adds up numbers with units, which must come in the given order.
fn sum(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total = 0_i64;
    let mut rest = text;
    let mut units = units.iter();
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at_checked(end)?;
        let mut chars = tail.chars();
        let unit = chars.next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(*seconds)?)?;
        rest = chars.as_str();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_follow_iso_8601() {
        for (text, seconds) in [
            ("P7D", 604_800),
            ("PT12H", 43_200),
            ("P1DT1M", 86_460),
            ("P2W", 1_209_600),
        ] {
            assert_eq!(seconds_of(text), Some(seconds), "{text}");
        }
        for bad in [
            "",
            "P",
            "PT",
            "7D",
            "P1H",
            "P1DT",
            "P1M1Y",
            "P-1D",
            "P1.5D",
            "P99999999999999Y",
        ] {
            assert_eq!(seconds_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn addresses_colours_zones_and_tags_are_checked() {
        assert!(Url::parse_text("https://example.com/a?b=c").is_ok());
        assert!(Url::parse_text("javascript:alert(1)").is_err());
        assert!(Url::parse_text("//evil.example").is_err());
        assert!(Color::parse_text("#12abEF").is_ok());
        assert!(Color::parse_text("#12abE").is_err());
        assert!(TimeZone::parse_text("Europe/Berlin").is_ok());
        assert!(TimeZone::parse_text("Mars/Base").is_err());
        assert!(Locale::parse_text("de-CH").is_ok());
        assert!(Locale::parse_text("d").is_err());
    }
}
