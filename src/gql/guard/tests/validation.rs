//! What is valid and what is not, above all where the engine or apollo has holes, and what the
//! refusals say.

use super::{RefusalCode, accepted, guard, refused, repeat};

/// The query that tools send to read a schema, with all options of `getIntrospectionQuery`.
pub(super) const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[test]
fn valid_documents_pass() {
    let guard = guard();
    for text in [
        INTROSPECTION,
        "{__typename}",
        "query($a: Boolean!) {__typename @skip(if: $a)}",
        "\u{feff}{__typename}",
        "query($i: ID!, $with: Boolean = true) {node(id: $i) {id ...on Chart @include(if: $with) {kind}}}",
        "{user(ref: {id: 1}) {id}}",
        "query($r: UserRef!) {user(ref: $r) {id}}",
        "query($i: ID!) {user(ref: {id: $i}) {id} users(refs: [{id: $i}, {email: \"a\"}]) {id}}",
        "query($i: Int!) {raw(number: $i, json: {a: [$i, {b: $i}]}, list: [[1, $i], []])}",
        "query($n: Int = 1) {raw(number: $n)}",
        "query($l: Int) {charts(filter: {limit: 3, and: [{name: \"a\"}]}) {totalCount} space {charts(first: $l) {totalCount}}}",
        "query($l: Int) {charts(filter: {limit: $l}) {totalCount}}",
        "{found {...on Chart {x: name} ...on Dashboard {x: name}}}",
        "{found {...on Chart {x: space {id}} ...on Dashboard {x: space {name}}}}",
        "{charts(filter: {name: \"a\", kind: BAR}, first: 1) {totalCount} charts(first: 1, filter: {kind: BAR, name: \"a\"}) {totalCount}}",
        "query Q @tag(name: \"a\") @tag {__typename @tag}",
        "# only\n{ # comments\n __typename, }",
        "{raw(number: 1, json: \"\"\"block \\\"\"\" string\"\"\")}",
        "mutation {a: signIn b: signIn}",
    ] {
        accepted(&guard, text);
    }
}

#[test]
fn invalid_documents_are_refused() {
    let guard = guard();
    for text in [
        // The engine checks nothing about `__typename` and little about overlapping fields.
        "{__typename @unknown}",
        "{__typename(a: 1)}",
        "{__typename {a}}",
        "{space {x: id} space {x: name}}",
        "{a: space {parent {x: id}} a: space {parent {x: name}}}",
        "{found {...on Chart {x: name} ...on Dashboard {x: space {id}}}}",
        "{charts(first: 1) {totalCount} charts(first: 2) {totalCount}}",
        "{nodes(ids: [1]) {id} nodes(ids: [1, 2]) {id}}",
        "{nodes(ids: [1, 2]) {id} ...F} fragment F on Query {nodes(ids: [1]) {id}}",
        // Variables.
        "query($a: Int) {__typename}",
        "{raw(number: $a)}",
        "query($a: Int) {raw(number: $a)}",
        "query($a: Int = null) {raw(number: $a)}",
        "query($a: String!) {raw(number: $a)}",
        "query($a: Int!, $a: Int!) {raw(number: $a)}",
        "query($a: Space) {raw(number: 1, json: $a)}",
        "query($a: Int = \"x\") {raw(number: 1, json: $a)}",
        "query($a: Int = 1 @unknown) {raw(number: $a)}",
        "query($a: Int) {raw(number: 1, list: [[$a]])}",
        "query($a: [Int!]) {charts(filter: {must: {value: $a}}) {totalCount}}",
        "query($a: Int) {charts(filter: {must: {value: $a}}) {totalCount}}",
        "query($a: [String!]) {charts(filter: {name: $a}) {totalCount}}",
        "query($a: Int!) {charts(filter: {name: $a}) {totalCount}}",
        "{raw(number: 1, json: {a: [$missing]})}",
        "query($a: Boolean) {__typename @skip(if: $a)}",
        "query A($a: ID!) {...F} query B {...F} fragment F on Query {node(id: $a) {id}}",
        // Values.
        "{raw(number: \"1\")}",
        "{raw(number: 99999999999)}",
        "{raw(number: null)}",
        "{raw}",
        "{charts(filter: {kind: PIE}) {totalCount}}",
        "{charts(filter: {kind: \"BAR\"}) {totalCount}}",
        "{charts(filter: {nope: 1}) {totalCount}}",
        "{charts(filter: {name: \"a\", name: \"b\"}) {totalCount}}",
        "{charts(filter: {must: {}}) {totalCount}}",
        "{raw(number: 1, json: {a: 1, a: 2})}",
        "{raw(number: 1, list: [[null]])}",
        // oneOf.
        "{user(ref: {}) {id}}",
        "{user(ref: {id: 1, email: \"a\"}) {id}}",
        "{user(ref: {id: null}) {id}}",
        "{users(refs: [{id: 1}, {}]) {id}}",
        "query($i: ID) {user(ref: {id: $i}) {id}}",
        "query($i: ID = 1) {user(ref: {id: $i}) {id}}",
        "query($r: UserRef! = {}) {user(ref: $r) {id}}",
        "mutation {createChart(input: {name: \"a\", space: {id: 1, email: \"b\"}}) {chart {id}}}",
        // Fields, fragments, directives, operations.
        "{nothing}",
        "{space}",
        "{space {}}",
        "{space {id {x}}}",
        "{space {...Missing}}",
        "{space {...F}} fragment F on Chart {id}",
        "{space {...on Missing {id}}}",
        "{space {...on Kind {id}}}",
        "{space {id}} fragment F on Space {id}",
        "{space {...F}} fragment F on Space {...F}",
        "{space {...F ...F}} fragment F on Space {id} fragment F on Space {name}",
        "{...A} fragment A on Query {...B} fragment B on Query {...A}",
        "{space @skip {id}}",
        "{space @skip(if: true) @skip(if: true) {id}}",
        "{space @deprecated {id}}",
        "{space(id: 1, id: 1) {id}}",
        "{space(nope: 1) {id}}",
        "{__typename} {__typename}",
        "query A {__typename} query A {__typename}",
        "query A {__typename} {__typename}",
        "subscription {jobUpdated(id: 1) {label} __typename}",
        "subscription {__typename}",
        "subscription {jobUpdated(id: 1) @skip(if: true) {label}}",
        "type A {a: Int}",
        "{__typename} extend type Query {a: Int}",
        // The engine would run both.
        "mutation {signIn signIn}",
        "mutation {signIn ...F} fragment F on Mutation {...{signIn}}",
    ] {
        let code = refused(&guard, text).code;
        let parse = code == RefusalCode::ParseFailed && text == "{space {}}";
        assert!(
            parse || code == RefusalCode::ValidationFailed,
            "{text} {code:?}"
        );
    }
}

