//! Metrics of another period: which column is shifted, by what, and what else follows from it.
//!
//! Every row of this period is compared with the rows of one moment of the other. So the column that is shifted is
//! the finest that the query has of the dimension, a shift stays on its grid (a day can be moved by a month, a
//! month cannot be moved by a day), and other intervals of the dimension either follow from it (the month of a
//! day) or are the same in both periods (the day of the week, beside months).

use super::{DimensionColumn, Period, Resolver, Warning};
use crate::semantic::{
    aggregate,
    error::{Code, Issue, Result},
    model::{Interval, NamePart, NumberPart, TimeUnit},
    query::{FilterGroup, FilterNode, PeriodComparison},
    value::ValueType,
};
use std::collections::BTreeSet;

fn bad(key: &str, message: impl Into<String>) -> Issue {
    let path = format!("periodComparison.{key}");
    Issue::new(Code::BadDefinition, path, message)
}

impl Resolver<'_> {
    /// The metric of another period, and the type of its values.
    pub(super) fn period(&mut self, asked: &PeriodComparison) -> Result<(Period, ValueType)> {
        let base = asked.base_metric_id.as_deref();
        let base = base.ok_or_else(|| bad("baseMetricId", "must be given"))?;
        let found = self
            .visible_metric(base)
            .map_err(|issue| issue.at("periodComparison.baseMetricId"))?;
        if found.metric.kind.is_post_calculation() {
            let message = "is computed over the rows of the result: it has no other period";
            return Err(bad("baseMetricId", message));
        }
        let time = asked.time_dimension_id.as_deref();
        let time = time.ok_or_else(|| bad("timeDimensionId", "must be given"))?;
        let unit = asked.granularity.as_deref().map(TimeUnit::named);
        let unit = match unit {
            Some(unit) => Some(unit.ok_or_else(|| bad("granularity", "is not a unit of time"))?),
            None => None,
        };
        let offset = i64::from(asked.period_offset.unwrap_or(1));
        if !(1..=1_000).contains(&offset) {
            return Err(bad("periodOffset", "must be from 1 to 1000"));
        }
        let columns = &self.resolved.dimensions;
        let Some(named) = columns.iter().find(|column| column.id == time) else {
            return Err(bad("timeDimensionId", "must be selected"));
        };
        let (unit, offset, zoomed) = shift(named, unit, offset)?;
        let (time, following) = shifted(columns, named, unit)?;
        let time = time.to_owned();
        if let Some(zoomed) = zoomed {
            let message = format!(
                "compared by {offset} {}, since {} is shown by {}",
                zoomed.sql(),
                named.label,
                zoomed.sql()
            );
            let field = Some(named.id.clone());
            self.resolved.warnings.push(Warning { field, message });
        }
        self.resolved.needs.merge(&found.metric.needs);
        let kind = found
            .metric
            .kind
            .value_type(self.argument_kind(&found.metric.sql));
        let period = Period {
            metric: aggregate::metric(&self.resolved.scope, found.table, found.metric)?,
            time,
            unit,
            offset,
            following,
        };
        Ok((period, kind))
    }
}

/// By how many of which unit a comparison shifts; and the unit again where a zoom made it another than was asked for.
fn shift(
    column: &DimensionColumn,
    asked: Option<TimeUnit>,
    offset: i64,
) -> Result<(TimeUnit, i64, Option<TimeUnit>)> {
    if !column.kind.is_time() {
        return Err(bad("timeDimensionId", "must be a date or a moment"));
    }
    let grid = grid(column);
    let asked = match (asked, grid) {
        (Some(asked), _) => asked,
        (None, Some(grid)) => return Ok((grid, offset, None)),
        (None, None) if is_custom(column) => {
            let message = "must be given for an interval of the project's own";
            return Err(bad("granularity", message));
        }
        (None, None) => TimeUnit::Day,
    };
    Ok(match grid {
        // The dashboard shows longer units than the chart was made for: they are compared with each other.
        Some(grid) if column.zoomed.is_some() && grid > asked => {
            let offset = in_longer(asked, offset, grid).ok_or_else(|| {
                let (own, grid) = (plural(asked), plural(grid));
                let message = format!("{offset} {own} are no whole {grid}, which are shown");
                bad("granularity", message)
            })?;
            (grid, offset, Some(grid))
        }
        _ => (asked, offset, None),
    })
}

