//! Every root field and every kind of node declares what it asks of its caller.

use super::schema::{node_types, root_fields};
use chartroom::graph;
use std::collections::BTreeSet;

#[test]
fn every_root_field_has_exactly_one_policy() {
    let declared: Vec<_> = graph::policies().fields;
    let mut names: Vec<_> = declared
        .iter()
        .map(|policy| policy.field.to_owned())
        .collect();
    let distinct: BTreeSet<_> = names.iter().cloned().collect();
    assert_eq!(
        distinct.len(),
        names.len(),
        "a field is declared twice: {names:?}"
    );
    let mut served = Vec::new();
    for root in ["Query", "Mutation", "Subscription"] {
        served.extend(
            root_fields(root)
                .iter()
                .map(|field| format!("{root}.{field}")),
        );
    }
    served.sort();
    names.sort();
    assert_eq!(names, served, "left: declared, right: served");
}

#[test]
fn every_kind_of_node_has_a_policy() {
    let declared: Vec<_> = graph::policies()
        .nodes
        .iter()
        .map(|p| p.field.to_owned())
        .collect();
    assert_eq!(declared, node_types(), "left: declared, right: served");
}

/// A change of a policy is a change of this file, for somebody to review.
#[test]
fn the_reviewed_copy_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/policy.json");
    let text = graph::policies_json().expect("JSON");
    super::golden(path, &text);
}
