//! Functions of formulas about days and moments.

use super::{Formulas, Value, bad, functions::whole, named};
use crate::semantic::{
    error::Result,
    expr::{Expr, Moment, Time, TimeAsk},
    formula::Ast,
    model::{NumberPart, TimeUnit},
    value::ValueType,
};

impl Formulas<'_, '_> {
    pub(super) fn times(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let scope = &self.resolver.resolved.scope;
        let (now, zone, week_start) = (
            scope.request.now,
            scope.zone,
            scope.request.explore.week_start,
        );
        if name == "NOW" {
            let mut value = Value::new(Expr::Instant(now), ValueType::Timestamp);
            value.moment = Moment::Aware(zone);
            return Ok(value);
        }
        if name == "TODAY" {
            let today = now.with_timezone(&zone).date_naive();
            return Ok(Value::new(Expr::Date(today), ValueType::Date));
        }
        let mut values = self.values(arguments)?;
        let of = values.remove(0);
        let kind = of.kind.unwrap_or(ValueType::Date);
        if !kind.is_time() {
            let message = format!(
                "{name} takes a date or a moment, and is given {}",
                named(of.kind)
            );
            return Err(bad(message));
        }
        let ask = |expr: Expr, moment: Moment, ask: TimeAsk| {
            Expr::Time(Box::new(Time {
                of: expr,
                moment,
                ask,
                week_start,
            }))
        };
        let x = of.expr.clone();
        let value = match name {
            "YEAR" | "QUARTER" | "MONTH" | "DAY" => {
                let part = match name {
                    "YEAR" => NumberPart::YearNum,
                    "QUARTER" => NumberPart::QuarterNum,
                    "MONTH" => NumberPart::MonthNum,
                    _ => NumberPart::DayOfMonthNum,
                };
                Value::number(ask(x, of.moment, TimeAsk::Number(part)))
            }
            "LAST_DAY" => {
                let first = ask(x, of.moment, TimeAsk::Truncate(TimeUnit::Month));
                let next = ask(first, Moment::Date, TimeAsk::Shift(TimeUnit::Month, 1));
                let last = ask(next, Moment::Date, TimeAsk::Shift(TimeUnit::Day, -1));
                Value::new(Expr::ToDate(Box::new(last)), ValueType::Date)
            }
            "DATE_TRUNC" => {
                let unit = unit(name, values.first())?;
                let day = ask(x, of.moment, TimeAsk::Truncate(unit));
                Value::new(day, ValueType::Date)
            }
            _ => {
                let count = values.first().and_then(|count| whole(&count.expr));
                let count = count.filter(|count| count.abs() <= 100_000);
                let message = format!("{name} takes a whole number of units, written as such");
                let count = count.ok_or_else(|| bad(message))?;
                let count = if name == "DATE_ADD" { count } else { -count };
                let unit = unit(name, values.get(1))?;
                let moved = ask(x, of.moment, TimeAsk::Shift(unit, count));
                let moved = match kind {
                    ValueType::Date => Expr::ToDate(Box::new(moved)),
                    _ => moved,
                };
                let mut value = Value::new(moved, kind);
                value.moment = of.moment;
                value
            }
        };
        Ok(value.with(&[&of]))
    }
}

fn unit(name: &str, value: Option<&Value>) -> Result<TimeUnit> {
    let written = value.and_then(|value| value.text.as_deref());
    let unit = written.and_then(TimeUnit::named);
    unit.filter(|unit| unit.is_calendar()).ok_or_else(|| {
        bad(format!(
            "{name} takes a unit: \"day\", \"week\", \"month\", \"quarter\" or \"year\""
        ))
    })
}
