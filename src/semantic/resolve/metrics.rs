//! Metrics that a query needs: those it selects, filters by, and those they are computed from.

use super::{How, MetricColumn, Resolver, Warning, column_name, reference_id};
use crate::semantic::{
    aggregate::{self, Aggregated, MetricExpr},
    error::{Code, Issue, Result},
    expr::{Expr, Operation, Window, WindowCall, Written},
    fields,
    model::{FormatKeys, MetricType, Needs, field_id},
    query::{AdditionalMetric, FilterRule, WindowFunction},
    scope::in_parentheses,
    snippet::{Part, Snippet},
    value::ValueType,
};

impl<'a> Resolver<'a> {
    /// The selected metrics.
    pub(super) fn metrics(&mut self) {
        let query = self.resolved.scope.request.query;
        for (n, metric) in query.additional_metrics.iter().enumerate() {
            let id = field_id(&metric.table, &metric.name);
            let explore = self.resolved.scope.request.explore;
            let taken =
                fields::metric(explore, &id).is_some() || fields::dimension(explore, &id).is_some();
            if taken {
                let message = format!("the explore has a field `{id}` already");
                let path = format!("additionalMetrics.{n}.name");
                self.note(Issue::new(Code::DuplicateName, path, message));
            }
        }
        for (n, id) in query.metrics.iter().enumerate() {
            match self.metric(id) {
                Ok(()) => {
                    if let Some(column) = self.resolved.metrics.get_mut(id) {
                        column.selected = true;
                    }
                }
                Err(Placed(Some(place), issue)) => self.note_at(&place, issue),
                Err(Placed(None, issue)) => self.note_at(&format!("metrics.{n}"), issue),
            }
        }
    }

    /// Makes sure that a metric is computed.
    pub(super) fn metric(&mut self, id: &str) -> Result<(), Placed> {
        let query = self.resolved.scope.request.query;
        let additional = query.additional_metrics.iter().enumerate();
        let mut additional =
            additional.filter(|(_, metric)| field_id(&metric.table, &metric.name) == id);
        let additional = additional.next();
        if self.resolved.metrics.contains_key(id) {
            // What another metric is computed from may be hidden from the query itself.
            if additional.is_none() {
                self.visible_metric(id)
                    .map_err(|issue| Placed(None, issue))?;
            }
            return Ok(());
        }
        let column = match additional {
            Some((n, metric)) => {
                let place = format!("additionalMetrics.{n}");
                self.additional(metric, id)
                    .map_err(|issue| Placed(Some(place), issue))?
            }
            None => self.of_explore(id).map_err(|issue| Placed(None, issue))?,
        };
        self.resolved.metrics.insert(id.to_owned(), column);
        Ok(())
    }

