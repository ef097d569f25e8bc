//! Values of warehouses as JSON, without loss.

use crate::services::warehouse::{Row, Value};
use chrono::SecondsFormat;
use serde_json::{Number, Value as Json};

/// Largest whole number that every reader of JSON keeps: 2⁵³ − 1.
const SAFE: u64 = (1 << 53) - 1;
/// Digits that a binary floating point number of 64 bits always keeps.
const SAFE_DIGITS: usize = 15;

/// A row as a JSON array.
pub fn encode(row: &Row) -> Json {
    Json::Array(row.iter().map(raw).collect())
}

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

/// A value as JSON. Numbers that JavaScript would change are texts; moments are written as in RFC 3339,
/// without offset where they have no zone.
pub fn raw(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(value) => Json::Bool(*value),
        Value::Integer(value) if value.unsigned_abs() <= SAFE => Json::from(*value),
        Value::Integer(value) => Json::from(value.to_string()),
        Value::Float(value) => {
            Number::from_f64(*value).map_or_else(|| Json::from(value.to_string()), Json::Number)
        }
        Value::Decimal(text) => decimal(text),
        Value::Text(text) | Value::Json(text) => Json::from(text.as_str()),
        Value::Date(day) => Json::from(day.to_string()),
        Value::Timestamp(moment) => Json::from(moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string()),
        Value::TimestampTz(moment) => {
            Json::from(moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        }
    }
}

/// A number, if a floating point number has the same digits; else a text.
fn decimal(text: &str) -> Json {
    let digits = text.trim_start_matches(['-', '0', '.']);
    let digits = digits.chars().filter(char::is_ascii_digit).count();
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'-' || b == b'.');
    if !is_plain || digits > SAFE_DIGITS {
        return Json::from(text);
    }
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    };
    if let Ok(whole) = whole.parse::<i64>() {
        return Json::from(whole);
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(|| Json::from(text), Json::Number)
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
