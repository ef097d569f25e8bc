//! Whether both servers answer the same.
//!
//! Ids, moments and cursors have another form in the reference (plain UUIDs, PostgreSQL's text),
//! since making Chartroom's forms is work that Chartroom should be measured with.

use anyhow::{Context as _, bail};
use chartroom::kernel::AnyId;
use chrono::DateTime;
use serde_json::Value;

/// Fails where the answers differ.
pub(crate) fn same(case: &str, reference: &str, chartroom: &str) -> anyhow::Result<()> {
    let reference = parse(reference).with_context(|| format!("{case} of sqljson"))?;
    let chartroom = parse(chartroom).with_context(|| format!("{case} of chartroom"))?;
    compare("data", &reference, &chartroom).with_context(|| format!("the answers to {case} differ"))
}

fn parse(text: &str) -> anyhow::Result<Value> {
    let mut answer: Value = serde_json::from_str(text)?;
    if let Some(errors) = answer.get("errors") {
        bail!("{errors}");
    }
    let data = answer.get_mut("data").context("no data")?;
    Ok(data.take())
}

fn compare(path: &str, reference: &Value, chartroom: &Value) -> anyhow::Result<()> {
    match (reference, chartroom) {
        (Value::Object(one), Value::Object(other)) => {
            let keys =
                |map: &serde_json::Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
            if one.len() != other.len() {
                bail!("{path}: {:?} and {:?}", keys(one), keys(other));
            }
            for (key, value) in one {
                let path = format!("{path}.{key}");
                compare(
                    &path,
                    value,
                    other.get(key).with_context(|| format!("no {path}"))?,
                )?;
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            if one.len() != other.len() {
                bail!("{path}: {} and {}", one.len(), other.len());
            }
            for (n, (value, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}.{n}"), value, other)?;
            }
        }
        (Value::String(one), Value::String(other)) => {
            let cursor = path.ends_with("Cursor");
            // A new chart has another id and number in each answer.
            let fresh = path.starts_with("data.createChart.chart.")
                && (path.ends_with("chart.id") || path.ends_with("chart.name"));
            if !cursor && !fresh && plain(one) != plain(other) {
                bail!("{path}: {one} and {other}");
            }
        }
        (one, other) if one == other => {}
        (one, other) => bail!("{path}: {one} and {other}"),
    }
    Ok(())
}

/// The form that both sides have in common.
fn plain(text: &str) -> String {
    if let Some(id) = AnyId::parse(text) {
        return id.uuid.to_string();
    }
    match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => moment.timestamp_micros().to_string(),
        Err(_) => text.to_owned(),
    }
}
