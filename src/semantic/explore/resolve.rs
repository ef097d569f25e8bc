//! References of an explore: every one is led to its field once, when the explore is compiled.
//!
//! Afterwards each field knows the tables, parameters and attributes it needs, its own and those of
//! everything it refers to. A field whose references lead nowhere or in a circle is taken out and named.

use super::needs::{Walk, own_needs};
use crate::semantic::{
    error::{Code, Issue, Result},
    manifest::JoinMeta,
    model::{AccessRule, Explore, Join, Needs, NonAdditive, Table},
    query::FilterRule,
    snippet::{Part, Snippet},
};
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashMap};

/// A field: its table in the explore and its name.
pub(super) type Key = (String, String);

/// Row filters with what they need, by table.
pub(super) type Filters = HashMap<String, (Snippet, Needs)>;

/// Resolves everything in an explore.
pub(super) fn explore(explore: &mut Explore, joins: Vec<(String, JoinMeta)>, backslash: bool) {
    let mut fields = Linked::of(explore);
    let mut errors = std::mem::take(&mut fields.errors);
    let lookup = fields.lookup();
    let mut filters = Filters::new();
    let mut refused = BTreeSet::new();
    for (name, table) in &fields.tables {
        if let Some(filter) = &table.row_filter {
            match lookup.condition(name, filter) {
                Ok(found) => {
                    filters.insert(name.clone(), found);
                }
                Err(issue) => {
                    errors.push(issue.at(format!("{name}.sql_filter")));
                    refused.insert(name.clone());
                }
            }
        }
    }
    let mut linked: Vec<Join> = Vec::new();
    for (name, meta) in joins {
        let earlier: BTreeSet<&str> = linked
            .iter()
            .map(|join| join.table.as_str())
            .chain([explore.base_table.as_str(), name.as_str()])
            .collect();
        let on = Snippet::parse(&meta.sql_on, backslash);
        let on = on.and_then(|on| lookup.join(&name, &on, &earlier, filters.get(&name)));
        match on.map(|(on, needs)| join_of(&name, &meta, on, needs)) {
            Ok(join) if !refused.contains(&name) => linked.push(join),
            Ok(_) => {}
            Err(issue) => {
                errors.push(issue.at(format!("joins.{name}")));
                refused.insert(name);
            }
        }
    }
    let mut tables = fields.tables;
    for (name, (filter, needs)) in filters {
        if let Some(table) = tables.get_mut(&name) {
            table.row_filter = Some(filter);
            table.row_filter_needs = needs;
        }
    }
    drop_tables(&mut tables, &refused, &mut errors);
    check_keys(&mut tables, &mut errors);
    explore.joins = linked;
    explore.tables = tables;
    explore.errors.extend(errors);
}

/// Takes out tables that cannot be joined, and fields that need them.
fn drop_tables(
    tables: &mut IndexMap<String, Table>,
    refused: &BTreeSet<String>,
    errors: &mut Vec<Issue>,
) {
    if refused.is_empty() {
        return;
    }
    tables.retain(|name, _| !refused.contains(name));
    for (table, content) in tables.iter_mut() {
        let mut lost = |field: &str, needs: &Needs| {
            let missing = needs.tables.iter().find(|name| refused.contains(*name));
            if let Some(missing) = missing {
                let message = format!("needs the table {missing}, which has errors");
                errors.push(Issue::new(
                    Code::MissingTable,
                    format!("{table}.{field}"),
                    message,
                ));
            }
            missing.is_none()
        };
        content
            .dimensions
            .retain(|name, field| lost(name, &field.needs));
        content
            .metrics
            .retain(|name, field| lost(name, &field.needs));
    }
}

/// A key that names no dimension protects nothing: it is told and forgotten.
fn check_keys(tables: &mut IndexMap<String, Table>, errors: &mut Vec<Issue>) {
    for (name, table) in tables.iter_mut() {
        let missing = table
            .primary_key
            .iter()
            .find(|key| !table.dimensions.contains_key(*key));
        if let Some(missing) = missing {
            let message = format!("the primary key names `{missing}`, which is not a dimension");
            errors.push(Issue::new(
                Code::UnknownField,
                format!("{name}.primary_key"),
                message,
            ));
            table.primary_key.clear();
        }
    }
}

/// Tables with their fields linked, and what each needs.
pub(super) struct Linked {
    pub(super) tables: IndexMap<String, Table>,
    pub(super) needs: HashMap<Key, Needs>,
    pub(super) errors: Vec<Issue>,
    pub(super) names: HashMap<String, Vec<String>>,
    pub(super) parameters: BTreeSet<String>,
}

