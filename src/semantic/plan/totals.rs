//! Totals: the same metrics at a coarser grain, never sums of what is shown.
//!
//! A filter on groups cannot be applied to what is collapsed: the query itself, without order and limit,
//! says which groups stay, and the totals run over the rows of those.

use super::{Planner, item};
use crate::semantic::{
    error::{Code, Issue, Refused},
    expr::{Aggregate, Expr, Item, JoinType, Plan, Select, Source},
    query::TotalMode,
    resolve::{DimensionColumn, How, MetricColumn, Resolved, Warning},
};
use std::collections::BTreeSet;

/// The plan of the totals of a query by some of its dimensions; by none of them for the grand total.
///
/// Columns: those dimensions, then metrics and calculations as in the query. What has no total is null.
pub fn totals(resolved: &Resolved<'_>, by: &[String]) -> Result<(Plan, Vec<Warning>), Refused> {
    let mut grouping: Vec<DimensionColumn> = Vec::new();
    for (n, id) in by.iter().enumerate() {
        let column = resolved.dimensions.iter().find(|column| column.id == *id);
        let column = column.ok_or_else(|| {
            let message = format!("`{id}` is not a dimension of the query");
            Issue::new(Code::UnknownField, format!("by.{n}"), message)
        })?;
        grouping.push(column.clone());
    }
    if by.is_empty() && resolved.metrics.is_empty() && resolved.calculations.is_empty() {
        let message = "the query has nothing to total";
        return Err(Issue::new(Code::EmptyQuery, "metrics", message).into());
    }
    let mut planner = Planner::new(resolved);
    let mut plan = Plan::default();
    let filtered = !resolved.metric_filters.is_empty() || !resolved.calculation_filters.is_empty();
    let summed: Vec<&str> = resolved
        .calculations
        .iter()
        .filter(|own| own.total == TotalMode::SumOfRows)
        .map(|own| own.name.as_str())
        .collect();
    let mut scan = planner.scan(&resolved.row_filters)?;
    if filtered || !summed.is_empty() {
        let last = planner.layers(&mut plan)?;
        let mut source = planner.result(&last);
        source.order = Vec::new();
        source.limit = None;
        // Every row is looked up in it.
        source.once = true;
        // Columns that ranges are sorted by group the totals too.
        plan.steps.push(("source_rows".to_owned(), source));
    } else {
        planner.ranges(&mut plan)?;
    }
    if filtered {
        scan.filters
            .push(in_rows("source_rows", &resolved.dimensions));
    }
    let kept: Vec<&MetricColumn> = resolved
        .metrics
        .values()
        .filter(|metric| metric.selected && matches!(metric.how, How::Rows(_)))
        .collect();
    let grouped = if grouping.is_empty() && kept.is_empty() {
        // Nothing that is left can be totalled: one row of nothing, and not one per row.
        Select::default()
    } else {
        planner.aggregated(&mut plan, "total_", &grouping, &kept, &scan)?
    };
    plan.steps.push(("totals".to_owned(), grouped));
    let mut last = planner.calculated_totals(&mut plan);
    if !summed.is_empty() {
        last = sum_of_rows(&mut plan, &last, &grouping, &summed);
    }
    plan.result = planner.totals_result(&last, &grouping, &summed);
    Ok((plan, planner.into_warnings()))
}

/// That the groups of a row are among those of a step.
fn in_rows(step: &str, dimensions: &[DimensionColumn]) -> Expr {
    let same =
        |column: &DimensionColumn| Expr::column(step, &column.name).same(column.expr.clone());
    Expr::Exists(Box::new(Select {
        from: Some(Source::Step(step.to_owned())),
        filters: dimensions.iter().map(same).collect(),
        ..Select::default()
    }))
}

impl Planner<'_, '_> {
    /// The step before, with the grand totals that calculations use.
    pub(super) fn grand_totals(&mut self, plan: &mut Plan, last: &str) -> Result<String, Refused> {
        let resolved = self.resolved;
        let metrics = resolved.metrics.values();
        let metrics: Vec<&MetricColumn> = metrics
            .filter(|metric| resolved.totals.contains(&metric.id))
            .collect();
        let mut scan = self.scan(&resolved.row_filters)?;
        if !resolved.metric_filters.is_empty() {
            let dimensions = resolved.dimensions.iter();
            let kept = Select {
                once: true,
                items: dimensions.map(|own| super::column(&own.name)).collect(),
                from: Some(Source::Step(last.to_owned())),
                filters: resolved.metric_filters.clone(),
                ..Select::default()
            };
            plan.steps.push(("kept".to_owned(), kept));
            scan.filters.push(in_rows("kept", &resolved.dimensions));
        }
        let mut grand = self.aggregated(plan, "grand_", &[], &metrics, &scan)?;
        for (own, metric) in grand.items.iter_mut().zip(&metrics) {
            own.name = metric.total_name();
        }
        plan.steps.push(("grand".to_owned(), grand));
        let mut select = super::over(last, Vec::new());
        select.joins.push(super::aggregate::on_dimensions(
            JoinType::Cross,
            last,
            "grand",
            &[],
        ));
        Ok(super::push(plan, "with_grand", select))
    }
}

