//! How warehouses spell things.
//!
//! The trait's own methods say it in PostgreSQL's way; a dialect overrides what it says differently.
//! Arguments and results are `Sql`, so that a dialect never sees the values of people.

mod bigquery;
mod clickhouse;
mod databricks;
mod duckdb;
mod postgres;
mod redshift;
mod snowflake;
mod trino;

pub use bigquery::BigQuery;
pub use clickhouse::ClickHouse;
pub use databricks::Databricks;
pub use duckdb::DuckDb;
pub use postgres::Postgres;
pub use redshift::Redshift;
pub use snowflake::Snowflake;
pub use trino::Trino;

use super::{
    expr::{Aggregate, Function, Moment},
    model::{NamePart, NumberPart, TimeUnit},
    snippet::SqlFamily,
    sql::Sql,
    value::Weekday,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

/// What a warehouse is called.
pub fn named(name: &str) -> Option<&'static dyn Dialect> {
    Some(match name.to_lowercase().as_str() {
        "postgres" | "postgresql" => &Postgres,
        "redshift" => &Redshift,
        "snowflake" => &Snowflake,
        "bigquery" => &BigQuery,
        "databricks" | "spark" => &Databricks,
        "trino" | "athena" => &Trino,
        "duckdb" => &DuckDb,
        "clickhouse" => &ClickHouse,
        _ => return None,
    })
}

/// Pattern of text: escaped by this character.
pub const LIKE_ESCAPE: char = '!';

/// How a warehouse spells things.
pub trait Dialect: Send + Sync {
    /// Which grammar it is.
    fn family(&self) -> SqlFamily;

    /// A quoted name.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A column name as models write it: quoted only if it has to be.
    fn quote_if_needed(&self, name: &str) -> String {
        let mut characters = name.chars();
        let first = characters.next();
        let plain = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain {
            name.to_owned()
        } else {
            self.quote(name)
        }
    }

    /// Whether a backslash escapes inside quotes.
    fn backslash_escapes(&self) -> bool {
        false
    }

    /// Whether a column type that sounds as if it had no zone is a moment all the same.
    fn plain_timestamp_is_instant(&self, _data_type: &str) -> bool {
        false
    }

    /// The placeholder of the n-th value, from 1.
    fn placeholder(&self, n: usize) -> String {
        format!("${n}")
    }

    /// First day of weeks unless one is set.
    fn own_week_start(&self) -> Weekday {
        Weekday::Monday
    }

