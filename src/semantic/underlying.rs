//! The rows behind a cell of a result, as a query.
//!
//! The query filters as the one that made the result, keeps to the values of the cell's row and to the
//! rows that the metric counts, and joins the same tables: an inner join may have left rows out.

use super::{
    error::{Code, Issue, Refused, Result},
    explore::expanded,
    fields::{self, may_use},
    model::{Dimension, Explore, Metric, Table, field_id},
    plan::joins_in_use,
    query::{Behind, CellValue, MetricQuery, QueryFilters},
    request::Request,
    resolve::{self, How, Resolved},
};
use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

/// Most columns, where the model does not say which.
const FIELDS_MAX: usize = 50;

/// A cell of a result.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'c> {
    /// The metric, or the dimension, whose value it shows.
    pub field_id: &'c str,
    /// Values of its row by field id, null for none. Dimensions count; a total lacks some or all of them.
    pub row: &'c IndexMap<String, Value>,
    /// Where the result is pivoted: the values of the cell's column, by dimension.
    pub pivot: &'c IndexMap<String, Value>,
}

/// The query for the rows behind a cell of the result of a query: ready to be compiled with the same
/// request. Equal rows are one, and there are as many as the limits allow.
///
/// Paths of mistakes are those of the query, and `fieldId`, `row.<id>`, `pivot.<id>` for the cell.
pub fn underlying(request: Request<'_>, cell: &Cell<'_>) -> Result<MetricQuery, Refused> {
    let resolved = resolve::resolve(request)?;
    let target = target(&resolved, cell.field_id)?;
    let explore = request.explore;
    let joins = joins_in_use(explore, &resolved.needs);
    let joined = joins.iter().map(|join| join.table.clone());
    let tables: Vec<String> = std::iter::once(explore.base_table.clone())
        .chain(joined)
        .collect();
    let (dimensions, metrics) = shown(&request, &target, &tables);
    if dimensions.is_empty() && metrics.is_empty() {
        let message = "there is no field behind it that the user may see";
        return Err(Issue::new(Code::EmptyQuery, "fieldId", message).into());
    }
    let (values, places) = values(&resolved, cell)?;
    let asked = request.query;
    let query = MetricQuery {
        explore_name: asked.explore_name.clone(),
        dimensions,
        metrics,
        filters: QueryFilters {
            dimensions: asked.filters.dimensions.clone(),
            ..QueryFilters::default()
        },
        limit: i64::try_from(request.limits.maximum).ok(),
        custom_dimensions: asked.custom_dimensions.clone(),
        additional_metrics: target.additional(asked),
        timezone: asked.timezone.clone(),
        metric_overrides: asked.metric_overrides.clone(),
        dimension_overrides: asked.dimension_overrides.clone(),
        behind: Some(Behind {
            metric: target.metric_id.clone(),
            values,
            tables,
        }),
        ..MetricQuery::default()
    };
    let narrowed = Request {
        query: &query,
        date_zoom: None,
        ..request
    };
    match resolve::resolve(narrowed) {
        Ok(_) => Ok(query),
        Err(refused) => Err(at_places(refused, &places)),
    }
}

/// What a cell shows.
struct Target<'a> {
    table: &'a Table,
    /// The metric of the model, if it is one.
    metric: Option<&'a Metric>,
    /// The id of the metric, of the model or of the query.
    metric_id: Option<String>,
}

impl Target<'_> {
    /// The metric, where it is of the query.
    fn additional(&self, query: &MetricQuery) -> Vec<super::query::AdditionalMetric> {
        let own = query.additional_metrics.iter();
        let own = own.filter(|own| Some(field_id(&own.table, &own.name)) == self.metric_id);
        own.cloned().collect()
    }

    /// The fields that the model names, if it does.
    fn listed(&self) -> Option<&[String]> {
        let metric = self.metric;
        metric
            .and_then(|metric| metric.show_underlying_values.as_deref())
            .or(self.table.default_show_underlying_values.as_deref())
    }
}

fn target<'a>(resolved: &Resolved<'a>, id: &str) -> Result<Target<'a>> {
    let request = resolved.scope.request;
    let (explore, query) = (request.explore, request.query);
    let at = |code: Code, message: String| Issue::new(code, "fieldId", message);
    if query.table_calculations.iter().any(|own| own.name == id) {
        let message = format!("`{id}` is calculated from the result: name a metric");
        return Err(at(Code::BadDefinition, message));
    }
    let missing = || {
        let message = format!("`{id}` is not a column of the query");
        at(Code::UnknownField, message)
    };
    if query.dimensions.iter().any(|own| own == id) {
        let table = fields::dimension(explore, id).map(|found| found.table);
        let custom = || {
            let own = query.custom_dimensions.iter().find(|own| own.id() == id)?;
            explore.tables.get(own.table())
        };
        return Ok(Target {
            table: table.or_else(custom).ok_or_else(missing)?,
            metric: None,
            metric_id: None,
        });
    }
    let column = resolved.metrics.get(id).filter(|column| column.selected);
    let column = column.ok_or_else(missing)?;
    if matches!(column.how, How::Period(_)) {
        let message = format!("`{id}` counts rows of another period: name the metric itself");
        return Err(at(Code::Unsupported, message));
    }
    let of_model = fields::metric(explore, id);
    let additional = || {
        let mut own = query.additional_metrics.iter();
        let own = own.find(|own| field_id(&own.table, &own.name) == id)?;
        explore.tables.get(&own.table)
    };
    let table = of_model.map(|found| found.table).or_else(additional);
    Ok(Target {
        table: table.ok_or_else(missing)?,
        metric: of_model.map(|found| found.metric),
        metric_id: Some(id.to_owned()),
    })
}

