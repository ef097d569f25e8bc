//! Values of variables: what fits, and what is refused with which message.

use super::{RefusalCode, guard};
use serde_json::{Value, json};

fn check(document: &str, values: Value) -> Result<(), String> {
    let guard = guard();
    let document = guard.document(document).unwrap();
    let operation = document.operation(None).unwrap();
    let Value::Object(values) = values else {
        panic!("an object")
    };
    guard.check_values(operation, &values).map_err(|refusal| {
        assert_eq!(refusal.code, RefusalCode::InvalidVariables);
        let texts: Vec<_> = refusal.problems.iter().map(|p| p.text(false)).collect();
        texts.join(" ")
    })
}

const RAW: &str =
    "query($json: JSON, $list: [[Int!]], $n: Int!) { raw(json: $json, list: $list, number: $n) }";
const CHARTS: &str = "query($f: ChartFilter) { charts(filter: $f) { totalCount } }";
const USER: &str = "query($r: UserRef!) { user(ref: $r) { id } }";

#[test]
fn values_that_fit_pass() {
    for (document, values) in [
        (
            RAW,
            json!({ "n": 1, "json": { "a": [null] }, "list": [[1, 2], null, [3]] }),
        ),
        (
            RAW,
            json!({ "n": -2_147_483_648_i64, "list": 7, "json": null, "unknown": "x" }),
        ),
        (CHARTS, json!({})),
        (CHARTS, json!({ "f": null })),
        (
            CHARTS,
            json!({ "f": { "kind": "BAR", "ids": [1, "a"], "and": [{ "name": null }] } }),
        ),
        (USER, json!({ "r": { "email": "a@example.test" } })),
        ("query($n: Int! = 5) { raw(number: $n) }", json!({})),
    ] {
        check(document, values.clone()).unwrap_or_else(|error| panic!("{values}: {error}"));
    }
}

#[test]
fn values_that_do_not_fit_are_named() {
    for (document, values, expected) in [
        (RAW, json!({}), "`$n` of type `Int!` is missing."),
        (
            RAW,
            json!({ "n": null }),
            "`$n` must be of type `Int!`, found null.",
        ),
        (
            RAW,
            json!({ "n": "1" }),
            "`$n` must be of type `Int!`, found a string.",
        ),
        (
            RAW,
            json!({ "n": 2_147_483_648_i64 }),
            "`$n` must be of type `Int!`, found a number.",
        ),
        (
            RAW,
            json!({ "n": 1.5 }),
            "`$n` must be of type `Int!`, found a number.",
        ),
        (
            RAW,
            json!({ "n": 1, "list": [[1, null]] }),
            "`$list.0.1` must be of type `Int!`, found null.",
        ),
        (
            CHARTS,
            json!({ "f": 1 }),
            "`$f` must be of type `ChartFilter`, found a number.",
        ),
        (
            CHARTS,
            json!({ "f": { "kind": "PIE" } }),
            "`$f.kind` must be of type `Kind`, found a string.",
        ),
        (
            CHARTS,
            json!({ "f": { "nope": 1 } }),
            "`$f`: `ChartFilter` has no field `nope`.",
        ),
        (
            CHARTS,
            json!({ "f": { "and": [{}, { "must": {} }] } }),
            "`$f.and.1.must.value` of type `Int!` is missing.",
        ),
        (
            USER,
            json!({ "r": {} }),
            "`$r`: `UserRef` takes exactly one field, and not null.",
        ),
        (
            USER,
            json!({ "r": { "id": null } }),
            "`$r`: `UserRef` takes exactly one field, and not null.",
        ),
        (
            USER,
            json!({ "r": { "id": "1", "email": "e" } }),
            "`$r`: `UserRef` takes exactly one field, and not null.",
        ),
    ] {
        assert_eq!(
            check(document, values.clone()).unwrap_err(),
            expected,
            "{values}"
        );
    }
    // As many problems as are listed elsewhere, however many there are.
    let many = json!({ "n": 1, "list": [vec![Value::Null; 1000]] });
    assert_eq!(
        check(RAW, many).unwrap_err().matches("found null").count(),
        10
    );
}
