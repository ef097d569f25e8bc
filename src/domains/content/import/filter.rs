//! Filters of queries and dashboards.

use super::{
    draft::{Marks, object, put},
    fields::{Fields, Item},
    yaml::Node,
};
use crate::domains::content::metric_query::RULE_SETTINGS;
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;

/// The operators, as written in the files and as the graph names them.
const OPERATORS: [(&str, &str); 19] = [
    ("isNull", "IS_NULL"),
    ("notNull", "NOT_NULL"),
    ("equals", "EQUALS"),
    ("notEquals", "NOT_EQUALS"),
    ("startsWith", "STARTS_WITH"),
    ("endsWith", "ENDS_WITH"),
    ("include", "INCLUDE"),
    ("doesNotInclude", "NOT_INCLUDE"),
    ("lessThan", "LESS_THAN"),
    ("lessThanOrEqual", "LESS_THAN_OR_EQUAL"),
    ("greaterThan", "GREATER_THAN"),
    ("greaterThanOrEqual", "GREATER_THAN_OR_EQUAL"),
    ("inThePast", "IN_THE_PAST"),
    ("notInThePast", "NOT_IN_THE_PAST"),
    ("inTheNext", "IN_THE_NEXT"),
    ("inTheCurrent", "IN_THE_CURRENT"),
    ("notInTheCurrent", "NOT_IN_THE_CURRENT"),
    ("inBetween", "IN_BETWEEN"),
    ("notInBetween", NOT_IN_BETWEEN),
];
/// Has no operator of its own in the graph; it is below the first value or above the second.
const NOT_IN_BETWEEN: &str = "NOT_IN_BETWEEN";

const RULE_HINTS: [&str; 4] = ["fieldFilterType", "fieldName", "tableName", "type"];

/// Filters of a query: `QueryFiltersInput`.
pub(super) fn query(filters: Option<Fields<'_>>, marks: &mut Marks) -> Json {
    let Some(fields) = filters else {
        return json!({});
    };
    let mut part = |key: &str| {
        let node = fields.get(key).filter(|node| !node.is_empty())?;
        group(
            Fields::of(node, fields.path(key), fields.sink())?,
            &format!("filters.{key}"),
            marks,
        )
    };
    let found = object([
        ("dimensions", part("dimensions")),
        ("metrics", part("metrics")),
        ("tableCalculations", part("tableCalculations")),
    ]);
    fields.finish();
    found
}

/// A group: `FilterGroupInput`. One without items is none.
fn group(fields: Fields<'_>, path: &str, marks: &mut Marks) -> Option<Json> {
    marks.note(path, fields.at);
    fields.skip(&["id"]);
    let operator = match (fields.get("and"), fields.get("or")) {
        (Some(_), None) => "and",
        (None, Some(_)) => "or",
        (Some(_), Some(_)) => {
            fields.error(
                "or",
                "stands beside `and`; a group has one of them, put a group inside",
            );
            return None;
        }
        (None, None) => {
            fields.sink().error(
                fields.at,
                format!("{} must hold `and` or `or`", fields.path("")),
            );
            return None;
        }
    };
    let items = fields.list(operator);
    let sink = fields.sink();
    fields.finish();
    let mut nodes = Vec::new();
    for item in items {
        let path = format!("{path}.{operator}.{}", nodes.len());
        let Some(fields) = item.fields(sink) else {
            continue;
        };
        if fields.get("and").or_else(|| fields.get("or")).is_some() {
            nodes.extend(
                group(fields, &format!("{path}.group"), marks)
                    .map(|group| json!({ "group": group })),
            );
        } else {
            marks.note(&path, fields.at);
            nodes.extend(rule(fields));
        }
    }
    (!nodes.is_empty()).then(|| json!({ operator: nodes }))
}

/// A rule: `FilterNodeInput`.
fn rule(fields: Fields<'_>) -> Option<Json> {
    let field = target(&fields, "fieldId");
    let operator = operator(&fields);
    let values = values(&fields);
    let rest = [
        ("id", fields.text("id").map(Json::from)),
        ("settings", settings(&fields)),
        ("disabled", fields.boolean("disabled").map(Json::from)),
        ("required", fields.boolean("required").map(Json::from)),
    ];
    tweaks(&fields);
    fields.finish();
    let (field, operator) = (field?, operator?);
    Some(json!({ "rule": with(rest, &field, operator, values) }))
}

fn with(rest: [(&str, Option<Json>); 4], field: &str, operator: &str, values: Vec<Json>) -> Json {
    let mut rule = object(rest);
    put(&mut rule, "fieldId", field);
    put(&mut rule, "operator", operator);
    put(&mut rule, "values", values);
    rule
}

/// The field a rule is about.
fn target(fields: &Fields<'_>, key: &str) -> Option<String> {
    fields.required("target")?;
    let target = fields.fields("target")?;
    let field = target.required_text(key).map(str::to_owned);
    target.skip(&RULE_HINTS);
    target.finish();
    field
}

