//! Formulas: their values get types, their functions become expressions.
//!
//! Numbers divide as decimals, and what has no answer (division by zero, the root of a negative number) has
//! no value. Texts are joined as if no value were an empty text. Functions over rows see the rows of the
//! result, in its order.

use super::{Resolver, column_name, custom::plain_moment, metrics::ratio, reference_id};
use crate::semantic::{
    error::{Code, Issue, Result},
    expr::{Comparison, Expr, Function, Moment, Operation, Window, WindowCall},
    formula::{Ast, Sign, parse},
    query::{MetricQuery, TableCalculation},
    value::ValueType,
};
use std::collections::{BTreeSet, HashMap};

mod functions;
mod rows;
mod times;

/// A value of a formula.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) expr: Expr,
    /// Its type; none for what has no value.
    pub(super) kind: Option<ValueType>,
    /// How its moments are seen.
    moment: Moment,
    /// Whether it looks at other rows.
    pub(super) windowed: bool,
    /// The text, where it is written as such.
    text: Option<String>,
    /// How many expressions it is made of.
    size: usize,
}

/// Most expressions that a formula is made of: what is guarded stands in it more than once.
const SIZE_MAX: usize = 2_000;

fn check_size(size: usize) -> Result<()> {
    if size <= SIZE_MAX {
        return Ok(());
    }
    Err(bad(
        "is too large once it is spelled out: split it into several calculations",
    ))
}

fn size(expr: &mut Expr) -> usize {
    let parts = expr.parts_mut();
    parts.into_iter().fold(1, |sum, part| sum + size(part))
}

impl Value {
    fn new(expr: Expr, kind: ValueType) -> Self {
        Self {
            expr,
            kind: Some(kind),
            moment: Moment::Date,
            windowed: false,
            text: None,
            size: 1,
        }
    }

    fn number(expr: Expr) -> Self {
        Self::new(expr, ValueType::Number)
    }

    fn condition(expr: Expr) -> Self {
        Self::new(expr, ValueType::Boolean)
    }

    /// The same as a part of something that looks at other rows.
    fn with(mut self, others: &[&Self]) -> Self {
        self.windowed |= others.iter().any(|other| other.windowed);
        self
    }
}

/// A formula as an expression.
pub(super) struct Made {
    pub(super) expr: Expr,
    pub(super) windowed: bool,
    /// Columns that it uses.
    pub(super) uses: BTreeSet<String>,
    /// Metrics whose totals it uses.
    pub(super) totals: BTreeSet<String>,
    kind: Option<ValueType>,
}

/// The formulas of a query, by the place of their calculation.
pub(super) fn read(query: &MetricQuery, issues: &mut Vec<(usize, Issue)>) -> HashMap<usize, Ast> {
    let mut found = HashMap::new();
    for (n, calculation) in query.table_calculations.iter().enumerate() {
        let Some(text) = &calculation.formula else {
            continue;
        };
        match parse(text) {
            Ok(ast) => {
                found.insert(n, ast);
            }
            Err(issue) => issues.push((n, issue.at("formula"))),
        }
    }
    found
}

/// Places of calculations: a formula comes after those whose types it must know. What is not read is left
/// out; where formulas need each other, which is refused later, any order will do.
pub(super) fn order(query: &MetricQuery, formulas: &HashMap<usize, Ast>) -> Vec<usize> {
    let all = query.table_calculations.iter().enumerate();
    let (mut waiting, mut ordered): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (n, calculation) in all {
        match (&calculation.formula, formulas.contains_key(&n)) {
            (None, _) => ordered.push(n),
            (Some(_), true) => waiting.push(n),
            (Some(_), false) => {}
        }
    }
    while !waiting.is_empty() {
        let names: BTreeSet<&str> = waiting
            .iter()
            .filter_map(|n| query.table_calculations.get(*n))
            .map(|own| own.name.as_str())
            .collect();
        let (ready, rest): (Vec<usize>, Vec<usize>) = waiting.iter().partition(|n| {
            let mut columns = Vec::new();
            if let Some(ast) = formulas.get(n) {
                ast.columns(&mut columns);
            }
            let used = columns
                .iter()
                .map(|(table, name)| reference_id(table.as_deref(), name));
            used.into_iter().all(|id| !names.contains(id.as_str()))
        });
        if ready.is_empty() {
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        waiting = rest;
    }
    ordered
}

/// A formula over the columns of the query.
pub(super) fn made(
    resolver: &Resolver<'_>,
    ast: &Ast,
    kinds: &HashMap<String, ValueType>,
) -> Result<Made> {
    let mut formulas = Formulas {
        resolver,
        kinds,
        uses: BTreeSet::new(),
        totals: BTreeSet::new(),
    };
    let value = formulas.value(ast).map_err(|issue| issue.at("formula"))?;
    Ok(Made {
        expr: value.expr,
        windowed: value.windowed,
        uses: formulas.uses,
        totals: formulas.totals,
        kind: value.kind,
    })
}

/// The type of a calculation: as the formula has it, which must be as it is said.
pub(super) fn kind(calculation: &TableCalculation, made: &Made) -> Result<ValueType> {
    match (calculation.kind, made.kind) {
        (Some(said), Some(own)) if said != own => {
            let message = format!(
                "the formula gives {}, not {}",
                named(Some(own)),
                named(Some(said))
            );
            Err(Issue::new(Code::BadDefinition, "type", message))
        }
        (said, own) => Ok(own.or(said).unwrap_or(ValueType::Number)),
    }
}

/// What a formula is read with.
pub(super) struct Formulas<'f, 'a> {
    pub(super) resolver: &'f Resolver<'a>,
    /// Types of the calculations of the query, as far as they are known.
    pub(super) kinds: &'f HashMap<String, ValueType>,
    /// Columns that are used.
    pub(super) uses: BTreeSet<String>,
    /// Metrics whose totals are used.
    pub(super) totals: BTreeSet<String>,
}

/// What a type is called in messages.
fn named(kind: Option<ValueType>) -> &'static str {
    match kind {
        None => "no value",
        Some(ValueType::String) => "a text",
        Some(ValueType::Number) => "a number",
        Some(ValueType::Boolean) => "true or false",
        Some(ValueType::Date) => "a date",
        Some(ValueType::Timestamp) => "a moment",
    }
}

