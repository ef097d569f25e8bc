//! Databricks and Spark.

use super::{Dialect, Moment, Sql, SqlFamily, decimal, plain_unit, seconds, zone_name};
use crate::semantic::model::{NamePart, TimeUnit};
use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

/// Databricks and Spark.
#[derive(Debug, Clone, Copy)]
pub struct Databricks;

impl Dialect for Databricks {
    fn family(&self) -> SqlFamily {
        SqlFamily::Databricks
    }

    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn backslash_escapes(&self) -> bool {
        true
    }

    fn plain_timestamp_is_instant(&self, data_type: &str) -> bool {
        data_type.eq_ignore_ascii_case("timestamp")
    }

    fn placeholder(&self, n: usize) -> String {
        format!(":p{n}")
    }

    fn instant(&self, instant: DateTime<Utc>) -> String {
        format!("TIMESTAMP '{}+00:00'", seconds(instant.naive_utc()))
    }

    fn wall(&self, wall: NaiveDateTime) -> String {
        format!("TIMESTAMP_NTZ '{}'", seconds(wall))
    }

    fn percentile(&self, percentile: f64, of: &Sql) -> Sql {
        let part = Sql::text(decimal(percentile / 100.0));
        Sql::fill("PERCENTILE({0}, {1})", &[of, &part])
    }

    // FLOAT has 32 bits here.
    fn float(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DOUBLE)", &[of])
    }

    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DECIMAL(38, 9))", &[of])
    }

    fn to_text(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS STRING)", &[of])
    }

    fn same(&self, a: &Sql, b: &Sql) -> Sql {
        Sql::fill("({0} <=> {1})", &[a, b])
    }

    fn local(&self, of: &Sql, moment: Moment) -> Sql {
        match moment {
            _ if !moment.is_shifted() => of.clone(),
            Moment::Aware(zone) => {
                Sql::fill("FROM_UTC_TIMESTAMP({0}, {1})", &[of, &zone_name(zone)])
            }
            Moment::Naive(data, query) => Sql::fill(
                "FROM_UTC_TIMESTAMP(TO_UTC_TIMESTAMP({0}, {1}), {2})",
                &[of, &zone_name(data), &zone_name(query)],
            ),
            Moment::Date => of.clone(),
        }
    }

    fn instant_of(&self, local: &Sql, zone: Tz) -> Sql {
        Sql::fill("TO_UTC_TIMESTAMP({0}, {1})", &[local, &zone_name(zone)])
    }

    fn add(&self, of: &Sql, _moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let (unit, count) = (Sql::text(unit), Sql::text(count.to_string()));
        Sql::fill("DATEADD({1}, {2}, {0})", &[of, &unit, &count])
    }

    fn day_of_week(&self) -> (&'static str, i64) {
        ("DAYOFWEEK", 2)
    }

    fn part(&self, part: &str, of: &Sql) -> Sql {
        Sql::fill("EXTRACT({1} FROM {0})", &[of, &Sql::text(part)])
    }

    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        match part {
            NamePart::DayOfWeekName => Sql::fill("DATE_FORMAT({0}, 'EEEE')", &[of]),
            NamePart::MonthName => Sql::fill("DATE_FORMAT({0}, 'MMMM')", &[of]),
            NamePart::QuarterName => Sql::fill("CONCAT('Q', QUARTER({0}))", &[of]),
        }
    }

    fn days_between(&self, from: &Sql, to: &Sql) -> Sql {
        Sql::fill("(DATEDIFF({1}, {0}) + 1)", &[from, to])
    }
}
