//! What a scalar is, by the core schema of YAML 1.2.

use super::Value;
use saphyr_parser::{ScalarStyle, Tag};
use serde_json::Number;
use std::borrow::Cow;

/// The value that a scalar is; why it is none that can be stored.
pub(super) fn value(
    text: Cow<'_, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
) -> Result<Value, String> {
    if text.contains('\0') {
        return Err("the character U+0000 cannot be stored; take it out".to_owned());
    }
    let plain = match tag {
        None => style == ScalarStyle::Plain,
        Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
            "str" => false,
            "int" | "float" | "bool" | "null" => true,
            _ => return Err(format!("the tag {tag} is not known here; leave it out")),
        },
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => false,
        Some(tag) => return Err(format!("the tag {tag} is not known here; leave it out")),
    };
    if !plain {
        return Ok(Value::Text(text.into_owned()));
    }
    Ok(match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        other => number(other)?.map_or_else(|| Value::Text(other.to_owned()), Value::Number),
    })
}

/// The number that a plain scalar is, if it is one.
fn number(text: &str) -> Result<Option<Number>, String> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!(
            "{text} is not a number that can be stored; quote it if it is a text"
        ));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return Ok(u64::from_str_radix(digits, radix).ok().map(Number::from));
        }
    }
    // What is not written like a number is none, though Rust reads `infinity` and `1_0` differs.
    let mut digits = 0;
    let mut last = ' ';
    for c in unsigned.chars() {
        let fits = match c {
            '0'..='9' => {
                digits += 1;
                true
            }
            '.' => true,
            'e' | 'E' => digits > 0,
            '+' | '-' => matches!(last, 'e' | 'E'),
            _ => false,
        };
        if !fits {
            return Ok(None);
        }
        last = c;
    }
    if digits == 0 {
        return Ok(None);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(Some(whole.into()));
    }
    if let Ok(whole) = text.parse::<u64>() {
        return Ok(Some(whole.into()));
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Number::from_f64(value)),
        Ok(_) => Err(format!(
            "{text} is too large a number; quote it if it is a text"
        )),
        Err(_) => Ok(None),
    }
}