    /// True or false.
    fn boolean(&self, value: bool) -> &'static str {
        if value { "TRUE" } else { "FALSE" }
    }

    /// A day.
    fn date(&self, date: NaiveDate) -> String {
        format!("DATE '{date}'")
    }

    /// A moment.
    fn instant(&self, instant: DateTime<Utc>) -> String {
        format!("TIMESTAMPTZ '{}+00:00'", seconds(instant.naive_utc()))
    }

    /// A moment on a wall clock.
    fn wall(&self, wall: NaiveDateTime) -> String {
        format!("TIMESTAMP '{}'", seconds(wall))
    }

    /// An aggregate.
    fn aggregate(&self, aggregate: Aggregate, of: &Sql) -> Sql {
        let template = match aggregate {
            Aggregate::Count => "COUNT({0})",
            Aggregate::CountDistinct => "COUNT(DISTINCT {0})",
            Aggregate::Sum => "SUM({0})",
            Aggregate::Min => "MIN({0})",
            Aggregate::Max => "MAX({0})",
            Aggregate::Average => return self.average(of),
            Aggregate::Median => return self.median(of),
            Aggregate::Percentile(percentile) => return self.percentile(percentile, of),
        };
        Sql::fill(template, &[of])
    }

    /// The mean.
    fn average(&self, of: &Sql) -> Sql {
        Sql::fill("AVG({0})", &[of])
    }

    /// The middle value.
    fn median(&self, of: &Sql) -> Sql {
        self.percentile(50.0, of)
    }

    /// A percentile, from 0 to 100.
    fn percentile(&self, percentile: f64, of: &Sql) -> Sql {
        let part = Sql::text(decimal(percentile / 100.0));
        Sql::fill(
            "PERCENTILE_CONT({1}) WITHIN GROUP (ORDER BY {0})",
            &[of, &part],
        )
    }

    /// As a floating-point number.
    fn float(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS FLOAT)", &[of])
    }

    /// As a decimal number.
    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS NUMERIC)", &[of])
    }

    /// As a text.
    fn to_text(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS VARCHAR)", &[of])
    }

    /// A function.
    fn call(&self, function: Function, of: &[Sql]) -> Sql {
        let name = match function {
            Function::Abs => "ABS",
            Function::Sign => "SIGN",
            Function::Sqrt => "SQRT",
            Function::Ln => "LN",
            Function::Log10 => "LOG10",
            Function::Exp => "EXP",
            Function::Power => "POWER",
            Function::Round => "ROUND",
            Function::Coalesce => "COALESCE",
            Function::Least => "LEAST",
            Function::Greatest => "GREATEST",
            Function::Length => "LENGTH",
            Function::Upper => "UPPER",
            Function::Lower => "LOWER",
            Function::Trim => "TRIM",
            Function::Left(count) => return part_of_text("LEFT", of, count),
            Function::Right(count) => return part_of_text("RIGHT", of, count),
        };
        named_call(name, of)
    }

    /// Texts, one after the other.
    fn concat(&self, parts: &[Sql]) -> Sql {
        Sql::fill("CONCAT({0})", &[&Sql::join(parts, ", ")])
    }

    /// Equal, or both without a value.
    fn same(&self, a: &Sql, b: &Sql) -> Sql {
        Sql::fill("({0} = {1} OR ({0} IS NULL AND {1} IS NULL))", &[a, b])
    }

    /// Whether a text is like a pattern, in which `LIKE_ESCAPE` escapes.
    fn like(&self, of: &Sql, pattern: &str, fold: bool, negated: bool) -> Sql {
        let pattern = Sql::value(self.like_pattern(pattern));
        let template = match (fold, negated) {
            (false, false) => "{0} LIKE {1}",
            (false, true) => "{0} NOT LIKE {1}",
            (true, false) => "UPPER({0}) LIKE UPPER({1})",
            (true, true) => "UPPER({0}) NOT LIKE UPPER({1})",
        };
        let mut sql = Sql::fill(template, &[of, &pattern]);
        sql.push(self.like_suffix());
        sql
    }

    /// A pattern as the warehouse reads it.
    fn like_pattern(&self, pattern: &str) -> String {
        pattern.to_owned()
    }

    /// What follows a pattern.
    fn like_suffix(&self) -> &'static str {
        " ESCAPE '!'"
    }

    /// What makes a step be computed once, where a warehouse would otherwise fold it into its readers.
    fn materialized(&self) -> &'static str {
        ""
    }

    /// How nulls are put last or first.
    fn null_order(&self, first: bool) -> &'static str {
        if first { " NULLS FIRST" } else { " NULLS LAST" }
    }

    /// The wall clock of the query's zone.
    fn local(&self, of: &Sql, moment: Moment) -> Sql {
        match moment {
            _ if !moment.is_shifted() => of.clone(),
            Moment::Aware(zone) => Sql::fill("({0} AT TIME ZONE {1})", &[of, &zone_name(zone)]),
            Moment::Naive(data, query) => Sql::fill(
                "(({0} AT TIME ZONE {1}) AT TIME ZONE {2})",
                &[of, &zone_name(data), &zone_name(query)],
            ),
            Moment::Date => of.clone(),
        }
    }

    /// A wall clock of a zone as a moment.
    fn instant_of(&self, local: &Sql, zone: Tz) -> Sql {
        Sql::fill("({0} AT TIME ZONE {1})", &[local, &zone_name(zone)])
    }

    /// The beginning of a unit, of a wall clock.
    fn truncate(&self, unit: TimeUnit, of: &Sql) -> Sql {
        Sql::fill("DATE_TRUNC('{1}', {0})", &[of, &Sql::text(unit.sql())])
    }

    /// The beginning of the week that starts with a day.
    fn truncate_week(&self, of: &Sql, moment: Moment, start: Weekday) -> Sql {
        let days = i64::from(start.after_monday());
        if days == 0 {
            return self.truncate(TimeUnit::Week, of);
        }
        let earlier = self.add(of, moment, TimeUnit::Day, -days);
        let truncated = self.truncate(TimeUnit::Week, &earlier);
        self.add(&truncated, moment, TimeUnit::Day, days)
    }

    /// As a day.
    fn to_date(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DATE)", &[of])
    }

    /// So many units later.
    fn add(&self, of: &Sql, _moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let sign = if count < 0 { "-" } else { "+" };
        let interval = format!("INTERVAL '{} {unit}'", count.unsigned_abs());
        Sql::fill(
            "({0} {1} {2})",
            &[of, &Sql::text(sign), &Sql::text(interval)],
        )
    }

    /// A part of a wall clock, as a number of the warehouse's own.
    fn part(&self, part: &str, of: &Sql) -> Sql {
        Sql::fill(
            "CAST(EXTRACT({1} FROM {0}) AS INTEGER)",
            &[of, &Sql::text(part)],
        )
    }

    /// The name of the warehouse's day of the week, and the number that it gives Monday.
    fn day_of_week(&self) -> (&'static str, i64) {
        ("DOW", 1)
    }

    /// A numeric part of a wall clock.
    fn number_part(
        &self,
        part: NumberPart,
        of: &Sql,
        moment: Moment,
        start: Option<Weekday>,
    ) -> Sql {
        let name = match part {
            NumberPart::DayOfWeekIndex => return self.day_of_week_index(of, start),
            NumberPart::WeekNum => {
                let days = i64::from(start.map_or(0, Weekday::after_monday));
                if days == 0 {
                    return self.part("WEEK", of);
                }
                let shifted = self.add(of, moment, TimeUnit::Day, -days);
                return self.part("WEEK", &shifted);
            }
            NumberPart::DayOfMonthNum => "DAY",
            NumberPart::DayOfYearNum => "DOY",
            NumberPart::MonthNum => "MONTH",
            NumberPart::QuarterNum => "QUARTER",
            NumberPart::YearNum => "YEAR",
            NumberPart::HourOfDayNum => "HOUR",
            NumberPart::MinuteOfHourNum => "MINUTE",
        };
        self.part(name, of)
    }

    /// Which day of the week: the warehouse's own numbers, or from 1 if a first day is set.
    fn day_of_week_index(&self, of: &Sql, start: Option<Weekday>) -> Sql {
        let (name, monday) = self.day_of_week();
        let own = self.part(name, of);
        let Some(start) = start else { return own };
        let offset = monday + i64::from(start.after_monday());
        // The numbers are 0 to 6 or 1 to 7: with 14 added nothing is negative.
        let shift = Sql::text((14 - offset).to_string());
        self.modulo_seven(&own, &shift)
    }

    /// `(of + shift) mod 7 + 1`.
    fn modulo_seven(&self, of: &Sql, shift: &Sql) -> Sql {
        Sql::fill("(MOD({0} + {1}, 7) + 1)", &[of, shift])
    }

    /// A part of a wall clock by name.
    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        let format = match part {
            NamePart::DayOfWeekName => "FMDay",
            NamePart::MonthName => "FMMonth",
            NamePart::QuarterName => "FM\"Q\"Q",
        };
        Sql::fill("TO_CHAR({0}, '{1}')", &[of, &Sql::text(format)])
    }

    /// How far into its unit a day is, from 1.
    fn day_of(&self, unit: TimeUnit, of: &Sql, moment: Moment, start: Weekday) -> Sql {
        match unit {
            TimeUnit::Month => self.part("DAY", of),
            TimeUnit::Year => self.number_part(NumberPart::DayOfYearNum, of, moment, None),
            TimeUnit::Week => self.day_of_week_index(of, Some(start)),
            _ => {
                let begin = self.to_date(&self.truncate(TimeUnit::Quarter, of));
                self.days_between(&begin, &self.to_date(of))
            }
        }
    }

    /// Days from one day to another, and one.
    fn days_between(&self, from: &Sql, to: &Sql) -> Sql {
        Sql::fill("({1} - {0} + 1)", &[from, to])
    }
}

