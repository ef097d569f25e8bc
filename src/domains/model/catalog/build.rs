//! The items that explores make.

use super::{
    CatalogItemKind, item_id,
    part::{rules_of_dimension, rules_of_metric},
};
use crate::{
    kernel::entity::ProjectId,
    semantic::model::{AccessRule, Explore, Table, field_id},
};
use indexmap::IndexMap;
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// An item to be stored.
#[derive(Debug, Serialize)]
pub(in crate::domains::model) struct NewItem {
    id: Uuid,
    kind: CatalogItemKind,
    table_name: String,
    name: String,
    label: String,
    table_label: String,
    description: Option<String>,
    explore_name: String,
    is_listed: bool,
    access: BTreeSet<AccessRule>,
    usage_keys: Vec<String>,
    search: String,
}

/// A table of an explore, in the explore that defines its item.
struct Home<'a> {
    explore: &'a Explore,
    table: &'a Table,
    /// Whether the explore is that of the table itself, and not one that joins it.
    is_own: bool,
    is_listed: bool,
    /// Explores that start from the table.
    explores: Vec<&'a str>,
}

/// The items of explores. A table that stands in several is defined by the one of its own name, else by the
/// first that starts from it, else by the first that joins it.
pub(in crate::domains::model) fn items(project: ProjectId, explores: &[Explore]) -> Vec<NewItem> {
    let mut items = Vec::new();
    for home in homes(explores).into_values() {
        items.push(of_table(project, &home));
        for dimension in home.table.dimensions.values() {
            let rules = rules_of_dimension(home.table, dimension).cloned().collect();
            let texts = (
                dimension.name.as_str(),
                dimension.label.as_str(),
                dimension.description.as_deref(),
            );
            let shown = (CatalogItemKind::Dimension, dimension.hidden);
            items.push(of_field(project, &home, shown, texts, rules));
        }
        for metric in home.table.metrics.values() {
            let rules = rules_of_metric(home.table, metric).cloned().collect();
            let texts = (
                metric.name.as_str(),
                metric.label.as_str(),
                metric.description.as_deref(),
            );
            let shown = (CatalogItemKind::Metric, metric.hidden);
            items.push(of_field(project, &home, shown, texts, rules));
        }
    }
    items
}

fn homes(explores: &[Explore]) -> IndexMap<&str, Home<'_>> {
    let mut homes: IndexMap<&str, Home<'_>> = IndexMap::new();
    for explore in explores.iter().filter(|explore| explore.is_usable()) {
        for table in explore.tables.values() {
            let is_base = explore.base_table == table.name;
            let is_own = is_base && explore.name == table.name;
            let home = Home {
                explore,
                table,
                is_own,
                is_listed: is_base,
                explores: Vec::new(),
            };
            let known = homes.entry(&table.name).or_insert(home);
            if (is_own && !known.is_own) || (is_base && !known.is_listed) {
                known.explore = explore;
                known.table = table;
            }
            known.is_own |= is_own;
            known.is_listed |= is_base;
            if is_base {
                known.explores.push(&explore.name);
            }
        }
    }
    homes
}

fn of_table(project: ProjectId, home: &Home<'_>) -> NewItem {
    let table = home.table;
    let fields = table.dimensions.keys().chain(table.metrics.keys());
    let mut usage_keys: Vec<_> = fields.map(|name| field_id(&table.name, name)).collect();
    usage_keys.push(format!("table:{}", table.name));
    usage_keys.extend(home.explores.iter().map(|name| format!("explore:{name}")));
    NewItem {
        id: item_id(project, CatalogItemKind::Table, &table.name, ""),
        kind: CatalogItemKind::Table,
        table_name: clean(&table.name),
        name: String::new(),
        label: clean(&table.label),
        table_label: clean(&table.label),
        description: table.description.as_deref().map(clean),
        explore_name: clean(&home.explore.name),
        is_listed: home.is_listed && !table.hidden,
        access: table.access.iter().cloned().collect(),
        usage_keys,
        search: spaced(&[&table.name, &table.model]),
    }
}

fn of_field(
    project: ProjectId,
    home: &Home<'_>,
    (kind, hidden): (CatalogItemKind, bool),
    (name, label, description): (&str, &str, Option<&str>),
    access: BTreeSet<AccessRule>,
) -> NewItem {
    let table = home.table;
    NewItem {
        id: item_id(project, kind, &table.name, name),
        kind,
        table_name: clean(&table.name),
        name: clean(name),
        label: clean(label),
        table_label: clean(&table.label),
        description: description.map(clean),
        explore_name: clean(&home.explore.name),
        is_listed: home.is_listed && !table.hidden && !hidden,
        access,
        usage_keys: vec![field_id(&table.name, name)],
        search: spaced(&[name, &table.label, &table.name]),
    }
}

/// What PostgreSQL can hold.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

/// Names as words.
fn spaced(names: &[&str]) -> String {
    clean(&names.join(" ").replace(['_', '.'], " "))
}