    pub(super) fn visible_metric(&self, id: &str) -> Result<fields::FoundMetric<'a>> {
        let request = self.resolved.scope.request;
        let found = fields::metric(request.explore, id)
            .filter(|found| !found.metric.hidden)
            .ok_or_else(|| fields::unknown(request.explore, id))?;
        fields::check_access(&found.metric.needs, request.user, || {
            fields::unknown(request.explore, id)
        })?;
        Ok(found)
    }

    fn of_explore(&mut self, id: &str) -> Result<MetricColumn> {
        let found = self.visible_metric(id).map_err(|issue| {
            if issue.code != Code::UnknownField || self.visible(id).is_err() {
                return issue;
            }
            let message = format!("`{id}` is a dimension, and a metric is meant here");
            Issue::new(Code::UnknownField, "", message)
        })?;
        let metric = found.metric;
        self.resolved.needs.merge(&metric.needs);
        let how = if metric.kind.is_post_calculation() {
            How::After(self.after(&found)?)
        } else {
            How::Rows(aggregate::metric(
                &self.resolved.scope,
                found.table,
                metric,
            )?)
        };
        let overrides = self.resolved.scope.request.query.metric_overrides.get(id);
        Ok(MetricColumn {
            id: id.to_owned(),
            name: column_name(id),
            label: metric.label.clone(),
            kind: metric.kind.value_type(self.argument_kind(&metric.sql)),
            how,
            selected: false,
            format: overrides.unwrap_or(&metric.format).clone(),
        })
    }

    /// Type of what is aggregated, where it is one dimension.
    pub(super) fn argument_kind(&self, sql: &Snippet) -> Option<ValueType> {
        let [Part::Field { table, name }] = sql.parts.as_slice() else {
            return None;
        };
        let explore = self.resolved.scope.request.explore;
        let dimension = explore.dimension(table.as_deref().unwrap_or_default(), name)?;
        Some(dimension.kind)
    }

    /// A metric over the rows of the result: its metrics become columns of the step before.
    fn after(&mut self, found: &fields::FoundMetric<'a>) -> Result<Expr> {
        let mut parts = Vec::new();
        for part in &found.metric.sql.parts {
            let Part::Field { table, name } = part else {
                let plain = self.resolved.scope.plain_part(&found.table.name, part)?;
                parts.push(plain);
                continue;
            };
            let id = reference_id(table.as_deref(), name);
            self.referred(&id)?;
            in_parentheses(&mut parts, Expr::column("", &column_name(&id)));
        }
        let value = match parts.as_slice() {
            [Written::Text(_), Written::Expr(column), Written::Text(_)] => column.clone(),
            _ => Expr::Written(parts),
        };
        Ok(match found.metric.kind {
            MetricType::RunningTotal => Expr::Window(Box::new(Window {
                function: WindowCall::Function(WindowFunction::Sum, Some(value)),
                partition: Vec::new(),
                // Filled in once the order of the query is known.
                order: Vec::new(),
                frame: Some("ROWS UNBOUNDED PRECEDING".to_owned()),
            })),
            MetricType::PercentOfTotal => ratio(
                value.clone(),
                Expr::Window(Box::new(Window {
                    function: WindowCall::Function(WindowFunction::Sum, Some(value)),
                    partition: Vec::new(),
                    order: Vec::new(),
                    frame: None,
                })),
            ),
            _ => ratio(
                value.clone(),
                Expr::Window(Box::new(Window {
                    function: WindowCall::Lag(value),
                    partition: Vec::new(),
                    order: Vec::new(),
                    frame: None,
                })),
            ),
        })
    }

    /// A metric that another is computed from: hidden ones may be, the rights of the other cover it.
    fn referred(&mut self, id: &str) -> Result<()> {
        if self.resolved.metrics.contains_key(id) {
            return Ok(());
        }
        let request = self.resolved.scope.request;
        let found = fields::metric(request.explore, id)
            .ok_or_else(|| fields::unknown(request.explore, id))?;
        let rows = aggregate::metric(&self.resolved.scope, found.table, found.metric)?;
        let column = MetricColumn {
            id: id.to_owned(),
            name: column_name(id),
            label: found.metric.label.clone(),
            kind: found
                .metric
                .kind
                .value_type(self.argument_kind(&found.metric.sql)),
            how: How::Rows(rows),
            selected: false,
            format: found.metric.format.clone(),
        };
        self.resolved.metrics.insert(id.to_owned(), column);
        Ok(())
    }

    fn additional(&mut self, metric: &AdditionalMetric, id: &str) -> Result<MetricColumn> {
        let column = |how, kind, format| MetricColumn {
            id: id.to_owned(),
            name: column_name(id),
            label: metric.label.clone().unwrap_or_else(|| metric.name.clone()),
            kind,
            how,
            selected: false,
            format,
        };
        let overrides = self
            .resolved
            .scope
            .request
            .query
            .metric_overrides
            .get(id)
            .cloned();
        let format = overrides.unwrap_or_else(|| self.format_keys(id, metric.format.as_ref()));
        let explore = self.resolved.scope.request.explore;
        if !explore.tables.contains_key(&metric.table) {
            let message = format!("the explore has no table `{}`", metric.table);
            return Err(Issue::new(Code::BadDefinition, "table", message));
        }
        if let Some(period) = metric.period() {
            let (period, kind) = self.period(period)?;
            return Ok(column(How::Period(Box::new(period)), kind, format));
        }
        let base = self.base_kind(metric)?;
        let kind = metric.kind.ok_or_else(|| {
            Issue::new(
                Code::BadDefinition,
                "type",
                "says how it aggregates: must be given",
            )
        })?;
        check_definition(metric, kind, base)?;
        let (sql, mut needs) = self.own_snippet(&metric.table, &metric.sql, "sql")?;
        let keys = self.distinct_keys(metric, kind, &mut needs)?;
        let (filters, found) = self.own_filters(metric)?;
        needs.merge(&found);
        self.resolved.needs.merge(&needs);
        let leaf = aggregate::leaf(
            &self.resolved.scope,
            &Aggregated {
                table: &metric.table,
                kind,
                sql: &sql,
                percentile: metric.percentile,
                distinct_keys: &keys,
                non_additive: None,
                filters: &filters,
                needs: &needs,
            },
        )?;
        let how = How::Rows(MetricExpr::Leaf(leaf));
        Ok(column(how, kind.value_type(base), format))
    }

    /// The filters of a metric of the query, on fields written `table.name`.
    pub(super) fn own_filters(
        &self,
        metric: &AdditionalMetric,
    ) -> Result<(Vec<FilterRule>, Needs)> {
        let mut needs = Needs::default();
        let mut filters = metric.filters.clone();
        for (n, rule) in filters.iter_mut().enumerate() {
            let path = format!("filters.{n}.fieldId");
            let id = rule.field_id.replace('.', "_");
            let found = self.visible(&id).map_err(|issue| issue.at(&path))?;
            needs.merge(&found.dimension.needs);
            rule.field_id = format!("{}.{}", found.table.name, found.dimension.name);
        }
        Ok((filters, needs))
    }

    /// What names an entity, for sums over distinct entities.
    fn distinct_keys(
        &self,
        metric: &AdditionalMetric,
        kind: MetricType,
        needs: &mut Needs,
    ) -> Result<Vec<Snippet>> {
        let mut keys = Vec::new();
        for (n, key) in metric.distinct_keys.iter().enumerate() {
            let key = if key.contains("${") {
                key.clone()
            } else {
                format!("${{{key}}}")
            };
            let path = format!("distinctKeys.{n}");
            let (key, found) = self.own_snippet(&metric.table, &key, &path)?;
            needs.merge(&found);
            keys.push(key);
        }
        let distinct = matches!(kind, MetricType::SumDistinct | MetricType::AverageDistinct);
        if distinct && keys.is_empty() {
            let message = "must be given for sums over distinct entities";
            return Err(Issue::new(Code::BadDefinition, "distinctKeys", message));
        }
        Ok(keys)
    }

    /// Type of the dimension that a metric of the query was made from.
    fn base_kind(&self, metric: &AdditionalMetric) -> Result<Option<ValueType>> {
        let Some(name) = &metric.base_dimension_name else {
            return Ok(None);
        };
        let id = field_id(&metric.table, name);
        let found = self
            .visible(&id)
            .map_err(|issue| issue.at("baseDimensionName"))?;
        Ok(Some(found.dimension.kind))
    }
}