fn bad(message: impl Into<String>) -> Issue {
    Issue::new(Code::BadSql, "", message)
}

impl Formulas<'_, '_> {
    pub(super) fn value(&mut self, ast: &Ast) -> Result<Value> {
        let mut value = self.read(ast)?;
        value.size = size(&mut value.expr);
        check_size(value.size)?;
        Ok(value)
    }

    fn read(&mut self, ast: &Ast) -> Result<Value> {
        match ast {
            Ast::Number(digits) => Ok(Value::number(Expr::Number(digits.clone()))),
            Ast::Text(text) => {
                // Bound, and cast: a placeholder alone has no type.
                let expr = Expr::ToText(Box::new(Expr::Text(text.clone())));
                let mut value = Value::new(expr, ValueType::String);
                value.text = Some(text.clone());
                Ok(value)
            }
            Ast::Bool(value) => Ok(Value::condition(Expr::Bool(*value))),
            Ast::Column(table, name) => self.column(table.as_deref(), name),
            Ast::Negative(of) => {
                let of = self.of_kind(of, ValueType::Number, "-")?;
                let negative = match &of.expr {
                    Expr::Number(digits) if !digits.starts_with('-') => {
                        Expr::Number(format!("-{digits}"))
                    }
                    other => Expr::integer(0).math(Operation::Subtract, other.clone()),
                };
                Ok(Value::number(negative).with(&[&of]))
            }
            Ast::Not(of) => {
                let of = self.of_kind(of, ValueType::Boolean, "NOT")?;
                Ok(Value::condition(of.expr.clone().negate()).with(&[&of]))
            }
            Ast::Binary(sign, a, b) => self.binary(*sign, a, b),
            Ast::Call(name, arguments) => self.call(name, arguments),
        }
    }

    /// A column of the query.
    fn column(&mut self, table: Option<&str>, name: &str) -> Result<Value> {
        let id = reference_id(table, name);
        let resolved = &self.resolver.resolved;
        let zone = resolved.scope.zone;
        let dimension = resolved.dimensions.iter().find(|column| column.id == id);
        let metric = resolved.metrics.get(&id).filter(|metric| metric.selected);
        let calculation = self.kinds.get(&id);
        let (kind, moment) = match (dimension, metric, calculation) {
            (Some(column), ..) => (column.kind, column.moment),
            (None, Some(metric), _) => (metric.kind, plain_moment(metric.kind, zone)),
            (None, None, Some(kind)) => (*kind, plain_moment(*kind, zone)),
            (None, None, None) => {
                let message = format!("`{id}` is not a column of the query");
                return Err(Issue::new(Code::BadReference, "", message));
            }
        };
        let mut value = Value::new(Expr::column("", &column_name(&id)), kind);
        value.moment = moment;
        self.uses.insert(id);
        Ok(value)
    }

    /// A value that must be of a type.
    fn of_kind(&mut self, ast: &Ast, kind: ValueType, what: &str) -> Result<Value> {
        let value = self.value(ast)?;
        expect(&value, kind, what)?;
        Ok(value)
    }

