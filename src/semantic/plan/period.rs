//! Metrics of another period, beside those of this one.

use super::{Planner, aggregate::on_dimensions, item};
use crate::semantic::{
    error::Refused,
    expr::{
        Aggregate, Comparison, Expr, Item, JoinStep, JoinType, Moment, Plan, Select, Source, Time,
        TimeAsk,
    },
    model::TimeUnit,
    resolve::{DimensionColumn, How, MetricColumn, Resolved},
    value::ValueType,
};
use std::collections::BTreeSet;

/// Metrics that are shifted alike.
pub(super) struct Group<'r> {
    time: &'r DimensionColumn,
    unit: TimeUnit,
    offset: i64,
    following: &'r BTreeSet<String>,
    metrics: Vec<&'r MetricColumn>,
}

/// The periods of a query.
pub(super) fn groups<'r>(resolved: &'r Resolved<'_>) -> Vec<Group<'r>> {
    let mut groups: Vec<Group<'r>> = Vec::new();
    for metric in resolved.metrics.values() {
        let How::Period(period) = &metric.how else {
            continue;
        };
        let mut columns = resolved.dimensions.iter();
        let Some(time) = columns.find(|column| column.id == period.time) else {
            continue;
        };
        let same = groups.iter_mut().find(|group| {
            group.time.id == time.id && group.unit == period.unit && group.offset == period.offset
        });
        match same {
            Some(group) => group.metrics.push(metric),
            None => groups.push(Group {
                time,
                unit: period.unit,
                offset: period.offset,
                following: &period.following,
                metrics: vec![metric],
            }),
        }
    }
    groups
}

impl Planner<'_, '_> {
    /// The step `metrics`: this period's groups, with the metrics of other periods joined to them.
    pub(super) fn compare_periods(
        &mut self,
        plan: &mut Plan,
        rows: &[&MetricColumn],
        groups: &[Group<'_>],
    ) -> Result<(), Refused> {
        let resolved = self.resolved;
        let mut items: Vec<Item> = Self::dimension_items(&resolved.dimensions)
            .iter()
            .map(|own| item(Expr::column("current", &own.name), &own.name))
            .collect();
        let own = rows.iter();
        items.extend(own.map(|own| item(Expr::column("current", &own.name), &own.name)));
        let mut joins = Vec::new();
        for (n, group) in groups.iter().enumerate() {
            let name = format!("period_{}", n + 1);
            self.period(plan, &name, group)?;
            joins.push(join(&name, group, &resolved.dimensions));
            let own = group.metrics.iter();
            items.extend(own.map(|own| item(Expr::column(&name, &own.name), &own.name)));
        }
        let select = Select {
            items,
            from: Some(Source::Step("current".to_owned())),
            joins,
            ..Select::default()
        };
        plan.steps.push(("metrics".to_owned(), select));
        Ok(())
    }

    /// The groups of another period: within the bounds of this one, shifted.
    fn period(&mut self, plan: &mut Plan, name: &str, group: &Group<'_>) -> Result<(), Refused> {
        let resolved = self.resolved;
        let bounds = format!("{name}_bounds");
        let edge = |aggregate| {
            let time = Expr::column("", &group.time.name);
            let edge = Expr::Aggregate(aggregate, Box::new(time));
            shifted(edge, group, -group.offset)
        };
        let select = Select {
            items: vec![
                item(edge(Aggregate::Min), "first"),
                item(edge(Aggregate::Max), "last"),
            ],
            from: Some(Source::Step("current".to_owned())),
            ..Select::default()
        };
        plan.steps.push((bounds.clone(), select));
        let filters = resolved.period_filters.iter();
        let mut filters =
            filters.filter(|(time, unit, _)| *time == group.time.id && *unit == group.unit);
        let filters = filters
            .next()
            .map(|(.., own)| own.as_slice())
            .unwrap_or_default();
        let mut scan = self.scan(filters)?;
        scan.joins.push(JoinStep {
            kind: JoinType::Cross,
            source: Source::Step(bounds.clone()),
            on: Vec::new(),
        });
        let time = || group.time.expr.clone();
        let first = Expr::column(&bounds, "first");
        let last = Expr::column(&bounds, "last");
        scan.filters
            .push(time().compare(Comparison::GreaterOrEqual, first));
        scan.filters
            .push(time().compare(Comparison::LessOrEqual, last));
        let prefix = format!("{name}_");
        let grouped =
            self.aggregated(plan, &prefix, &resolved.dimensions, &group.metrics, &scan)?;
        plan.steps.push((name.to_owned(), grouped));
        Ok(())
    }
}

/// A moment of a column, so many units later.
fn shifted(of: Expr, group: &Group<'_>, count: i64) -> Expr {
    let moment = match group.time.kind {
        ValueType::Date => Moment::Date,
        _ => group.time.moment,
    };
    Expr::Time(Box::new(Time {
        of,
        moment,
        ask: TimeAsk::Shift(group.unit, count),
        week_start: None,
    }))
}

fn join(name: &str, group: &Group<'_>, dimensions: &[DimensionColumn]) -> JoinStep {
    let others: Vec<DimensionColumn> = dimensions
        .iter()
        .filter(|column| column.id != group.time.id && !group.following.contains(&column.id))
        .cloned()
        .collect();
    let mut join = on_dimensions(JoinType::Left, "current", name, &others);
    // From this period to the other, so that each row finds one at most: the last days of a longer month all
    // look at the last day of a shorter one, but not the other way round.
    let here = Expr::column("current", &group.time.name);
    let earlier = shifted(here, group, -group.offset);
    let there = Expr::column(name, &group.time.name);
    join.kind = JoinType::Left;
    join.on.insert(0, there.compare(Comparison::Equal, earlier));
    join
}