impl Linked {
    /// Takes the tables of an explore and links their fields. Those that cannot be linked are taken out and
    /// named, as `table.field`.
    pub(super) fn of(explore: &mut Explore) -> Self {
        let mut resolver = Resolver::new(explore);
        resolver.link_fields();
        let mut tables = std::mem::take(&mut resolver.tables);
        resolver.walk_fields(&tables);
        let Resolver {
            needs,
            errors,
            names,
            parameters,
            ..
        } = resolver;
        for (name, table) in &mut tables {
            let found = |field: &str| needs.get(&(name.clone(), field.to_owned()));
            table.dimensions.retain(|field, dimension| {
                let needs = found(field);
                dimension.needs = needs.cloned().unwrap_or_default();
                needs.is_some()
            });
            table.metrics.retain(|field, metric| {
                let needs = found(field);
                metric.needs = needs.cloned().unwrap_or_default();
                needs.is_some()
            });
        }
        Self {
            tables,
            needs,
            errors,
            names,
            parameters,
        }
    }

    /// What conditions look up.
    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup {
            tables: &self.tables,
            names: &self.names,
            parameters: &self.parameters,
            needs: &self.needs,
        }
    }
}

fn join_of(name: &str, meta: &JoinMeta, on: Snippet, needs: Needs) -> Join {
    Join {
        table: name.to_owned(),
        kind: meta.kind,
        on,
        needs,
        relationship: meta.relationship,
        always: meta.always,
        hidden: meta.hidden,
    }
}

struct Resolver {
    tables: IndexMap<String, Table>,
    /// Tables of the explore by the model behind them.
    names: HashMap<String, Vec<String>>,
    parameters: BTreeSet<String>,
    needs: HashMap<Key, Needs>,
    errors: Vec<Issue>,
}

impl Resolver {
    fn new(explore: &mut Explore) -> Self {
        let tables = std::mem::take(&mut explore.tables);
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for (name, table) in &tables {
            names
                .entry(table.model.clone())
                .or_default()
                .push(name.clone());
        }
        Self {
            tables,
            names,
            parameters: explore.parameters.keys().cloned().collect(),
            needs: HashMap::new(),
            errors: Vec::new(),
        }
    }

    /// Gives every reference its table; takes out fields with references that lead nowhere.
    fn link_fields(&mut self) {
        let known: HashMap<String, BTreeSet<String>> = self
            .tables
            .iter()
            .map(|(name, table)| {
                let dimensions = table.dimensions.keys();
                (
                    name.clone(),
                    dimensions.chain(table.metrics.keys()).cloned().collect(),
                )
            })
            .collect();
        let linker = Linker {
            known: &known,
            names: &self.names,
            parameters: &self.parameters,
        };
        let mut errors = Vec::new();
        for (name, table) in &mut self.tables {
            let mut keep = |field: &str, result: Result<()>| {
                if let Err(issue) = result {
                    errors.push(issue.at(format!("{name}.{field}")));
                    return false;
                }
                true
            };
            table
                .dimensions
                .retain(|field, dimension| keep(field, linker.link(name, &mut dimension.sql)));
            table.metrics.retain(|field, metric| {
                let mut result = linker.link(name, &mut metric.sql);
                for key in &mut metric.distinct_keys {
                    result = result.and_then(|()| linker.link(name, key));
                }
                for key in metric
                    .non_additive
                    .iter_mut()
                    .flat_map(NonAdditive::parts_mut)
                {
                    result = result.and_then(|()| linker.link(name, key));
                }
                for rule in &mut metric.filters {
                    result = result.and_then(|()| linker.link_rule(name, rule));
                }
                keep(field, result)
            });
        }
        self.errors = errors;
    }

    fn walk_fields(&mut self, tables: &IndexMap<String, Table>) {
        let mut walk = Walk::new(tables);
        for (name, table) in tables {
            for field in table.dimensions.keys().chain(table.metrics.keys()) {
                let key = (name.clone(), field.clone());
                if let Err(issue) = walk.needs(&key) {
                    self.errors.push(issue.at(format!("{name}.{field}")));
                }
            }
        }
        self.needs = walk.found();
    }
}

/// Leads references to fields of the explore.
struct Linker<'a> {
    known: &'a HashMap<String, BTreeSet<String>>,
    names: &'a HashMap<String, Vec<String>>,
    parameters: &'a BTreeSet<String>,
}

