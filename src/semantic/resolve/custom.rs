//! Dimensions and expressions of a query's own.

use super::{CustomColumn, Resolver, reference_id};
use crate::semantic::{
    aggregate,
    error::{Code, Issue, Result},
    expr::{Comparison, Expr, Moment, Operation},
    fields,
    filter::{Subject, values},
    model::Needs,
    query::{BinDimension, BinRange, BinType, CustomDimension},
    snippet::{Part, Snippet, checked_expression, names},
    value::ValueType,
};
use chrono_tz::Tz;
use serde_json::{Number, Value};
use std::collections::BTreeSet;

/// Most ranges of a dimension.
const BINS_MAX: u32 = 1_000;

/// A step that computes the least and the greatest number among the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeStep {
    /// Its name.
    pub name: String,
    /// The number.
    pub of: Expr,
    /// How many ranges are made of it.
    pub count: u32,
}

impl Resolver<'_> {
    pub(super) fn custom_dimension(&mut self, dimension: &CustomDimension) -> Result<CustomColumn> {
        match dimension {
            CustomDimension::Bin(bin) => self.bin(bin),
            CustomDimension::Sql(sql) => {
                let (snippet, needs) = self.own_snippet(&sql.table, &sql.sql, "sql")?;
                let scope = &self.resolved.scope;
                let expr = scope.written(&sql.table, &snippet)?;
                Ok(CustomColumn {
                    label: sql.name.clone(),
                    subject: Subject {
                        expr,
                        kind: sql.dimension_type,
                        moment: plain_moment(sql.dimension_type, scope.zone),
                        tells_case: scope.request.explore.case_sensitive,
                    },
                    order: None,
                    needs,
                    range: None,
                })
            }
        }
    }

    /// SQL of the query over the explore: checked, with its references led to visible fields.
    pub(super) fn own_snippet(
        &self,
        table: &str,
        sql: &str,
        path: &str,
    ) -> Result<(Snippet, Needs)> {
        let request = self.resolved.scope.request;
        let absent = || {
            let message = format!("the explore has no table `{table}`");
            Issue::new(Code::BadReference, "table", message)
        };
        let own = request.explore.tables.get(table).ok_or_else(absent)?;
        let mut needs = Needs {
            tables: [table.to_owned()].into(),
            access: own.access.iter().cloned().collect(),
            ..Needs::default()
        };
        fields::check_access(&needs, request.user, absent)?;
        let dialect = request.dialect;
        let checked = checked_expression(sql, dialect.family(), dialect.backslash_escapes());
        let mut snippet = checked.map_err(|issue| issue.at(path))?;
        self.check_names(sql, &snippet)
            .map_err(|issue| issue.at(path))?;
        for part in &mut snippet.parts {
            match part {
                Part::Field { table: owner, name } => {
                    let owner_name = owner.clone().unwrap_or_else(|| table.to_owned());
                    let found = self.own_reference(&owner_name, name);
                    let found = found.map_err(|issue| issue.at(path))?;
                    needs.merge(&found.dimension.needs);
                    *owner = Some(found.table.name.clone());
                    name.clone_from(&found.dimension.name);
                }
                Part::Attribute(name) => {
                    needs.attributes.insert(name.clone());
                }
                Part::Parameter(name) => {
                    needs.parameters.insert(name.clone());
                }
                _ => {}
            }
        }
        Ok((snippet, needs))
    }

    /// Refuses SQL of a query that goes around the model: whole rows, and columns behind dimensions that
    /// ask for attributes which the user does not have.
    fn check_names(&self, sql: &str, snippet: &Snippet) -> Result<()> {
        let request = self.resolved.scope.request;
        let explore = request.explore;
        let backslash = request.dialect.backslash_escapes();
        let whole_row = snippet.parts.iter().enumerate().any(|(n, part)| {
            let next = snippet.parts.get(n + 1);
            let column = matches!(next, Some(Part::Text(text)) if text.starts_with('.'));
            *part == Part::Table && !column
        });
        let names = names(sql, backslash)?;
        let table = names.iter().find(|name| {
            explore
                .tables
                .keys()
                .any(|table| table.eq_ignore_ascii_case(name))
        });
        if whole_row || table.is_some() {
            let message = "write `${TABLE}.column` or `${table.field}`: a table is no value";
            return Err(Issue::new(Code::BadSql, "", message));
        }
        let mut open: BTreeSet<String> = BTreeSet::new();
        let mut closed: BTreeSet<String> = BTreeSet::new();
        let dimensions = explore
            .tables
            .values()
            .flat_map(|table| table.dimensions.values());
        for dimension in dimensions {
            let allowed = dimension
                .needs
                .access
                .iter()
                .all(|rule| rule.allows(&request.user.attributes));
            let columns = columns(&dimension.sql);
            if allowed {
                open.extend(columns);
            } else {
                closed.extend(columns);
            }
        }
        match names
            .iter()
            .find(|name| closed.contains(*name) && !open.contains(*name))
        {
            Some(name) => {
                let message = format!("there is no column {name} that this query may name");
                Err(Issue::new(Code::ForbiddenField, "", message))
            }
            None => Ok(()),
        }
    }

    fn own_reference(&self, table: &str, name: &str) -> Result<fields::FoundDimension<'_>> {
        let request = self.resolved.scope.request;
        let explore = request.explore;
        let id = reference_id(Some(table), name);
        let absent = || {
            let message = format!("there is no dimension `{table}.{name}`");
            Issue::new(Code::BadReference, "", message)
        };
        let found = fields::dimension(explore, &id)
            .or_else(|| fields::dimension(explore, name))
            .filter(|found| !found.dimension.hidden)
            .ok_or_else(absent)?;
        fields::check_access(&found.dimension.needs, request.user, absent)?;
        Ok(found)
    }

    fn bin(&mut self, bin: &BinDimension) -> Result<CustomColumn> {
        let found = self
            .visible(&bin.dimension_id)
            .map_err(|issue| issue.at("dimensionId"))?;
        let (table, dimension) = (found.table, found.dimension);
        if bin.table != table.name {
            let message = format!("the dimension is of the table `{}`", table.name);
            return Err(Issue::new(Code::BadDefinition, "table", message));
        }
        if dimension.kind != ValueType::Number {
            let message = "ranges are made of numbers";
            return Err(Issue::new(Code::BadDefinition, "dimensionId", message));
        }
        let subject = aggregate::subject(&self.resolved.scope, &table.name, dimension)?;
        let x = subject.expr;
        let mut range = None;
        let (label, order) = match bin.bin_type {
            BinType::FixedWidth => fixed_width(&x, bin)?,
            BinType::CustomRange => custom_range(&x, bin)?,
            BinType::FixedNumber => {
                let count = bin.bin_number.filter(|n| (1..=BINS_MAX).contains(n));
                let count = count
                    .ok_or_else(|| bad("binNumber", "must be given for FIXED_NUMBER: 1 to 1000"))?;
                let step = RangeStep {
                    name: format!("range_{}", self.bins.len() + 1),
                    of: x.clone(),
                    count,
                };
                let made = fixed_number(&x, &step);
                self.bins.insert(bin.id.clone());
                range = Some(step);
                made
            }
        };
        Ok(CustomColumn {
            label: bin.name.clone(),
            subject: Subject {
                expr: label,
                kind: ValueType::String,
                moment: Moment::Date,
                tells_case: true,
            },
            order: Some(order),
            needs: dimension.needs.clone(),
            range,
        })
    }
}

