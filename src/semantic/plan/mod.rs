//! From a resolved query to selects that stand on each other.
//!
//! ```text
//! range_n            least and greatest number, for ranges that are made of them
//! rows               joined rows, only where entities must be counted once
//! current, period_n  groups of this period and of others, only where periods are compared
//! metrics            dimensions and metrics, one row per group
//! after              metrics over the rows of the result: they see every group
//! grand              grand totals that calculations use, over the groups that metric filters leave
//! calculated_n       calculations: they see the groups that metric filters leave
//! (result)           calculation filters, order, limit
//! ```
//!
//! Where nothing comes after aggregation the result is the grouped select itself.

mod aggregate;
mod names;
mod period;
mod scan;
pub mod totals;

pub(super) use names::apart;
pub(super) use scan::joins_in_use;

use super::{
    error::Refused,
    expr::{Expr, Item, Plan, Select, Source},
    fanout::FanOut,
    model::Join,
    resolve::{DimensionColumn, How, MetricColumn, Resolved, Warning},
};

/// What is planned with.
pub(super) struct Planner<'r, 'a> {
    resolved: &'r Resolved<'a>,
    joins: Vec<&'a Join>,
    fan_out: FanOut,
    warnings: Vec<Warning>,
}

/// The plan of a query.
pub fn query(resolved: &Resolved<'_>) -> Result<(Plan, Vec<Warning>), Refused> {
    let mut planner = Planner::new(resolved);
    let mut plan = Plan::default();
    if planner.is_simple() {
        let selected: Vec<&MetricColumn> = resolved.metrics.values().collect();
        let scan = planner.scan(&resolved.row_filters)?;
        planner.ranges(&mut plan)?;
        let mut grouped = planner.grouped(&resolved.dimensions, &selected, &scan)?;
        grouped.order.clone_from(&resolved.order);
        grouped.limit = Some(resolved.limit);
        plan.result = grouped;
    } else {
        let last = planner.layers(&mut plan)?;
        plan.result = planner.result(&last);
    }
    Ok((plan, planner.into_warnings()))
}

impl<'r, 'a> Planner<'r, 'a> {
    fn new(resolved: &'r Resolved<'a>) -> Self {
        let explore = resolved.scope.request.explore;
        let joins = scan::joins_in_use(explore, &resolved.needs);
        let fan_out = FanOut::new(explore, &joins);
        Self {
            resolved,
            joins,
            fan_out,
            warnings: resolved.warnings.clone(),
        }
    }

    fn into_warnings(self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = Vec::new();
        for warning in self.warnings {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        warnings
    }

    /// Whether one grouped select is the whole answer.
    fn is_simple(&self) -> bool {
        let resolved = self.resolved;
        resolved.metric_filters.is_empty()
            && resolved.calculations.is_empty()
            && resolved.calculation_filters.is_empty()
            && !resolved.order_is_computed
            && resolved
                .dimensions
                .iter()
                .all(|column| column.order.is_none())
            && resolved.metrics.values().all(|metric| {
                let plain = match &metric.how {
                    How::Rows(expr) => !self.needs_rows(expr),
                    _ => false,
                };
                plain && metric.selected
            })
    }

    /// Every step up to the calculations; gives the name of the last.
    fn layers(&mut self, plan: &mut Plan) -> Result<String, Refused> {
        self.ranges(plan)?;
        self.metrics_step(plan)?;
        let resolved = self.resolved;
        let mut last = "metrics".to_owned();
        let after: Vec<Item> = resolved
            .metrics
            .values()
            .filter_map(|metric| match &metric.how {
                How::After(expr) => Some(item(expr.clone(), &metric.name)),
                _ => None,
            })
            .collect();
        if !after.is_empty() {
            last = push(plan, "after", over(&last, after));
        }
        if !resolved.totals.is_empty() {
            last = self.grand_totals(plan, &last)?;
        }
        let steps = resolved.calculations.iter().map(|own| own.step + 1).max();
        for step in 0..steps.unwrap_or(0) {
            let own = resolved.calculations.iter().filter(|own| own.step == step);
            let items = own.map(|own| item(own.expr.clone(), &own.name)).collect();
            let mut select = over(&last, items);
            if step == 0 {
                select.filters.clone_from(&resolved.metric_filters);
            }
            last = push(plan, &format!("calculated_{}", step + 1), select);
        }
        Ok(last)
    }

    /// The columns of the query out of the last step, filtered, ordered, limited.
    fn result(&self, last: &str) -> Select {
        let resolved = self.resolved;
        let mut filters = self.late_filters();
        filters.extend(resolved.calculation_filters.iter().cloned());
        Select {
            items: self
                .columns()
                .into_iter()
                .map(|name| column(&name))
                .collect(),
            from: Some(Source::Step(last.to_owned())),
            filters,
            order: resolved.order.clone(),
            limit: Some(resolved.limit),
            ..Select::default()
        }
    }

    /// Metric filters, where no calculation has applied them yet.
    fn late_filters(&self) -> Vec<Expr> {
        if self.resolved.calculations.is_empty() {
            self.resolved.metric_filters.clone()
        } else {
            Vec::new()
        }
    }

    /// Names of the columns of the result.
    fn columns(&self) -> Vec<String> {
        let resolved = self.resolved;
        let query = resolved.scope.request.query;
        let dimensions = resolved.dimensions.iter().map(|column| column.name.clone());
        let metrics = query
            .metrics
            .iter()
            .filter_map(|id| resolved.metrics.get(id));
        let metrics = metrics.map(|metric| metric.name.clone());
        let calculations = resolved.calculations.iter().map(|own| own.name.clone());
        dimensions.chain(metrics).chain(calculations).collect()
    }

    /// The step with dimensions and metrics: one row per group.
    fn metrics_step(&mut self, plan: &mut Plan) -> Result<(), Refused> {
        let resolved = self.resolved;
        let rows: Vec<&MetricColumn> = resolved
            .metrics
            .values()
            .filter(|metric| matches!(metric.how, How::Rows(_)))
            .collect();
        let periods = period::groups(resolved);
        let scan = self.scan(&resolved.row_filters)?;
        if periods.is_empty() {
            let grouped = self.aggregated(plan, "", &resolved.dimensions, &rows, &scan)?;
            plan.steps.push(("metrics".to_owned(), grouped));
            return Ok(());
        }
        let grouped = self.aggregated(plan, "", &resolved.dimensions, &rows, &scan)?;
        plan.steps.push(("current".to_owned(), grouped));
        self.compare_periods(plan, &rows, &periods)
    }

    /// Dimension columns as items, with the columns that some are sorted by.
    fn dimension_items(dimensions: &[DimensionColumn]) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        for column in dimensions {
            items.push(item(column.expr.clone(), &column.name));
        }
        for column in dimensions {
            if let Some(order) = &column.order {
                items.push(item(order.clone(), &column.order_name()));
            }
        }
        items
    }
}

/// A named expression.
fn item(expr: Expr, name: &str) -> Item {
    Item {
        expr,
        name: name.to_owned(),
    }
}

/// A column of the step before, under its own name.
fn column(name: &str) -> Item {
    item(Expr::column("", name), name)
}

/// Everything of a step, and more.
fn over(step: &str, items: Vec<Item>) -> Select {
    Select {
        star: true,
        items,
        from: Some(Source::Step(step.to_owned())),
        ..Select::default()
    }
}

fn push(plan: &mut Plan, name: &str, select: Select) -> String {
    plan.steps.push((name.to_owned(), select));
    name.to_owned()
}