/// Whether a metric of a query says what can be computed.
fn check_definition(
    metric: &AdditionalMetric,
    kind: MetricType,
    base: Option<ValueType>,
) -> Result<()> {
    if !kind.is_aggregate() {
        let message = "a metric of a query aggregates rows; calculate with table calculations";
        return Err(Issue::new(Code::BadDefinition, "type", message));
    }
    let counts = matches!(kind, MetricType::Count | MetricType::CountDistinct);
    let fits = match base {
        None | Some(ValueType::Number) => true,
        Some(ValueType::Boolean) => counts,
        Some(_) => counts || matches!(kind, MetricType::Min | MetricType::Max),
    };
    if !fits {
        let message = "does not apply to the type of the dimension";
        return Err(Issue::new(Code::BadDefinition, "type", message));
    }
    let outside = |percentile: f64| !(0.0..=100.0).contains(&percentile);
    if metric.percentile.is_some_and(outside) {
        let message = "must be between 0 and 100";
        return Err(Issue::new(Code::BadDefinition, "percentile", message));
    }
    Ok(())
}

/// A mistake, at a place of its own if it has one.
pub(super) struct Placed(pub(super) Option<String>, pub(super) Issue);

/// The ratio of two numbers; null where the second is zero.
pub(super) fn ratio(of: Expr, to: Expr) -> Expr {
    let zero = Expr::integer(0);
    Expr::Float(Box::new(of)).math(
        Operation::Divide,
        Expr::NullIf(Box::new(Expr::Float(Box::new(to))), Box::new(zero)),
    )
}

impl Resolver<'_> {
    /// The format that a query gives to a column of its own, read as those of models are.
    pub(super) fn format_keys(
        &mut self,
        id: &str,
        format: Option<&serde_json::Value>,
    ) -> FormatKeys {
        let Some(format) = format.filter(|format| !format.is_null()) else {
            return FormatKeys::default();
        };
        if let Some(name) = format.as_str() {
            return FormatKeys {
                format: Some(name.to_owned()),
                ..FormatKeys::default()
            };
        }
        let read = Some(format).filter(|format| format.is_object());
        let read = read.and_then(|format| serde_json::from_value(format.clone()).ok());
        read.unwrap_or_else(|| {
            let message = "its format cannot be read, so values are shown without it: it is an object such as \
                {\"format\": \"usd\", \"round\": 2}";
            let message = message.to_owned();
            let field = Some(id.to_owned());
            self.resolved.warnings.push(Warning { field, message });
            FormatKeys::default()
        })
    }
}
