//! Values of warehouses as JSON, without loss.

use crate::services::warehouse::{Row, Value};
use chrono::SecondsFormat;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// Largest whole number that every reader of JSON keeps: 2⁵³ − 1.
const SAFE: u64 = (1 << 53) - 1;
/// Digits that a binary floating point number of 64 bits always keeps.
const SAFE_DIGITS: usize = 15;

/// About how many bytes a row takes.
pub fn row_bytes(row: &Row) -> u64 {
    let bytes = row.iter().map(|value| match value {
        Value::Text(text) | Value::Json(text) | Value::Decimal(text) => text.len(),
        _ => size_of::<Value>(),
    });
    bytes.fold(0, |sum, bytes| {
        sum.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
    })
}

/// A value as JSON, as [`Cell`] writes it.
pub fn raw(value: &Value) -> Json {
    // A value of a warehouse can always be written.
    serde_json::to_value(Cell(value)).unwrap_or_default()
}

/// A row as a JSON array of its [`Cell`]s.
pub(super) struct Cells<'a>(pub(super) &'a Row);

impl Serialize for Cells<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.0.iter().map(Cell))
    }
}

/// A value as JSON. Numbers that JavaScript would change are texts; moments are written as in RFC 3339,
/// without offset where they have no zone.
struct Cell<'a>(&'a Value);

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => to.serialize_unit(),
            Value::Boolean(value) => to.serialize_bool(*value),
            Value::Integer(value) if value.unsigned_abs() <= SAFE => to.serialize_i64(*value),
            Value::Integer(value) => to.collect_str(value),
            Value::Float(value) if value.is_finite() => to.serialize_f64(*value),
            Value::Float(value) => to.collect_str(value),
            Value::Decimal(text) => decimal(text, to),
            Value::Text(text) | Value::Json(text) => to.serialize_str(text),
            Value::Date(day) => to.collect_str(day),
            Value::Timestamp(moment) => to.collect_str(&moment.format("%Y-%m-%dT%H:%M:%S%.f")),
            Value::TimestampTz(moment) => {
                to.serialize_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        }
    }
}

/// A number, if a floating point number has the same digits; else a text.
fn decimal<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    let digits = text.trim_start_matches(['-', '0', '.']);
    let digits = digits.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
    if !is_plain || digits > SAFE_DIGITS {
        return to.serialize_str(text);
    }
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    };
    if let Ok(whole) = whole.parse::<i64>() {
        return to.serialize_i64(whole);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => to.serialize_f64(number),
        _ => to.serialize_str(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_numbers_only_where_nothing_is_lost() {
        for (value, expected) in [
            (Value::Integer(7), json!(7)),
            (
                Value::Integer(9_007_199_254_740_991),
                json!(9_007_199_254_740_991_i64),
            ),
            (
                Value::Integer(9_007_199_254_740_992),
                json!("9007199254740992"),
            ),
            (Value::Integer(i64::MIN), json!("-9223372036854775808")),
            (Value::Float(0.5), json!(0.5)),
            (Value::Float(f64::INFINITY), json!("inf")),
            (Value::Decimal("12.50".to_owned()), json!(12.5)),
            (Value::Decimal("-3".to_owned()), json!(-3)),
            (Value::Decimal("2750.00".to_owned()), json!(2750)),
            (
                Value::Decimal("0.000000000000000000001".to_owned()),
                json!(1e-21),
            ),
            (
                Value::Decimal("1234567890123456.78".to_owned()),
                json!("1234567890123456.78"),
            ),
            (Value::Decimal("NaN".to_owned()), json!("NaN")),
            (Value::Text("x".to_owned()), json!("x")),
        ] {
            assert_eq!(raw(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn moments_say_whether_they_have_a_zone() {
        let moment =
            chrono::DateTime::from_timestamp(1_700_000_000, 500_000_000).expect("a moment");
        assert_eq!(
            raw(&Value::TimestampTz(moment)),
            json!("2023-11-14T22:13:20.500Z")
        );
        assert_eq!(
            raw(&Value::Timestamp(moment.naive_utc())),
            json!("2023-11-14T22:13:20.500")
        );
    }
}
