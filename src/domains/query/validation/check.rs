//! The rules: what is wrong with a chart, a dashboard or an explore, in terms of the models.

use super::row::ValidationErrorType as Type;
use crate::{
    domains::{
        content::metric_query::{DashboardFilters, MetricQuery},
        query::{engine::compiler_form, source::Known},
    },
    semantic::{
        self,
        dialect::Dialect,
        error::{Code, Issue},
        model::{AccessRule, Explore},
        request::{Limits, Request, UserFacts},
    },
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use indexmap::IndexMap;
use serde_json::Value;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) error_type: Type,
    pub(super) error: String,
    pub(super) field_name: Option<String>,
}

/// What every query of a project is compiled with.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    pub(super) dialect: &'static dyn Dialect,
    pub(super) limits: Limits,
    pub(super) timezone: Tz,
    pub(super) now: DateTime<Utc>,
}

/// What is wrong with a chart. `explore` is the one that its query names, if there is one.
pub(super) fn chart(
    explore: Option<&Explore>,
    query: &MetricQuery,
    pivot_columns: &[String],
    with: Surroundings,
) -> Vec<Finding> {
    let Some(explore) = explore else {
        let name = &query.explore_name;
        return vec![Finding {
            error_type: Type::Model,
            error: format!("the models have no explore `{name}`"),
            field_name: None,
        }];
    };
    let mut found = match compiler_form(query) {
        Ok(compiler) => {
            let user = everything(explore);
            let request = Request {
                explore,
                query: &compiler,
                user: &user,
                parameters: &IndexMap::new(),
                now: with.now,
                timezone: with.timezone,
                date_zoom: None,
                dialect: with.dialect,
                limits: with.limits,
            };
            let refused = semantic::compile(request).err();
            refused.map_or_else(Vec::new, |refused| refused.issues)
        }
        Err(issue) => vec![issue],
    };
    // What the user lacks, or gives when the chart is run, is no mistake of the chart.
    found.retain(|issue| {
        !matches!(
            issue.code,
            Code::ForbiddenField | Code::MissingAttribute | Code::MissingParameter
        )
    });
    let written = serde_json::to_value(query).unwrap_or_default();
    let findings = found.into_iter().map(|issue| finding(issue, &written));
    findings.chain(pivots(query, pivot_columns)).collect()
}

fn finding(issue: Issue, query: &Value) -> Finding {
    let first = issue.path.split('.').next().unwrap_or_default();
    let error_type = match first {
        "exploreName" => Type::Model,
        "dimensions" => Type::Dimension,
        "metrics" => Type::Metric,
        "filters" => Type::Filter,
        "sorts" => Type::Sorting,
        "additionalMetrics" | "customDimensions" => Type::CustomMetric,
        _ => Type::Chart,
    };
    let field_name = (first != "exploreName").then(|| field(query, &issue.path));
    Finding {
        error_type,
        error: issue.message,
        field_name: field_name.flatten(),
    }
}

/// The name of the innermost field that a path goes through.
fn field(query: &Value, path: &str) -> Option<String> {
    let (mut at, mut name) = (query, None);
    for step in path.split('.') {
        let (next, in_list) = match at {
            Value::Array(list) => (step.parse::<usize>().ok().and_then(|n| list.get(n)), true),
            other => (other.get(step), false),
        };
        let Some(next) = next else {
            break;
        };
        let named = ["fieldId", "name", "id"];
        let found = match next {
            Value::String(text) if in_list => Some(text.as_str()),
            Value::Object(_) => named
                .iter()
                .find_map(|key| next.get(*key))
                .and_then(Value::as_str),
            _ => None,
        };
        name = found.or(name);
        at = next;
    }
    name.map(str::to_owned)
}

/// Columns of a pivot that the query does not have.
fn pivots<'a>(
    query: &'a MetricQuery,
    pivot_columns: &'a [String],
) -> impl Iterator<Item = Finding> + 'a {
    let missing = pivot_columns.iter().filter(|column| {
        let mut dimensions = query.dimensions.iter();
        !dimensions.any(|dimension| dimension.as_str() == column.as_str())
    });
    missing.map(|column| Finding {
        error_type: Type::ChartConfiguration,
        error: format!("the chart pivots by `{column}`, which its query does not have"),
        field_name: Some(column.clone()),
    })
}

/// A user who has every attribute that an explore asks for.
fn everything(explore: &Explore) -> UserFacts {
    let tables = explore.tables.values();
    let rules = tables.flat_map(|table| {
        let dimensions = table.dimensions.values().map(|field| &field.access);
        let metrics = table.metrics.values().map(|field| &field.access);
        let fields = dimensions.chain(metrics).flatten();
        table.access.iter().chain(fields)
    });
    let mut attributes: IndexMap<String, Vec<String>> = IndexMap::new();
    for rule in rules {
        let (AccessRule::All(asked) | AccessRule::Any(asked)) = rule;
        for (name, values) in asked {
            attributes
                .entry(name.clone())
                .or_default()
                .extend(values.iter().cloned());
        }
    }
    UserFacts {
        attributes,
        ..UserFacts::default()
    }
}

/// What is wrong with a dashboard: filters that no chart on it can follow, and charts that are broken.
pub(super) fn dashboard(
    filters: &DashboardFilters,
    charts: &[(Option<&Explore>, &MetricQuery)],
    broken: &[String],
) -> Vec<Finding> {
    let groups = [
        &filters.dimensions,
        &filters.metrics,
        &filters.table_calculations,
    ];
    let known: Vec<Known<'_>> = charts
        .iter()
        .filter_map(|(explore, query)| {
            let explore = (*explore)?;
            let tile = None;
            Some(Known {
                explore,
                query,
                tile,
                user: None,
            })
        })
        .collect();
    let mut found = Vec::new();
    for rule in groups.into_iter().flatten() {
        let id = rule.field_id.as_str();
        let targets = rule.tile_targets.as_ref().and_then(Value::as_object);
        let mut targets = targets.into_iter().flat_map(serde_json::Map::values);
        let has = |id: &str| known.iter().any(|known| known.has(id));
        let is_mapped = targets.any(|target| {
            let id = target.get("fieldId").and_then(Value::as_str);
            id.is_some_and(has)
        });
        if !charts.is_empty() && !is_mapped && !has(id) {
            found.push(Finding {
                error_type: Type::Filter,
                error: format!("no chart of the dashboard has the field `{id}`"),
                field_name: Some(id.to_owned()),
            });
        }
    }
    found.extend(broken.iter().map(|name| Finding {
        error_type: Type::Chart,
        error: format!("the chart `{name}` on it has errors"),
        field_name: None,
    }));
    found
}

/// What is wrong with an explore.
pub(super) fn explore(explore: &Explore) -> impl Iterator<Item = Finding> {
    explore.errors.iter().map(|issue| Finding {
        error_type: Type::Model,
        error: issue.message.clone(),
        field_name: (!issue.path.is_empty()).then(|| issue.path.clone()),
    })
}