/// How many of a longer unit a shift is: one stays one, twelve months are four quarters.
fn in_longer(unit: TimeUnit, count: i64, longer: TimeUnit) -> Option<i64> {
    let size = |unit| match unit {
        TimeUnit::Day => Some((false, 1)),
        TimeUnit::Week => Some((false, 7)),
        TimeUnit::Month => Some((true, 1)),
        TimeUnit::Quarter => Some((true, 3)),
        TimeUnit::Year => Some((true, 12)),
        _ => None,
    };
    if count == 1 {
        return Some(1);
    }
    let ((months, own), (longer_months, long)) = (size(unit)?, size(longer)?);
    let whole = months == longer_months && (own * count) % long == 0;
    whole.then_some(own * count / long)
}

/// What is compared: of which dimension, on which grid, shifted by which unit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift<'k> {
    /// The dimension, as `table.name`.
    pub(super) base: &'k str,
    /// The unit on whose beginnings the column lies.
    step: Option<TimeUnit>,
    unit: TimeUnit,
}

impl<'k> Shift<'k> {
    /// The shift of a column by a unit.
    pub(super) fn of(base: &'k str, column: Option<&DimensionColumn>, unit: TimeUnit) -> Self {
        let step = column.and_then(grid);
        Self { base, step, unit }
    }

    /// Whether a rule on an interval of the dimension says which period is meant, and so does not hold for the other. One
    /// on the day of the week, beside months or shifted by weeks, holds for both.
    pub(super) fn moves(&self, interval: Option<&Interval>) -> bool {
        let Some((part, cycle)) = interval.and_then(recurring) else {
            return true;
        };
        let is_finer = self
            .step
            .is_some_and(|step| part != step && nests(part, step));
        let recurs = cycle.is_some_and(|cycle| nests(cycle, self.unit));
        !is_finer && !recurs
    }
}

/// Of numbers and names of units: which unit they tell, and within which they begin anew.
fn recurring(interval: &Interval) -> Option<(TimeUnit, Option<TimeUnit>)> {
    use TimeUnit::{Day, Hour, Minute, Month, Quarter, Week, Year};
    Some(match interval {
        Interval::Number(part) => match part {
            NumberPart::DayOfWeekIndex => (Day, Some(Week)),
            NumberPart::DayOfMonthNum => (Day, Some(Month)),
            NumberPart::DayOfYearNum => (Day, Some(Year)),
            NumberPart::WeekNum => (Week, Some(Year)),
            NumberPart::MonthNum => (Month, Some(Year)),
            NumberPart::QuarterNum => (Quarter, Some(Year)),
            NumberPart::YearNum => (Year, None),
            NumberPart::HourOfDayNum => (Hour, Some(Day)),
            NumberPart::MinuteOfHourNum => (Minute, Some(Hour)),
        },
        Interval::Name(NamePart::DayOfWeekName) => (Day, Some(Week)),
        Interval::Name(NamePart::MonthName) => (Month, Some(Year)),
        Interval::Name(NamePart::QuarterName) => (Quarter, Some(Year)),
        Interval::Raw | Interval::Truncated(_) | Interval::Custom { .. } => return None,
    })
}