fn operator(fields: &Fields<'_>) -> Option<&'static str> {
    fields.required("operator")?;
    let operator = fields.word("operator", &OPERATORS)?;
    if operator == NOT_IN_BETWEEN && fields.list("values").len() != 2 {
        fields.error("values", "must be two values for notInBetween");
        return None;
    }
    Some(operator)
}

/// Values; a single one need not stand in a list.
fn values(fields: &Fields<'_>) -> Vec<Json> {
    match fields.json("values") {
        None => Vec::new(),
        Some(Json::Array(values)) => values,
        Some(single) => vec![single],
    }
}

/// Finer settings of a rule that the graph does not know.
fn tweaks(fields: &Fields<'_>) {
    for key in ["includeNull", "caseSensitive"] {
        if let Some(node) = fields.get(key) {
            fields.warn(key, &format!("is not taken over (is {})", node.value));
        }
    }
}

/// A filter of an additional metric: `FilterRuleInput`. `table` is that of the metric.
pub(super) fn metric_rule(fields: Fields<'_>, table: &str) -> Option<Json> {
    let field = target(&fields, "fieldRef");
    let operator = operator(&fields);
    let values = values(&fields);
    let rest = [
        ("id", fields.text("id").map(Json::from)),
        ("settings", settings(&fields)),
        ("disabled", fields.boolean("disabled").map(Json::from)),
        ("required", fields.boolean("required").map(Json::from)),
    ];
    tweaks(&fields);
    fields.finish();
    Some(with(rest, &field_id(&field?, table), operator?, values))
}

/// `orders.status`, or `status` beside a metric of `orders`, is the field `orders_status`.
fn field_id(reference: &str, table: &str) -> String {
    match reference.split_once('.') {
        Some((table, field)) => format!("{table}_{}", field.replace('.', "__")),
        None => format!("{table}_{reference}"),
    }
}

/// Rules over a whole dashboard: the JSON of `DashboardFilterRuleInput`s, their targets by the keys
/// of tiles.
pub(super) fn dashboard(
    fields: &Fields<'_>,
    key: &str,
    tiles: &HashSet<String>,
    marks: &mut Marks,
) -> Vec<Json> {
    let mut rules = Vec::new();
    for item in fields.list(key) {
        marks.note(format!("{key}.{}", rules.len()), item.node.at);
        rules.extend(dashboard_rule(item, fields, tiles));
    }
    rules
}

fn dashboard_rule(item: Item<'_>, parent: &Fields<'_>, tiles: &HashSet<String>) -> Option<Json> {
    let fields = item.fields(parent.sink())?;
    fields.required("target");
    let target = fields.fields("target").and_then(field_of_table);
    let operator = operator(&fields);
    let mut rule = object([
        ("id", fields.text("id").map(Json::from)),
        ("label", fields.text("label").map(Json::from)),
        ("values", Some(values(&fields).into())),
        ("settings", settings(&fields)),
        ("disabled", fields.boolean("disabled").map(Json::from)),
        ("required", fields.boolean("required").map(Json::from)),
        ("tileTargets", targets(&fields, tiles)),
    ]);
    if fields.boolean("singleValue") == Some(true) {
        fields.warn(
            "singleValue",
            "is not taken over: any number of values can be chosen",
        );
    }
    tweaks(&fields);
    fields.finish();
    let (field, table) = target?;
    put(&mut rule, "fieldId", field);
    put(&mut rule, "tableName", table);
    put(&mut rule, "operator", operator?);
    Some(rule)
}

/// The field to filter on, and its table.
fn field_of_table(target: Fields<'_>) -> Option<(String, String)> {
    let (field, table) = (
        target.required_text("fieldId"),
        target.required_text("tableName"),
    );
    target.skip(&["fieldFilterType", "fieldName", "fallbackType"]);
    if target.boolean("isSqlColumn") == Some(true) {
        target.warn(
            "isSqlColumn",
            "is not taken over: filters reach no column of a SQL chart",
        );
    }
    target.finish();
    Some((field?.to_owned(), table?.to_owned()))
}

/// The settings of a rule that are known; others are told of.
fn settings(fields: &Fields<'_>) -> Option<Json> {
    let given = fields.fields("settings")?;
    let known = RULE_SETTINGS.iter();
    let known = known.filter_map(|key| Some(((*key).to_owned(), given.json(key)?)));
    let known = known.collect();
    given.finish();
    Some(Json::Object(known))
}

/// What to filter on by tile; false where a tile is left alone. Those of tiles that are not there
/// remain in the files when a tile is deleted.
fn targets(fields: &Fields<'_>, known: &HashSet<String>) -> Option<Json> {
    let tiles = fields.fields("tileTargets")?;
    let mut targets = Map::new();
    for entry in tiles.entries() {
        if known.contains(&entry.key) {
            let target = target_of_tile(&tiles, &entry.key, &entry.node);
            targets.extend(target.map(|target| (entry.key.clone(), target)));
        } else {
            tiles.warn(&entry.key, "is of no tile and left out");
        }
        tiles.skip(&[&entry.key]);
    }
    tiles.finish();
    Some(Json::Object(targets))
}

fn target_of_tile(tiles: &Fields<'_>, key: &str, node: &Node) -> Option<Json> {
    if node.json() == Json::Bool(false) {
        return Some(Json::Bool(false));
    }
    let target = Fields::of(node, tiles.path(key), tiles.sink())?;
    let (field, table) = field_of_table(target)?;
    Some(json!({ "fieldId": field, "tableName": table }))
}