/// The fields to show: those that the model names, or all dimensions of the tables of the query; without
/// those that the user may not see.
fn shown(
    request: &Request<'_>,
    target: &Target<'_>,
    tables: &[String],
) -> (Vec<String>, Vec<String>) {
    let explore = request.explore;
    let mut dimensions = IndexSet::new();
    let mut metrics = IndexSet::new();
    if let Some(listed) = target.listed() {
        for name in expanded(target.table, listed) {
            let Some((table, name)) = place(explore, target.table, &name) else {
                continue;
            };
            if let Some(dimension) = table.dimensions.get(name) {
                if visible(request, dimension) {
                    dimensions.insert(field_id(&table.name, name));
                }
            } else if let Some(metric) = table.metrics.get(name)
                && !metric.hidden
                && may_use(&metric.needs, request.user)
            {
                metrics.insert(field_id(&table.name, name));
            }
        }
        return (
            dimensions.into_iter().collect(),
            metrics.into_iter().collect(),
        );
    }
    let own = std::iter::once(&target.table.name);
    let names: IndexSet<&String> = own.chain(tables).collect();
    let found = names
        .into_iter()
        .filter_map(|name| explore.tables.get(name))
        .flat_map(|table| {
            let own = table.dimensions.values();
            // An interval says nothing that its base does not.
            let own = own.filter(|own| own.granularity.is_none() && visible(request, own));
            own.map(|own| field_id(&table.name, &own.name))
        });
    (found.take(FIELDS_MAX).collect(), Vec::new())
}

/// The table and the name of a field as the model lists it: its own, or `table.name`.
fn place<'e, 'n>(
    explore: &'e Explore,
    own: &'e Table,
    listed: &'n str,
) -> Option<(&'e Table, &'n str)> {
    let known = |table: &Table, name: &str| {
        table.dimensions.contains_key(name) || table.metrics.contains_key(name)
    };
    if known(own, listed) {
        return Some((own, listed));
    }
    let (table, name) = listed.split_once('.')?;
    let tables = || std::iter::once(own).chain(explore.tables.values());
    let found = tables()
        .find(|found| found.name == table)
        .or_else(|| tables().find(|found| found.model == table))?;
    known(found, name).then_some((found, name))
}

fn visible(request: &Request<'_>, dimension: &Dimension) -> bool {
    !dimension.hidden && may_use(&dimension.needs, request.user)
}

/// Values of the cell's row and column, with the place of each.
fn values(
    resolved: &Resolved<'_>,
    cell: &Cell<'_>,
) -> Result<(Vec<CellValue>, Vec<String>), Refused> {
    let query = resolved.scope.request.query;
    let (mut values, mut places, mut issues) = (Vec::new(), Vec::new(), Vec::new());
    let row = cell.row.iter().map(|own| ("row", own));
    let pivot = cell.pivot.iter().map(|own| ("pivot", own));
    for (place, (id, value)) in row.chain(pivot) {
        let path = format!("{place}.{id}");
        let column = resolved.dimensions.iter().find(|column| column.id == *id);
        // A row may be given whole: its other values say nothing about the rows behind it.
        let other = query.metrics.contains(id)
            || query.table_calculations.iter().any(|own| own.name == *id);
        match column {
            Some(column) => {
                values.push(CellValue {
                    field_id: id.clone(),
                    interval: column.zoomed.clone(),
                    value: value.clone(),
                });
                places.push(path);
            }
            None if place == "row" && other => {}
            None => {
                let message = format!("`{id}` is not a dimension of the query");
                issues.push(Issue::new(Code::UnknownField, path, message));
            }
        }
    }
    if issues.is_empty() {
        Ok((values, places))
    } else {
        Err(Refused { issues })
    }
}

/// Mistakes of values, at the places that the caller knows.
fn at_places(refused: Refused, places: &[String]) -> Refused {
    let at_place = |issue: Issue| {
        let rest = issue.path.strip_prefix("behind.values.");
        let n = rest.and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
        match n.and_then(|n| places.get(n)) {
            Some(place) => issue.at(place.clone()),
            None => issue,
        }
    };
    Refused {
        issues: refused.issues.into_iter().map(at_place).collect(),
    }
}
