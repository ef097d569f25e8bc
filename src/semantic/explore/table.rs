//! A model as a table: its fields, with references not yet resolved.

use super::{Drafted, access, field, granularity, label, short_filter};
use crate::semantic::{
    dialect::Dialect,
    error::{Code, Issue, Result},
    manifest::{Json, MetricMeta, Model, ModelColumn, ModelMeta, OneOrMany, SetMeta},
    model::{Dimension, Metric, Needs, RequiredFilter, Table, TimeDimension, field_id},
    snippet::Snippet,
};
use indexmap::IndexMap;
use serde::Deserialize;

/// Longest id of a field, in bytes.
const ID_MAX: usize = 255;

/// Keys under `meta` of a column.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ColumnMeta {
    dimension: Json,
    metrics: IndexMap<String, Json>,
    additional_dimensions: IndexMap<String, Json>,
}

/// The table of a model.
pub(super) fn draft(
    model: &Model,
    meta: &ModelMeta,
    granularities: &granularity::Custom,
    dialect: &dyn Dialect,
) -> Drafted {
    let mut drawing = Drawing {
        model,
        granularities,
        dialect,
        dimensions: IndexMap::new(),
        metrics: IndexMap::new(),
        issues: Vec::new(),
    };
    for (name, column) in &model.columns {
        drawing.column(name, column);
    }
    for (name, meta) in &meta.metrics {
        drawing.metric(name, meta, None);
    }
    let row_filter = meta.sql_filter.as_deref().map(|sql| drawing.snippet(sql));
    let relation = drawing.relation(meta);
    let mut issues = drawing.issues;
    let path = |key: &str| format!("{}.{key}", model.name);
    // Without its row filter or relation a table would show too much or nothing: it has no fields then.
    let mut usable = true;
    let row_filter = row_filter.and_then(|filter| {
        filter
            .map_err(|issue| {
                usable = false;
                issues.push(issue.at(path("sql_filter")));
            })
            .ok()
    });
    let relation = relation.unwrap_or_else(|issue| {
        usable = false;
        issues.push(issue.at(path("sql_from")));
        Snippet::default()
    });
    let default_filters = default_filters(model, meta, &mut issues);
    let (dimensions, metrics) = if usable {
        (drawing.dimensions, drawing.metrics)
    } else {
        (IndexMap::new(), IndexMap::new())
    };
    let time = meta
        .default_time_dimension
        .as_ref()
        .map(|time| TimeDimension {
            field: time.field.clone(),
            interval: time.interval.to_lowercase(),
        });
    let time = time.or_else(|| only_time(&dimensions));
    let table = Table {
        name: model.name.clone(),
        model: model.name.clone(),
        label: meta.label.clone().unwrap_or_else(|| label(&model.name)),
        description: model.description.clone(),
        relation,
        row_filter,
        row_filter_needs: Needs::default(),
        dimensions,
        metrics,
        primary_key: meta
            .primary_key
            .clone()
            .map(OneOrMany::into_vec)
            .unwrap_or_default(),
        access: access::rules(
            meta.required_attributes.as_ref(),
            meta.any_attributes.as_ref(),
        ),
        default_filters,
        default_time_dimension: time,
        default_show_underlying_values: meta.default_show_underlying_values.clone(),
        ordered_by_index: meta
            .order_fields_by
            .as_deref()
            .is_some_and(|order| order.eq_ignore_ascii_case("index")),
        group_details: meta.group_details.clone(),
        sets: meta
            .sets
            .iter()
            .map(|(name, set)| (name.clone(), list(set)))
            .collect(),
        hidden: meta.hidden,
        ai_hint: meta.ai_hint.clone(),
    };
    Drafted { table, issues }
}

struct Drawing<'a> {
    model: &'a Model,
    granularities: &'a granularity::Custom,
    dialect: &'a dyn Dialect,
    dimensions: IndexMap<String, Dimension>,
    metrics: IndexMap<String, Metric>,
    issues: Vec<Issue>,
}

