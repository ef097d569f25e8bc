//! The cost table: what each kind of field costs, and that variables count as literals do.

use serde_json::{Value, json};

use super::{Guard, Limits, SDL, accepted, guard, variables};

#[track_caller]
fn costs(text: &str, given: Value, points: u32) {
    let document = accepted(&guard(), text);
    let operation = document.operation(None).unwrap();
    assert_eq!(operation.cost(&variables(given)), points, "{text}");
}

#[test]
fn leaves_are_free_and_objects_cost_one() {
    costs("{__typename raw(number: 1)}", json!({}), 0);
    costs("{space {id name}}", json!({}), 1);
    costs("{space {parent {parent {id}}}}", json!({}), 3);
    costs(
        "{found {... on Chart {id} ... on Dashboard {space {id}}}}",
        json!({}),
        2,
    );
}

#[test]
fn connections_multiply() {
    costs("{charts(first: 10) {nodes {id}}}", json!({}), 1 + 10);
    costs(
        "{charts(first: 10) {edges {cursor node {id}}}}",
        json!({}),
        1 + 10,
    );
    costs("{charts(first: 10) {pageInfo {hasNextPage}}}", json!({}), 1);
    costs("{charts(first: 10) {totalCount}}", json!({}), 1 + 5);
    costs(
        "{charts(first: 10) {nodes {id} edges {cursor} totalCount}}",
        json!({}),
        1 + 10 + 5,
    );
    costs(
        "{charts(first: 10) {nodes {space {id}}}}",
        json!({}),
        1 + 20,
    );
    costs(
        "{charts(first: 10) {nodes {space {charts(last: 3) {nodes {space {id}} totalCount}}}}}",
        json!({}),
        1 + 10 * (1 + 1 + 1 + 5 + 3 * 2),
    );
}

#[test]
fn pages_have_a_default_and_a_maximum() {
    costs("{charts {nodes {id}}}", json!({}), 51);
    costs("{charts(first: null) {nodes {id}}}", json!({}), 51);
    costs("{charts(first: 0) {nodes {id}}}", json!({}), 1);
    costs("{charts(first: 2000) {nodes {id}}}", json!({}), 201);
    costs("{charts(first: -5) {nodes {id}}}", json!({}), 2);
    costs("{charts(first: 3, last: 7) {nodes {id}}}", json!({}), 8);
    // A list with `first` is a page too, and the schema's default holds.
    costs(
        "{node(id: 1) {... on Chart {series {label}}}}",
        json!({}),
        1 + 20,
    );
    costs(
        "{node(id: 1) {... on Chart {series(first: 4) {label}}}}",
        json!({}),
        1 + 4,
    );
}

#[test]
fn variables_are_counted_per_request() {
    let text = "query($n: Int) {charts(first: $n) {nodes {id}}}";
    costs(text, json!({}), 51);
    costs(text, json!({"n": null}), 51);
    costs(text, json!({"n": 7}), 8);
    costs(text, json!({"n": 7000}), 201);
    costs(text, json!({"n": "rubbish"}), 2);
    costs(text, json!({"n": -1}), 2);
    let text = "query($n: Int = 9, $m: Int) {charts(first: $n) {nodes {space {charts(first: $m, last: 2) {nodes {id}}}}}}";
    costs(text, json!({"m": 3}), 1 + 9 * (2 + 1 + 3));
    costs(text, json!({"n": 2, "m": 1}), 1 + 2 * (2 + 1 + 2));
    costs(text, json!({"n": 2}), 1 + 2 * (2 + 1 + 2));
    // Constants around variables, and fragments priced once but spread twice.
    let text = "query($n: Int) {a: space {...F} b: space {...F}} fragment F on Space {charts(first: 10) {nodes {space {charts(first: $n) {nodes {id}}}}}}";
    costs(text, json!({"n": 4}), 2 * (1 + 1 + 10 * (2 + 1 + 4)));
}

#[test]
fn lists_count_by_ids_or_by_guess() {
    costs("{nodes(ids: [1, 2, 3]) {id}}", json!({}), 3);
    costs("{nodes(ids: 1) {id}}", json!({}), 1);
    costs(
        "query($i: [ID!]!) {nodes(ids: $i) {id}}",
        json!({"i": ["a", "b"]}),
        2,
    );
    costs(
        "query($i: [ID!]! = [1]) {nodes(ids: $i) {id}}",
        json!({}),
        1,
    );
    costs(
        "query($a: ID!, $b: ID!) {nodes(ids: [$a, $b]) {id}}",
        json!({}),
        2,
    );
    let ids: Vec<_> = (0..100_000).collect();
    costs(
        "query($i: [ID!]!) {nodes(ids: $i) {id}}",
        json!({"i": ids}),
        100_000,
    );
    costs(
        "{node(id: 1) {... on Chart {tags {label}}}}",
        json!({}),
        1 + 2,
    );
}

#[test]
fn mutations_and_subscriptions_cost_ten() {
    costs("mutation {signIn}", json!({}), 10);
    costs("mutation {__typename a: signIn b: signIn}", json!({}), 20);
    costs(
        "mutation {createChart(input: {name: \"a\"}) {chart {id} userErrors {message}}}",
        json!({}),
        10 + 1 + 2,
    );
    costs("subscription {jobUpdated(id: 1) {label}}", json!({}), 10);
}

#[test]
fn the_table_overrides_the_rule() {
    let mut limits = Limits::default();
    limits
        .weights
        .fields
        .insert("Query.runQuery".to_owned(), 40);
    limits.weights.fields.insert("Space.name".to_owned(), 3);
    limits
        .weights
        .fields
        .insert("Mutation.signIn".to_owned(), 100);
    let guard = Guard::new(SDL, limits).unwrap();
    let cost = |text: &str| {
        accepted(&guard, text)
            .operation(None)
            .unwrap()
            .cost(&variables(json!({})))
    };
    assert_eq!(cost("{runQuery {label}}"), 40);
    assert_eq!(cost("{space {name}}"), 4);
    assert_eq!(cost("mutation {signIn}"), 100);
}

#[test]
fn costs_saturate() {
    let text = "query($i: [ID!]!) {a: nodes(ids: $i) {...on Dashboard {...D}}} fragment D on Dashboard {charts(first: 200) {nodes {space {charts(first: 200) {nodes {space {charts(first: 200) {nodes {id}}}}}}}}}";
    let ids: Vec<_> = (0..100_000).collect();
    let document = accepted(&guard(), &text.replace("first: 200", "first: 199"));
    assert_eq!(
        document
            .operation(None)
            .unwrap()
            .cost(&variables(json!({"i": ids}))),
        u32::MAX
    );
}

#[test]
fn introspection_is_cheap_unless_it_multiplies() {
    let guard = guard();
    let cost = |text: &str| {
        accepted(&guard, text)
            .operation(None)
            .unwrap()
            .cost(&variables(json!({})))
    };
    let full = cost(super::validation::INTROSPECTION);
    assert!((2..100).contains(&full), "{full}");
    let many = "{__schema{types{a:fields{type{...F}} b:fields{type{...F}} c:fields{type{...F}}}}} fragment F on __Type{a:fields{args{name}} b:fields{args{name}} c:fields{args{name}} d:fields{args{name}}}";
    assert!(cost(many) > full, "{} {full}", cost(many));
}
