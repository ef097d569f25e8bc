//! The guard's own tests; they need neither network nor database.
//!
//! Everything that parses hostile text runs on a thread with a stack of 2 MiB, as the server's
//! threads have: a document that gets too deep there would end the test process, not just fail.

mod attacks;
mod coercion;
mod cost;
mod limits;
mod random;
mod validation;

use std::{sync::Arc, thread};

use serde_json::{Map, Value, json};

use super::{Document, Guard, LimitName, Limits, Refusal, RefusalCode, Weights};

pub(super) const SDL: &str = r#"
"Runs on."
schema { query: Query mutation: Mutation subscription: Subscription }
directive @tag(name: String) repeatable on FIELD | QUERY | FRAGMENT_SPREAD
scalar JSON
interface Node { id: ID! }
interface Content implements Node { id: ID! name: String! space: Space! twin: Content }
type Chart implements Node & Content { id: ID! name: String! space: Space! twin: Content kind: Kind! tags: [Tag!]! series(first: Int = 20): [Tag!]! }
type Dashboard implements Node & Content { id: ID! name: String! space: Space! twin: Content charts(first: Int, after: String, last: Int, before: String): ChartConnection! }
type Space implements Node { id: ID! name: String! parent: Space charts(first: Int, after: String, last: Int, before: String, filter: ChartFilter): ChartConnection! }
union Found = Chart | Dashboard
type Tag { label: String! colors: [String!]! }
enum Kind { BAR LINE }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type ChartConnection { edges: [ChartEdge!]! nodes: [Chart!]! pageInfo: PageInfo! totalCount: Int! }
type ChartEdge { cursor: String! node: Chart! }
input ChartFilter { name: String kind: Kind ids: [ID!] and: [ChartFilter!] limit: Int! = 5 must: Must }
input Must { value: Int! }
input UserRef @oneOf { id: ID email: String }
type User { id: ID! email: String }
type Query {
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]!
  found: Found
  content: Content
  space(id: ID = "x"): Space
  charts(first: Int, after: String, last: Int, before: String, filter: ChartFilter): ChartConnection!
  user(ref: UserRef!): User
  users(refs: [UserRef!]!): [User!]!
  raw(json: JSON, list: [[Int!]], number: Int!): String
  runQuery(sql: String): Tag
}
input CreateChart { name: String! space: UserRef tags: [String!] }
type CreateChartPayload { chart: Chart userErrors: [UserError!]! }
type UserError { message: String! path: [String!] }
type Mutation { createChart(input: CreateChart!): CreateChartPayload! signIn(password: String): Boolean }
type Subscription { jobUpdated(id: ID!): Tag }
"#;

pub(super) fn guard() -> Guard {
    Guard::new(SDL, Limits::default()).unwrap()
}

/// Runs on a stack of the size that the server's threads have.
pub(super) fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap()
}

/// `count` pieces, joined by a space.
pub(super) fn repeat(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().join(" ")
}

/// The limit that refused a document.
#[track_caller]
pub(super) fn limit_of(guard: &Guard, text: &str) -> (LimitName, u64, u64) {
    let refusal = guard.document(text).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::LimitExceeded, "{refusal}");
    let limit = refusal.limit.unwrap();
    (limit.limit, limit.maximum, limit.found)
}

#[track_caller]
pub(super) fn accepted(guard: &Guard, text: &str) -> Arc<Document> {
    guard
        .document(text)
        .unwrap_or_else(|refusal| panic!("{text}\n{refusal:#?}"))
}

#[track_caller]
pub(super) fn refused(guard: &Guard, text: &str) -> Arc<Refusal> {
    guard.document(text).unwrap_err()
}

pub(super) fn variables(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

#[test]
fn a_guard_is_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Guard>();
    shared::<Document>();
    shared::<Refusal>();
}

#[test]
fn one_of_may_be_defined_in_the_schema_or_not() {
    let defined = format!("directive @oneOf on INPUT_OBJECT {SDL}");
    for sdl in [SDL.to_owned(), defined] {
        let guard = Guard::new(&sdl, Limits::default()).unwrap();
        refused(&guard, "{ user(ref: {}) { id } }");
        accepted(&guard, "{ __schema { types { isOneOf } } }");
    }
}