impl Drawing<'_> {
    fn snippet(&self, sql: &str) -> Result<Snippet> {
        Snippet::parse(sql, self.dialect.backslash_escapes())
    }

    fn column(&mut self, name: &str, column: &ModelColumn) {
        let meta = match &column.meta {
            Json::Null => Ok(ColumnMeta::default()),
            meta => meta.read::<ColumnMeta>(),
        };
        let meta = match meta {
            Ok(meta) => meta,
            Err(error) => return self.note(name, &unreadable(&error)),
        };
        let base = field::Base {
            column: name,
            data_type: column.data_type.as_deref(),
            description: column.description.as_deref(),
            tags: &column.tags,
            dialect: self.dialect,
            granularities: self.granularities,
        };
        let mut base_name = name.to_owned();
        match field::dimensions(&base, name, &meta.dimension, true) {
            Ok(dimensions) => {
                if let Some(first) = dimensions.first() {
                    base_name.clone_from(&first.name);
                }
                self.add_dimensions(dimensions);
            }
            Err(issue) => self.note(name, &issue),
        }
        for (extra, meta) in &meta.additional_dimensions {
            match field::dimensions(&base, extra, meta, false) {
                Ok(dimensions) => self.add_dimensions(dimensions),
                Err(issue) => self.note(extra, &issue),
            }
        }
        for (metric, meta) in &meta.metrics {
            self.metric(metric, meta, Some(&base_name));
        }
    }

    fn add_dimensions(&mut self, dimensions: Vec<Dimension>) {
        for dimension in dimensions {
            if let Err(issue) = askable(&self.model.name, &dimension.name) {
                self.note(&dimension.name, &issue);
            } else if self.is_taken(&dimension.name) {
                self.duplicate(&dimension.name);
            } else {
                self.dimensions.insert(dimension.name.clone(), dimension);
            }
        }
    }

    fn metric(&mut self, name: &str, meta: &Json, dimension: Option<&str>) {
        let read = match meta {
            Json::Null => Ok(MetricMeta::default()),
            meta => meta
                .read::<MetricMeta>()
                .map_err(|error| unreadable(&error)),
        };
        let metric = askable(&self.model.name, name).and(read);
        let metric = metric.and_then(|meta| field::metric(name, meta, dimension, self.dialect));
        match metric {
            Ok(_) if self.is_taken(name) => self.duplicate(name),
            Ok(metric) => {
                self.metrics.insert(name.to_owned(), metric);
            }
            Err(issue) => self.note(name, &issue),
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.dimensions.contains_key(name) || self.metrics.contains_key(name)
    }

    fn duplicate(&mut self, name: &str) {
        let message = format!("{} has two fields {name}", self.model.name);
        self.note(name, &Issue::new(Code::DuplicateName, "", message));
    }

    fn note(&mut self, field: &str, issue: &Issue) {
        let path = if issue.path.is_empty() {
            format!("{}.{field}", self.model.name)
        } else {
            format!("{}.{field}.{}", self.model.name, issue.path)
        };
        self.issues.push(issue.clone().at(path));
    }

    fn relation(&self, meta: &ModelMeta) -> Result<Snippet> {
        if let Some(sql) = &meta.sql_from {
            return self.snippet(sql);
        }
        if let Some(relation) = &self.model.relation {
            return Ok(Snippet::text(relation));
        }
        let parts = [&self.model.database, &self.model.schema]
            .into_iter()
            .flatten();
        let parts = parts.chain([&self.model.table]);
        let quoted: Vec<String> = parts.map(|part| self.dialect.quote(part)).collect();
        Ok(Snippet::text(quoted.join(".")))
    }
}

/// Whether queries can name a field: as its id is read from them.
pub(super) fn askable(table: &str, name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    if name.is_empty() || !name.chars().all(is_plain) {
        let message = format!(
            "`{name}` cannot be asked for: names of fields are of letters, digits, `_`, `-`, `.` and spaces"
        );
        return Err(Issue::new(Code::BadDefinition, "", message));
    }
    let bytes = field_id(table, name).len();
    if bytes > ID_MAX {
        let message = format!(
            "the id of `{name}` has {bytes} bytes with the name of its table; at most {ID_MAX} can be asked for"
        );
        return Err(Issue::new(Code::BadDefinition, "", message));
    }
    Ok(())
}

/// The only dimension with intervals, if there is one only.
fn only_time(dimensions: &IndexMap<String, Dimension>) -> Option<TimeDimension> {
    let mut times = dimensions
        .values()
        .filter(|dimension| dimension.kind.is_time() && dimension.granularity.is_none());
    let first = times.next()?;
    if times.next().is_some() {
        return None;
    }
    Some(TimeDimension {
        field: first.name.clone(),
        interval: "day".to_owned(),
    })
}

fn default_filters(
    model: &Model,
    meta: &ModelMeta,
    issues: &mut Vec<Issue>,
) -> Vec<RequiredFilter> {
    let mut filters = Vec::new();
    let offered = meta.default_filters.iter().map(|filter| (filter, false));
    let legacy = meta.required_filters.iter().map(|filter| (filter, true));
    for (n, (filter, required)) in offered.chain(legacy).enumerate() {
        match short_filter::rules(filter, short_filter::Grammar::MODEL) {
            Ok((rules, flag)) => filters.extend(rules.into_iter().map(|rule| {
                let (table, field) = match rule.field_id.split_once('.') {
                    Some((table, field)) => (table.to_owned(), field.to_owned()),
                    None => (model.name.clone(), rule.field_id.clone()),
                };
                RequiredFilter {
                    table,
                    field,
                    rule,
                    required: flag.unwrap_or(required),
                }
            })),
            Err(issue) => {
                issues.push(issue.at(format!("{}.default_filters.{n}", model.name)));
            }
        }
    }
    filters
}

fn list(set: &SetMeta) -> Vec<String> {
    match set {
        SetMeta::List(fields) | SetMeta::Fields { fields } => fields.clone(),
    }
}

fn unreadable(error: &serde_json::Error) -> Issue {
    Issue::new(Code::BadDefinition, "", format!("cannot be read: {error}"))
}
