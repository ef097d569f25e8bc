//! The order in which fragments can be measured: each behind all that it spreads.
//!
//! Iterative along spreads, since a chain of fragments may be longer than any nesting of brackets,
//! and the place where fragments that spread themselves are found.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Document, FragmentDefinition, Selection};

use super::refusal::{Location, Problem, Refusal, RefusalCode};

/// The fragments, each behind all that it spreads; a refusal if one spreads itself.
pub(super) fn dependency_order<'a>(
    document: &Document,
    fragments: &HashMap<&'a str, &'a FragmentDefinition>,
) -> Result<Vec<&'a FragmentDefinition>, Refusal> {
    let (mut order, mut begun, mut done) = (Vec::new(), HashSet::new(), HashSet::new());
    let mut names: Vec<&str> = fragments.keys().copied().collect();
    names.sort_unstable();
    let mut stack: Vec<(&'a FragmentDefinition, Vec<&'a str>)> = Vec::new();
    for name in names {
        let mut next = Some(name);
        loop {
            if let Some(fragment) = next.take().and_then(|name| fragments.get(name)).copied()
                && begun.insert(fragment.name.as_str())
            {
                let mut spreads = Vec::new();
                collect_spreads(&fragment.selection_set, &mut spreads);
                stack.push((fragment, spreads));
            }
            let Some((fragment, spreads)) = stack.last_mut() else {
                break;
            };
            if let Some(spread) = spreads.pop() {
                if begun.contains(spread) && !done.contains(spread) {
                    return Err(cycle(document, fragments.get(spread).copied()));
                }
                next = Some(spread);
            } else {
                done.insert(fragment.name.as_str());
                order.push(*fragment);
                stack.pop();
            }
        }
    }
    Ok(order)
}

fn collect_spreads<'a>(selections: &'a [Selection], into: &mut Vec<&'a str>) {
    for selection in selections {
        match selection {
            Selection::Field(field) => collect_spreads(&field.selection_set, into),
            Selection::InlineFragment(inline) => collect_spreads(&inline.selection_set, into),
            Selection::FragmentSpread(spread) => into.push(spread.fragment_name.as_str()),
        }
    }
}

fn cycle(document: &Document, fragment: Option<&FragmentDefinition>) -> Refusal {
    let name = fragment.map_or("", |fragment| fragment.name.as_str());
    let span = fragment.and_then(|fragment| fragment.name.location());
    let location = Location::of(span, &document.sources);
    let problem = Problem::new(
        format_args!("The fragment `{name}` spreads itself."),
        location,
    );
    Refusal::of(RefusalCode::ValidationFailed, vec![problem], 1)
}
