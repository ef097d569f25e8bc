//! References of an explore: every one is led to its field once, when the explore is compiled.
//!
//! Afterwards each field knows the tables, parameters and attributes it needs, its own and those of
//! everything it refers to. A field whose references lead nowhere or in a circle is taken out and named.

use crate::semantic::{
    error::{Code, Issue, Result},
    manifest::JoinMeta,
    model::{AccessRule, Explore, Join, MetricType, Needs, NonAdditive, Table},
    query::FilterRule,
    snippet::{Part, Snippet},
};
use indexmap::IndexMap;
use std::collections::{BTreeSet, HashMap};

/// A field: its table in the explore and its name.
type Key = (String, String);

/// Resolves everything in an explore.
pub(super) fn explore(explore: &mut Explore, joins: Vec<(String, JoinMeta)>, backslash: bool) {
    let mut resolver = Resolver::new(explore);
    resolver.link_fields();
    let mut tables = std::mem::take(&mut resolver.tables);
    resolver.walk_fields(&tables);
    let Resolver {
        needs,
        mut errors,
        names,
        parameters,
        ..
    } = resolver;
    for (name, table) in &mut tables {
        let key = |field: &str| (name.clone(), field.to_owned());
        table
            .dimensions
            .retain(|field, dimension| match needs.get(&key(field)) {
                Some(found) => {
                    dimension.needs.clone_from(found);
                    true
                }
                None => false,
            });
        table
            .metrics
            .retain(|field, metric| match needs.get(&key(field)) {
                Some(found) => {
                    metric.needs.clone_from(found);
                    true
                }
                None => false,
            });
    }
    let lookup = Lookup {
        tables: &tables,
        names: &names,
        parameters: &parameters,
        needs: &needs,
        backslash,
    };
    let mut filters = HashMap::new();
    let mut refused = BTreeSet::new();
    for (name, table) in &tables {
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
        match lookup.join(&name, &meta, &earlier, filters.get(&name)) {
            Ok(join) if !refused.contains(&name) => linked.push(join),
            Ok(_) => {}
            Err(issue) => {
                errors.push(issue.at(format!("joins.{name}")));
                refused.insert(name);
            }
        }
    }
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
        let mut walk = Walk {
            tables,
            done: HashMap::new(),
            path: Vec::new(),
        };
        for (name, table) in tables {
            for field in table.dimensions.keys().chain(table.metrics.keys()) {
                let key = (name.clone(), field.clone());
                if let Err(issue) = walk.needs(&key) {
                    self.errors.push(issue.at(format!("{name}.{field}")));
                }
            }
        }
        self.needs = walk
            .done
            .into_iter()
            .filter_map(|(key, needs)| Some((key, needs.ok()?)))
            .collect();
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

/// Collects what fields need, along their references.
struct Walk<'a> {
    tables: &'a IndexMap<String, Table>,
    done: HashMap<Key, Result<Needs>>,
    path: Vec<Key>,
}

/// Longest chain of references.
const CHAIN_MAX: usize = 64;