/// Columns that a dimension reads from its own table, in lower case.
fn columns(sql: &Snippet) -> Vec<String> {
    let mut found = Vec::new();
    for pair in sql.parts.windows(2) {
        let [Part::Table, Part::Text(text)] = pair else {
            continue;
        };
        let Some(rest) = text.strip_prefix('.') else {
            continue;
        };
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '`'));
        let name: String = match quote {
            Some(quote) => rest.chars().skip(1).take_while(|c| *c != quote).collect(),
            None => rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect(),
        };
        found.push(name.to_lowercase());
    }
    found
}

/// How moments of SQL of one's own are read: as moments.
pub(super) fn plain_moment(kind: ValueType, zone: Tz) -> Moment {
    if kind == ValueType::Date {
        Moment::Date
    } else {
        Moment::Aware(zone)
    }
}

fn digits(number: &Number) -> Result<String> {
    values::number(&Value::Number(number.clone()))
}

fn label(from: Expr, to: Expr) -> Expr {
    let text = |expr: Expr| Expr::ToText(Box::new(expr));
    Expr::Concat(vec![text(from), Expr::Sign(" - "), text(to)])
}

/// Ranges of equal width from zero on. Numbers are divided as decimals: whole numbers would put negatives
/// into the range above.
fn fixed_width(x: &Expr, bin: &BinDimension) -> Result<(Expr, Expr)> {
    let positive = |width: &&Number| width.as_f64().is_some_and(|width| width > 0.0);
    let width = bin.bin_width.as_ref().filter(positive);
    let width = width.ok_or_else(|| bad("binWidth", "must be given for FIXED_WIDTH: above 0"))?;
    let whole = width.as_f64().is_some_and(|width| width.fract() == 0.0);
    let width = Expr::Number(if whole {
        // 10.0 is shown as 10.
        let digits = digits(width)?;
        digits
            .strip_suffix(".0")
            .map(str::to_owned)
            .unwrap_or(digits)
    } else {
        digits(width)?
    });
    let decimal = Expr::Decimal(Box::new(x.clone()));
    let number = Expr::Floor(Box::new(decimal.math(Operation::Divide, width.clone())));
    let from = number.clone().math(Operation::Multiply, width.clone());
    let next = number.math(Operation::Add, Expr::integer(1));
    let next = next.math(Operation::Multiply, width);
    let to = if whole {
        next.math(Operation::Subtract, Expr::integer(1))
    } else {
        next
    };
    let label = label(from.clone(), to).only_if(x.clone().is_not_null());
    Ok((label, from))
}

