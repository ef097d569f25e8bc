//! Every limit of a document at n (passes) and n + 1 (refused).

use super::{LimitName, accepted, guard, limit_of, refused, repeat};

/// `text(n)` passes for the limit's value and is refused, for that limit, one above.
#[track_caller]
fn boundary(limit: LimitName, maximum: usize, text: impl Fn(usize) -> String) {
    let guard = guard();
    accepted(&guard, &text(maximum - 1));
    accepted(&guard, &text(maximum));
    let (name, most, found) = limit_of(&guard, &text(maximum + 1));
    assert_eq!((name, most), (limit, u64::try_from(maximum).unwrap()));
    assert!(found > most);
}

#[test]
fn document_bytes() {
    boundary(LimitName::DocumentBytes, 64 * 1024, |n| {
        format!("{{__typename}}{}", " ".repeat(n - 12))
    });
}

#[test]
fn tokens() {
    // `{raw(number:1 list:[[` … `]])}` is 14 tokens.
    boundary(LimitName::Tokens, 5_000, |n| {
        let items = repeat(n - 14, |_| "1".to_owned());
        format!("{{raw(number: 1, list: [[{items}]])}} # one, two, three")
    });
}

#[test]
fn tokens_are_counted_as_the_language_has_them() {
    let text = "query($a:Int=-1.5e+3){raw(json:{a:\"x\\\"\" b:\"\"\"y\\\"\"\"\"\"\"}number:1)...F@skip(if:true)}";
    let parts = "query ( $ a : Int = -1.5e+3 ) { raw ( json : { a : S b : B } number : 1 ) ... F @ skip ( if : true ) }";
    let exact = |tokens: usize| super::Limits {
        tokens,
        ..super::Limits::default()
    };
    let count = parts.split(' ').count();
    super::super::prescan::scan(text, &exact(count)).unwrap();
    super::super::prescan::scan(text, &exact(count - 1)).unwrap_err();
}

#[test]
fn bracket_depth() {
    boundary(LimitName::BracketDepth, 32, |n| {
        // `{`, `(` and then objects and lists.
        format!(
            "{{raw(number: 1, json: {}{})}}",
            "[".repeat(n - 2),
            "]".repeat(n - 2)
        )
    });
}

#[test]
fn operations_and_fragments() {
    boundary(LimitName::Operations, 50, |n| {
        repeat(n, |i| format!("query q{i} {{__typename}}"))
    });
    boundary(LimitName::Fragments, 50, |n| {
        let spreads = repeat(n, |i| format!("...F{i}"));
        let fragments = repeat(n, |i| format!("fragment F{i} on Space {{id}}"));
        format!("{{space {{{spreads}}}}} {fragments}")
    });
}

#[test]
fn selections() {
    // One field, then n - 1 in its set.
    let direct = |n: usize| format!("{{space {{{}}}}}", repeat(n - 1, |_| "id".to_owned()));
    boundary(LimitName::Selections, 2_000, direct);
    // The same by a fragment: 10 spreads of one with 198 fields are 1 + 10 + 1980, 9 more.
    boundary(LimitName::Selections, 2_000, |n| {
        let spreads = repeat(10, |_| "...F".to_owned());
        let rest = repeat(n - 1_991, |_| "id".to_owned());
        let fields = repeat(198, |_| "id".to_owned());
        format!("{{space {{{spreads} {rest}}}}} fragment F on Space {{{fields}}}")
    });
}

#[test]
fn selections_of_the_document() {
    boundary(LimitName::DocumentSelections, 5_000, |n| {
        // Ten operations of 498 with what they spread; `space` and the spread are two more each.
        let operations = repeat(10, |i| format!("query q{i} {{space {{...F}}}}"));
        let rest = repeat(n - 4_998, |_| "__typename".to_owned());
        let fields = repeat(497, |_| "id".to_owned());
        format!(
            "{operations} query last {{space {{ {rest} ... {{ {} }} }}}} fragment F on Space {{{fields}}}",
            repeat(6, |_| "id".to_owned())
        )
    });
}

#[test]
fn values_of_the_document() {
    boundary(LimitName::DocumentValues, 5_000, |n| {
        // Five operations, number, outer list, inner list and items each, and a rest.
        let operations = repeat(5, |i| format!("query q{i} {{...F}}"));
        let items = repeat(900, |_| "1".to_owned());
        let rest = repeat(n - 5 * 903 - 3, |_| "1".to_owned());
        format!(
            "{operations} query last {{raw(number: 1, list: [[{rest}]])}} fragment F on Query {{raw(number: 1, list: [[{items}]])}}"
        )
    });
}

#[test]
fn depth() {
    boundary(LimitName::Depth, 12, |n| {
        format!(
            "{{space{{{}id{}}}}}",
            "parent{".repeat(n - 2),
            "}".repeat(n - 2)
        )
    });
    // Fragments count where they are spread, inline fragments count nothing.
    boundary(LimitName::Depth, 12, |n| {
        let parents = "parent{...{".repeat(n - 6);
        format!(
            "{{space{{parent{{parent{{parent{{...F}}}}}}}}}} fragment F on Space{{parent{{{parents}...{{id}}{}}}}}",
            "}}".repeat(n - 6)
        )
    });
}

