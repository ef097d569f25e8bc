//! Values as people read them.

use super::{FormatSpec, formatted};
use crate::semantic::{
    model::{FormatKeys, TimeUnit},
    value::ValueType,
};
use chrono_tz::Tz;
use serde_json::{Value, json};

fn show(kind: ValueType, keys: Value, unit: Option<TimeUnit>, value: &Value) -> String {
    let keys: FormatKeys = serde_json::from_value(keys).unwrap();
    let spec = FormatSpec {
        kind,
        keys,
        unit,
        zone: Tz::Europe__Berlin,
    };
    formatted(&spec, value)
}

#[test]
fn numbers() {
    for (keys, value, shown) in [
        (json!({}), json!(1_234_567), "1,234,567"),
        (json!({}), json!("1234.5000"), "1,234.5"),
        (json!({}), json!("0.123456"), "0.123"),
        (
            json!({}),
            json!("12345678901234567890.12"),
            "12,345,678,901,234,567,890.12",
        ),
        (json!({"round": 2}), json!("2.345"), "2.35"),
        (json!({"round": 2}), json!("-0.001"), "0.00"),
        (json!({"round": 1}), json!("99.95"), "100.0"),
        (json!({"round": -2}), json!(1250), "1,300"),
        (json!({"format": "percent"}), json!("0.1256"), "13%"),
        (
            json!({"format": "percent", "round": 1}),
            json!("0.1256"),
            "12.6%",
        ),
        (json!({"format": "usd"}), json!("-1234.5"), "-$1,234.50"),
        (
            json!({"format": "gbp", "round": 0}),
            json!("1234.5"),
            "£1,235",
        ),
        (json!({"format": "id"}), json!(1_234_567), "1234567"),
        (json!({"format": "km"}), json!("1234.5"), "1,234.5 km"),
        (
            json!({"compact": "thousands", "round": 1}),
            json!(12_345),
            "12.3K",
        ),
        (
            json!({"compact": "millions", "format": "usd"}),
            json!(12_345_678),
            "$12.35M",
        ),
        (
            json!({"compact": "auto", "round": 1}),
            json!(1_234_567_890),
            "1.2B",
        ),
        (
            json!({"compact": "kibibytes", "round": 0}),
            json!(2048),
            "2 KiB",
        ),
        (
            json!({"separator": "periodComma", "round": 2}),
            json!("1234.5"),
            "1.234,50",
        ),
        (
            json!({"separator": "spacePeriod"}),
            json!(1_234_567),
            "1 234 567",
        ),
        (
            json!({"separator": "noSeparatorPeriod"}),
            json!(1_234_567),
            "1234567",
        ),
        (
            json!({"separator": "apostrophePeriod"}),
            json!(1_234_567),
            "1'234'567",
        ),
        (
            json!({"type": "bytes_si", "round": 1}),
            json!(1500),
            "1.5 KB",
        ),
        (
            json!({"type": "currency", "currency": "EUR", "round": 0}),
            json!(5),
            "€5",
        ),
        (
            json!({"type": "number", "prefix": "~", "suffix": " pcs"}),
            json!(5),
            "~5 pcs",
        ),
        (json!({}), json!("NaN"), "NaN"),
    ] {
        assert_eq!(show(ValueType::Number, keys, None, &value), shown);
    }
}

#[test]
fn expressions() {
    for (format, value, shown) in [
        ("#,##0.00", json!("1234567.891"), "1,234,567.89"),
        ("0.0%", json!("0.1256"), "12.6%"),
        ("[$£]#,##0", json!("-1234.5"), "-£1,235"),
        ("[$$-409]#,##0.00", json!(5), "$5.00"),
        ("#,##0;(#,##0);\"none\"", json!(-5), "(5)"),
        ("#,##0;(#,##0);\"none\"", json!(0), "none"),
        ("0000", json!(7), "0007"),
        ("#.##", json!("0.5"), ".5"),
        ("#,##0.0,\"K\"", json!(12_345), "12.3K"),
        ("0 \"kg\"", json!(3), "3 kg"),
    ] {
        let keys = json!({ "format": format });
        assert_eq!(
            show(ValueType::Number, keys, None, &value),
            shown,
            "{format}"
        );
    }
    let keys = json!({ "format": "yyyy-mm-dd hh:mm AM/PM" });
    let value = json!("2024-03-31T22:05:00Z");
    assert_eq!(
        show(ValueType::Timestamp, keys, None, &value),
        "2024-04-01 12:05 AM"
    );
    let keys = json!({ "format": "d mmmm yyyy" });
    let value = json!("2024-03-05");
    assert_eq!(show(ValueType::Date, keys, None, &value), "5 March 2024");
}

#[test]
fn times_and_booleans() {
    let day = json!("2024-05-06");
    for (unit, shown) in [
        (None, "2024-05-06"),
        (Some(TimeUnit::Week), "2024-05-06"),
        (Some(TimeUnit::Month), "2024-05"),
        (Some(TimeUnit::Quarter), "2024-Q2"),
        (Some(TimeUnit::Year), "2024"),
    ] {
        assert_eq!(show(ValueType::Date, json!({}), unit, &day), shown);
    }
    let moment = json!("2024-05-06T10:00:00Z");
    assert_eq!(
        show(
            ValueType::Timestamp,
            json!({}),
            Some(TimeUnit::Hour),
            &moment
        ),
        "2024-05-06, 12 (+02:00)"
    );
    assert_eq!(
        show(ValueType::Boolean, json!({}), None, &json!(true)),
        "True"
    );
    assert_eq!(
        show(ValueType::String, json!({}), None, &json!("1234")),
        "1234"
    );
}