/// So many ranges of equal width between the least and the greatest number.
fn fixed_number(x: &Expr, step: &RangeStep) -> (Expr, Expr) {
    let of = |name: &str| Expr::column(&step.name, name);
    let edge = |n: u32| {
        let offset = of("width").math(Operation::Multiply, Expr::integer(i64::from(n)));
        of("lowest").math(Operation::Add, offset)
    };
    let last = step.count - 1;
    let mut labels = vec![(x.clone().is_null(), Expr::Null)];
    let mut places = labels.clone();
    for n in 0..last {
        let below = x.clone().compare(Comparison::Less, edge(n + 1));
        labels.push((below.clone(), label(edge(n), edge(n + 1))));
        places.push((below, Expr::integer(i64::from(n))));
    }
    let from = if last == 0 { of("lowest") } else { edge(last) };
    let otherwise = label(from, of("highest"));
    (
        Expr::Case(labels, Some(Box::new(otherwise))),
        Expr::Case(places, Some(Box::new(Expr::integer(i64::from(last))))),
    )
}

/// Ranges as listed. The last one takes the rest if it has no end.
fn custom_range(x: &Expr, bin: &BinDimension) -> Result<(Expr, Expr)> {
    let ranges = bin.custom_range.as_deref().unwrap_or_default();
    if ranges.is_empty() || u32::try_from(ranges.len()).is_ok_and(|n| n > BINS_MAX) {
        return Err(bad(
            "customRange",
            "must be given for CUSTOM_RANGE: 1 to 1000 ranges",
        ));
    }
    let mut labels = vec![(x.clone().is_null(), Expr::Null)];
    let mut places = labels.clone();
    let mut rest = None;
    for (n, range) in ranges.iter().enumerate() {
        let path = format!("customRange.{n}");
        let place = Expr::integer(i64::try_from(n).unwrap_or(i64::MAX));
        let number = |number: &Number| digits(number).map_err(|issue| issue.at(&path));
        match range {
            BinRange {
                from: None,
                to: Some(to),
            } => {
                let to = number(to)?;
                let below = x
                    .clone()
                    .compare(Comparison::Less, Expr::Number(to.clone()));
                labels.push((below.clone(), Expr::Text(format!("<{to}"))));
                places.push((below, place));
            }
            BinRange {
                from: Some(from),
                to: Some(to),
            } => {
                if from.as_f64() >= to.as_f64() {
                    return Err(bad(&path, "must end above its beginning"));
                }
                let (from, to) = (number(from)?, number(to)?);
                let low = Expr::Number(from.clone());
                let high = Expr::Number(to.clone());
                let inside = Expr::And(vec![
                    x.clone().compare(Comparison::GreaterOrEqual, low),
                    x.clone().compare(Comparison::Less, high),
                ]);
                labels.push((inside.clone(), Expr::Text(format!("{from}-{to}"))));
                places.push((inside, place));
            }
            BinRange {
                from: Some(from),
                to: None,
            } => {
                let from = number(from)?;
                let label = Expr::Text(format!("≥{from}"));
                if n + 1 == ranges.len() {
                    rest = Some((label, place));
                } else {
                    let low = Expr::Number(from);
                    let above = x.clone().compare(Comparison::GreaterOrEqual, low);
                    labels.push((above.clone(), label));
                    places.push((above, place));
                }
            }
            BinRange {
                from: None,
                to: None,
            } => {
                return Err(bad(&path, "must have a beginning or an end"));
            }
        }
    }
    let (label, place) = match rest {
        Some((label, place)) => (Some(Box::new(label)), Some(Box::new(place))),
        None => (None, None),
    };
    Ok((Expr::Case(labels, label), Expr::Case(places, place)))
}

fn bad(path: &str, message: &str) -> Issue {
    Issue::new(Code::BadDefinition, path, message)
}
