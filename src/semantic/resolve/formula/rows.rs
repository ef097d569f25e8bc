//! Functions of formulas that look at other rows.

use super::{
    Formulas, Value, bad, expect,
    functions::{nothing, whole},
    unified, window,
};
use crate::semantic::{
    error::Result,
    expr::{Expr, WindowCall},
    formula::Ast,
    query::WindowFunction,
    resolve::How,
    value::ValueType,
};

/// Furthest row and widest frame that a function may name.
const ROWS_MAX: i64 = 10_000;

const WHOLE: &str = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";

impl Formulas<'_, '_> {
    /// An aggregate over all rows of the result.
    pub(super) fn aggregates(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let values = self.values(arguments)?;
        let conditional = name.ends_with("IF");
        if conditional && let Some(condition) = values.first() {
            expect(condition, ValueType::Boolean, name)?;
        }
        let function = match name {
            "SUM" | "SUMIF" => WindowFunction::Sum,
            "COUNT" | "COUNTIF" => WindowFunction::Count,
            "MIN" => WindowFunction::Min,
            "MAX" => WindowFunction::Max,
            _ => WindowFunction::Avg,
        };
        let one = Value::number(Expr::integer(1));
        let of = match (conditional, values.as_slice()) {
            (true, [condition]) => {
                Value::number(one.expr.only_if(condition.expr.clone())).with(&[condition])
            }
            (true, [condition, of]) => {
                expect(of, ValueType::Number, name)?;
                Value::number(of.expr.clone().only_if(condition.expr.clone()))
                    .with(&[condition, of])
            }
            (_, [of]) => of.clone(),
            _ => one,
        };
        let kind = match function {
            WindowFunction::Min | WindowFunction::Max => of.kind.unwrap_or(ValueType::Number),
            WindowFunction::Count => ValueType::Number,
            _ => {
                expect(&of, ValueType::Number, name)?;
                ValueType::Number
            }
        };
        let mut value = Value::new(over_all(function, &of)?, kind);
        value.moment = of.moment;
        value.windowed = true;
        Ok(value)
    }

    /// What looks at certain rows, or at the rows behind the result.
    pub(super) fn rows(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        if name == "TOTAL" {
            return self.total(arguments);
        }
        let values = self.values(arguments)?;
        let nothing = nothing();
        let of = values.first().unwrap_or(&nothing);
        let x = || of.expr.clone();
        let second = || {
            let number = values.get(1).and_then(|value| whole(&value.expr));
            let message = format!("{name} takes a whole number of rows, written as such");
            number
                .filter(|number| number.abs() <= ROWS_MAX)
                .ok_or_else(|| bad(message))
        };
        let expr = match name {
            "ROW" | "ROW_NUMBER" => window(WindowCall::Row, &[], None)?,
            "OFFSET" => match second()? {
                0 => return Ok(of.clone()),
                offset => window(WindowCall::Offset(x(), offset), &[of], None)?,
            },
            "LAG" | "LEAD" => {
                let away = if values.len() > 1 { second()? } else { 1 };
                if away < 1 {
                    return Err(bad(format!("{name} takes a number of rows from 1 on")));
                }
                let away = if name == "LAG" { -away } else { away };
                let found = window(WindowCall::Offset(x(), away), &[of], None)?;
                match values.get(2) {
                    None => found,
                    Some(otherwise) => return Self::or_else(away, of, found, otherwise),
                }
            }
            "INDEX" => {
                let place = second()?;
                if place < 1 {
                    return Err(bad("INDEX takes a row from 1 on"));
                }
                let call = WindowCall::Nth(x(), place);
                window(call, &[of], Some(WHOLE))?
            }
            "FIRST" => window(WindowCall::Nth(x(), 1), &[of], Some(WHOLE))?,
            "LAST" => window(WindowCall::Last(x()), &[of], Some(WHOLE))?,
            _ => {
                expect(of, ValueType::Number, name)?;
                let (function, frame) = match name {
                    "RUNNING_TOTAL" => (WindowFunction::Sum, "ROWS UNBOUNDED PRECEDING".to_owned()),
                    moving => {
                        let rows = second()?;
                        if rows < 1 {
                            return Err(bad(format!("{name} takes a number of rows from 1 on")));
                        }
                        let function = if moving == "MOVING_SUM" {
                            WindowFunction::Sum
                        } else {
                            WindowFunction::Avg
                        };
                        let before = rows - 1;
                        (
                            function,
                            format!("ROWS BETWEEN {before} PRECEDING AND CURRENT ROW"),
                        )
                    }
                };
                let call = WindowCall::Function(function, Some(x()));
                window(call, &[of], Some(&frame))?
            }
        };
        let kind = match name {
            "ROW" | "ROW_NUMBER" => ValueType::Number,
            _ => of.kind.unwrap_or(ValueType::Number),
        };
        let mut value = Value::new(expr, kind);
        value.moment = of.moment;
        value.windowed = true;
        Ok(value)
    }

    /// The value of a row that is so far away, or another where there is no such row.
    fn or_else(away: i64, of: &Value, found: Expr, otherwise: &Value) -> Result<Value> {
        let one = WindowCall::Offset(Expr::integer(1), away);
        let missing = window(one, &[otherwise], None)?.is_null();
        let mut there = of.clone();
        there.expr = found;
        there.text = None;
        let (there, otherwise, kind) = unified(&there, otherwise, "the third value")?;
        let expr = Expr::Case(vec![(missing, otherwise)], Some(Box::new(there)));
        let mut value = Value::new(expr, kind.unwrap_or(ValueType::Number));
        value.moment = of.moment;
        value.windowed = true;
        Ok(value)
    }

    /// The grand total of a metric: computed again from the rows of the tables.
    fn total(&mut self, arguments: &[Ast]) -> Result<Value> {
        let message = "TOTAL takes a metric of the query, which is computed from rows";
        let [metric @ Ast::Column(..)] = arguments else {
            return Err(bad(message));
        };
        let mut value = self.value(metric)?;
        let id = match metric {
            Ast::Column(table, name) => super::reference_id(table.as_deref(), name),
            _ => String::new(),
        };
        let column = self.resolver.resolved.metrics.get(&id);
        let column = column.filter(|column| matches!(column.how, How::Rows(_)));
        let column = column.ok_or_else(|| bad(message))?;
        value.expr = Expr::column("", &column.total_name());
        value.windowed = true;
        self.totals.insert(id);
        Ok(value)
    }
}

/// An aggregate over all rows of the result.
fn over_all(function: WindowFunction, of: &Value) -> Result<Expr> {
    let call = WindowCall::Function(function, Some(of.expr.clone()));
    window(call, &[of], None)
}
