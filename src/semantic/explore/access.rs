//! Attributes that a model asks for.

use crate::semantic::{manifest::AttributeMap, model::AccessRule};
use std::collections::BTreeMap;

/// Adds what is written to rules.
pub(super) fn extend(
    rules: &mut Vec<AccessRule>,
    all: Option<&AttributeMap>,
    any: Option<&AttributeMap>,
) {
    let values = |map: &AttributeMap| -> BTreeMap<String, Vec<String>> {
        let values = map.iter().map(|(name, values)| {
            let values = values.clone().into_vec();
            (
                name.clone(),
                values.into_iter().map(|value| value.0).collect(),
            )
        });
        values.collect()
    };
    rules.extend(all.map(|map| AccessRule::All(values(map))));
    rules.extend(any.map(|map| AccessRule::Any(values(map))));
}

/// What is written, as rules.
pub(super) fn rules(all: Option<&AttributeMap>, any: Option<&AttributeMap>) -> Vec<AccessRule> {
    let mut rules = Vec::new();
    extend(&mut rules, all, any);
    rules
}
