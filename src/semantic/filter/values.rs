//! Values of filters and parameters, read by type. What does not fit is refused, never passed on.

use crate::semantic::error::{Code, Issue, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use serde_json::Value;

/// Longest text of a number.
const NUMBER_MAX: usize = 80;
/// Largest exponent.
const EXPONENT_MAX: i32 = 300;

/// A scalar as text.
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// A text.
pub fn text(value: &Value) -> Result<String> {
    let text = as_text(value).ok_or_else(|| bad(format!("{value} is not a text")))?;
    check_text(&text)?;
    Ok(text)
}

/// Refuses what no warehouse can hold.
pub fn check_text(text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(bad("a text may not contain the character U+0000"));
    }
    Ok(())
}

/// A number, as its digits: precision is kept.
pub fn number(value: &Value) -> Result<String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return Err(bad(format!("{value} is not a number"))),
    };
    digits(&text).ok_or_else(|| bad(format!("`{}` is not a number", short(&text))))
}

/// Sign, digits, point, digits, exponent.
fn digits(text: &str) -> Option<String> {
    if text.len() > NUMBER_MAX {
        return None;
    }
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => ("-", body),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let exponent = match exponent {
        None => String::new(),
        Some(text) => {
            let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
            if plain.is_empty() || !all_digits(plain) {
                return None;
            }
            let exponent: i32 = text.parse().ok()?;
            if exponent.abs() > EXPONENT_MAX {
                return None;
            }
            format!("e{exponent}")
        }
    };
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}{exponent}"))
}

/// True or false.
pub fn boolean(value: &Value) -> Result<bool> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(bad(format!("{value} is neither true nor false"))),
    }
}

/// A day; of a moment, the day as written.
pub fn date(value: &Value) -> Result<NaiveDate> {
    let Value::String(text) = value else {
        return Err(bad(format!("{value} is not a date")));
    };
    let wrong = || {
        bad(format!(
            "`{}` is not a date such as 2024-03-31",
            short(text)
        ))
    };
    if let Some(first) = first_day(text) {
        return Ok(first);
    }
    let day = text.get(..10).ok_or_else(wrong)?;
    let parsed = parse_day(day).ok_or_else(wrong)?;
    if text.len() > 10 {
        moment(value)?;
    }
    Ok(parsed)
}

/// The first day of a month (`2024-03`), a quarter (`2024-Q1`) or a year (`2024`), by which front ends
/// name their intervals.
fn first_day(text: &str) -> Option<NaiveDate> {
    let (year, rest) = text.split_at_checked(4)?;
    let month = match rest {
        "" => "01",
        "-Q1" | "-q1" => "01",
        "-Q2" | "-q2" => "04",
        "-Q3" | "-q3" => "07",
        "-Q4" | "-q4" => "10",
        _ => rest.strip_prefix('-').filter(|month| month.len() == 2)?,
    };
    parse_day(&format!("{year}-{month}-01"))
}

/// A moment; without an offset it is UTC, without a time it is midnight.
pub fn moment(value: &Value) -> Result<DateTime<Utc>> {
    let Value::String(text) = value else {
        return Err(bad(format!("{value} is not a moment")));
    };
    let read = || -> Option<DateTime<Utc>> {
        if let Some(first) = first_day(text) {
            return Some(first.and_time(NaiveTime::MIN).and_utc());
        }
        let day = parse_day(text.get(..10)?)?;
        let rest = text.get(10..)?;
        if rest.is_empty() {
            return Some(day.and_time(NaiveTime::MIN).and_utc());
        }
        let time = rest.strip_prefix(['T', ' '])?;
        let zulu = time.strip_suffix(['Z', 'z']);
        let at = time.rfind(['+', '-']);
        let (clock, offset) = match (zulu, at) {
            (Some(clock), _) => (clock, 0),
            (None, Some(at)) => (time.get(..at)?, offset(time.get(at..)?)?),
            (None, None) => (time, 0),
        };
        let formats = ["%H:%M:%S%.f", "%H:%M"];
        let time = formats
            .iter()
            .find_map(|format| NaiveTime::parse_from_str(clock.trim_end(), format).ok())?;
        let local = NaiveDateTime::new(day, time);
        let utc = local.checked_sub_signed(chrono::TimeDelta::seconds(offset))?;
        Some(utc.and_utc())
    };
    read().ok_or_else(|| {
        bad(format!(
            "`{}` is not a moment such as 2024-03-31T10:00:00Z",
            short(text)
        ))
    })
}