/// A function by its name.
pub(super) fn named_call(name: &str, of: &[Sql]) -> Sql {
    let of = Sql::join(of, ", ");
    Sql::fill("{1}({0})", &[&of, &Sql::text(name)])
}

/// A function that takes a text and a number of characters.
pub(super) fn part_of_text(name: &str, of: &[Sql], count: u32) -> Sql {
    let count = Sql::text(count.to_string());
    let of: Vec<Sql> = of.iter().cloned().chain([count]).collect();
    named_call(name, &of)
}

/// A moment to the second, or finer if it has a fraction.
pub(super) fn seconds(moment: NaiveDateTime) -> String {
    moment.format("%Y-%m-%d %H:%M:%S%.f").to_string()
}

/// The name of a zone in quotes: names of zones have none in them.
pub(super) fn zone_name(zone: Tz) -> Sql {
    Sql::text(format!("'{}'", zone.name()))
}

/// A number without needless digits.
pub(super) fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// Quarters as months, for those that do not know them.
pub(super) fn plain_unit(unit: TimeUnit, count: i64) -> (&'static str, i64) {
    match unit {
        TimeUnit::Quarter => ("MONTH", count * 3),
        TimeUnit::Week => ("DAY", count * 7),
        other => (other.sql(), count),
    }
}

/// A pattern in which a backslash escapes.
pub(super) fn backslashed(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        if c == LIKE_ESCAPE {
            match characters.next() {
                Some(LIKE_ESCAPE) => out.push(LIKE_ESCAPE),
                Some(escaped) => {
                    out.push('\\');
                    out.push(escaped);
                }
                None => {}
            }
        } else if c == '\\' {
            out.push_str("\\\\");
        } else {
            out.push(c);
        }
    }
    out
}
