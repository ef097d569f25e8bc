//! Whether both servers answer the same.
//!
//! Ids, moments and cursors have another form in the reference (plain UUIDs, PostgreSQL's text),
//! since making Chartroom's forms is work that Chartroom should be measured with.

use anyhow::{Context as _, bail, ensure};
use chartroom::kernel::AnyId;
use chrono::DateTime;
use serde_json::Value;
use std::collections::BTreeMap;

/// Fails where the answers differ.
pub(crate) fn same(case: &str, reference: &str, chartroom: &str) -> anyhow::Result<()> {
    let reference = parse(reference).with_context(|| format!("{case} of sqljson"))?;
    let chartroom = parse(chartroom).with_context(|| format!("{case} of chartroom"))?;
    compare("data", &plain(reference, ""), &plain(chartroom, ""))
        .with_context(|| format!("the answers to {case} differ"))
}

fn parse(text: &str) -> anyhow::Result<Value> {
    let mut answer: Value = serde_json::from_str(text)?;
    if let Some(errors) = answer.get("errors") {
        bail!("{errors}");
    }
    let data = answer.get_mut("data").context("no data")?;
    Ok(data.take())
}

/// The form that both sides have in common: plain ids and moments, and the paths to a right in an
/// order of their own, since they have none.
fn plain(value: Value, name: &str) -> Value {
    match value {
        Value::String(text) => Value::String(plain_text(text)),
        Value::Array(values) => {
            let mut values: Vec<Value> = values.into_iter().map(|value| plain(value, "")).collect();
            if name == "sources" {
                values.sort_by_key(Value::to_string);
            }
            Value::Array(values)
        }
        Value::Object(fields) => {
            let sorted: BTreeMap<String, Value> = fields
                .into_iter()
                .map(|(name, value)| {
                    let value = plain(value, &name);
                    (name, value)
                })
                .collect();
            Value::Object(sorted.into_iter().collect())
        }
        other => other,
    }
}

fn plain_text(text: String) -> String {
    if let Some(id) = AnyId::parse(&text) {
        return id.uuid.to_string();
    }
    match DateTime::parse_from_rfc3339(&text) {
        Ok(moment) => moment.timestamp_micros().to_string(),
        Err(_) => text,
    }
}

fn compare(path: &str, reference: &Value, chartroom: &Value) -> anyhow::Result<()> {
    match (reference, chartroom) {
        (Value::Object(one), Value::Object(other)) => {
            ensure!(one.keys().eq(other.keys()), "{path}: {one:?} and {other:?}");
            for ((name, value), other) in one.iter().zip(other.values()) {
                compare(&format!("{path}.{name}"), value, other)?;
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            ensure!(
                one.len() == other.len(),
                "{path}: {} and {}",
                one.len(),
                other.len()
            );
            for (n, (value, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}.{n}"), value, other)?;
            }
        }
        (Value::String(_), Value::String(_)) if is_another_each_time(path) => {}
        (one, other) => ensure!(one == other, "{path}: {one} and {other}"),
    }
    Ok(())
}

/// Cursors are opaque; a new chart has another id and another number in its name each time.
fn is_another_each_time(path: &str) -> bool {
    path.ends_with("Cursor")
        || ["data.createChart.chart.id", "data.createChart.chart.name"].contains(&path)
}
