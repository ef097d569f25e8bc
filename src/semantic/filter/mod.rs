//! Rules of filters as conditions.
//!
//! What a rule compares with is read by the type of the field; what does not fit the type is refused
//! here, with the place in the rule.

pub mod relative;
pub mod values;

use super::{
    error::{Code, Issue, Result},
    expr::{Comparison, Expr, Moment, Place, TimeAsk},
    model::TimeUnit,
    query::{FilterOperator as Op, FilterRule},
    scope::Scope,
    value::ValueType,
};
use chrono::{DateTime, Utc};
use relative::{Clock, Range};
use serde_json::Value;

/// What a rule is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The expression.
    pub expr: Expr,
    /// Type of its values.
    pub kind: ValueType,
    /// For dates and moments: how they are stored and seen.
    pub moment: Moment,
    /// Whether letter case matters, unless the rule says.
    pub tells_case: bool,
}

/// The condition of a rule. Paths of mistakes start at the rule.
pub fn condition(scope: &Scope<'_>, subject: &Subject, rule: &FilterRule) -> Result<Expr> {
    let waits = rule.operator.takes_values() && rule.values.is_empty();
    if rule.required && (rule.disabled || waits) {
        let message = "a value must be given first";
        return Err(Issue::new(Code::BadValue, "values", message));
    }
    if rule.disabled {
        return Ok(Expr::Bool(true));
    }
    let of = || subject.expr.clone();
    match rule.operator {
        Op::IsNull => return Ok(of().is_null()),
        Op::NotNull => return Ok(of().is_not_null()),
        _ => {}
    }
    let condition = match subject.kind {
        ValueType::String => text(scope, subject, rule),
        ValueType::Number => number(subject, rule),
        ValueType::Boolean => boolean(subject, rule),
        ValueType::Date | ValueType::Timestamp => time(scope, subject, rule),
    }?;
    let positive = matches!(rule.operator, Op::Equals);
    if rule.includes_null() && positive && condition != Expr::Bool(true) {
        return Ok(Expr::Or(vec![condition, of().is_null()]));
    }
    Ok(condition)
}

/// That a field has the value that a row of a result shows, literally and in its letter case; or none.
pub fn has_value(subject: &Subject, value: &Value) -> Result<Expr> {
    if value.is_null() {
        return Ok(subject.expr.clone().is_null());
    }
    let literal = match subject.kind {
        ValueType::String => values::text(value).map(Expr::Text),
        ValueType::Number => values::number(value).map(Expr::Number),
        ValueType::Boolean => values::boolean(value).map(Expr::Bool),
        ValueType::Date | ValueType::Timestamp => literal(subject, value),
    };
    Ok(equality(subject, vec![literal?], false))
}

/// Rules that name no value hold for every row.
fn no_op() -> Expr {
    Expr::Bool(true)
}

fn at_value(n: usize) -> impl Fn(Issue) -> Issue {
    move |issue| {
        // A missing attribute is nobody's value.
        if issue.code == Code::BadValue {
            issue.at(format!("values.{n}"))
        } else {
            issue
        }
    }
}

fn wrong_operator(subject: &Subject, rule: &FilterRule) -> Issue {
    let kind = match subject.kind {
        ValueType::String => "texts",
        ValueType::Number => "numbers",
        ValueType::Boolean => "true and false",
        ValueType::Date => "dates",
        ValueType::Timestamp => "moments",
    };
    let operator = serde_json::to_value(rule.operator).unwrap_or_default();
    let operator = operator.as_str().unwrap_or("this operator").to_owned();
    Issue::new(
        Code::BadOperator,
        "operator",
        format!("{operator} does not apply to {kind}"),
    )
}

/// One of a list of literals, or none of them; nulls are none of them.
fn equality(subject: &Subject, list: Vec<Expr>, negated: bool) -> Expr {
    if list.is_empty() {
        return no_op();
    }
    let of = Box::new(subject.expr.clone());
    let found = Expr::In { of, list, negated };
    if negated {
        Expr::Or(vec![found, subject.expr.clone().is_null()])
    } else {
        found
    }
}

