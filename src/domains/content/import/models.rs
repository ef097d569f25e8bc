//! What the active models of the project do not know of what charts ask.

use super::{
    chart::ChartFile,
    content::{Filed, FolderContent},
    report::{Problem, Sink},
    store,
};
use crate::{
    authz::System,
    db::Conn,
    domains::{content::metric_query::MetricQuery, model::explore::Models},
    kernel::{Result, entity::ProjectId},
    semantic::{
        fields,
        model::{Explore, field_id},
    },
};
use serde_json::Value;
use std::collections::HashSet;

/// Warns of explores and fields that the active models of the project do not have. A project without
/// active models may get its models later.
pub(super) async fn check(
    conn: &Conn,
    system: System,
    project: ProjectId,
    (content, problems): (&FolderContent, &mut Vec<Problem>),
) -> Result<()> {
    if !store::has_models(conn, system, project).await? {
        return Ok(());
    }
    let names: HashSet<&String> = content
        .charts
        .iter()
        .map(|chart| &chart.item.query.query.explore_name)
        .collect();
    let asked: Vec<_> = names
        .into_iter()
        .map(|name| (project, name.clone()))
        .collect();
    let known = Models::default().active_explores(conn, &asked).await?;
    for Filed { file, item: chart } in content.charts.iter() {
        let name = &chart.query.query.explore_name;
        let explore = known.get(&(project, name.clone()));
        let sink = Sink::new(file);
        unknown(explore.map(|active| &*active.explore), chart, &sink);
        problems.extend(sink.into_problems());
    }
    problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    Ok(())
}

/// Warns of what an explore does not know of a chart.
fn unknown(explore: Option<&Explore>, chart: &ChartFile, sink: &Sink<'_>) {
    let query = &chart.query.query;
    let name = &query.explore_name;
    let Some(explore) = explore else {
        let text = format!(
            "the models of the project have no explore {name}: the chart cannot be run until they have"
        );
        return sink.warning(chart.explore_at, text);
    };
    if !explore.is_usable() {
        let text = format!(
            "the explore {name} of the project has errors: the chart cannot be run until they are mended"
        );
        return sink.warning(chart.explore_at, text);
    }
    for (path, id) in asked(query) {
        let dimension = fields::dimension(explore, &id).map(|found| found.dimension.hidden);
        let metric = fields::metric(explore, &id).map(|found| found.metric.hidden);
        if dimension.or(metric) == Some(false) {
            continue;
        }
        let at = chart.query.marks.find(&path).unwrap_or(chart.explore_at);
        let text = format!(
            "the explore {name} has no field {id}: the chart cannot be run until the models have it"
        );
        sink.warning(at, text);
    }
}

/// The fields of the explore that a query asks for, each once, with their places in the query.
fn asked(query: &MetricQuery) -> Vec<(String, String)> {
    let written = serde_json::to_value(query).unwrap_or_default();
    let mut own: HashSet<String> = query
        .additional_metrics
        .iter()
        .map(|metric| field_id(&metric.table, &metric.name))
        .collect();
    let part = |pointer: &str| written.pointer(pointer).unwrap_or(&Value::Null);
    ids(part("/customDimensions"), "", &mut |_, key, id| {
        if key == "id" {
            own.insert(id.to_owned());
        }
    });
    let mut found = Vec::new();
    for list in ["dimensions", "metrics"] {
        let named = part(&format!("/{list}")).as_array().into_iter().flatten();
        found.extend(named.enumerate().filter_map(|(n, id)| {
            let id = id.as_str()?;
            Some((format!("{list}.{n}"), id.to_owned()))
        }));
    }
    for of in ["dimensions", "metrics"] {
        let path = format!("filters.{of}");
        ids(
            part(&format!("/filters/{of}")),
            &path,
            &mut |path, key, id| {
                if key == "fieldId" {
                    found.push((path.to_owned(), id.to_owned()));
                }
            },
        );
    }
    ids(
        part("/customDimensions"),
        "customDimensions",
        &mut |path, key, id| {
            if key == "dimensionId" {
                found.push((path.to_owned(), id.to_owned()));
            }
        },
    );
    let mut seen = HashSet::new();
    found.retain(|(_, id)| !own.contains(id) && seen.insert(id.clone()));
    found
}

/// Tells of every text in a value with its key and the path of the object that it stands in.
fn ids(value: &Value, path: &str, tell: &mut impl FnMut(&str, &str, &str)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) => tell(path, key, text),
                    Value::Object(_) | Value::Array(_) => {
                        ids(value, &format!("{path}.{key}"), tell);
                    }
                    Value::Null | Value::Bool(_) | Value::Number(_) => {}
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                ids(item, &format!("{path}.{n}"), tell);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