#[test]
fn text_that_is_no_graphql_is_refused() {
    let guard = guard();
    for text in [
        "",
        " ",
        "#",
        "{",
        "}",
        "{]",
        "query",
        "{a b: }",
        "{a(}",
        "\"",
        "{a(b: \"\n\")}",
        "{a(b: \"\"\"\")}",
        "{a\0}",
        "{a\u{b}}",
        "{a # \u{1}\n}",
        "nonsense",
        "{...}",
        "fragment on on Query {a}",
        "{a(b: 1.)}",
        "{é}",
        "\"description\"",
        "query Q($a) {a}",
        "{a @}",
        "{a(b: $)}",
    ] {
        let refusal = refused(&guard, text);
        assert_eq!(
            refusal.code,
            RefusalCode::ParseFailed,
            "{text:?} {refusal:?}"
        );
    }
}

#[test]
fn problems_have_places_and_short_messages() {
    let guard = guard();
    let refusal = refused(&guard, "{\n  space {\r\n    wrong\n  }\n}");
    let problem = refusal.problems.first().unwrap();
    assert_eq!(
        problem.message,
        "Type `Space` does not have a field `wrong`."
    );
    assert_eq!(
        problem.location.map(|at| (at.line, at.column)),
        Some((3, 5))
    );
    let refusal = refused(&guard, "{\n  é: space { id ]\n}");
    let at = refusal.problems.first().unwrap().location.unwrap();
    assert_eq!((at.line, at.column), (2, 17));

    let long = "x".repeat(60_000);
    for text in [
        format!("{{{long}}}"),
        format!(
            "{{a: found {{__typename}} {long}: node(id: 1) {{id}} {long}: node(id: 2) {{id}}}}"
        ),
        format!("{{space {{...{long}}}}}"),
        format!("{{{long}"),
    ] {
        let refusal = refused(&guard, &text);
        assert!(
            refusal
                .problems
                .iter()
                .all(|problem| problem.message.chars().count() <= 201)
        );
    }
    let refusal = refused(
        &guard,
        &format!("{{space {{{}}}}}", repeat(25, |i| format!("x{i}"))),
    );
    assert_eq!((refusal.problems.len(), refusal.omitted), (10, 15));
    let document = accepted(&guard, "{__typename}");
    let refusal = document.operation(Some(&long)).unwrap_err();
    assert!(refusal.message().chars().count() <= 201);
}

#[test]
fn hints_stand_apart_from_messages() {
    let guard = guard();
    for (text, hint) in [
        ("{spase {id}}", "Did you mean `space`?"),
        ("{space {nmae}}", "Did you mean `name`?"),
        ("{space {chart {totalCount}}}", "Did you mean `charts`?"),
        ("{charts(frist: 1) {totalCount}}", "Did you mean `first`?"),
        (
            "{charts(filter: {nam: \"a\"}) {totalCount}}",
            "Did you mean `name`?",
        ),
        (
            "{charts(filter: {kind: BARR}) {totalCount}}",
            "Did you mean `BAR`?",
        ),
        ("{found {...on Chrat {id}}}", "Did you mean `Chart`?"),
        (
            "query($a: Strng) {raw(number: 1, json: $a)}",
            "Did you mean `String`?",
        ),
        (
            "{found @skp(if: true) {__typename}}",
            "Did you mean `skip`?",
        ),
        (
            "{found @skip(iff: true) {__typename}}",
            "Did you mean `if`?",
        ),
    ] {
        let refusal = refused(&guard, text);
        let problem = refusal
            .problems
            .iter()
            .find(|problem| problem.hint.is_some());
        let problem = problem.unwrap_or_else(|| panic!("{text} {refusal:?}"));
        assert!(
            problem
                .hint
                .as_deref()
                .unwrap()
                .contains(hint.trim_end_matches('?')),
            "{problem:?}"
        );
        assert!(problem.text(true).contains("Did you mean"));
        assert!(!problem.text(false).contains("Did you mean"));
    }
    let far = refused(&guard, "{zzzzzzzzzzzzzzz}");
    assert!(far.problems.iter().all(|problem| problem.hint.is_none()));
}
