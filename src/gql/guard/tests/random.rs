//! Random text and random damage to valid documents: never a panic, always the same verdict.

use proptest::{prelude::*, sample};
use serde_json::Map;

use super::{guard, on_small_stack, validation::INTROSPECTION};

const VALID: [&str; 6] = [
    INTROSPECTION,
    "query($i: ID!, $n: Int = 3) {node(id: $i) {id ...on Chart @include(if: true) {kind tags {label}}} charts(first: $n) {edges {node {...C}}}} fragment C on Chart {name space {parent {id}}}",
    "mutation($x: CreateChart!) {createChart(input: $x) {chart {id} userErrors {message path}} b: signIn(password: \"\"\"a\"\"\")}",
    "subscription S {jobUpdated(id: \"job_1\") {label colors}}",
    "{users(refs: [{id: 1}, {email: \"\\u00e9\"}]) {id} raw(number: -1, json: {a: [1.5e3, null, ENUM]}, list: [[1], []])}",
    "query A {space {...F charts(last: 2, filter: {and: [{kind: BAR}]}) {nodes {id} totalCount}}} query B {space {...F}} fragment F on Space {id ...on Node {id}}",
];

const PIECES: [&str; 40] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ":",
    "!",
    "$",
    "@",
    "...",
    "=",
    "&",
    "|",
    "\"",
    "\"\"\"",
    "\\",
    "#",
    "\n",
    ",",
    " ",
    "query",
    "mutation",
    "fragment F on Query",
    "on",
    "a",
    "id",
    "space",
    "charts",
    "__typename",
    "__schema",
    "1",
    "-1.5e9",
    "true",
    "null",
    "ENUM",
    "$n",
    "é",
    "\u{feff}",
    "@skip(if: true)",
];

fn judge(text: String) {
    on_small_stack(move || {
        let guard = guard();
        let first = guard.document(&text);
        match (&first, guard.document(&text)) {
            (Ok(document), Ok(_)) => {
                for operation in document.operations() {
                    let _ = operation.cost(&Map::new());
                }
                assert!(document.operation(Some("nobody")).is_err());
            }
            (Err(first), Err(second)) => assert_eq!(*first, second),
            _ => panic!("two verdicts on {text}"),
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_text(text in any::<String>()) {
        judge(text);
    }

    #[test]
    fn any_pieces(pieces in proptest::collection::vec(sample::select(&PIECES[..]), 0..60)) {
        judge(pieces.concat());
        judge(pieces.join(" "));
    }

    #[test]
    fn damaged_documents(
        valid in sample::select(&VALID[..]),
        edits in proptest::collection::vec((any::<sample::Index>(), 0..4_usize, sample::select(&PIECES[..])), 1..6),
    ) {
        let mut chars: Vec<char> = valid.chars().collect();
        for (at, kind, piece) in edits {
            let at = at.index(chars.len() + 1);
            match kind {
                0 => drop(chars.splice(at..at, piece.chars())),
                1 => drop(chars.drain(at..(at + 3).min(chars.len()))),
                2 => {
                    let copy: Vec<char> = chars.iter().skip(at).take(40).copied().collect();
                    drop(chars.splice(at..at, copy));
                }
                _ => {
                    if let (Some(c), Some(other)) = (chars.get_mut(at), piece.chars().next()) {
                        *c = other;
                    }
                }
            }
        }
        judge(chars.into_iter().collect());
    }

    #[test]
    fn any_variables(raw in any::<Vec<u8>>()) {
        let _ = guard().check_variables(&raw);
    }
}
