//! The short grammar of filters in models: `!%draft%`, `>= 10`, `inThePast 14 days`.

use crate::semantic::{
    error::{Code, Issue, Result},
    manifest::Json,
    query::{FilterOperator as Op, FilterRule, RuleSettings},
};
use serde_json::Value;

/// How the grammar differs by place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grammar {
    escape: char,
    any_case: bool,
}

impl Grammar {
    /// In filters of metrics.
    pub(super) const METRIC: Self = Self {
        escape: '\\',
        any_case: false,
    };
    /// In filters of models.
    pub(super) const MODEL: Self = Self {
        escape: '^',
        any_case: true,
    };
}

/// Rules of one map, with its `required` flag. The field of a rule is written as in the model.
pub(super) fn rules(filter: &Json, grammar: Grammar) -> Result<(Vec<FilterRule>, Option<bool>)> {
    let Json::Map(map) = filter else {
        return Err(bad("must be a field and a condition".to_owned()));
    };
    let mut required = None;
    let mut rules = Vec::new();
    for (field, condition) in map {
        match (field.as_str(), condition) {
            ("required", Json::Bool(flag)) => required = Some(*flag),
            _ => rules.push(rule(field, condition, grammar)?),
        }
    }
    if rules.is_empty() {
        return Err(bad("names no field".to_owned()));
    }
    Ok((rules, required))
}

fn rule(field: &str, condition: &Json, grammar: Grammar) -> Result<FilterRule> {
    let (operator, values, settings) = match condition {
        Json::Null => (Op::IsNull, Vec::new(), None),
        Json::Bool(value) => (Op::Equals, vec![Value::Bool(*value)], None),
        Json::Number(number) => (Op::Equals, vec![Value::Number(number.clone())], None),
        Json::List(items) => list(items, grammar)?,
        Json::Text(text) => text_condition(text.trim(), grammar)?,
        Json::Map(_) => return Err(bad(format!("`{field}` has no condition"))),
    };
    Ok(FilterRule {
        field_id: field.trim().to_owned(),
        operator,
        values,
        settings,
        disabled: false,
        required: false,
        include_null: None,
        case_sensitive: None,
    })
}

type Condition = (Op, Vec<Value>, Option<RuleSettings>);

/// A list: equals any of them, or with `!` before each, none of them.
fn list(items: &[Json], grammar: Grammar) -> Result<Condition> {
    let negated = |item: &Json| matches!(item, Json::Text(text) if text.starts_with('!'));
    let none = !items.is_empty() && items.iter().all(negated);
    let values = items.iter().map(|item| match item {
        Json::Text(text) => {
            let text = if none {
                text.get(1..).unwrap_or("")
            } else {
                text
            };
            Ok(Value::String(unescaped(text, grammar)))
        }
        Json::Number(number) => Ok(Value::Number(number.clone())),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        _ => Err(bad("a list holds texts, numbers and booleans".to_owned())),
    });
    let operator = if none { Op::NotEquals } else { Op::Equals };
    Ok((operator, values.collect::<Result<_>>()?, None))
}

fn text_condition(text: &str, grammar: Grammar) -> Result<Condition> {
    let folded = if grammar.any_case {
        text.to_lowercase()
    } else {
        text.to_owned()
    };
    match folded.as_str() {
        "null" | "NULL" => return Ok((Op::IsNull, Vec::new(), None)),
        "!null" | "!NULL" => return Ok((Op::NotNull, Vec::new(), None)),
        "empty" => return Ok((Op::Equals, vec![Value::String(String::new())], None)),
        "!empty" => return Ok((Op::NotEquals, vec![Value::String(String::new())], None)),
        _ => {}
    }
    for (sign, operator) in [
        (">=", Op::GreaterThanOrEqual),
        ("<=", Op::LessThanOrEqual),
        (">", Op::GreaterThan),
        ("<", Op::LessThan),
    ] {
        if let Some(value) = text.strip_prefix(sign) {
            let value = value.trim();
            if value.is_empty() {
                return Err(bad(format!("`{text}` compares with nothing")));
            }
            return Ok((operator, vec![Value::String(value.to_owned())], None));
        }
    }
    if let Some(condition) = between(text, &folded) {
        return Ok(condition);
    }
    if let Some(condition) = relative(text, grammar) {
        return condition;
    }
    pattern(text, grammar)
}

fn between(text: &str, folded: &str) -> Option<Condition> {
    if !folded.starts_with("between ") {
        return None;
    }
    let body = text.get("between ".len()..)?;
    let at = folded.get("between ".len()..)?.find(" and ")?;
    let low = body.get(..at)?.trim().to_owned();
    let high = body.get(at + " and ".len()..)?.trim().to_owned();
    let values = vec![Value::String(low), Value::String(high)];
    Some((Op::InBetween, values, None))
}