    fn binary(&mut self, sign: Sign, a: &Ast, b: &Ast) -> Result<Value> {
        let text = sign.text();
        let kind = match sign {
            Sign::Or | Sign::And => Some(ValueType::Boolean),
            Sign::Add
            | Sign::Subtract
            | Sign::Multiply
            | Sign::Divide
            | Sign::Modulo
            | Sign::Power => Some(ValueType::Number),
            _ => None,
        };
        let (a, b) = (self.value(a)?, self.value(b)?);
        check_size(a.size + b.size)?;
        if let Some(kind) = kind {
            expect(&a, kind, text)?;
            expect(&b, kind, text)?;
        }
        let parts = [&a, &b];
        let (x, y) = (a.expr.clone(), b.expr.clone());
        let plain = |operation| Value::number(x.clone().math(operation, y.clone()));
        let value = match sign {
            Sign::Or => Value::condition(Expr::Or(vec![x, y])),
            Sign::And => Value::condition(Expr::And(vec![x, y])),
            Sign::Add => plain(Operation::Add),
            Sign::Subtract => plain(Operation::Subtract),
            Sign::Multiply => plain(Operation::Multiply),
            Sign::Divide => Value::number(ratio(x, y)),
            Sign::Modulo => Value::number(functions::modulo(x, y)),
            Sign::Power => Value::number(functions::power(&x, &y)),
            Sign::Join => Value::new(
                Expr::Concat(vec![as_text(&a), as_text(&b)]),
                ValueType::String,
            ),
            Sign::Equal => compare(Comparison::Equal, &a, &b)?,
            Sign::NotEqual => compare(Comparison::NotEqual, &a, &b)?,
            Sign::Less => compare(Comparison::Less, &a, &b)?,
            Sign::LessOrEqual => compare(Comparison::LessOrEqual, &a, &b)?,
            Sign::Greater => compare(Comparison::Greater, &a, &b)?,
            Sign::GreaterOrEqual => compare(Comparison::GreaterOrEqual, &a, &b)?,
        };
        Ok(value.with(&parts))
    }
}

/// Something over all rows of the result, in its order where that matters.
fn window(function: WindowCall, of: &[&Value], frame: Option<&str>) -> Result<Expr> {
    if of.iter().any(|of| of.windowed) {
        let message = "a function over rows may not be given one: write the inner one as a \
                       calculation of its own";
        return Err(bad(message));
    }
    Ok(Expr::Window(Box::new(Window {
        function,
        partition: Vec::new(),
        order: Vec::new(),
        frame: frame.map(str::to_owned),
    })))
}

/// Refuses a value of another type. What has no value has every type.
fn expect(value: &Value, kind: ValueType, what: &str) -> Result<()> {
    if value.kind.is_none_or(|own| own == kind) {
        return Ok(());
    }
    Err(bad(format!(
        "{what} takes {}, and is given {}",
        named(Some(kind)),
        named(value.kind)
    )))
}

/// The type that two values share. A text that is written where a date is meant is a date.
fn unified(a: &Value, b: &Value, what: &str) -> Result<(Expr, Expr, Option<ValueType>)> {
    let (x, y) = (a.expr.clone(), b.expr.clone());
    match (a.kind, b.kind) {
        (None, kind) | (kind, None) => Ok((x, y, kind)),
        (Some(own), Some(other)) if own == other => Ok((x, y, Some(own))),
        (Some(kind), Some(ValueType::String)) if kind.is_time() && b.text.is_some() => {
            Ok((x, as_time(a, b)?, Some(kind)))
        }
        (Some(ValueType::String), Some(kind)) if kind.is_time() && a.text.is_some() => {
            Ok((as_time(b, a)?, y, Some(kind)))
        }
        (own, other) => Err(bad(format!(
            "{what} takes values of one type, and is given {} and {}",
            named(own),
            named(other)
        ))),
    }
}

/// A text that is written, as a day or moment like another value.
fn as_time(like: &Value, written: &Value) -> Result<Expr> {
    use crate::semantic::filter::{Subject, has_value};
    let subject = Subject {
        expr: Expr::Null,
        kind: like.kind.unwrap_or(ValueType::Date),
        moment: like.moment,
        tells_case: true,
    };
    let text = written.text.clone().unwrap_or_default();
    let condition = has_value(&subject, &serde_json::Value::String(text));
    match condition.map_err(|issue| bad(issue.message))? {
        Expr::In { list, .. } => Ok(list.into_iter().next().unwrap_or(Expr::Null)),
        _ => Ok(Expr::Null),
    }
}

fn compare(comparison: Comparison, a: &Value, b: &Value) -> Result<Value> {
    let (x, y, _) = unified(a, b, comparison.sign())?;
    Ok(Value::condition(x.compare(comparison, y)))
}

/// A value as a text; no value is an empty one.
fn as_text(value: &Value) -> Expr {
    if value.text.is_some() {
        return value.expr.clone();
    }
    let text = match value.kind {
        Some(ValueType::String) => value.expr.clone(),
        _ => Expr::ToText(Box::new(value.expr.clone())),
    };
    Expr::Call(Function::Coalesce, vec![text, Expr::Sign("")])
}