impl Linker<'_> {
    fn link(&self, own: &str, snippet: &mut Snippet) -> Result<()> {
        for part in &mut snippet.parts {
            match part {
                Part::Field { table, name } => {
                    let (found, field) = self.find(own, table.as_deref(), name)?;
                    *table = Some(found);
                    *name = field;
                }
                Part::Parameter(name) if !self.parameters.contains(name.as_str()) => {
                    let message = format!("there is no parameter `{name}`");
                    return Err(Issue::new(Code::BadReference, "", message));
                }
                Part::Column => {
                    let message = "`${COLUMN}` is for granularities";
                    return Err(Issue::new(Code::BadReference, "", message));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn link_rule(&self, own: &str, rule: &mut FilterRule) -> Result<()> {
        let (table, name) = match rule.field_id.split_once('.') {
            Some((table, name)) => (Some(table), name),
            None => (None, rule.field_id.as_str()),
        };
        let (table, name) = self.find(own, table, name)?;
        rule.field_id = format!("{table}.{name}");
        Ok(())
    }

    fn find(&self, own: &str, table: Option<&str>, field: &str) -> Result<(String, String)> {
        let name = match table {
            None => own,
            Some(table) => self.table(own, table).ok_or_else(|| {
                let message = format!("the explore has no table `{table}`");
                Issue::new(Code::BadReference, "", message)
            })?,
        };
        let fields = self.known.get(name);
        let lower = field.to_lowercase();
        let found = fields.and_then(|fields| fields.get(field).or_else(|| fields.get(&lower)));
        let field = found.ok_or_else(|| {
            Issue::new(
                Code::BadReference,
                "",
                format!("{name} has no field `{field}`"),
            )
        })?;
        Ok((name.to_owned(), field.clone()))
    }

    /// A table by its name in the explore, or by its model: its own first.
    fn table<'b>(&'b self, own: &'b str, name: &'b str) -> Option<&'b str> {
        let of_model = self.names.get(name);
        if name == own || of_model.is_some_and(|tables| tables.iter().any(|table| table == own)) {
            return Some(own);
        }
        if self.known.contains_key(name) {
            return Some(name);
        }
        of_model
            .and_then(|tables| tables.first())
            .map(String::as_str)
    }
}

/// What conditions of joins and rows look up.
pub(super) struct Lookup<'a> {
    tables: &'a IndexMap<String, Table>,
    names: &'a HashMap<String, Vec<String>>,
    parameters: &'a BTreeSet<String>,
    needs: &'a HashMap<Key, Needs>,
}

impl Lookup<'_> {
    /// A condition over dimensions, resolved. It is the model's own, so fields in it ask no attributes of
    /// the user.
    pub(super) fn condition(&self, own: &str, sql: &Snippet) -> Result<(Snippet, Needs)> {
        let known: HashMap<String, BTreeSet<String>> = self
            .tables
            .iter()
            .map(|(name, table)| (name.clone(), table.dimensions.keys().cloned().collect()))
            .collect();
        let linker = Linker {
            known: &known,
            names: self.names,
            parameters: self.parameters,
        };
        let mut sql = sql.clone();
        linker.link(own, &mut sql)?;
        let mut needs = Needs {
            tables: BTreeSet::from([own.to_owned()]),
            ..Needs::default()
        };
        own_needs(&sql, &mut needs);
        for (table, name) in sql.fields() {
            let key = (table.unwrap_or_default().to_owned(), name.to_owned());
            if let Some(found) = self.needs.get(&key) {
                needs.merge(found);
            }
        }
        needs.access = BTreeSet::<AccessRule>::new();
        Ok((sql, needs))
    }

    /// The condition of a join, over tables that are joined before.
    pub(super) fn join(
        &self,
        name: &str,
        on: &Snippet,
        earlier: &BTreeSet<&str>,
        filter: Option<&(Snippet, Needs)>,
    ) -> Result<(Snippet, Needs)> {
        let (on, needs) = self.condition(name, on)?;
        let later = |needs: &Needs| {
            let mut tables = needs.tables.iter();
            tables
                .find(|table| !earlier.contains(table.as_str()))
                .cloned()
        };
        if let Some(table) = later(&needs) {
            let message = format!("`sql_on` uses {table}, which is not joined before");
            return Err(Issue::new(Code::BadReference, "", message));
        }
        if let Some(table) = filter.and_then(|(_, needs)| later(needs)) {
            let message = format!("the row filter uses {table}, which is not joined before");
            return Err(Issue::new(Code::BadReference, "", message));
        }
        Ok((on, needs))
    }
}
