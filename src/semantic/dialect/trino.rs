//! Trino and Athena.

use super::{
    Dialect, Function, Moment, Postgres, Sql, SqlFamily, decimal, plain_unit, seconds, zone_name,
};
use crate::semantic::model::{NamePart, TimeUnit};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Trino and Athena.
#[derive(Debug, Clone, Copy)]
pub struct Trino;

impl Dialect for Trino {
    fn family(&self) -> SqlFamily {
        SqlFamily::Trino
    }

    fn placeholder(&self, _: usize) -> String {
        "?".to_owned()
    }

    fn instant(&self, instant: DateTime<Utc>) -> String {
        format!("TIMESTAMP '{} UTC'", seconds(instant.naive_utc()))
    }

    fn percentile(&self, percentile: f64, of: &Sql) -> Sql {
        let part = Sql::text(decimal(percentile / 100.0));
        Sql::fill("APPROX_PERCENTILE({0}, {1})", &[of, &part])
    }

    fn float(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DOUBLE)", &[of])
    }

    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("CAST({0} AS DECIMAL(38, 9))", &[of])
    }

    // There are no LEFT and RIGHT.
    fn call(&self, function: Function, of: &[Sql]) -> Sql {
        let text = of.first().cloned().unwrap_or_default();
        match function {
            Function::Left(count) => Sql::fill(
                "SUBSTR({0}, 1, {1})",
                &[&text, &Sql::text(count.to_string())],
            ),
            Function::Right(count) => Sql::fill(
                "SUBSTR({0}, GREATEST(LENGTH({0}) - {1} + 1, 1))",
                &[&text, &Sql::text(count.to_string())],
            ),
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
                "CAST(({0} AT TIME ZONE {1}) AS TIMESTAMP)",
                &[of, &zone_name(zone)],
            ),
            Moment::Naive(data, query) => Sql::fill(
                "CAST((with_timezone({0}, {1}) AT TIME ZONE {2}) AS TIMESTAMP)",
                &[of, &zone_name(data), &zone_name(query)],
            ),
            Moment::Date => of.clone(),
        }
    }

    fn instant_of(&self, local: &Sql, zone: Tz) -> Sql {
        Sql::fill("with_timezone({0}, {1})", &[local, &zone_name(zone)])
    }

    fn add(&self, of: &Sql, _moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let (unit, count) = (Sql::text(unit), Sql::text(count.to_string()));
        Sql::fill("DATE_ADD('{1}', {2}, {0})", &[of, &unit, &count])
    }

    fn day_of_week(&self) -> (&'static str, i64) {
        ("DOW", 1)
    }

    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        match part {
            NamePart::DayOfWeekName => Sql::fill("DATE_FORMAT({0}, '%W')", &[of]),
            NamePart::MonthName => Sql::fill("DATE_FORMAT({0}, '%M')", &[of]),
            NamePart::QuarterName => Sql::fill("CONCAT('Q', CAST(QUARTER({0}) AS VARCHAR))", &[of]),
        }
    }

    fn days_between(&self, from: &Sql, to: &Sql) -> Sql {
        Sql::fill("(DATE_DIFF('DAY', {0}, {1}) + 1)", &[from, to])
    }
}
