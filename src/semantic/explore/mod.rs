//! From models to explores.
//!
//! Nothing here fails as a whole: a model that cannot be read becomes an explore that says why, a field
//! that cannot be resolved is left out and named in the explore's errors, and so is a join. What is left
//! can be asked.

mod access;
mod field;
mod given;
mod granularity;
mod join;
mod needs;
mod resolve;
mod short_filter;
mod table;

pub use given::verify;
pub(super) use join::expanded;
pub(super) use needs::LENGTH_MAX;

#[cfg(test)]
mod tests;

use super::{
    dialect::Dialect,
    error::{Code, Issue},
    manifest::{ExploreMeta, JoinMeta, Json, Model, OneOrMany, Settings},
    model::{Explore, Interval, ParameterDefinition, Table},
    value::ValueType,
};
use chrono_tz::Tz;
use indexmap::IndexMap;
use std::collections::HashMap;

/// Compiles the models of a project, for a kind of warehouse.
pub fn compile(models: &[Model], settings: &Settings, dialect: &dyn Dialect) -> Vec<Explore> {
    let project = Project::new(models, settings, dialect);
    let mut explores = Vec::new();
    for model in models {
        let meta = match &model.meta {
            Ok(meta) => meta,
            Err(issue) => {
                explores.push(project.broken(model, issue.clone()));
                continue;
            }
        };
        if model.columns.is_empty() {
            continue;
        }
        if !meta.hidden {
            let explore = ExploreMeta {
                label: meta.label.clone(),
                description: None,
                joins: Some(meta.joins.clone()),
                ..ExploreMeta::default()
            };
            explores.push(project.explore(model, &model.name, &explore));
        }
        for (name, explore) in &meta.explores {
            explores.push(project.explore(model, name, explore));
        }
    }
    explores
}

/// What compiling an explore can look up.
struct Project<'a> {
    models: HashMap<&'a str, &'a Model>,
    tables: HashMap<&'a str, Drafted>,
    settings: &'a Settings,
    parameters: IndexMap<String, ParameterDefinition>,
    parameter_issues: Vec<(String, Issue)>,
    backslash: bool,
    granularities: IndexMap<String, Interval>,
}

/// A table with its references not yet resolved, and what is wrong with it.
#[derive(Clone)]
struct Drafted {
    table: Table,
    issues: Vec<Issue>,
}

/// A join that cannot be read, by the name that it gives.
fn unreadable(join: &Json, n: usize, error: &serde_json::Error) -> Issue {
    #[derive(serde::Deserialize)]
    struct Named {
        join: String,
        alias: Option<String>,
    }
    let named = join.read::<Named>().ok();
    let name = named.map(|named| named.alias.unwrap_or(named.join));
    let path = format!("joins.{}", name.unwrap_or_else(|| n.to_string()));
    let message = format!("cannot be read: {error}; the table is not joined");
    Issue::new(Code::BadDefinition, path, message)
}

impl<'a> Project<'a> {
    fn new(models: &'a [Model], settings: &'a Settings, dialect: &dyn Dialect) -> Self {
        let granularities = granularity::custom(settings, dialect);
        let mut tables = HashMap::new();
        let mut parameters = settings.parameters.clone();
        let mut parameter_issues = Vec::new();
        for model in models {
            let Ok(meta) = &model.meta else { continue };
            if !model.columns.is_empty() {
                let drafted = table::draft(model, meta, &granularities, dialect);
                tables.insert(model.name.as_str(), drafted);
            }
            for (name, definition) in &meta.parameters {
                match definition.read::<ParameterDefinition>() {
                    Ok(definition) => {
                        parameters.insert(format!("{}.{name}", model.name), definition);
                    }
                    Err(error) => {
                        let path = format!("{}.parameters.{name}", model.name);
                        let message = format!("cannot be read: {error}");
                        let issue = Issue::new(Code::BadDefinition, path, message);
                        parameter_issues.push((model.name.clone(), issue));
                    }
                }
            }
        }
        Self {
            models: models
                .iter()
                .map(|model| (model.name.as_str(), model))
                .collect(),
            tables,
            settings,
            parameters,
            parameter_issues,
            backslash: dialect.backslash_escapes(),
            granularities: granularities
                .into_iter()
                .filter_map(|(name, interval)| Some((name, interval.ok()?)))
                .collect(),
        }
    }

