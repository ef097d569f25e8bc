//! Queries in, stored, out again; and wrong ones.

use super::*;
use async_graphql::{InputType as _, Value as GraphqlValue};
use proptest::prelude::*;
use serde_json::json;

fn parse(json: Value) -> MetricQueryInput {
    let input = GraphqlValue::from_json(json).unwrap();
    MetricQueryInput::parse(Some(input))
        .map_err(|error| error.into_server_error(async_graphql::Pos::default()))
        .unwrap()
}

fn check(json: Value) -> (MetricQuery, usize) {
    let input = parse(json);
    let mut errors = UserErrors::default();
    let query = Checked::new(&mut errors).metric_query("metricQuery", &input);
    (query, errors.len())
}

fn valid() -> Value {
    json!({
        "exploreName": "orders", "dimensions": ["orders_status", "bin"], "metrics": ["orders_count"],
        "filters": { "dimensions": { "and": [
            { "rule": { "fieldId": "orders_status", "operator": "EQUALS", "values": ["paid", 1, true] } },
            { "group": { "or": [{ "rule": { "id": "r", "fieldId": "orders_at", "operator": "IN_THE_PAST",
                "values": [7], "settings": { "unitOfTime": "days" } } }] } },
        ] } },
        "sorts": [{ "fieldId": "share", "descending": true }], "limit": 500,
        "tableCalculations": [{ "name": "share", "displayName": "Share", "sql": "1" }],
        "additionalMetrics": [{ "name": "p", "table": "orders", "type": "PERCENTILE", "sql": "x", "percentile": 90 }],
        "customDimensions": [{ "bin": { "id": "bin", "name": "Bin", "table": "orders",
            "dimensionId": "orders_total", "binType": "FIXED_WIDTH", "binWidth": 5 } }],
        "timezone": "Europe/Berlin",
    })
}

#[test]
fn what_is_stored_is_what_was_given() {
    let (query, mistakes) = check(valid());
    assert_eq!(mistakes, 0);
    let stored = serde_json::to_value(&query).unwrap();
    let read: MetricQuery = serde_json::from_value(stored).unwrap();
    assert_eq!(read, query);
    assert_eq!(query.filters.dimensions.unwrap().items.len(), 2);
}

#[test]
fn an_older_row_without_a_field_stays_readable() {
    let read: MetricQuery = serde_json::from_value(json!({ "exploreName": "orders" })).unwrap();
    assert_eq!(read.explore_name, "orders");
    assert_eq!(read.limit, 0);
}

#[test]
fn each_mistake_is_found() {
    type Change = fn(&mut Value);
    let changes: [Change; 11] = [
        |q| q["limit"] = json!(0),
        |q| q["limit"] = json!(100_001),
        |q| q["exploreName"] = json!(" "),
        |q| q["sorts"][0]["fieldId"] = json!("orders_other"),
        |q| q["filters"]["dimensions"] = json!({}),
        |q| q["filters"]["dimensions"] = json!({ "and": [], "or": [] }),
        |q| q["filters"]["dimensions"]["and"][0]["rule"]["values"] = json!([{}]),
        |q| q["filters"]["dimensions"]["and"][0]["rule"]["values"] = json!(["\0"]),
        |q| q["additionalMetrics"][0]["percentile"] = json!(101),
        |q| q["customDimensions"][0]["bin"]["binWidth"] = json!(0),
        |q| q["dimensions"] = json!(["orders_status", "orders_status", "bin"]),
    ];
    for (n, change) in changes.iter().enumerate() {
        let mut query = valid();
        change(&mut query);
        assert_eq!(check(query).1, 1, "change {n}");
    }
    let deep = (0..=GROUP_DEPTH_MAX).fold(
        json!({ "and": [] }),
        |inner, _| json!({ "and": [{ "group": inner }] }),
    );
    let mut query = valid();
    query["filters"]["dimensions"] = deep;
    assert_eq!(check(query).1, 1, "groups too deep");
}

#[test]
fn made_ids_tell_things_apart_and_stay_the_same() {
    let mut input = valid();
    let (first, second) = (check(input.clone()).0, check(input.clone()).0);
    assert_eq!(first, second);
    input["filters"]["dimensions"]["and"][0]["rule"]["values"] = json!(["open"]);
    let changed = check(input).0.filters.dimensions.unwrap();
    let first = first.filters.dimensions.unwrap();
    assert_ne!(changed.id, first.id, "another content is another group");
    assert_eq!(changed.items[1], first.items[1]);
}

#[test]
fn paths_name_the_very_value() {
    let mut query = valid();
    query["filters"]["dimensions"]["and"][1]["group"]["or"][0]["rule"]["values"] = json!([{}]);
    query["tableCalculations"][0]["sql"] = json!("a\0");
    let mut errors = UserErrors::default();
    Checked::new(&mut errors).metric_query("metricQuery", &parse(query));
    let Err(crate::gql::Refusal::User(mistakes)) = errors.check() else {
        panic!("no mistakes")
    };
    let paths: Vec<_> = mistakes
        .into_iter()
        .map(|m| m.path.unwrap().join("."))
        .collect();
    assert_eq!(
        paths,
        [
            "metricQuery.filters.dimensions.and.1.group.or.0.rule.values.0",
            "metricQuery.tableCalculations.0.sql",
        ]
    );
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[^\\x00]{0,20}".prop_map(Value::from),
    ]
}

fn rules() -> impl Strategy<Value = Value> {
    (
        prop::option::of("[a-z0-9]{1,8}"),
        "[a-z]{1,8}_[a-z]{1,8}",
        prop::sample::select(vec!["EQUALS", "NOT_EQUALS", "INCLUDE"]),
        prop::collection::vec(scalar(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(id, field, operator, values, disabled)| {
            json!({ "rule": {
                "id": id, "fieldId": field, "operator": operator, "values": values,
                "disabled": disabled, "settings": { "unitOfTime": "days" },
            } })
        })
}

fn groups() -> impl Strategy<Value = Value> {
    let node = rules().prop_recursive(4, 24, 4, |inner| {
        (any::<bool>(), prop::collection::vec(inner, 0..4))
            .prop_map(|(and, nodes)| json!({ "group": { if and { "and" } else { "or" }: nodes } }))
    });
    prop::collection::vec(node, 0..4).prop_map(|nodes| json!({ "and": nodes }))
}

/// The input that an answered group stands for.
fn as_input(group: &FilterGroup) -> Value {
    let field = match group.operator {
        FilterGroupOperator::And => "and",
        FilterGroupOperator::Or => "or",
    };
    let node = |node: &FilterNode| match node {
        FilterNode::Group(group) => json!({ "group": as_input(group) }),
        FilterNode::Rule(rule) => json!({ "rule": rule }),
    };
    json!({ field: group.items.iter().map(node).collect::<Vec<_>>() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_goes_in_comes_out(group in groups(), limit in 1..=100_000, width in 0.001..1e6_f64) {
        let mut input = valid();
        input["filters"]["dimensions"] = group;
        input["limit"] = json!(limit);
        input["customDimensions"][0]["bin"]["binWidth"] = json!(width);
        let (query, mistakes) = check(input.clone());
        prop_assert_eq!(mistakes, 0);
        let stored = serde_json::to_value(&query).unwrap();
        let back: MetricQuery = serde_json::from_value(stored).unwrap();
        prop_assert_eq!(&back, &query);
        input["filters"]["dimensions"] = as_input(query.filters.dimensions.as_ref().unwrap());
        prop_assert_eq!(check(input).0, query, "what was answered can be sent again");
    }
}