fn text(scope: &Scope<'_>, subject: &Subject, rule: &FilterRule) -> Result<Expr> {
    let fold = !rule.tells_case().unwrap_or(subject.tells_case);
    let mut texts = Vec::new();
    for (n, value) in rule.values.iter().enumerate() {
        let text = values::text(value).map_err(at_value(n))?;
        texts.extend(substituted(scope, text).map_err(at_value(n))?);
    }
    let like = |place: Place, negated: bool| {
        let found = texts.iter().filter(|text| !text.is_empty());
        let found = found.map(|text| Expr::Like {
            of: Box::new(subject.expr.clone()),
            text: text.clone(),
            place,
            fold,
            negated,
        });
        found.collect::<Vec<_>>()
    };
    match rule.operator {
        Op::Equals | Op::NotEquals => {
            let negated = rule.operator == Op::NotEquals;
            if !fold {
                let list = texts.into_iter().map(Expr::Text).collect();
                return Ok(equality(subject, list, negated));
            }
            let upper = |expr: Expr| Expr::Upper(Box::new(expr));
            let list = texts
                .into_iter()
                .map(|text| upper(Expr::Text(text)))
                .collect();
            let folded = Subject {
                expr: upper(subject.expr.clone()),
                ..subject.clone()
            };
            Ok(equality(&folded, list, negated))
        }
        Op::Include => Ok(any(like(Place::Anywhere, false))),
        Op::StartsWith => Ok(any(like(Place::Start, false))),
        Op::EndsWith => Ok(any(like(Place::End, false))),
        Op::NotInclude => {
            let conditions = like(Place::Anywhere, true);
            if conditions.is_empty() {
                return Ok(no_op());
            }
            let none = Expr::And(conditions);
            Ok(Expr::Or(vec![none, subject.expr.clone().is_null()]))
        }
        _ => Err(wrong_operator(subject, rule)),
    }
}

fn any(conditions: Vec<Expr>) -> Expr {
    if conditions.is_empty() {
        no_op()
    } else {
        Expr::Or(conditions)
    }
}

/// A value that is a reference to the user or a parameter stands for their values.
fn substituted(scope: &Scope<'_>, text: String) -> Result<Vec<String>> {
    use super::snippet::{Part, Snippet};
    let reference = text.trim();
    if !(reference.starts_with("${lightdash.") || reference.starts_with("${ld.")) {
        return Ok(vec![text]);
    }
    let Ok(snippet) = Snippet::parse(reference, false) else {
        return Ok(vec![text]);
    };
    match snippet.parts.as_slice() {
        [Part::Email] => Ok(vec![scope.email()?.to_owned()]),
        [Part::Attribute(name)] => Ok(scope.attribute(name)?.to_vec()),
        [Part::Parameter(name)] => {
            let values = scope.parameter(name)?;
            Ok(values.into_iter().filter_map(literal_text).collect())
        }
        _ => Ok(vec![text]),
    }
}

fn literal_text(literal: Expr) -> Option<String> {
    match literal {
        Expr::Text(text) | Expr::Number(text) => Some(text),
        Expr::Date(date) => Some(date.to_string()),
        _ => None,
    }
}

