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
/// Units by which periods are shifted.
const UNITS: [&str; 5] = ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"];
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
    if is_of_models_only(&metric) {
        let what = format!("is not known here: the metric {id} is left out");
        metric.warn("type", &what);
        dropped.push(id);
        return None;
    }
    if metric.get("generationType").is_some() {
        return comparison(metric, name, table, dropped, &id);
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

/// Whether a metric is of a kind that only models have.
fn is_of_models_only(metric: &Fields<'_>) -> bool {
    let kind = metric.get("type").map(Node::json);
    let kind = kind.as_ref().and_then(Json::as_str);
    kind.is_some_and(|kind| OTHER_METRIC_TYPES.contains(&kind))
}

/// A metric of another period. What it aggregates is that of the metric that it compares.
fn comparison(
    metric: Fields<'_>,
    name: Option<&str>,
    table: Option<&str>,
    dropped: &mut Vec<String>,
    id: &str,
) -> Option<Json> {
    let kind = metric.text("generationType");
    if kind != Some("periodOverPeriod") {
        let what = format!("is not known here: the metric {id} is left out");
        metric.warn("generationType", &what);
        dropped.push(id.to_owned());
        return None;
    }
    let base = metric.required_text("baseMetricId");
    let time = metric.required_text("timeDimensionId");
    let unit = metric.text("granularity").map(str::to_uppercase);
    let known = unit.as_deref().is_none_or(|unit| UNITS.contains(&unit));
    if !known {
        let what = format!(
            "is none of {}: the metric {id} is left out",
            UNITS.join(", ")
        );
        metric.warn("granularity", &what);
        dropped.push(id.to_owned());
        return None;
    }
    let mut period = object([
        ("baseMetricId", base.map(Json::from)),
        ("timeDimensionId", time.map(Json::from)),
        ("granularity", unit.map(Json::from)),
    ]);
    if metric.get("periodOffset").is_some() {
        let offset = metric.required_whole("periodOffset", 1, 1_000)?;
        put(&mut period, "periodOffset", offset);
    }
    let found = object([
        ("name", name.map(Json::from)),
        ("label", metric.text("label").map(Json::from)),
        ("description", metric.text("description").map(Json::from)),
        ("table", table.map(Json::from)),
        ("hidden", metric.boolean("hidden").map(Json::from)),
        ("format", format(&metric)),
        ("periodComparison", Some(period)),
    ]);
    metric.skip(&[
        "uuid",
        "index",
        "type",
        "sql",
        "baseDimensionName",
        "filters",
        "percentile",
    ]);
    metric.finish();
    base.and(time).map(|_| found)
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