impl Walk<'_> {
    fn needs(&mut self, key: &Key) -> Result<Needs> {
        if let Some(done) = self.done.get(key) {
            return done.clone();
        }
        if let Some(at) = self.path.iter().position(|step| step == key) {
            let circle = self.path.iter().skip(at).chain([key]);
            let circle: Vec<String> = circle
                .map(|(table, name)| format!("{table}.{name}"))
                .collect();
            let message = format!("refers to itself: {}", circle.join(" → "));
            return Err(Issue::new(Code::CircularReference, "", message));
        }
        if self.path.len() >= CHAIN_MAX {
            let message = format!("references go more than {CHAIN_MAX} deep");
            return Err(Issue::new(Code::BadReference, "", message));
        }
        self.path.push(key.clone());
        let needs = self.collect(key);
        self.path.pop();
        // Within a circle the answer depends on where one entered it: only whole answers are kept.
        if needs.is_ok() || self.path.is_empty() {
            self.done.insert(key.clone(), needs.clone());
        }
        needs
    }

    fn collect(&mut self, key: &Key) -> Result<Needs> {
        let tables = self.tables;
        let table = tables.get(&key.0);
        let mut needs = Needs {
            tables: BTreeSet::from([key.0.clone()]),
            ..Needs::default()
        };
        needs
            .access
            .extend(table.into_iter().flat_map(|table| table.access.clone()));
        if let Some(dimension) = table.and_then(|table| table.dimensions.get(&key.1)) {
            needs.access.extend(dimension.access.iter().cloned());
            self.snippet(&dimension.sql, &mut needs, &Allowed::Dimensions)?;
            if let Some(granularity) = &dimension.granularity
                && let crate::semantic::model::Interval::Custom { sql, .. } = &granularity.interval
            {
                own_needs(sql, &mut needs);
            }
            return Ok(needs);
        }
        let Some(metric) = table.and_then(|table| table.metrics.get(&key.1)) else {
            let message = format!("{}.{} has errors", key.0, key.1);
            return Err(Issue::new(Code::BadReference, "", message));
        };
        needs.access.extend(metric.access.iter().cloned());
        let allowed = match metric.kind {
            kind if kind.is_aggregate() => Allowed::Dimensions,
            kind if kind.is_post_calculation() => Allowed::Metrics,
            _ => Allowed::Both,
        };
        self.snippet(&metric.sql, &mut needs, &allowed)?;
        for key in &metric.distinct_keys {
            self.snippet(key, &mut needs, &Allowed::Dimensions)?;
        }
        for key in metric.non_additive.iter().flat_map(NonAdditive::parts) {
            self.snippet(key, &mut needs, &Allowed::Dimensions)?;
        }
        for rule in &metric.filters {
            if let Some((table, name)) = rule.field_id.split_once('.') {
                let key = (table.to_owned(), name.to_owned());
                self.reference(&key, &mut needs, &Allowed::Dimensions)?;
            }
        }
        Ok(needs)
    }

    fn snippet(&mut self, snippet: &Snippet, needs: &mut Needs, allowed: &Allowed) -> Result<()> {
        own_needs(snippet, needs);
        for (table, name) in snippet.fields() {
            let key = (table.unwrap_or_default().to_owned(), name.to_owned());
            self.reference(&key, needs, allowed)?;
        }
        Ok(())
    }

    fn reference(&mut self, key: &Key, needs: &mut Needs, allowed: &Allowed) -> Result<()> {
        let metric = self
            .tables
            .get(&key.0)
            .and_then(|table| table.metrics.get(&key.1));
        let refused = match (metric.map(|metric| metric.kind), allowed) {
            (Some(_), Allowed::Dimensions) => Some("a metric: only dimensions may be used here"),
            (None, Allowed::Metrics) => Some("a dimension: only metrics may be used here"),
            (Some(kind), _) if MetricType::is_post_calculation(kind) => {
                Some("computed over the rows of the result: nothing can be computed from it")
            }
            _ => None,
        };
        if let Some(why) = refused {
            let message = format!("{}.{} is {why}", key.0, key.1);
            return Err(Issue::new(Code::BadReference, "", message));
        }
        let found = self.needs(key)?;
        needs.merge(&found);
        Ok(())
    }
}

/// Which fields an expression may use.
enum Allowed {
    Dimensions,
    Metrics,
    Both,
}

/// What a snippet needs without its fields.
fn own_needs(snippet: &Snippet, needs: &mut Needs) {
    for part in &snippet.parts {
        match part {
            Part::Attribute(name) => {
                needs.attributes.insert(name.clone());
            }
            Part::Parameter(name) => {
                needs.parameters.insert(name.clone());
            }
            _ => {}
        }
    }
}

/// What conditions of joins and rows look up.
struct Lookup<'a> {
    tables: &'a IndexMap<String, Table>,
    names: &'a HashMap<String, Vec<String>>,
    parameters: &'a BTreeSet<String>,
    needs: &'a HashMap<Key, Needs>,
    backslash: bool,
}

impl Lookup<'_> {
    /// A condition over dimensions, resolved. It is the model's own, so fields in it ask no attributes of
    /// the user.
    fn condition(&self, own: &str, sql: &Snippet) -> Result<(Snippet, Needs)> {
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

    fn join(
        &self,
        name: &str,
        meta: &JoinMeta,
        earlier: &BTreeSet<&str>,
        filter: Option<&(Snippet, Needs)>,
    ) -> Result<Join> {
        let sql = Snippet::parse(&meta.sql_on, self.backslash)?;
        let (on, needs) = self.condition(name, &sql)?;
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
        Ok(Join {
            table: name.to_owned(),
            kind: meta.kind,
            on,
            needs,
            relationship: meta.relationship,
            always: meta.always,
            hidden: meta.hidden,
        })
    }
}