fn comparison(operator: Op) -> Option<Comparison> {
    Some(match operator {
        Op::LessThan => Comparison::Less,
        Op::LessThanOrEqual => Comparison::LessOrEqual,
        Op::GreaterThan => Comparison::Greater,
        Op::GreaterThanOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// Comparisons that numbers and times share, over literals that are read already.
fn ordered(subject: &Subject, rule: &FilterRule, literals: Vec<Expr>) -> Result<Expr> {
    let of = || subject.expr.clone();
    if let Some(comparison) = comparison(rule.operator) {
        let first = literals.into_iter().next();
        return Ok(first.map_or_else(no_op, |first| of().compare(comparison, first)));
    }
    match rule.operator {
        Op::Equals => Ok(equality(subject, literals, false)),
        Op::NotEquals => Ok(equality(subject, literals, true)),
        Op::InBetween | Op::NotInBetween => {
            let mut literals = literals.into_iter();
            match (literals.next(), literals.next()) {
                (None, _) => Ok(no_op()),
                (Some(_), None) => Err(Issue::new(
                    Code::BadValue,
                    "values",
                    "needs two values: the first and the last",
                )),
                (Some(low), Some(high)) if rule.operator == Op::InBetween => Ok(Expr::And(vec![
                    of().compare(Comparison::GreaterOrEqual, low),
                    of().compare(Comparison::LessOrEqual, high),
                ])),
                (Some(low), Some(high)) => Ok(Expr::Or(vec![
                    of().compare(Comparison::Less, low),
                    of().compare(Comparison::Greater, high),
                ])),
            }
        }
        _ => Err(wrong_operator(subject, rule)),
    }
}

/// Values by type; the operator is looked at first, since its mistake is the clearer one.
fn literals(rule: &FilterRule, read: impl Fn(&Value) -> Result<Expr>) -> Result<Vec<Expr>> {
    let values = rule.values.iter().enumerate();
    values
        .map(|(n, value)| read(value).map_err(at_value(n)))
        .collect()
}

fn number(subject: &Subject, rule: &FilterRule) -> Result<Expr> {
    ordered(subject, rule, Vec::new())?;
    let literals = literals(rule, |value| values::number(value).map(Expr::Number))?;
    ordered(subject, rule, literals)
}

fn boolean(subject: &Subject, rule: &FilterRule) -> Result<Expr> {
    match rule.operator {
        Op::Equals | Op::NotEquals => {
            let literals = literals(rule, |value| values::boolean(value).map(Expr::Bool))?;
            Ok(equality(subject, literals, rule.operator == Op::NotEquals))
        }
        _ => Err(wrong_operator(subject, rule)),
    }
}

fn time(scope: &Scope<'_>, subject: &Subject, rule: &FilterRule) -> Result<Expr> {
    let clock = Clock {
        now: scope.request.now,
        zone: scope.zone,
        week_start: scope.week_start(),
    };
    let inside = match rule.operator {
        Op::InThePast | Op::NotInThePast | Op::InTheNext => {
            let Some(first) = rule.values.first() else {
                return Ok(no_op());
            };
            let count = values::count(first).map_err(at_value(0))?;
            let completed = rule
                .settings
                .as_ref()
                .is_some_and(|settings| settings.completed);
            let unit = unit(rule)?;
            if rule.operator == Op::InTheNext {
                clock.next(count, unit, completed)
            } else {
                clock.past(count, unit, completed)
            }
        }
        Op::InTheCurrent | Op::NotInTheCurrent => clock.current(unit(rule)?),
        Op::InPeriodToDate => return period_to_date(scope, subject, rule, clock),
        _ => {
            ordered(subject, rule, Vec::new())?;
            let literals = literals(rule, |value| literal(subject, value))?;
            return ordered(subject, rule, literals);
        }
    };
    let range = inside.ok_or_else(|| {
        Issue::new(
            Code::BadValue,
            "values.0",
            "reaches beyond the years 1 to 9999",
        )
    })?;
    let inside = within(subject, &clock, range);
    let outside = matches!(rule.operator, Op::NotInThePast | Op::NotInTheCurrent);
    Ok(if outside { inside.negate() } else { inside })
}

/// A day or a moment of a filter, as the subject's own kind.
fn literal(subject: &Subject, value: &Value) -> Result<Expr> {
    if subject.kind == ValueType::Date {
        return values::date(value).map(Expr::Date);
    }
    Ok(edge(subject, values::moment(value)?))
}

/// A moment as the subject stores it.
fn edge(subject: &Subject, moment: DateTime<Utc>) -> Expr {
    match subject.moment {
        Moment::Naive(data, _) => Expr::Wall(moment.with_timezone(&data).naive_local()),
        Moment::Date | Moment::Aware(_) => Expr::Instant(moment),
    }
}

fn within(subject: &Subject, clock: &Clock, range: Range) -> Expr {
    let of = || subject.expr.clone();
    let seconds = |moment: DateTime<Utc>| {
        // Edges of "now" have no more precision than a second.
        let nanos = i64::from(moment.timestamp_subsec_nanos());
        moment - chrono::TimeDelta::nanoseconds(nanos)
    };
    let literal = |moment: DateTime<Utc>| match subject.kind {
        ValueType::Date => Expr::Date(clock.day(moment)),
        _ => edge(subject, seconds(moment)),
    };
    // Units shorter than a day lie within one: for a date the whole day counts.
    let within_a_day = subject.kind == ValueType::Date
        && clock.day(range.from) == clock.day(range.to)
        && !range.closed;
    let last = if range.closed || within_a_day {
        Comparison::LessOrEqual
    } else {
        Comparison::Less
    };
    Expr::And(vec![
        of().compare(Comparison::GreaterOrEqual, literal(range.from)),
        of().compare(last, literal(range.to)),
    ])
}

fn period_to_date(
    scope: &Scope<'_>,
    subject: &Subject,
    rule: &FilterRule,
    clock: Clock,
) -> Result<Expr> {
    let unit = unit(rule)?;
    if unit < TimeUnit::Week {
        let message = "is about weeks, months, quarters or years";
        return Err(Issue::new(Code::BadValue, "settings", message));
    }
    let today = clock
        .day_of(unit)
        .ok_or_else(|| Issue::new(Code::BadValue, "settings", "reaches beyond the calendar"))?;
    let of = scope.ask(subject.expr.clone(), subject.moment, TimeAsk::DayOf(unit));
    Ok(of.compare(Comparison::LessOrEqual, Expr::integer(today)))
}

fn unit(rule: &FilterRule) -> Result<TimeUnit> {
    let name = rule
        .settings
        .as_ref()
        .and_then(|settings| settings.unit_of_time.as_deref());
    let name = name.unwrap_or("days");
    TimeUnit::named(name).ok_or_else(|| {
        let message = format!("`{name}` is not a unit of time");
        Issue::new(Code::BadValue, "settings.unitOfTime", message)
    })
}
