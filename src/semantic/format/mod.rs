//! How values are written for people. Never changes data.

mod decimal;
mod expression;

use super::{
    model::{Compact, FormatKeys, FormatType, Separator, TimeUnit},
    value::ValueType,
};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;
use decimal::Decimal;
use serde_json::Value;

/// Format of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct FormatSpec {
    /// Type of its values.
    pub kind: ValueType,
    /// What the model or the query says.
    pub keys: FormatKeys,
    /// For truncated times: the unit.
    pub unit: Option<TimeUnit>,
    /// Zone in which moments are shown.
    pub zone: Tz,
}

/// A value as it is shown. Nulls are shown by clients.
pub fn formatted(spec: &FormatSpec, value: &Value) -> String {
    let plain = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(text) = &spec.keys.expression()
        && let Some(shown) = expression::apply(text, &plain, spec.zone)
    {
        return shown;
    }
    match spec.kind {
        ValueType::Boolean => match plain.as_str() {
            "true" | "t" | "1" => "True".to_owned(),
            "false" | "f" | "0" => "False".to_owned(),
            _ => plain,
        },
        ValueType::Date | ValueType::Timestamp => time(spec, &plain).unwrap_or(plain),
        // A text that looks like a number is a text, unless a format says otherwise.
        ValueType::String if spec.keys == FormatKeys::default() => plain,
        _ => number(&spec.keys, &plain).unwrap_or(plain),
    }
}

fn time(spec: &FormatSpec, text: &str) -> Option<String> {
    if spec.kind == ValueType::Date {
        let day = text.get(..10)?.parse::<NaiveDate>().ok()?;
        return Some(match spec.unit {
            Some(TimeUnit::Month) => day.format("%Y-%m").to_string(),
            Some(TimeUnit::Quarter) => format!("{}-Q{}", day.year(), day.month0() / 3 + 1),
            Some(TimeUnit::Year) => day.year().to_string(),
            _ => day.to_string(),
        });
    }
    let moment = moment(text)?.with_timezone(&spec.zone);
    let clock = match spec.unit {
        Some(TimeUnit::Hour) => "%Y-%m-%d, %H (%:z)",
        Some(TimeUnit::Minute) => "%Y-%m-%d, %H:%M (%:z)",
        Some(TimeUnit::Second) => "%Y-%m-%d, %H:%M:%S (%:z)",
        _ => "%Y-%m-%d, %H:%M:%S:%3f (%:z)",
    };
    Some(moment.format(clock).to_string())
}

/// A moment of a result.
pub(super) fn moment(text: &str) -> Option<DateTime<Utc>> {
    let spaced = text.replace('T', " ");
    let bare = spaced
        .strip_suffix('Z')
        .or_else(|| spaced.strip_suffix("+00"));
    let bare = bare
        .or_else(|| spaced.strip_suffix("+00:00"))
        .unwrap_or(&spaced);
    let parsed = NaiveDateTime::parse_from_str(bare, "%Y-%m-%d %H:%M:%S%.f").ok();
    let day = || bare.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    parsed.or_else(day).map(|moment| moment.and_utc())
}

/// Decimal places unless a format says: as many as the value has, up to three.
const PLACES_MAX: i32 = 3;

fn number(keys: &FormatKeys, text: &str) -> Option<String> {
    let value = Decimal::parse(text)?;
    let kind = keys.named_type();
    if kind == Some(FormatType::Id) {
        return Some(value.plain());
    }
    let value = if kind == Some(FormatType::Percent) {
        value.shifted(2)
    } else {
        value
    };
    let bytes = match kind {
        Some(FormatType::BytesSi | FormatType::BytesIec) => kind,
        _ => None,
    };
    let (value, unit) = compacted(keys.compact, bytes, value);
    let currency = (kind == Some(FormatType::Currency)).then(|| keys.currency_code());
    let places = match (keys.round, &currency, kind) {
        (Some(round), _, _) => Some(round.clamp(-20, 20)),
        (None, Some(code), _) => Some(if code == "JPY" { 0 } else { 2 }),
        (None, None, Some(FormatType::Percent)) => Some(0),
        (None, None, _) => None,
    };
    let shown = match places {
        Some(places) => value.rounded(places),
        None => value.rounded(PLACES_MAX).trimmed(),
    };
    let body = shown.grouped(separators(keys.separator.unwrap_or_default()));
    let sign = if shown.is_negative() { "-" } else { "" };
    let (before, after) = match &currency {
        Some(code) => symbol(code),
        None => (String::new(), ""),
    };
    let percent = if kind == Some(FormatType::Percent) {
        "%"
    } else {
        ""
    };
    let distance = match keys.format.as_deref() {
        Some("km") => " km",
        Some("mi") => " mi",
        _ => "",
    };
    let prefix = keys.prefix.as_deref().unwrap_or("");
    let suffix = keys.suffix.as_deref().unwrap_or("");
    Some(format!(
        "{prefix}{sign}{before}{body}{unit}{after}{percent}{distance}{suffix}"
    ))
}

