//! Metrics that only this query has.

use crate::domains::content::import::{
    draft::{Marks, object, put},
    fields::{Fields, Item},
    filter,
    yaml::Node,
};
use serde_json::{Value as Json, json};

const METRIC_TYPES: [(&str, &str); 13] = [
    ("percentile", "PERCENTILE"),
    ("average", "AVERAGE"),
    ("count", "COUNT"),
    ("count_distinct", "COUNT_DISTINCT"),
    ("sum", "SUM"),
    ("min", "MIN"),
    ("max", "MAX"),
    ("median", "MEDIAN"),
    ("number", "NUMBER"),
    ("string", "STRING"),
    ("date", "DATE"),
    ("timestamp", "TIMESTAMP"),
    ("boolean", "BOOLEAN"),
];
/// Types of metrics that the files may hold and the graph has not.
const OTHER_METRIC_TYPES: [&str; 5] = [
    "sum_distinct",
    "average_distinct",
    "percent_of_previous",
    "percent_of_total",
    "running_total",
];

/// The JSON of the metrics, but for those added to `dropped`.
pub(super) fn read(fields: &Fields<'_>, marks: &mut Marks, dropped: &mut Vec<String>) -> Vec<Json> {
    let mut metrics = Vec::new();
    for item in fields.list("additionalMetrics") {
        marks.note(format!("additionalMetrics.{}", metrics.len()), item.node.at);
        metrics.extend(additional_metric(item, fields, dropped));
    }
    metrics
}

fn additional_metric(
    item: Item<'_>,
    parent: &Fields<'_>,
    dropped: &mut Vec<String>,
) -> Option<Json> {
    let metric = item.fields(parent.sink())?;
    let (name, table) = (metric.required_text("name"), metric.required_text("table"));
    let id = format!("{}_{}", table.unwrap_or_default(), name.unwrap_or_default());
    if let Some(why) = unknown_metric(&metric) {
        metric.warn(
            why,
            &format!("is not known here: the metric {id} is left out"),
        );
        dropped.push(id);
        return None;
    }
    metric.required("type");
    let kind = metric.word("type", &METRIC_TYPES);
    let filters: Vec<Json> = metric
        .list("filters")
        .into_iter()
        .filter_map(|item| item.fields(parent.sink()))
        .filter_map(|rule| filter::metric_rule(rule, table.unwrap_or_default()))
        .collect();
    let found = object([
        ("name", name.map(Json::from)),
        ("label", metric.text("label").map(Json::from)),
        ("description", metric.text("description").map(Json::from)),
        ("table", table.map(Json::from)),
        ("type", kind.map(Json::from)),
        ("sql", metric.required_text("sql").map(Json::from)),
        (
            "baseDimensionName",
            metric.text("baseDimensionName").map(Json::from),
        ),
        ("filters", Some(filters.into())),
        (
            "percentile",
            metric.number("percentile").cloned().map(Json::Number),
        ),
        ("hidden", metric.boolean("hidden").map(Json::from)),
        ("format", format(&metric)),
    ]);
    metric.skip(&["uuid", "index"]);
    metric.finish();
    kind.map(|_| found)
}

/// The key by which a metric is of a kind that the graph has not.
fn unknown_metric(metric: &Fields<'_>) -> Option<&'static str> {
    let kind = metric.get("type").map(Node::json);
    let other = kind
        .as_ref()
        .and_then(Json::as_str)
        .is_some_and(|kind| OTHER_METRIC_TYPES.contains(&kind));
    if other {
        return Some("type");
    }
    metric.get("generationType").map(|_| "generationType")
}

/// `formatOptions`, or what the older keys `format`, `round` and `compact` say in their form.
fn format(metric: &Fields<'_>) -> Option<Json> {
    let (options, old) = (metric.json("formatOptions"), metric.text("format"));
    let (round, compact) = (metric.json("round"), metric.json("compact"));
    if options.is_some() {
        return options;
    }
    let mut format = match old {
        None if round.is_none() && compact.is_none() => return None,
        None => json!({ "type": "number" }),
        Some("id") => json!({ "type": "id" }),
        Some("percent") => json!({ "type": "percent" }),
        Some(unit @ ("km" | "mi")) => json!({ "type": "number", "suffix": format!(" {unit}") }),
        Some(code @ ("usd" | "gbp" | "eur" | "jpy" | "dkk")) => {
            json!({ "type": "currency", "currency": code.to_uppercase() })
        }
        Some(custom) => json!({ "type": "custom", "custom": custom }),
    };
    for (key, value) in [("round", round), ("compact", compact)] {
        if let Some(value) = value {
            put(&mut format, key, value);
        }
    }
    Some(format)
}