#[test]
fn a_wrong_schema_or_cost_table_is_an_error_at_start() {
    assert!(Guard::new("type Query { a: Missing }", Limits::default()).is_err());
    assert!(Guard::new("type Query {", Limits::default()).is_err());
    let mut limits = Limits::default();
    limits.weights.fields.insert("Query.gone".to_owned(), 5);
    let error = Guard::new(SDL, limits).err().unwrap().to_string();
    assert!(error.contains("Query.gone"), "{error}");
}

#[test]
fn verdicts_are_cached_good_and_bad() {
    let guard = guard();
    for text in ["{ found { __typename } }", "{ nothing }", "{"] {
        let hash = super::DocumentHash::of(text);
        assert!(guard.cached(&hash).is_none());
        let first = guard.document(text);
        let second = guard.cached(&hash).unwrap();
        match (first, second) {
            (Ok(first), Ok(second)) => assert!(Arc::ptr_eq(&first, &second)),
            (Err(first), Err(second)) => assert!(Arc::ptr_eq(&first, &second)),
            other => panic!("{other:?}"),
        }
    }
    let long = " ".repeat(70_000);
    assert!(guard.document(&long).is_err());
    assert!(guard.cached(&super::DocumentHash::of(&long)).is_none());
}

#[test]
fn the_hash_is_that_of_persisted_queries() {
    let hash = super::DocumentHash::of("{__typename}");
    let known = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    assert_eq!(hash.to_string(), known);
}

#[test]
fn operations_are_found_by_name() {
    let guard = guard();
    let text = "query A { a: found { __typename } ...F } mutation B { signIn } fragment F on Query { node(id: 1) { id } found { __typename } }";
    let document = accepted(&guard, text);
    let operation = document.operation(Some("A")).unwrap();
    assert_eq!(
        operation.root_fields().collect::<Vec<_>>(),
        ["found", "node"]
    );
    assert_eq!(operation.kind().as_str(), "query");
    assert_eq!(
        document.operation(Some("B")).unwrap().kind().as_str(),
        "mutation"
    );
    for name in [None, Some(""), Some("C")] {
        let refusal = document.operation(name).unwrap_err();
        assert_eq!(refusal.code, RefusalCode::OperationResolutionFailed);
    }
    let only = accepted(&guard, "subscription S { jobUpdated(id: 1) { label } }");
    assert_eq!(
        only.operation(None).unwrap().kind().as_str(),
        "subscription"
    );
    assert_eq!(only.operations().len(), 1);
}

#[test]
fn introspection_is_flagged_and_typename_is_not_introspection() {
    let guard = guard();
    let flag = |text: &str| {
        accepted(&guard, text)
            .operation(None)
            .unwrap()
            .is_introspection()
    };
    assert!(!flag("{ __typename found { __typename } }"));
    assert!(flag("{ __type(name: \"Chart\") { name } }"));
    assert!(flag(
        "{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }"
    ));
    assert_eq!(
        Refusal::introspection_disabled().code,
        RefusalCode::IntrospectionDisabled
    );
}

#[test]
fn variables_are_bounded_before_they_are_parsed() {
    let guard = guard();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    guard.check_variables(nested(32).as_bytes()).unwrap();
    let refusal = guard.check_variables(nested(33).as_bytes()).unwrap_err();
    assert_eq!(refusal.limit.unwrap().limit, LimitName::VariablesDepth);
    guard
        .check_variables(br#"{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"["}"#)
        .unwrap();
    guard.check_variables("[]".repeat(1000).as_bytes()).unwrap();
    guard
        .check_variables(" ".repeat(1024 * 1024).as_bytes())
        .unwrap();
    let refusal = guard
        .check_variables(" ".repeat(1024 * 1024 + 1).as_bytes())
        .unwrap_err();
    assert_eq!(refusal.limit.unwrap().limit, LimitName::VariablesBytes);
    on_small_stack(move || assert!(guard.check_variables(&b"{\"a\":".repeat(200_000)).is_err()));
}

#[test]
fn costs_are_checked_against_the_request() {
    let guard = guard();
    guard.check_cost(5_000).unwrap();
    let refusal = guard.check_cost(5_001).unwrap_err();
    assert_eq!(refusal.limit.unwrap().limit, LimitName::Cost);
    assert_eq!(
        refusal.message(),
        "The request is too expensive: at most 5000 are allowed, found 5001."
    );
    let weights = Weights::default();
    assert_eq!(weights.page, 50);
    assert_eq!(variables(json!({})).len(), 0);
}
