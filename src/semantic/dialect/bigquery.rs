//! BigQuery.

use super::{Dialect, Moment, Sql, SqlFamily, decimal, plain_unit, seconds, zone_name};
use crate::semantic::{
    model::{NamePart, TimeUnit},
    value::Weekday,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

/// BigQuery. Moments of the wall clock are DATETIME, moments are TIMESTAMP.
#[derive(Debug, Clone, Copy)]
pub struct BigQuery;

impl Dialect for BigQuery {
    fn family(&self) -> SqlFamily {
        SqlFamily::BigQuery
    }

    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
    }

    fn backslash_escapes(&self) -> bool {
        true
    }

    fn plain_timestamp_is_instant(&self, data_type: &str) -> bool {
        data_type.eq_ignore_ascii_case("timestamp")
    }

    fn placeholder(&self, n: usize) -> String {
        format!("@p{n}")
    }

    fn own_week_start(&self) -> Weekday {
        Weekday::Sunday
    }

    fn instant(&self, instant: DateTime<Utc>) -> String {
        format!("TIMESTAMP '{} UTC'", seconds(instant.naive_utc()))
    }

    fn wall(&self, wall: NaiveDateTime) -> String {
        format!("DATETIME '{}'", seconds(wall))
    }

    fn percentile(&self, percentile: f64, of: &Sql) -> Sql {
        let offset = Sql::text(decimal(percentile.round()));
        Sql::fill("APPROX_QUANTILES({0}, 100)[OFFSET({1})]", &[of, &offset])
    }

    fn float(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS FLOAT64)", &[of])
    }

    fn to_text(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS STRING)", &[of])
    }

    fn same(&self, a: &Sql, b: &Sql) -> Sql {
        Sql::fill("({0} = {1} OR ({0} IS NULL AND {1} IS NULL))", &[a, b])
    }

    // There is no ESCAPE: a backslash escapes.
    fn like_pattern(&self, pattern: &str) -> String {
        super::backslashed(pattern)
    }

    fn like_suffix(&self) -> &'static str {
        ""
    }

    fn local(&self, of: &Sql, moment: Moment) -> Sql {
        match moment {
            Moment::Date => of.clone(),
            Moment::Aware(zone) => Sql::fill("DATETIME({0}, {1})", &[of, &zone_name(zone)]),
            Moment::Naive(data, query) if data != query => Sql::fill(
                "DATETIME(TIMESTAMP({0}, {1}), {2})",
                &[of, &zone_name(data), &zone_name(query)],
            ),
            Moment::Naive(..) => of.clone(),
        }
    }

    fn instant_of(&self, local: &Sql, zone: Tz) -> Sql {
        Sql::fill("TIMESTAMP({0}, {1})", &[local, &zone_name(zone)])
    }

    fn truncate(&self, unit: TimeUnit, of: &Sql) -> Sql {
        let unit_name = if unit == TimeUnit::Week {
            "ISOWEEK"
        } else {
            unit.sql()
        };
        let template = if unit.is_calendar() {
            "DATE_TRUNC(DATE({0}), {1})"
        } else {
            "DATETIME_TRUNC({0}, {1})"
        };
        Sql::fill(template, &[of, &Sql::text(unit_name)])
    }

    fn truncate_week(&self, of: &Sql, _moment: Moment, start: Weekday) -> Sql {
        Sql::fill(
            "DATE_TRUNC(DATE({0}), WEEK({1}))",
            &[of, &Sql::text(day(start))],
        )
    }

    fn add(&self, of: &Sql, moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let (unit, count) = (Sql::text(unit), Sql::text(count.to_string()));
        let template = match moment {
            Moment::Date => "DATE_ADD({0}, INTERVAL {2} {1})",
            Moment::Aware(_) | Moment::Naive(..) => "DATETIME_ADD({0}, INTERVAL {2} {1})",
        };
        Sql::fill(template, &[of, &unit, &count])
    }

    fn day_of_week(&self) -> (&'static str, i64) {
        ("DAYOFWEEK", 2)
    }

    fn part(&self, part: &str, of: &Sql) -> Sql {
        let part = match part {
            "DOY" => "DAYOFYEAR",
            "WEEK" => "ISOWEEK",
            other => other,
        };
        Sql::fill("EXTRACT({1} FROM {0})", &[of, &Sql::text(part)])
    }

    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        let format = match part {
            NamePart::DayOfWeekName => "%A",
            NamePart::MonthName => "%B",
            NamePart::QuarterName => "Q%Q",
        };
        Sql::fill("FORMAT_DATE('{1}', DATE({0}))", &[of, &Sql::text(format)])
    }

    fn days_between(&self, from: &Sql, to: &Sql) -> Sql {
        Sql::fill("(DATE_DIFF({1}, {0}, DAY) + 1)", &[from, to])
    }
}

fn day(start: Weekday) -> &'static str {
    match start {
        Weekday::Monday => "MONDAY",
        Weekday::Tuesday => "TUESDAY",
        Weekday::Wednesday => "WEDNESDAY",
        Weekday::Thursday => "THURSDAY",
        Weekday::Friday => "FRIDAY",
        Weekday::Saturday => "SATURDAY",
        Weekday::Sunday => "SUNDAY",
    }
}