/// `inThePast 14 days`, `inThePast 2 completed weeks`, `inTheCurrent month`.
fn relative(text: &str, grammar: Grammar) -> Option<Result<Condition>> {
    let mut words = text.split_whitespace();
    let first = words.next()?;
    let is = |word: &str| {
        if grammar.any_case {
            first.eq_ignore_ascii_case(word)
        } else {
            first == word
        }
    };
    let operators = [
        ("inThePast", Op::InThePast),
        ("notInThePast", Op::NotInThePast),
        ("inTheNext", Op::InTheNext),
        ("inTheCurrent", Op::InTheCurrent),
        ("notInTheCurrent", Op::NotInTheCurrent),
        ("inPeriodToDate", Op::InPeriodToDate),
    ];
    let (_, operator) = operators.into_iter().find(|(word, _)| is(word))?;
    let counted = matches!(operator, Op::InThePast | Op::NotInThePast | Op::InTheNext);
    let rest: Vec<&str> = words.collect();
    let read = match (counted, rest.as_slice()) {
        (true, [count, unit]) => Some((Some(*count), false, *unit)),
        (true, [count, "completed", unit]) => Some((Some(*count), true, *unit)),
        (false, [unit]) => Some((None, false, *unit)),
        _ => None,
    };
    let Some((count, completed, unit)) = read else {
        return Some(Err(bad(format!("`{text}` is not a relative time"))));
    };
    let values = match count.map(str::parse::<u32>) {
        None => Vec::new(),
        Some(Ok(count)) => vec![Value::from(count)],
        Some(Err(_)) => return Some(Err(bad(format!("`{text}` counts no units")))),
    };
    let settings = RuleSettings {
        unit_of_time: Some(unit.to_owned()),
        completed,
        ..RuleSettings::default()
    };
    Some(Ok((operator, values, Some(settings))))
}

/// Plain values with `!` before and `%` around them.
fn pattern(text: &str, grammar: Grammar) -> Result<Condition> {
    let (negated, body) = match text.strip_prefix('!') {
        Some(body) => (true, body),
        None => (false, text),
    };
    let starts_open = body.starts_with('%');
    let escaped_end = {
        let before = body.strip_suffix('%').unwrap_or(body);
        before
            .chars()
            .rev()
            .take_while(|c| *c == grammar.escape)
            .count()
            % 2
            == 1
    };
    let ends_open = body.len() > usize::from(starts_open) && body.ends_with('%') && !escaped_end;
    let inner = body
        .strip_prefix('%')
        .filter(|_| starts_open)
        .unwrap_or(body);
    let inner = inner
        .strip_suffix('%')
        .filter(|_| ends_open)
        .unwrap_or(inner);
    let operator = match (negated, starts_open, ends_open) {
        (false, true, true) => Op::Include,
        (true, true, true) => Op::NotInclude,
        (false, false, true) => Op::StartsWith,
        (false, true, false) => Op::EndsWith,
        (false, false, false) => Op::Equals,
        (true, false, false) => Op::NotEquals,
        (true, ..) => {
            return Err(bad(format!(
                "`{text}`: only `!value` and `!%value%` can be said"
            )));
        }
    };
    Ok((
        operator,
        vec![Value::String(unescaped(inner, grammar))],
        None,
    ))
}

/// The text without the signs that protect special characters.
fn unescaped(text: &str, grammar: Grammar) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == grammar.escape {
            plain.push(characters.next().unwrap_or(c));
        } else {
            plain.push(c);
        }
    }
    plain
}

fn bad(message: String) -> Issue {
    Issue::new(Code::BadDefinition, "", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, grammar: Grammar) -> (Op, Vec<Value>) {
        let (operator, values, _) = text_condition(text, grammar).unwrap();
        (operator, values)
    }

    #[test]
    fn every_form_is_read() {
        for (text, operator, value) in [
            ("paid", Op::Equals, "paid"),
            ("!paid", Op::NotEquals, "paid"),
            ("%ai%", Op::Include, "ai"),
            ("!%ai%", Op::NotInclude, "ai"),
            ("pa%", Op::StartsWith, "pa"),
            ("%id", Op::EndsWith, "id"),
            ("> 5", Op::GreaterThan, "5"),
            (">=5", Op::GreaterThanOrEqual, "5"),
            ("< -5", Op::LessThan, "-5"),
            ("<= 5", Op::LessThanOrEqual, "5"),
            ("empty", Op::Equals, ""),
            ("\\!a\\%", Op::Equals, "!a%"),
            ("50\\%%", Op::StartsWith, "50%"),
        ] {
            assert_eq!(
                read(text, Grammar::METRIC),
                (operator, vec![Value::from(value)]),
                "{text}"
            );
        }
        assert_eq!(read("null", Grammar::METRIC).0, Op::IsNull);
        assert_eq!(read("!null", Grammar::METRIC).0, Op::NotNull);
        assert_eq!(
            read("between 1 and 5", Grammar::METRIC),
            (Op::InBetween, vec!["1".into(), "5".into()])
        );
        assert_eq!(
            read("inThePast 14 days", Grammar::METRIC),
            (Op::InThePast, vec![14.into()])
        );
        assert_eq!(
            read("INTHECURRENT month", Grammar::MODEL).0,
            Op::InTheCurrent
        );
        // Words of metric filters are told apart by letter case.
        assert_eq!(read("INTHECURRENT month", Grammar::METRIC).0, Op::Equals);
        assert_eq!(
            read("^%a^_", Grammar::MODEL),
            (Op::Equals, vec!["%a_".into()])
        );
        assert!(text_condition("inThePast days", Grammar::METRIC).is_err());
    }
}
