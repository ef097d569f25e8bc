//! Cells: values as a spreadsheet gets them, and as text in which no formula hides.

use crate::{
    domains::query::result::raw,
    semantic::{
        format::{FormatSpec, formatted},
        model::{FormatKeys, TimeUnit},
        value::ValueType,
    },
    services::warehouse::Value,
};
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value as Json;
use std::borrow::Cow;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number as text: written by a format, or a whole one with more digits than spreadsheets keep.
    Figure(String),
    /// A number, and how it is written as text.
    Number(f64, String),
    /// True or false.
    Boolean(bool),
    /// A day.
    Date(NaiveDate),
    /// A moment in the zone of its column, and how it is written as text.
    Moment(NaiveDateTime, String),
}

impl Cell {
    /// A value of the warehouse: as it is, or as the model writes it.
    pub(super) fn of(value: &Value, spec: &FormatSpec, only_raw: bool) -> Self {
        if only_raw {
            return Self::raw(value, spec);
        }
        let json = raw(value);
        if json.is_null() {
            return Self::Empty;
        }
        let shown = formatted(spec, &json);
        let is_plain = spec.keys == FormatKeys::default();
        match (value, &json, spec.kind) {
            // Without a format a number is shown as what it is, so it can stay one.
            (Value::Integer(_) | Value::Float(_) | Value::Decimal(_), json, ValueType::Number)
                if is_plain =>
            {
                Self::number(json, shown)
            }
            (Value::Date(day), _, ValueType::Date)
                if is_plain && matches!(spec.unit, None | Some(TimeUnit::Day)) =>
            {
                Self::Date(*day)
            }
            (Value::Integer(_) | Value::Float(_) | Value::Decimal(_), ..) => Self::Figure(shown),
            _ => Self::Text(shown),
        }
    }

    fn raw(value: &Value, spec: &FormatSpec) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::Boolean(value) => Self::Boolean(*value),
            Value::Text(text) | Value::Json(text) => Self::Text(text.clone()),
            Value::Date(day) => Self::Date(*day),
            Value::Timestamp(moment) => Self::Moment(*moment, plain(&raw(value))),
            Value::TimestampTz(moment) => {
                let local = moment.with_timezone(&spec.zone).naive_local();
                Self::Moment(local, plain(&raw(value)))
            }
            Value::Integer(_) | Value::Float(_) | Value::Decimal(_) => {
                let json = raw(value);
                let text = plain(&json);
                Self::number(&json, text)
            }
        }
    }

    /// A number that spreadsheets can count with. They keep 15 digits: of a fraction that is near enough, of a whole
    /// number, which may be a name, it would be another.
    fn number(json: &Json, text: String) -> Self {
        let number = match json {
            Json::Number(number) => number.as_f64(),
            Json::String(digits) => {
                let whole = digits.split_once('.').map(|(whole, _)| whole);
                let fits = whole.is_some_and(|whole| whole.len() <= 15);
                fits.then(|| digits.parse().ok()).flatten()
            }
            _ => None,
        };
        match number.filter(|number: &f64| number.is_finite()) {
            Some(number) => Self::Number(number, text),
            None => Self::Figure(text),
        }
    }

    /// As text for readers that would run a formula: texts that could be one begin with an apostrophe,
    /// which spreadsheets do not show. Numbers stay as they are.
    pub(super) fn harmless(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => "".into(),
            Self::Text(text) => harmless(text),
            Self::Figure(text) if text.starts_with('-') => text.into(),
            Self::Figure(text) => harmless(text),
            Self::Number(_, text) | Self::Moment(_, text) => text.into(),
            Self::Boolean(value) => value.to_string().into(),
            Self::Date(day) => day.to_string().into(),
        }
    }
}

/// A JSON value as text without quotes.
pub(super) fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text, with an apostrophe before what a spreadsheet may take for a formula.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    let is_formula = text.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    if is_formula {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::model::FormatType;

    fn spec(kind: ValueType, keys: FormatKeys) -> FormatSpec {
        FormatSpec {
            kind,
            keys,
            unit: None,
            zone: chrono_tz::Europe::Berlin,
        }
    }

    fn text(cell: &Cell) -> String {
        cell.harmless().into_owned()
    }

    #[test]
    fn texts_that_could_be_formulas_are_harmless_and_numbers_untouched() {
        let strings = spec(ValueType::String, FormatKeys::default());
        for (value, expected) in [
            ("=1+1", "'=1+1"),
            ("+49 30", "'+49 30"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            for only_raw in [true, false] {
                let cell = Cell::of(&Value::Text(value.to_owned()), &strings, only_raw);
                assert_eq!(text(&cell), expected);
            }
        }
        let numbers = spec(ValueType::Number, FormatKeys::default());
        let minus = Cell::of(&Value::Integer(-1200), &numbers, true);
        assert_eq!(minus, Cell::Number(-1200.0, "-1200".to_owned()));
        assert_eq!(text(&minus), "-1200");
        let keys = FormatKeys {
            prefix: Some("=".to_owned()),
            ..FormatKeys::default()
        };
        let odd = Cell::of(&Value::Integer(1), &spec(ValueType::Number, keys), false);
        assert_eq!(text(&odd), "'=1");
    }

    #[test]
    fn values_are_raw_or_as_the_model_writes_them() {
        let dollars = FormatKeys {
            kind: Some(FormatType::Currency),
            ..FormatKeys::default()
        };
        let dollars = spec(ValueType::Number, dollars);
        let amount = Value::Decimal("-1200.50".to_owned());
        let shown = Cell::of(&amount, &dollars, false);
        assert_eq!(shown, Cell::Figure("-$1,200.50".to_owned()));
        assert_eq!(text(&shown), "-$1,200.50");
        assert_eq!(text(&Cell::of(&amount, &dollars, true)), "-1200.5");
        let big = Value::Integer(i64::MAX);
        let numbers = spec(ValueType::Number, FormatKeys::default());
        let figure = Cell::Figure("9223372036854775807".to_owned());
        assert_eq!(Cell::of(&big, &numbers, true), figure);
        let mean = Value::Decimal("10.333333333333333333".to_owned());
        for only_raw in [true, false] {
            let Cell::Number(number, text) = Cell::of(&mean, &numbers, only_raw) else {
                panic!("an average is no text");
            };
            assert!((number - 31.0 / 3.0).abs() < 1e-12);
            assert!(text.starts_with("10.33"), "{text}");
        }
        assert_eq!(Cell::of(&Value::Null, &numbers, false), Cell::Empty);
        let moment = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let moments = spec(ValueType::Timestamp, FormatKeys::default());
        let cell = Cell::of(&Value::TimestampTz(moment), &moments, true);
        let local = NaiveDate::from_ymd_opt(2023, 11, 14).unwrap();
        let local = local.and_hms_opt(23, 13, 20).unwrap();
        assert_eq!(cell, Cell::Moment(local, "2023-11-14T22:13:20Z".to_owned()));
    }
}
