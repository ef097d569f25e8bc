//! Explores that were compiled elsewhere: checked as those of a dbt project are, before anything is built on them.

use super::{
    granularity::check_custom,
    resolve::{Filters, Linked},
    table::askable,
};
use crate::semantic::{
    error::{Code, Issue, Result},
    model::{Dimension, Explore, Interval, Metric, MetricType, NonAdditive, Table},
    snippet::Part,
};
use std::collections::{BTreeSet, HashMap};

/// Checks an explore, and finds out what its fields, row filters and joins need, whatever it says itself.
/// Gives every mistake with its place in the explore.
pub fn verify(explore: &mut Explore) -> Vec<Issue> {
    let mut check = Check { issues: Vec::new() };
    let mut places = HashMap::new();
    for (name, table) in &mut explore.tables {
        if table.model.is_empty() {
            table.model.clone_from(name);
        }
    }
    for (name, table) in &explore.tables {
        let at = format!("tables.{name}");
        check.table(&at, table, explore);
        let dimensions = table.dimensions.keys().map(|own| ("dimensions", own));
        let metrics = table.metrics.keys().map(|own| ("metrics", own));
        for (kind, field) in dimensions.chain(metrics) {
            places.insert(
                format!("{name}.{field}"),
                format!("{at}.{kind}.{field}.sql"),
            );
        }
    }
    check.joined(explore);
    let mut fields = Linked::of(explore);
    for issue in std::mem::take(&mut fields.errors) {
        let place = places.get(&issue.path).cloned().unwrap_or_default();
        check.issues.push(issue.at(place));
    }
    let filters = check.conditions(explore, &fields);
    explore.tables = fields.tables;
    for (name, (filter, needs)) in filters {
        if let Some(table) = explore.tables.get_mut(&name) {
            table.row_filter = Some(filter);
            table.row_filter_needs = needs;
        }
    }
    check.issues
}

struct Check {
    issues: Vec<Issue>,
}

impl Check {
    fn wrong(&mut self, at: &str, message: impl Into<String>) {
        self.issues
            .push(Issue::new(Code::BadDefinition, at, message));
    }

    fn note(&mut self, at: impl Into<String>, result: Result<()>) {
        if let Err(issue) = result {
            self.issues.push(issue.at(at.into()));
        }
    }

    fn table(&mut self, at: &str, table: &Table, explore: &Explore) {
        let relation = table.relation.check().and_then(|()| {
            let mut parts = table.relation.parts.iter();
            if parts.any(|part| matches!(part, Part::Field { .. } | Part::Table | Part::Column)) {
                let message =
                    "a relation stands on its own: it refers to no field, table or column";
                return Err(Issue::new(Code::BadReference, "", message));
            }
            Ok(())
        });
        self.note(format!("{at}.relation"), relation);
        if let Some(filter) = &table.row_filter {
            self.note(format!("{at}.row_filter"), filter.check());
        }
        for (name, dimension) in &table.dimensions {
            self.dimension(&format!("{at}.dimensions.{name}"), table, dimension);
        }
        for (name, metric) in &table.metrics {
            let at = format!("{at}.metrics.{name}");
            if table.dimensions.contains_key(name) {
                self.wrong(&at, format!("{} has a dimension of this name", table.name));
            }
            self.metric(&at, table, metric);
        }
        for (n, key) in table.primary_key.iter().enumerate() {
            if !table.dimensions.contains_key(key) {
                let message = format!("{} has no dimension `{key}`", table.name);
                self.wrong(&format!("{at}.primary_key.{n}"), message);
            }
        }
        for (n, filter) in table.default_filters.iter().enumerate() {
            let field = filter.field.to_lowercase();
            let found = explore.tables.get(&filter.table).is_some_and(|table| {
                let own = &table.dimensions;
                own.contains_key(&filter.field) || own.contains_key(&field)
            });
            if !found {
                let message = format!("there is no dimension {}.{}", filter.table, filter.field);
                self.wrong(&format!("{at}.default_filters.{n}.field"), message);
            }
        }
    }

    fn dimension(&mut self, at: &str, table: &Table, dimension: &Dimension) {
        self.note(format!("{at}.name"), askable(&table.name, &dimension.name));
        self.note(format!("{at}.sql"), dimension.sql.check());
        let granularity = dimension.granularity.as_ref();
        if let Some(Interval::Custom { sql, .. }) = granularity.map(|own| &own.interval) {
            let at = format!("{at}.granularity.interval");
            self.note(at, sql.check().and_then(|()| check_custom(sql)));
        }
    }

    fn metric(&mut self, at: &str, table: &Table, metric: &Metric) {
        self.note(format!("{at}.name"), askable(&table.name, &metric.name));
        self.note(format!("{at}.sql"), metric.sql.check());
        for (n, key) in metric.distinct_keys.iter().enumerate() {
            self.note(format!("{at}.distinct_keys.{n}"), key.check());
        }
        for part in metric.non_additive.iter().flat_map(NonAdditive::parts) {
            self.note(format!("{at}.non_additive"), part.check());
        }
        let distinct = matches!(
            metric.kind,
            MetricType::SumDistinct | MetricType::AverageDistinct
        );
        if distinct && metric.distinct_keys.is_empty() {
            let message = "must be given for sums over distinct entities";
            self.wrong(&format!("{at}.distinct_keys"), message);
        }
        if metric
            .percentile
            .is_some_and(|own| !(0.0..=100.0).contains(&own))
        {
            self.wrong(&format!("{at}.percentile"), "must be from 0 to 100");
        }
    }

    /// Each table but the base is joined once.
    fn joined(&mut self, explore: &Explore) {
        let mut seen = BTreeSet::from([explore.base_table.as_str()]);
        for (n, join) in explore.joins.iter().enumerate() {
            let at = format!("joins.{n}");
            if !explore.tables.contains_key(&join.table) {
                let message = format!("there is no table {}", join.table);
                self.wrong(&format!("{at}.table"), message);
            } else if !seen.insert(&join.table) {
                let message = format!("{} is in the explore already", join.table);
                self.wrong(&format!("{at}.table"), message);
            }
            self.note(format!("{at}.on"), join.on.check());
        }
        let tables = explore.tables.keys();
        for name in tables.filter(|name| !seen.contains(name.as_str())) {
            self.wrong(&format!("tables.{name}"), "is not joined to the explore");
        }
    }

    /// Links what row filters and joins refer to.
    fn conditions(&mut self, explore: &mut Explore, fields: &Linked) -> Filters {
        let lookup = fields.lookup();
        let mut filters = Filters::new();
        for (name, table) in &fields.tables {
            let Some(filter) = &table.row_filter else {
                continue;
            };
            match lookup.condition(name, filter) {
                Ok(found) => {
                    filters.insert(name.clone(), found);
                }
                Err(issue) => self
                    .issues
                    .push(issue.at(format!("tables.{name}.row_filter"))),
            }
        }
        let order: Vec<String> = explore
            .joins
            .iter()
            .map(|join| join.table.clone())
            .collect();
        for (n, join) in explore.joins.iter_mut().enumerate() {
            let earlier = order.iter().take(n + 1).map(String::as_str);
            let earlier = earlier.chain([explore.base_table.as_str()]).collect();
            match lookup.join(&join.table, &join.on, &earlier, filters.get(&join.table)) {
                Ok((on, needs)) => {
                    join.on = on;
                    join.needs = needs;
                }
                Err(issue) => self.issues.push(issue.at(format!("joins.{n}.on"))),
            }
        }
        filters
    }
}
