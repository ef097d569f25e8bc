//! Functions of formulas.

use super::{Formulas, Value, as_text, bad, expect, ratio, unified};
use crate::semantic::{
    error::Result,
    expr::{Comparison, Expr, Function, Operation},
    formula::Ast,
    value::ValueType,
};

/// All functions, for those who look for one.
const NAMES: &str = "ABS, AND, AVERAGE, AVERAGEIF, AVG, CEIL, CEILING, COALESCE, CONCAT, COUNT, COUNTIF, DATE_ADD, \
    DATE_SUB, DATE_TRUNC, DAY, EXP, FIRST, FLOOR, IF, IFERROR, IFNULL, IFS, INDEX, INT, ISBLANK, ISNULL, LAG, LAST, \
    LAST_DAY, LEAD, LEFT, LEN, LENGTH, LN, LOG, LOG10, LOWER, MAX, MIN, MOD, MONTH, MOVING_AVG, MOVING_SUM, NOT, NOW, \
    NULL, OFFSET, OR, POWER, QUARTER, RIGHT, ROUND, ROW, ROW_NUMBER, RUNNING_TOTAL, SIGN, SQRT, SUM, SUMIF, TODAY, \
    TOTAL, TRIM, UPPER, YEAR";

impl Formulas<'_, '_> {
    /// A function and what it is given.
    pub(super) fn call(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let (least, most) = match name {
            "NOW" | "NULL" | "ROW" | "ROW_NUMBER" | "TODAY" => (0, 0),
            "COUNT" => (0, 1),
            "ABS" | "AVERAGE" | "AVG" | "CEIL" | "CEILING" | "COUNTIF" | "DAY" | "EXP"
            | "FIRST" | "FLOOR" | "INT" | "ISBLANK" | "ISNULL" | "LAST" | "LAST_DAY" | "LEN"
            | "LENGTH" | "LN" | "LOG10" | "LOWER" | "MONTH" | "NOT" | "QUARTER"
            | "RUNNING_TOTAL" | "SIGN" | "SQRT" | "SUM" | "TOTAL" | "TRIM" | "UPPER" | "YEAR" => {
                (1, 1)
            }
            "LOG" | "ROUND" => (1, 2),
            "LAG" | "LEAD" => (1, 3),
            "AVERAGEIF" | "DATE_TRUNC" | "IFERROR" | "IFNULL" | "INDEX" | "LEFT" | "MOD"
            | "MOVING_AVG" | "MOVING_SUM" | "OFFSET" | "POWER" | "RIGHT" | "SUMIF" => (2, 2),
            "IF" => (2, 3),
            "DATE_ADD" | "DATE_SUB" => (3, 3),
            "AND" | "OR" | "COALESCE" | "CONCAT" | "MAX" | "MIN" => (1, 50),
            "IFS" => (2, 50),
            _ => {
                return Err(bad(format!(
                    "there is no function {name}; there are {NAMES}"
                )));
            }
        };
        let count = arguments.len();
        if count < least || count > most {
            let wanted = if least == most {
                format!("{least}")
            } else {
                format!("{least} to {most}")
            };
            return Err(bad(format!(
                "{name} takes {wanted} values, and is given {count}"
            )));
        }
        match name {
            "ROUND" | "LOG" | "LOG10" | "LN" | "EXP" | "SQRT" | "ABS" | "CEIL" | "CEILING"
            | "FLOOR" | "INT" | "SIGN" | "MOD" | "POWER" => self.arithmetic(name, arguments),
            "AND" | "OR" | "NOT" | "IF" | "IFS" | "ISBLANK" | "ISNULL" | "COALESCE" | "IFERROR"
            | "IFNULL" | "NULL" => self.logic(name, arguments),
            "CONCAT" | "LEN" | "LENGTH" | "UPPER" | "LOWER" | "TRIM" | "LEFT" | "RIGHT" => {
                self.texts(name, arguments)
            }
            "TODAY" | "NOW" | "YEAR" | "QUARTER" | "MONTH" | "DAY" | "LAST_DAY" | "DATE_TRUNC"
            | "DATE_ADD" | "DATE_SUB" => self.times(name, arguments),
            "MIN" | "MAX" if count > 1 => self.extreme(name, arguments),
            "SUM" | "SUMIF" | "AVERAGE" | "AVG" | "AVERAGEIF" | "COUNT" | "COUNTIF" | "MIN"
            | "MAX" => self.aggregates(name, arguments),
            _ => self.rows(name, arguments),
        }
    }

    pub(super) fn values(&mut self, arguments: &[Ast]) -> Result<Vec<Value>> {
        let mut values: Vec<Value> = Vec::new();
        let mut size = 0;
        for own in arguments {
            let value = self.value(own)?;
            size += value.size;
            super::check_size(size)?;
            values.push(value);
        }
        Ok(values)
    }