#[test]
fn introspection_depth_and_lists() {
    boundary(LimitName::IntrospectionDepth, 15, |n| {
        format!(
            "{{__schema{{types{{{}name{}}}}}}}",
            "ofType{".repeat(n - 3),
            "}".repeat(n - 3)
        )
    });
    boundary(LimitName::IntrospectionLists, 2, |n| {
        format!(
            "{{__type(name:\"A\"){{{}name{}}}}}",
            "possibleTypes{".repeat(n),
            "}".repeat(n)
        )
    });
    let around = "{__schema{types{fields{type{fields{type{inputFields{name}}}}}}}}";
    assert_eq!(limit_of(&guard(), around).0, LimitName::IntrospectionLists);
}

#[test]
fn nesting_of_fragments() {
    boundary(LimitName::Nesting, 64, |n| {
        // A chain of 20 fragments, each with two inline levels and a spread: three per fragment.
        let last = repeat(1, |_| {
            format!(
                "fragment F20 on Query{{{}__typename{}}}",
                "...{".repeat(n - 62),
                "}".repeat(n - 62)
            )
        });
        let chain = repeat(20, |i| {
            format!("fragment F{i} on Query{{...{{...{{...F{}}}}}}}", i + 1)
        });
        format!("{{...F0}} {chain} {last}")
    });
}

#[test]
fn aliases_of_one_field() {
    boundary(LimitName::AliasesPerField, 10, |n| {
        format!("{{space {{id {}}}}}", repeat(n, |i| format!("a{i}: id")))
    });
    // The same by merging: two selections of `space` are one set, so are its fragments.
    boundary(LimitName::AliasesPerField, 10, |n| {
        let half = repeat(5, |i| format!("a{i}: id"));
        let rest = repeat(n - 5, |i| format!("b{i}: id"));
        format!("{{space {{{half}}} ...F}} fragment F on Query {{space {{...{{{rest}}}}}}}")
    });
}

#[test]
fn aliases_of_the_operation() {
    boundary(LimitName::Aliases, 100, |n| {
        let spreads = repeat(9, |i| format!("a{i}: parent {{...F}}"));
        let rest = repeat(n - 99, |i| format!("b{i}: name"));
        let fragment = repeat(10, |i| format!("a{i}: id"));
        format!("{{space {{{spreads} {rest}}}}} fragment F on Space {{{fragment}}}")
            .replacen("...F", "...F", 1)
    });
}

#[test]
fn root_fields() {
    let fields = |n: usize| repeat(n / 2, |_| "found {__typename}".to_owned());
    boundary(LimitName::QueryRoots, 20, |n| {
        let rest = repeat(n - n / 2, |_| "__typename".to_owned());
        format!("{{{} ...F}} fragment F on Query {{{rest}}}", fields(n))
    });
    boundary(LimitName::MutationRoots, 10, |n| {
        format!(
            "mutation {{{} {}}}",
            repeat(n.min(9), |i| format!("a{i}: signIn")),
            repeat(n - n.min(9), |i| format!("b{i}: __typename"))
        )
    });
    refused(
        &guard(),
        "subscription {a: jobUpdated(id: 1) {label} b: jobUpdated(id: 1) {label}}",
    );
}

#[test]
fn directives() {
    boundary(LimitName::DirectivesPerNode, 10, |n| {
        format!(
            "{{found {} {{__typename}}}}",
            repeat(n, |_| "@tag".to_owned())
        )
    });
    boundary(LimitName::DirectivesPerNode, 10, |n| {
        format!("query {} {{__typename}}", repeat(n, |_| "@tag".to_owned()))
    });
    boundary(LimitName::Directives, 100, |n| {
        let ten = repeat(10, |_| "@tag".to_owned());
        let fields = repeat(9, |_| format!("id {ten}"));
        let rest = repeat(n - 90, |_| "@skip(if: false)".to_owned());
        let rest = rest.replace(' ', "").replace(')', ") id ");
        format!("{{space {{{fields} id {rest}}}}}")
    });
}

#[test]
fn merging() {
    // Each level has a branch per object type which reaches the bottom, so that all combinations
    // of types are sets of their own.
    fn level(depth: usize) -> String {
        if depth == 0 {
            return "id".to_owned();
        }
        let below = level(depth - 1);
        let (open, close) = ("twin{".repeat(depth), "}".repeat(depth));
        let branches = format!("...on Chart{{{open}id{close}}} ...on Dashboard{{{open}id{close}}}");
        format!("twin{{{below}}}{branches}")
    }
    let guard = guard();
    accepted(&guard, &format!("{{content{{{}}}}}", level(6)));
    let many = super::Guard::new(
        super::SDL,
        super::Limits {
            merge_steps: 1_000,
            ..super::Limits::default()
        },
    )
    .unwrap();
    assert_eq!(
        limit_of(&many, &format!("{{content{{{}}}}}", level(9))).0,
        LimitName::MergeSteps
    );
}