/// Calculations that are summed over the rows, beside the totals.
fn sum_of_rows(
    plan: &mut Plan,
    last: &str,
    grouping: &[DimensionColumn],
    summed: &[&str],
) -> String {
    let mut items: Vec<Item> = grouping
        .iter()
        .map(|column| item(Expr::column("", &column.name), &column.name))
        .collect();
    let group = items.len();
    items.extend(summed.iter().map(|name| {
        let of = Box::new(Expr::column("", name));
        item(Expr::Aggregate(Aggregate::Sum, of), name)
    }));
    plan.steps.push((
        "summed".to_owned(),
        Select {
            items,
            from: Some(Source::Step("source_rows".to_owned())),
            group: Some(group),
            ..Select::default()
        },
    ));
    let join = super::aggregate::on_dimensions(JoinType::Left, last, "summed", grouping);
    // A step of its own, since both sides have the dimensions.
    let mut items: Vec<Item> = grouping
        .iter()
        .map(|column| item(Expr::column(last, &column.name), &column.name))
        .collect();
    let known: BTreeSet<&str> = grouping.iter().map(|column| column.name.as_str()).collect();
    let (_, of_last) = names(plan, last);
    items.extend(
        of_last
            .iter()
            .filter(|name| !known.contains(name.as_str()))
            .map(|name| item(Expr::column(last, name), name)),
    );
    items.extend(
        summed
            .iter()
            .map(|name| item(Expr::column("summed", name), name)),
    );
    let select = Select {
        items,
        from: Some(Source::Step(last.to_owned())),
        joins: vec![join],
        ..Select::default()
    };
    plan.steps.push(("with_sums".to_owned(), select));
    "with_sums".to_owned()
}

/// All columns of a step.
fn names(plan: &Plan, step: &str) -> (bool, Vec<String>) {
    let Some((_, select)) = plan.steps.iter().find(|(name, _)| name == step) else {
        return (false, Vec::new());
    };
    let mut found = match (&select.from, select.star) {
        (Some(Source::Step(before)), true) => names(plan, before).1,
        _ => Vec::new(),
    };
    found.extend(select.items.iter().map(|item| item.name.clone()));
    (true, found)
}

impl Planner<'_, '_> {
    /// Calculations that are plain arithmetic over totals; gives the name of the last step.
    fn calculated_totals(&self, plan: &mut Plan) -> String {
        let resolved = self.resolved;
        let mut last = "totals".to_owned();
        let totalled = self.totalled();
        let steps = resolved.calculations.iter().map(|own| own.step + 1).max();
        for step in 0..steps.unwrap_or(0) {
            let own = resolved
                .calculations
                .iter()
                .filter(|own| own.step == step && totalled.contains(own.id.as_str()));
            let items: Vec<Item> = own.map(|own| item(own.expr.clone(), &own.name)).collect();
            if !items.is_empty() {
                let name = format!("total_calculated_{}", step + 1);
                last = super::push(plan, &name, super::over(&last, items));
            }
        }
        last
    }

    /// Calculations that can be computed from totals.
    fn totalled(&self) -> BTreeSet<&str> {
        let resolved = self.resolved;
        let mut kept: BTreeSet<&str> = resolved
            .metrics
            .values()
            .filter(|metric| metric.selected && matches!(metric.how, How::Rows(_)))
            .map(|metric| metric.id.as_str())
            .collect();
        let mut found = BTreeSet::new();
        let mut steps: Vec<_> = resolved.calculations.iter().collect();
        steps.sort_by_key(|own| own.step);
        for own in steps {
            let plain = own.total == TotalMode::Formula && !own.windowed;
            if plain && own.uses.iter().all(|used| kept.contains(used.as_str())) {
                kept.insert(&own.id);
                found.insert(own.id.as_str());
            }
        }
        found
    }

    fn totals_result(&self, last: &str, grouping: &[DimensionColumn], summed: &[&str]) -> Select {
        let resolved = self.resolved;
        let query = resolved.scope.request.query;
        let totalled = self.totalled();
        let mut items: Vec<Item> = grouping
            .iter()
            .map(|column| super::column(&column.name))
            .collect();
        for metric in query
            .metrics
            .iter()
            .filter_map(|id| resolved.metrics.get(id))
        {
            items.push(match metric.how {
                How::Rows(_) => super::column(&metric.name),
                _ => item(Expr::Null, &metric.name),
            });
        }
        for own in &resolved.calculations {
            let known = totalled.contains(own.id.as_str()) || summed.contains(&own.name.as_str());
            items.push(if known {
                super::column(&own.name)
            } else {
                item(Expr::Null, &own.name)
            });
        }
        let ids: Vec<&str> = grouping.iter().map(|column| column.name.as_str()).collect();
        let order = resolved.order.iter().filter(|order| match &order.by {
            Expr::Column(_, name) => {
                ids.contains(&name.as_str())
                    || grouping
                        .iter()
                        .any(|column| column.order.is_some() && column.order_name() == *name)
            }
            _ => false,
        });
        Select {
            items,
            from: Some(Source::Step(last.to_owned())),
            order: order.cloned().collect(),
            ..Select::default()
        }
    }
}
