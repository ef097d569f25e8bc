//! Documents made to overflow the stack or to burn processor time, on a stack of 2 MiB.
//!
//! Times are not asserted tightly (debug builds, busy machines); the bound only tells linear work
//! from exponential.

use std::time::{Duration, Instant};

use super::{Guard, RefusalCode, guard, on_small_stack, refused, repeat};

const FAR_TOO_LONG: Duration = Duration::from_secs(5);

fn all_refused(guard: &Guard, documents: impl IntoIterator<Item = String>) {
    for text in documents {
        let begun = Instant::now();
        let refusal = refused(guard, &text);
        let start: String = text.chars().take(60).collect();
        assert!(begun.elapsed() < FAR_TOO_LONG, "{start}");
        assert!(!refusal.problems.is_empty(), "{start}");
    }
}

#[test]
fn nested_brackets() {
    let counts = (100..=8_000).step_by(100).chain([1_999, 2_000, 2_001]);
    let shapes: [(&str, &str, &str, &str); 7] = [
        ("{raw(number: 1, json: ", "[", "]", ")}"),
        ("{raw(number: 1, json: ", "{a:", "}", ")}"),
        (
            "query($a: JSON = ",
            "[",
            "]",
            ") {raw(number: 1, json: $a)}",
        ),
        (
            "query($a: JSON = ",
            "{a:",
            "}",
            ") {raw(number: 1, json: $a)}",
        ),
        ("query($a: ", "[", "]", ") {raw(number: 1, json: $a)}"),
        ("", "{a", "}", ""),
        ("{", "...{", "}", "}"),
    ];
    on_small_stack(move || {
        let guard = guard();
        for count in counts {
            for (head, open, close, tail) in shapes {
                let (opened, closed) = (open.repeat(count), close.repeat(count));
                all_refused(
                    &guard,
                    [
                        format!("{head}{opened}1{closed}{tail}"),
                        format!("{head}{opened}"),
                    ],
                );
            }
        }
    });
}

#[test]
fn exploding_fragments() {
    let doubling = |levels: usize| {
        let fragments = repeat(levels, |i| {
            format!("fragment F{i} on Query{{...F{0} ...F{0}}}", i + 1)
        });
        format!("{{...F0}} {fragments} fragment F{levels} on Query{{__typename}}")
    };
    let wide = |levels: usize, spreads: usize| {
        let fragments = repeat(levels, |i| {
            format!(
                "fragment F{i} on Space{{{}}}",
                repeat(spreads, |_| format!("...F{}", i + 1))
            )
        });
        format!("{{space{{...F0}}}} {fragments} fragment F{levels} on Space{{id}}")
    };
    on_small_stack(move || {
        let guard = guard();
        all_refused(&guard, [11, 24, 30, 45].map(doubling));
        all_refused(
            &guard,
            [(6, 20), (3, 13), (40, 20)].map(|(a, b)| wide(a, b)),
        );
        let through_fields = |levels: usize| {
            let fragments = repeat(levels, |i| {
                format!(
                    "fragment F{i} on Space{{a:parent{{...F{0}}} b:parent{{...F{0}}}}}",
                    i + 1
                )
            });
            format!("{{space{{...F0}}}} {fragments} fragment F{levels} on Space{{id}}")
        };
        all_refused(&guard, [10, 24, 45].map(through_fields));
    });
}

#[test]
fn floods() {
    on_small_stack(|| {
        let guard = guard();
        all_refused(
            &guard,
            [
                format!("{{{}}}", repeat(1_200, |i| format!("a{i}:__typename"))),
                format!(
                    "{{space{{{}}}}}",
                    repeat(800, |i| format!("a{i}:parent{{id}}"))
                ),
                format!("{{space {} {{id}}}}", repeat(1_000, |_| "@tag".to_owned())),
                format!("{{space {} {{id}}}}", repeat(2_000, |i| format!("@a{i}"))),
                format!(
                    "{{__typename}} {}",
                    repeat(1_000, |i| format!("fragment F{i} on Query{{a}}"))
                ),
                format!(
                    "{{...F0}} {}",
                    repeat(3_000, |i| format!(
                        "fragment F{i} on Query{{...F{}}}",
                        i + 1
                    ))
                ),
                repeat(1_500, |i| format!("query q{i}{{__typename}}")),
                format!(
                    "mutation{{{}}}",
                    repeat(500, |i| format!("a{i}:signIn(password:\"{i}\")"))
                ),
                format!(
                    "query({}){{__typename}}",
                    repeat(1_200, |i| format!("$v{i}:Int"))
                ),
                "{".repeat(65_536),
                "\"".repeat(65_535),
                "\u{feff}".repeat(20_000),
                "#".repeat(64_000),
                "{a}".repeat(20_000),
                "x".repeat(1_000_000),
            ],
        );
    });
}

#[test]
fn deep_introspection() {
    on_small_stack(|| {
        let guard = guard();
        let around = |open: &str, count: usize, close: &str| {
            format!(
                "{{__schema{{types{{{}name{}}}}}}}",
                open.repeat(count),
                close.repeat(count)
            )
        };
        all_refused(
            &guard,
            [2, 3, 5, 200].map(|n| around("fields{type{", n + 1, "}}")),
        );
        all_refused(&guard, [14, 20, 200].map(|n| around("ofType{", n, "}")));
        all_refused(&guard, [3, 4].map(|n| around("possibleTypes{", n, "}")));
    });
}

/// The longest chains that pass the limits must not overflow what comes after.
#[test]
fn the_deepest_that_passes_is_safe() {
    on_small_stack(|| {
        let guard = guard();
        let fragments = repeat(49, |i| format!("fragment F{i} on Query{{...F{}}}", i + 1));
        let deepest = format!(
            "{{...F0}} {fragments} fragment F49 on Query{{{}__typename{}}}",
            "...{".repeat(12),
            "}".repeat(12)
        );
        super::accepted(&guard, &deepest);
        let value = format!(
            "{{raw(number:1,json:{}{})}}",
            "[{a:".repeat(15),
            "}]".repeat(15)
        );
        assert_eq!(refused(&guard, &value).code, RefusalCode::ParseFailed);
        let value = format!(
            "{{raw(number:1,json:{}1{})}}",
            "[{a:".repeat(15),
            "}]".repeat(15)
        );
        super::accepted(&guard, &value);
        let twins = format!(
            "{{content{{{}id{}}}}}",
            "twin{...on Content{".repeat(10),
            "}}".repeat(10)
        );
        super::accepted(&guard, &twins);
        let input = format!(
            "{{charts(filter:{}{{name:\"a\"}}{}){{totalCount}}}}",
            "{and:[".repeat(14),
            "]}".repeat(14)
        );
        super::accepted(&guard, &input);
        // A 50-step chain with deep inline nesting in each step is what recursion along fragments
        // would not survive.
        let chain = repeat(49, |i| {
            format!(
                "fragment F{i} on Query{{{}...F{}{}}}",
                "...{".repeat(30),
                i + 1,
                "}".repeat(30)
            )
        });
        refused(
            &guard,
            &format!("{{...F0}} {chain} fragment F49 on Query{{__typename}}"),
        );
    });
}
