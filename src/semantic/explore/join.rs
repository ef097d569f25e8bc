//! A table as another explore joins it.

use super::Drafted;
use crate::semantic::{manifest::JoinMeta, model::Table};
use indexmap::IndexSet;

/// The table under its name in the explore. Fields that the join does not list stay, hidden: conditions
/// and expressions may use them, people may not.
pub(super) fn prepared(drafted: &Drafted, name: &str, meta: &JoinMeta) -> Drafted {
    let mut table = drafted.table.clone();
    let model = table.model.clone();
    name.clone_into(&mut table.name);
    if let Some(label) = &meta.label {
        table.label.clone_from(label);
    } else if meta.alias.is_some() {
        table.label = super::label(name);
    }
    if let Some(description) = &meta.description {
        table.description = Some(description.clone());
    }
    for filter in &mut table.default_filters {
        if filter.table == model {
            name.clone_into(&mut filter.table);
        }
    }
    if let Some(fields) = &meta.fields {
        let kept = expanded(&table, fields);
        hide(&mut table, |name| !kept.contains(name));
    }
    if meta.hidden {
        table.hidden = true;
        hide(&mut table, |_| true);
    }
    Drafted {
        table,
        issues: drafted.issues.clone(),
    }
}

fn hide(table: &mut Table, hidden: impl Fn(&str) -> bool) {
    for dimension in table.dimensions.values_mut() {
        let base = dimension.granularity.as_ref().map(|g| g.base.clone());
        let listed = !hidden(&dimension.name) || base.is_some_and(|base| !hidden(&base));
        dimension.hidden |= !listed;
    }
    for metric in table.metrics.values_mut() {
        metric.hidden |= hidden(&metric.name);
    }
}

/// Names of fields that a list means: sets (`name*`), folders, and fields taken out (`-name`).
pub(in crate::semantic) fn expanded(table: &Table, fields: &[String]) -> IndexSet<String> {
    let mut found = IndexSet::new();
    let mut left = NAMES_MAX;
    expand(table, fields, &mut found, (0, &mut left));
    found
}

/// How deep sets may name sets.
const SET_DEPTH_MAX: usize = 10;
/// Most names that are read. Sets that name each other several times would be read for ever, long before they are
/// too deep.
const NAMES_MAX: usize = 100_000;

fn expand(
    table: &Table,
    fields: &[String],
    found: &mut IndexSet<String>,
    (depth, left): (usize, &mut usize),
) {
    if depth > SET_DEPTH_MAX {
        return;
    }
    for field in fields {
        let Some(rest) = left.checked_sub(1) else {
            return;
        };
        *left = rest;
        if let Some(set) = field.strip_suffix('*') {
            if let Some(fields) = table.sets.get(set) {
                expand(table, fields, found, (depth + 1, &mut *left));
            }
        } else if let Some(removed) = field.strip_prefix('-') {
            found.shift_remove(removed);
        } else if table.group_details.contains_key(field) {
            let dimensions = table.dimensions.values();
            let dimensions = dimensions.filter(|dimension| dimension.groups.contains(field));
            found.extend(dimensions.map(|dimension| dimension.name.clone()));
            let metrics = table.metrics.values();
            let metrics = metrics.filter(|metric| metric.groups.contains(field));
            found.extend(metrics.map(|metric| metric.name.clone()));
        } else {
            found.insert(field.clone());
        }
    }
}