/// The column to shift, and the ids of those that follow from it.
fn shifted<'c>(
    columns: &'c [DimensionColumn],
    named: &'c DimensionColumn,
    unit: TimeUnit,
) -> Result<(&'c str, BTreeSet<String>)> {
    let same = |column: &&DimensionColumn| {
        column.id == named.id || column.time_base.is_some() && column.time_base == named.time_base
    };
    let of_base: Vec<&DimensionColumn> = columns.iter().filter(same).collect();
    let times = of_base
        .iter()
        .filter(|column| column.kind.is_time() && !is_custom(column));
    let finest = times
        .min_by_key(|column| grid(column))
        .copied()
        .unwrap_or(named);
    let finest = if is_custom(named) { named } else { finest };
    let Some(step) = grid(finest) else {
        if is_custom(finest) {
            return Ok((&finest.id, BTreeSet::new()));
        }
        let message = format!(
            "{} shows single moments, which no other period has: select an interval of it, such as its day",
            finest.label
        );
        return Err(bad("timeDimensionId", message));
    };
    if !nests(step, unit) {
        let message = format!(
            "{} shows {}: it can be compared by {}",
            finest.label,
            plural(step),
            longer(step)
        );
        return Err(bad("granularity", message));
    }
    let mut following = BTreeSet::new();
    for other in of_base.iter().filter(|other| other.id != finest.id) {
        let Some(part) = part(other) else { continue };
        if nests(step, part) {
            following.insert(other.id.clone());
        } else if other.kind.is_time() || !nests(part, step) {
            let message = format!(
                "{} does not follow from {}: take one of them out of the query",
                other.label, finest.label
            );
            return Err(bad("timeDimensionId", message));
        }
    }
    Ok((&finest.id, following))
}

fn is_custom(column: &DimensionColumn) -> bool {
    matches!(column.interval, Some(Interval::Custom { .. }))
}

/// The unit on whose beginnings the values of a column lie; none for moments as they are.
fn grid(column: &DimensionColumn) -> Option<TimeUnit> {
    let day = column.kind == ValueType::Date && !is_custom(column);
    column.unit.or(day.then_some(TimeUnit::Day))
}

/// The shortest unit that one must know to tell the value of a column; none for moments as they are.
fn part(column: &DimensionColumn) -> Option<TimeUnit> {
    let Some(interval) = &column.interval else {
        return grid(column);
    };
    Some(match interval {
        Interval::Raw => return grid(column),
        Interval::Truncated(unit) => *unit,
        Interval::Custom { .. } => TimeUnit::Day,
        part => return recurring(part).map(|(unit, _)| unit),
    })
}

/// Whether the longer unit begins where one of the shorter does: weeks begin within months.
fn nests(short: TimeUnit, long: TimeUnit) -> bool {
    short == long || short < long && short != TimeUnit::Week
}

fn plural(unit: TimeUnit) -> String {
    format!("{}s", unit.sql().to_lowercase())
}

/// The units by which a grid can be shifted, for people.
fn longer(step: TimeUnit) -> String {
    let fits = TimeUnit::CALENDAR
        .into_iter()
        .filter(|unit| nests(step, *unit));
    let names: Vec<&str> = fits.map(TimeUnit::sql).collect();
    names.join(", ")
}

/// Whether rules that `is_about` tells apart stand beside others in a group of which one must hold: without them
/// such a group would hold for every row, or for others than it was meant for.
pub(super) fn is_mixed(group: &FilterGroup, is_about: &impl Fn(&str) -> bool) -> bool {
    fn count(group: &FilterGroup, is_about: &impl Fn(&str) -> bool) -> (bool, bool) {
        let items = group.parts().1.iter();
        items.fold((false, false), |(about, other), item| {
            let found = match item {
                FilterNode::Group(inner) => count(inner, is_about),
                // Rules without a value keep every row.
                FilterNode::Rule(rule)
                    if rule.disabled || rule.operator.takes_values() && rule.values.is_empty() =>
                {
                    (false, false)
                }
                FilterNode::Rule(rule) if is_about(&rule.field_id) => (true, false),
                FilterNode::Rule(_) => (false, true),
            };
            (about || found.0, other || found.1)
        })
    }
    match group {
        FilterGroup::Or(_) => count(group, is_about) == (true, true),
        FilterGroup::And(items) => items.iter().any(|item| match item {
            FilterNode::Group(inner) => is_mixed(inner, is_about),
            FilterNode::Rule(_) => false,
        }),
    }
}
