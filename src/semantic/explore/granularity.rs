//! Which intervals a time dimension has.

use crate::semantic::{
    dialect::Dialect,
    error::{Code, Issue, Result},
    manifest::{Json, Settings},
    model::{Interval, TimeUnit},
    snippet::{Part, Snippet},
    value::ValueType,
};
use indexmap::IndexMap;

/// Granularities of the project's own, by name in lower case; those that cannot be read with the reason.
pub(super) type Custom = IndexMap<String, Result<Interval>>;

/// Reads the project's granularities.
pub(super) fn custom(settings: &Settings, dialect: &dyn Dialect) -> Custom {
    let read = settings.custom_granularities.iter().map(|(name, meta)| {
        let interval = || -> Result<Interval> {
            let kind = meta.kind.as_deref().map(super::named_type).transpose()?;
            let sql = Snippet::parse(&meta.sql, dialect.backslash_escapes())?;
            check_custom(&sql)?;
            Ok(Interval::Custom {
                name: name.clone(),
                sql,
                kind: kind.unwrap_or(ValueType::Date),
            })
        };
        (name.to_lowercase(), interval())
    });
    read.collect()
}

/// Refuses what the SQL of an interval cannot refer to: it knows its column only.
pub(super) fn check_custom(sql: &Snippet) -> Result<()> {
    let mut parts = sql.parts.iter();
    if parts.any(|part| matches!(part, Part::Field { .. } | Part::Table)) {
        let message =
            "the SQL of an interval refers to `${COLUMN}` only, and to no other field or table";
        return Err(Issue::new(Code::BadReference, "", message));
    }
    Ok(())
}

/// The intervals that a dimension of a type has.
pub(super) fn of(
    kind: ValueType,
    written: Option<&Json>,
    custom: &Custom,
) -> Result<Vec<Interval>> {
    if !kind.is_time() {
        return Ok(Vec::new());
    }
    let names = match written {
        None | Some(Json::Null | Json::Bool(true)) => return Ok(usual(kind)),
        Some(Json::Bool(false)) => return Ok(Vec::new()),
        Some(Json::Text(word)) => match word.to_lowercase().as_str() {
            "off" => return Ok(Vec::new()),
            "default" => return Ok(usual(kind)),
            _ => return Err(bad(format!("`{word}` is not a list of intervals"))),
        },
        Some(Json::List(names)) => names,
        Some(_) => return Err(bad("must be a list of intervals or OFF".to_owned())),
    };
    let mut intervals: Vec<Interval> = Vec::new();
    for name in names {
        let Json::Text(name) = name else {
            return Err(bad("an interval is named by a word".to_owned()));
        };
        let interval = match custom.get(&name.to_lowercase()) {
            Some(interval) => interval.clone()?,
            None => Interval::named(name)
                .ok_or_else(|| bad(format!("there is no interval `{name}`")))?,
        };
        let finer = matches!(&interval, Interval::Truncated(unit) if !unit.is_calendar());
        if finer && kind == ValueType::Date {
            return Err(bad(format!("a date has no {name}")));
        }
        if !intervals.contains(&interval) {
            intervals.push(interval);
        }
    }
    Ok(intervals)
}

fn usual(kind: ValueType) -> Vec<Interval> {
    let units = TimeUnit::CALENDAR.map(Interval::Truncated);
    let raw = (kind == ValueType::Timestamp).then_some(Interval::Raw);
    raw.into_iter().chain(units).collect()
}

fn bad(message: String) -> Issue {
    Issue::new(Code::BadDefinition, "time_intervals", message)
}