    fn explore(&self, model: &Model, name: &str, meta: &ExploreMeta) -> Explore {
        let mut explore = self.empty(model, name);
        let Some(drafted) = self.tables.get(model.name.as_str()) else {
            return explore;
        };
        let own = model.meta.as_ref().ok();
        explore.label = meta.label.clone().unwrap_or_else(|| label(name));
        explore.description = meta.description.clone().or(explore.description);
        if let Some(group) = &meta.group_label {
            explore.groups = vec![group.clone()];
        }
        let sensitive = meta.case_sensitive;
        let sensitive = sensitive.or(own.and_then(|meta| meta.case_sensitive));
        explore.case_sensitive = sensitive
            .or(self.settings.defaults.case_sensitive)
            .unwrap_or(true);
        let mut base = drafted.table.clone();
        access::extend(
            &mut base.access,
            meta.required_attributes.as_ref(),
            meta.any_attributes.as_ref(),
        );
        explore.errors.extend(drafted.issues.iter().cloned());
        explore.tables.insert(base.name.clone(), base);
        let none = Vec::new();
        let joins = meta.joins.as_ref();
        let joins = joins.or(own.map(|meta| &meta.joins)).unwrap_or(&none);
        let joined = self.join_tables(&mut explore, joins);
        resolve::explore(&mut explore, joined, self.backslash);
        if let Some(table) = explore.tables.get(&explore.base_table)
            && table.dimensions.is_empty()
        {
            let message = format!("the model {} has no dimensions", model.name);
            explore
                .errors
                .insert(0, Issue::new(Code::NoDimensions, "", message));
            explore.tables.clear();
        }
        explore
    }

    /// Adds the joined tables, and gives their joins as they are written.
    fn join_tables(&self, explore: &mut Explore, joins: &[Json]) -> Vec<(String, JoinMeta)> {
        let mut joined = Vec::new();
        for (n, join) in joins.iter().enumerate() {
            let meta: JoinMeta = match join.read() {
                Ok(meta) => meta,
                Err(error) => {
                    explore.errors.push(unreadable(join, n, &error));
                    continue;
                }
            };
            match self.joined_table(explore, &meta) {
                Ok(drafted) => {
                    explore.errors.extend(drafted.issues);
                    joined.push((drafted.table.name.clone(), meta));
                    explore
                        .tables
                        .insert(drafted.table.name.clone(), drafted.table);
                }
                Err(issue) => explore.errors.push(issue),
            }
        }
        joined
    }

    fn joined_table(&self, explore: &Explore, meta: &JoinMeta) -> Result<Drafted, Issue> {
        let name = meta.alias.as_ref().unwrap_or(&meta.join);
        let path = format!("joins.{name}");
        if explore.tables.contains_key(name) {
            let message = format!("{name} is joined twice: give one of them an alias");
            return Err(Issue::new(Code::BadDefinition, path, message));
        }
        let Some(drafted) = self.tables.get(meta.join.as_str()) else {
            let why = match self.models.get(meta.join.as_str()) {
                Some(_) => "has errors",
                None => "does not exist",
            };
            let message = format!("the joined model {} {why}", meta.join);
            return Err(Issue::new(Code::MissingTable, path, message));
        };
        Ok(join::prepared(drafted, name, meta))
    }

    fn empty(&self, model: &Model, name: &str) -> Explore {
        let settings = self.settings;
        let groups = model.meta.as_ref().ok().and_then(|meta| {
            let legacy = meta.group_label.clone().map(|label| vec![label]);
            meta.groups.clone().map(OneOrMany::into_vec).or(legacy)
        });
        let own = self.parameter_issues.iter();
        let own = own.filter(|(owner, _)| *owner == model.name);
        Explore {
            name: name.to_owned(),
            label: label(name),
            description: model.description.clone(),
            groups: groups.unwrap_or_default(),
            tags: tags(model),
            base_table: model.name.clone(),
            tables: IndexMap::new(),
            joins: Vec::new(),
            parameters: self.parameters.clone(),
            granularities: self.granularities.clone(),
            case_sensitive: true,
            week_start: settings.week_start,
            data_timezone: settings.data_timezone.unwrap_or(Tz::UTC),
            errors: own.map(|(_, issue)| issue.clone()).collect(),
            source_path: model.source_path.clone(),
            spotlight: model
                .meta
                .as_ref()
                .ok()
                .and_then(|meta| meta.spotlight.clone()),
        }
    }

    fn broken(&self, model: &Model, issue: Issue) -> Explore {
        let mut explore = self.empty(model, &model.name);
        explore.errors.push(issue);
        explore
    }
}

fn tags(model: &Model) -> Vec<String> {
    let mut tags = model.tags.clone();
    let own = model.meta.as_ref().ok().and_then(|meta| meta.tags.clone());
    for tag in own.map(OneOrMany::into_vec).unwrap_or_default() {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// `order_id` as people read it: "Order id".
fn label(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let spaced = spaced.trim();
    let mut characters = spaced.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => name.to_owned(),
    }
}

/// The type of that name.
fn named_type(name: &str) -> Result<ValueType, Issue> {
    ValueType::named(name).ok_or_else(|| {
        let message =
            format!("`{name}` is not a type: string, number, boolean, date or timestamp is meant");
        Issue::new(Code::BadDefinition, "", message)
    })
}