    fn arithmetic(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let values = self.values(arguments)?;
        for value in &values {
            expect(value, ValueType::Number, name)?;
        }
        let mut numbers = values.iter().map(|value| value.expr.clone());
        let x = numbers.next().unwrap_or(Expr::Null);
        let second = numbers.next();
        let call = |function, of| Expr::Call(function, vec![of]);
        let expr = match (name, second) {
            ("ABS", _) => call(Function::Abs, x),
            ("SIGN", _) => call(Function::Sign, x),
            ("CEIL" | "CEILING", _) => Expr::Ceil(Box::new(x)),
            ("FLOOR" | "INT", _) => Expr::Floor(Box::new(x)),
            ("SQRT", _) => call(Function::Sqrt, float(&x))
                .only_if(x.compare(Comparison::GreaterOrEqual, Expr::integer(0))),
            ("EXP", _) => exponential(&x),
            ("LN", _) => logarithm(Function::Ln, &x),
            ("LOG10" | "LOG", None) => logarithm(Function::Log10, &x),
            ("LOG", Some(base)) => {
                ratio(logarithm(Function::Ln, &x), logarithm(Function::Ln, &base))
            }
            ("MOD", Some(y)) => modulo(x, y),
            ("POWER", Some(y)) => power(&x, &y),
            ("ROUND", None) => round(x, 0),
            (_, places) => {
                let places = places.as_ref().and_then(whole);
                let places = places.filter(|places| (-15..=15).contains(places));
                let message =
                    "ROUND takes a whole number of places from -15 to 15, written as such";
                round(x, places.ok_or_else(|| bad(message))?)
            }
        };
        let parts: Vec<&Value> = values.iter().collect();
        Ok(Value::number(expr).with(&parts))
    }

    fn logic(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let values = self.values(arguments)?;
        let parts: Vec<&Value> = values.iter().collect();
        let all = |what: &str| -> Result<Vec<Expr>> {
            let each = values.iter().map(|value| {
                expect(value, ValueType::Boolean, what)?;
                Ok(value.expr.clone())
            });
            each.collect()
        };
        let value = match name {
            "AND" => Value::condition(Expr::And(all(name)?)),
            "OR" => Value::condition(Expr::Or(all(name)?)),
            "NOT" => Value::condition(Expr::And(all(name)?).negate()),
            "ISBLANK" | "ISNULL" => {
                let of = values
                    .first()
                    .map_or(Expr::Null, |value| value.expr.clone());
                Value::condition(of.is_null())
            }
            "NULL" => nothing(),
            "IF" | "IFS" => choice(name, &values)?,
            _ => first_of(name, &values)?,
        };
        Ok(value.with(&parts))
    }

    fn texts(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let values = self.values(arguments)?;
        let parts: Vec<&Value> = values.iter().collect();
        if name == "CONCAT" {
            let texts = values.iter().map(as_text).collect();
            return Ok(Value::new(Expr::Concat(texts), ValueType::String).with(&parts));
        }
        let Some(of) = values.first() else {
            return Ok(nothing());
        };
        expect(of, ValueType::String, name)?;
        let x = vec![of.expr.clone()];
        let value = match name {
            "LEN" | "LENGTH" => Value::number(Expr::Call(Function::Length, x)),
            "UPPER" => Value::new(Expr::Call(Function::Upper, x), ValueType::String),
            "LOWER" => Value::new(Expr::Call(Function::Lower, x), ValueType::String),
            "TRIM" => Value::new(Expr::Call(Function::Trim, x), ValueType::String),
            _ => {
                let count = values.get(1).and_then(|count| whole(&count.expr));
                let count = count.and_then(|count| u32::try_from(count).ok());
                let count = count.filter(|count| *count <= 10_000);
                let message = format!("{name} takes a whole number of characters, written as such");
                let count = count.ok_or_else(|| bad(message))?;
                let function = if name == "LEFT" {
                    Function::Left(count)
                } else {
                    Function::Right(count)
                };
                Value::new(Expr::Call(function, x), ValueType::String)
            }
        };
        Ok(value.with(&parts))
    }

    /// The least or the greatest of several values; what has none does not count.
    fn extreme(&mut self, name: &str, arguments: &[Ast]) -> Result<Value> {
        let values = self.values(arguments)?;
        for value in &values {
            expect(value, ValueType::Number, name)?;
        }
        // Warehouses disagree on what the least of a number and nothing is: each stands in for the others.
        let count = values.len();
        let each = (0..count).map(|first| {
            let turned = values.iter().cycle().skip(first).take(count);
            Expr::Call(
                Function::Coalesce,
                turned.map(|own| own.expr.clone()).collect(),
            )
        });
        let function = if name == "MIN" {
            Function::Least
        } else {
            Function::Greatest
        };
        let parts: Vec<&Value> = values.iter().collect();
        Ok(Value::number(Expr::Call(function, each.collect())).with(&parts))
    }
}

