//! The query of a chart, through the graph's own `MetricQueryInput`.

mod calculations;
mod dimensions;
mod metrics;
mod template;

use super::{
    draft::{Marks, input, object, put, sound},
    fields::Fields,
    filter,
};
use crate::{
    domains::content::metric_query::{Checked, MetricQuery, MetricQueryInput},
    gql::UserErrors,
};
use serde_json::{Map, Value as Json, json};

/// Path of the query in its file.
const PATH: &str = "metricQuery";

const DIMENSION_TYPES: [(&str, &str); 5] = [
    ("string", "STRING"),
    ("number", "NUMBER"),
    ("timestamp", "TIMESTAMP"),
    ("date", "DATE"),
    ("boolean", "BOOLEAN"),
];
/// A query that has passed the checks.
#[expect(
    clippy::struct_field_names,
    reason = "the query proper, beside what is known of it"
)]
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// The query.
    pub(super) query: MetricQuery,
    /// Fields that the query of the file computes and the graph cannot.
    pub(super) dropped: Vec<String>,
    /// Where its parts stand.
    pub(super) marks: Marks,
}

/// Reads `metricQuery`. `table` is the explore of the chart.
pub(super) fn read(fields: Fields<'_>, table: &str) -> Option<Query> {
    let (sink, at) = (fields.sink(), fields.at);
    let before = sink.errors();
    let (json, marks, dropped) = draft(fields, table);
    if sink.errors() > before {
        return None;
    }
    let input: MetricQueryInput = input(json, PATH, at, sink)?;
    let mut errors = UserErrors::default();
    let query = Checked::new(&mut errors).metric_query(PATH, &input);
    sound(errors, PATH, &marks, sink).then_some(Query {
        query,
        dropped,
        marks,
    })
}

/// The JSON of a `MetricQueryInput`, where its parts stand, and what is left out of it.
fn draft(fields: Fields<'_>, table: &str) -> (Json, Marks, Vec<String>) {
    let mut marks = Marks::default();
    let mut dropped = Vec::new();
    marks.note("", fields.at);
    for key in [
        "dimensions",
        "metrics",
        "sorts",
        "limit",
        "filters",
        "timezone",
    ] {
        marks.note(key, fields.key_at(key));
    }
    if let Some(explore) = fields
        .text("exploreName")
        .filter(|explore| *explore != table)
    {
        let what = format!("is {explore}, tableName is {table}; the chart asks {table}");
        fields.warn("exploreName", &what);
    }
    let calculations = calculations::read(&fields, &mut marks, &mut dropped);
    let metrics = metrics::read(&fields, &mut marks, &mut dropped);
    let custom = dimensions::read(&fields, &mut marks, &mut dropped);
    let mut kept = |key: &str| -> Vec<String> {
        fields.required(key);
        let (mut kept, ids) = (Vec::new(), fields.texts(key));
        // What is no list is told once.
        let items = (!ids.is_empty()).then(|| fields.list(key));
        for (id, item) in ids.into_iter().zip(items.into_iter().flatten()) {
            if !dropped.contains(&id) {
                marks.note(format!("{key}.{}", kept.len()), item.node.at);
                kept.push(id);
            }
        }
        kept
    };
    let (kept_dimensions, kept_metrics) = (kept("dimensions"), kept("metrics"));
    let mut input = object([
        ("exploreName", Some(table.into())),
        ("dimensions", Some(kept_dimensions.into())),
        ("metrics", Some(kept_metrics.into())),
        (
            "filters",
            Some(filter::query(fields.fields("filters"), &mut marks)),
        ),
        ("sorts", Some(sorts(&fields, &dropped).into())),
        (
            "limit",
            fields.required_whole("limit", 1, i32::MAX).map(Json::from),
        ),
        ("tableCalculations", Some(calculations.into())),
        (
            "additionalMetrics",
            (!metrics.is_empty()).then(|| metrics.into()),
        ),
        (
            "customDimensions",
            (!custom.is_empty()).then(|| custom.into()),
        ),
        ("timezone", fields.text("timezone").map(Json::from)),
    ]);
    let metadata = metadata(&fields);
    if !metadata.is_empty() {
        put(&mut input, "metadata", metadata);
    }
    fields.not_taken("pivotDimensions", "pivotConfig says what becomes a column");
    for field in input.get("filters").map(filtered).unwrap_or_default() {
        if dropped.iter().any(|dropped| dropped == field) {
            let what =
                format!("ask for {field}, which is not taken over; filter on something else");
            fields.error("filters", &what);
        }
    }
    fields.finish();
    (input, marks, dropped)
}

/// `metadata`, and beside it how fields are to be formatted, for which the graph has no field.
fn metadata(fields: &Fields<'_>) -> Map<String, Json> {
    let mut metadata = match fields.json("metadata") {
        Some(Json::Object(metadata)) => metadata,
        None => Map::new(),
        Some(_) => {
            fields.error("metadata", "must be a mapping");
            Map::new()
        }
    };
    for key in ["metricOverrides", "dimensionOverrides"] {
        if let Some(node) = fields.get(key).filter(|node| !node.is_empty()) {
            metadata.insert(key.to_owned(), node.json());
        }
    }
    metadata
}

/// The fields that filters are about.
fn filtered(filters: &Json) -> Vec<&str> {
    match filters {
        Json::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value) {
                ("fieldId", Json::String(field)) => vec![field.as_str()],
                ("values" | "settings", _) => Vec::new(),
                _ => filtered(value),
            })
            .collect(),
        Json::Array(items) => items.iter().flat_map(filtered).collect(),
        _ => Vec::new(),
    }
}

/// Sorts, but for those by a dropped field.
fn sorts(fields: &Fields<'_>, dropped: &[String]) -> Vec<Json> {
    fields.required("sorts");
    let mut sorts = Vec::new();
    for item in fields.list("sorts") {
        let Some(sort) = item.fields(fields.sink()) else {
            continue;
        };
        let field = sort.required_text("fieldId");
        let descending = sort.boolean("descending").unwrap_or_default();
        // Nulls come last ascending and first descending, here as in most warehouses.
        if sort
            .boolean("nullsFirst")
            .is_some_and(|first| first != descending)
        {
            let place = if descending { "first" } else { "last" };
            sort.warn(
                "nullsFirst",
                &format!("is not taken over: nulls come {place} here"),
            );
        }
        sort.not_taken(
            "pivotValues",
            "the sort goes by the field in every column of the pivot",
        );
        sort.finish();
        if let Some(field) = field.filter(|field| !dropped.iter().any(|dropped| dropped == field)) {
            sorts.push(json!({ "fieldId": field, "descending": descending }));
        }
    }
    sorts
}