/// A sign before the number, and what follows it.
fn symbol(code: &str) -> (String, &'static str) {
    let sign = match code {
        "USD" => "$",
        "GBP" => "£",
        "EUR" => "€",
        "JPY" => "¥",
        "INR" => "₹",
        "KRW" => "₩",
        "CAD" => "CA$",
        "AUD" => "A$",
        "NZD" => "NZ$",
        "BRL" => "R$",
        "MXN" => "MX$",
        "CNY" => "CN¥",
        "HKD" => "HK$",
        "ILS" => "₪",
        "VND" => "₫",
        "TWD" => "NT$",
        other => return (format!("{other} "), ""),
    };
    (sign.to_owned(), "")
}

/// Between thousands, and before decimals.
const fn separators(separator: Separator) -> (&'static str, &'static str) {
    match separator {
        Separator::Default | Separator::CommaPeriod => (",", "."),
        Separator::SpacePeriod => (" ", "."),
        Separator::PeriodComma => (".", ","),
        Separator::NoSeparatorPeriod => ("", "."),
        Separator::ApostrophePeriod => ("'", "."),
    }
}

/// The number in a larger unit, and the unit.
fn compacted(
    compact: Option<Compact>,
    bytes: Option<FormatType>,
    value: Decimal,
) -> (Decimal, &'static str) {
    let thousand = |power: i32, unit| (power, unit);
    let decimal =
        |value: &Decimal, (power, unit): (i32, &'static str)| (value.shifted(-3 * power), unit);
    let binary = |value: &Decimal, power: i32, unit: &'static str| {
        let divided = value.as_f64() / 1_024_f64.powi(power);
        (
            Decimal::parse(&format!("{divided:.6}")).unwrap_or_else(|| value.clone()),
            unit,
        )
    };
    let size = value.as_f64().abs();
    let steps: [(f64, Compact); 4] = [
        (1e12, Compact::Trillions),
        (1e9, Compact::Billions),
        (1e6, Compact::Millions),
        (1e3, Compact::Thousands),
    ];
    let chosen = match (compact, bytes) {
        (Some(Compact::Auto), None) => steps
            .iter()
            .find(|(least, _)| size >= *least)
            .map(|(_, unit)| *unit),
        (None | Some(Compact::Auto), Some(FormatType::BytesSi)) => [
            (1e15, Compact::Petabytes),
            (1e12, Compact::Terabytes),
            (1e9, Compact::Gigabytes),
            (1e6, Compact::Megabytes),
            (1e3, Compact::Kilobytes),
        ]
        .iter()
        .find(|(least, _)| size >= *least)
        .map(|(_, unit)| *unit),
        (None | Some(Compact::Auto), Some(_)) => [
            (1_024_f64.powi(5), Compact::Pebibytes),
            (1_024_f64.powi(4), Compact::Tebibytes),
            (1_024_f64.powi(3), Compact::Gibibytes),
            (1_024_f64.powi(2), Compact::Mebibytes),
            (1_024_f64, Compact::Kibibytes),
        ]
        .iter()
        .find(|(least, _)| size >= *least)
        .map(|(_, unit)| *unit),
        (other, _) => other,
    };
    let Some(chosen) = chosen else {
        let unit = if bytes.is_some() { " B" } else { "" };
        return (value, unit);
    };
    match chosen {
        Compact::Thousands => decimal(&value, thousand(1, "K")),
        Compact::Millions => decimal(&value, thousand(2, "M")),
        Compact::Billions => decimal(&value, thousand(3, "B")),
        Compact::Trillions => decimal(&value, thousand(4, "T")),
        Compact::Kilobytes => decimal(&value, thousand(1, " KB")),
        Compact::Megabytes => decimal(&value, thousand(2, " MB")),
        Compact::Gigabytes => decimal(&value, thousand(3, " GB")),
        Compact::Terabytes => decimal(&value, thousand(4, " TB")),
        Compact::Petabytes => decimal(&value, thousand(5, " PB")),
        Compact::Kibibytes => binary(&value, 1, " KiB"),
        Compact::Mebibytes => binary(&value, 2, " MiB"),
        Compact::Gibibytes => binary(&value, 3, " GiB"),
        Compact::Tebibytes => binary(&value, 4, " TiB"),
        Compact::Pebibytes => binary(&value, 5, " PiB"),
        Compact::Auto => (value, ""),
    }
}

#[cfg(test)]
mod tests;