/// `+02:00`, `-0530`, `+02` in seconds.
fn offset(text: &str) -> Option<i64> {
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1, body),
        None => (1, text.strip_prefix('+')?),
    };
    let digits = body.replace(':', "");
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i64>().ok()?, 0),
        4 => (
            digits.get(..2)?.parse::<i64>().ok()?,
            digits.get(2..)?.parse::<i64>().ok()?,
        ),
        _ => return None,
    };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// A day from 0001 to 9999, as written.
fn parse_day(text: &str) -> Option<NaiveDate> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(n, b)| match n {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    let day = shape.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())??;
    (text != "0000" && !text.starts_with("0000")).then_some(day)
}

/// A number of units.
pub fn count(value: &Value) -> Result<u32> {
    let count = match value {
        // Clients without whole numbers write 3 as 3.0.
        Value::Number(number) => {
            let text = number.to_string();
            text.strip_suffix(".0").unwrap_or(&text).parse().ok()
        }
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let count = count.and_then(|count: u64| u32::try_from(count).ok());
    count
        .filter(|count| *count <= 100_000)
        .ok_or_else(|| bad(format!("{value} is not a number of units")))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn bad(message: impl Into<String>) -> Issue {
    Issue::new(Code::BadValue, "", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn intervals_stand_for_their_first_day() {
        for (text, first) in [
            ("2025", "2025-01-01"),
            ("2025-05", "2025-05-01"),
            ("2025-Q2", "2025-04-01"),
            ("2025-05-17", "2025-05-17"),
        ] {
            assert_eq!(date(&json!(text)).unwrap().to_string(), first);
            let moment = moment(&json!(text)).unwrap();
            assert_eq!(moment.date_naive().to_string(), first);
        }
        for text in [
            "", "20", "2025-", "2025-5", "2025-13", "2025-Q5", "2025-Q", "ÄÄ-Q1", "2025-1ä",
        ] {
            assert!(date(&json!(text)).is_err(), "{text}");
            assert!(moment(&json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits_or_are_refused() {
        for (value, digits) in [
            (json!(1.5), "1.5"),
            (json!("12345678901234567890.10"), "12345678901234567890.10"),
            (json!(" -0007 "), "-7"),
            (json!("+.5"), "0.5"),
            (json!("1E3"), "1e3"),
            (json!("-0"), "-0"),
        ] {
            assert_eq!(number(&value).unwrap(), digits);
        }
        for value in [
            json!("NaN"),
            json!("inf"),
            json!("1e999"),
            json!("1; DROP"),
            json!("0x10"),
            json!("1_000"),
            json!(""),
            json!("."),
            json!("1e"),
            json!("--1"),
            json!("٣"),
            json!(true),
            json!("1".repeat(100)),
        ] {
            assert_eq!(number(&value).unwrap_err().code, Code::BadValue, "{value}");
        }
    }

    #[test]
    fn moments_are_read_in_every_usual_form() {
        let at = |text: &str| moment(&json!(text)).map(|moment| moment.to_rfc3339());
        for (text, utc) in [
            ("2024-03-31", "2024-03-31T00:00:00+00:00"),
            ("2024-03-31T10:00:00Z", "2024-03-31T10:00:00+00:00"),
            ("2024-03-31 10:00", "2024-03-31T10:00:00+00:00"),
            ("2024-03-31T10:00:00+02:00", "2024-03-31T08:00:00+00:00"),
            (
                "2024-03-31T10:00:00.5-0530",
                "2024-03-31T15:30:00.500+00:00",
            ),
        ] {
            assert_eq!(at(text).unwrap(), utc);
        }
        for text in [
            "2024-02-30",
            "2024-3-1",
            "0000-01-01",
            "today",
            "2024-03-31X",
            "2024-03-31T25:00",
            "2024-03-31'; --",
            "+02024-01-01",
            "2024-03-31T10:00:00+99:00",
            "",
        ] {
            assert!(at(text).is_err(), "{text}");
        }
    }
}
