//! Snowflake.

use super::{Dialect, Function, Moment, Postgres, Sql, SqlFamily, plain_unit, seconds, zone_name};
use crate::semantic::{
    model::{NamePart, TimeUnit},
    value::Weekday,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Snowflake.
#[derive(Debug, Clone, Copy)]
pub struct Snowflake;

impl Dialect for Snowflake {
    fn family(&self) -> SqlFamily {
        SqlFamily::Snowflake
    }

    fn backslash_escapes(&self) -> bool {
        true
    }

    fn placeholder(&self, _: usize) -> String {
        "?".to_owned()
    }

    fn instant(&self, instant: DateTime<Utc>) -> String {
        let text = seconds(instant.naive_utc());
        format!("CAST('{text} +00:00' AS TIMESTAMP_TZ)")
    }

    fn wall(&self, wall: chrono::NaiveDateTime) -> String {
        format!("CAST('{}' AS TIMESTAMP_NTZ)", seconds(wall))
    }

    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DECIMAL(38, 9))", &[of])
    }

    fn call(&self, function: Function, of: &[Sql]) -> Sql {
        match function {
            Function::Log10 => Sql::fill("LOG(10, {0})", &[&Sql::join(of, ", ")]),
            other => Postgres.call(other, of),
        }
    }

    fn same(&self, a: &Sql, b: &Sql) -> Sql {
        Sql::fill("{0} IS NOT DISTINCT FROM {1}", &[a, b])
    }

    fn local(&self, of: &Sql, moment: Moment) -> Sql {
        match moment {
            _ if !moment.is_shifted() => of.clone(),
            Moment::Aware(zone) => Sql::fill(
                "CAST(CONVERT_TIMEZONE({1}, {0}) AS TIMESTAMP_NTZ)",
                &[of, &zone_name(zone)],
            ),
            Moment::Naive(data, query) => Sql::fill(
                "CONVERT_TIMEZONE({1}, {2}, {0})",
                &[of, &zone_name(data), &zone_name(query)],
            ),
            Moment::Date => of.clone(),
        }
    }

    fn instant_of(&self, local: &Sql, zone: Tz) -> Sql {
        Sql::fill(
            "CONVERT_TIMEZONE({1}, 'UTC', {0})",
            &[local, &zone_name(zone)],
        )
    }

    // WEEK_START of the session is 1 (Monday): the adapter sets it.
    fn day_of_week(&self) -> (&'static str, i64) {
        ("DAYOFWEEKISO", 1)
    }

    fn part(&self, part: &str, of: &Sql) -> Sql {
        let part = match part {
            "DOY" => "DAYOFYEAR",
            "WEEK" => "WEEKISO",
            other => other,
        };
        Sql::fill("DATE_PART({1}, {0})", &[of, &Sql::text(part)])
    }

    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        match part {
            NamePart::DayOfWeekName => Sql::fill(
                "DECODE(DAYOFWEEKISO({0}), 1, 'Monday', 2, 'Tuesday', 3, 'Wednesday', 4, 'Thursday', \
                 5, 'Friday', 6, 'Saturday', 7, 'Sunday')",
                &[of],
            ),
            NamePart::MonthName => Sql::fill("TO_CHAR({0}, 'MMMM')", &[of]),
            NamePart::QuarterName => Sql::fill("CONCAT('Q', QUARTER({0}))", &[of]),
        }
    }

    fn add(&self, of: &Sql, _moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let (unit, count) = (Sql::text(unit), Sql::text(count.to_string()));
        Sql::fill("DATEADD({1}, {2}, {0})", &[of, &unit, &count])
    }

    fn days_between(&self, from: &Sql, to: &Sql) -> Sql {
        Sql::fill("(DATEDIFF(DAY, {0}, {1}) + 1)", &[from, to])
    }

    fn own_week_start(&self) -> Weekday {
        Weekday::Monday
    }
}