pub(super) fn nothing() -> Value {
    Value {
        kind: None,
        ..Value::number(Expr::Null)
    }
}

/// A whole number that is written as such.
pub(super) fn whole(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn float(of: &Expr) -> Expr {
    Expr::Float(Box::new(of.clone()))
}

/// The remainder of a division that rounds down: it has the sign of the second number.
pub(super) fn modulo(x: Expr, y: Expr) -> Expr {
    let decimal = |of: &Expr| Expr::Decimal(Box::new(of.clone()));
    let guarded = Expr::NullIf(Box::new(decimal(&y)), Box::new(Expr::integer(0)));
    let times = Expr::Floor(Box::new(decimal(&x).math(Operation::Divide, guarded)));
    x.math(Operation::Subtract, y.math(Operation::Multiply, times))
}

/// A power, where it is a number.
pub(super) fn power(x: &Expr, y: &Expr) -> Expr {
    let zero = || Expr::integer(0);
    let is = |of: &Expr, comparison, to: Expr| of.clone().compare(comparison, to);
    let whole = is(y, Comparison::Equal, Expr::Floor(Box::new(y.clone())));
    let defined = Expr::Or(vec![
        is(x, Comparison::Greater, zero()),
        Expr::And(vec![
            is(x, Comparison::Equal, zero()),
            is(y, Comparison::GreaterOrEqual, zero()),
        ]),
        Expr::And(vec![is(x, Comparison::Less, zero()), whole]),
    ]);
    Expr::Call(Function::Power, vec![float(x), float(y)]).only_if(defined)
}

/// A logarithm, where it is a number.
fn logarithm(function: Function, x: &Expr) -> Expr {
    let positive = x.clone().compare(Comparison::Greater, Expr::integer(0));
    Expr::Call(function, vec![float(x)]).only_if(positive)
}

/// The power of e; beyond what numbers hold it is zero, or none.
fn exponential(x: &Expr) -> Expr {
    let is = |comparison, to| x.clone().compare(comparison, Expr::integer(to));
    Expr::Case(
        vec![
            (is(Comparison::Less, -700), Expr::integer(0)),
            (
                is(Comparison::LessOrEqual, 700),
                Expr::Call(Function::Exp, vec![float(x)]),
            ),
        ],
        None,
    )
}

/// A number rounded to places after the point, halves away from zero.
fn round(x: Expr, places: i64) -> Expr {
    let decimal = Expr::Decimal(Box::new(x));
    Expr::Call(Function::Round, vec![decimal, Expr::integer(places)])
}

/// `IF` and `IFS`: the value of the first condition that holds.
fn choice(name: &str, values: &[Value]) -> Result<Value> {
    let mut branches: Vec<(Expr, Value)> = Vec::new();
    let mut otherwise = nothing();
    for pair in values.chunks(2) {
        match pair {
            [condition, value] => {
                expect(condition, ValueType::Boolean, name)?;
                branches.push((condition.expr.clone(), value.clone()));
            }
            [last] => otherwise = last.clone(),
            _ => {}
        }
    }
    // The first that has a type says it for all.
    let mut like = otherwise.clone();
    let written = |value: &Value| value.kind.is_none() || value.text.is_some();
    for (_, value) in &branches {
        if written(&like) && value.kind.is_some() {
            like = value.clone();
        }
    }
    let mut cases = Vec::new();
    for (condition, value) in branches {
        let (_, value, _) = unified(&like, &value, name)?;
        cases.push((condition, value));
    }
    let (_, last, kind) = unified(&like, &otherwise, name)?;
    let expr = Expr::Case(cases, Some(Box::new(last)));
    Ok(Value {
        expr,
        kind,
        windowed: false,
        text: None,
        ..like
    })
}

/// The first of several that has a value.
fn first_of(name: &str, values: &[Value]) -> Result<Value> {
    let mut found = nothing();
    for value in values {
        if found.kind.is_none() || (found.text.is_some() && value.text.is_none()) {
            found = value.clone();
        }
    }
    let mut each = Vec::new();
    for value in values {
        let (_, own, _) = unified(&found, value, name)?;
        each.push(own);
    }
    Ok(Value {
        expr: Expr::Call(Function::Coalesce, each),
        windowed: false,
        text: None,
        ..found
    })
}
