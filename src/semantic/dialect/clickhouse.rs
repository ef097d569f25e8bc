//! ClickHouse.

use super::{
    Dialect, Function, Moment, Postgres, Sql, SqlFamily, decimal, named_call, part_of_text,
    plain_unit, seconds, zone_name,
};
use crate::semantic::{
    model::{NamePart, TimeUnit},
    value::Weekday,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

/// ClickHouse. All its moments are moments; a zone is only how they are seen.
#[derive(Debug, Clone, Copy)]
pub struct ClickHouse;

impl Dialect for ClickHouse {
    fn family(&self) -> SqlFamily {
        SqlFamily::ClickHouse
    }

    fn backslash_escapes(&self) -> bool {
        true
    }

    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }

    fn plain_timestamp_is_instant(&self, _: &str) -> bool {
        true
    }

    fn placeholder(&self, n: usize) -> String {
        format!("{{p{n}:String}}")
    }

    fn own_week_start(&self) -> Weekday {
        Weekday::Sunday
    }

    fn date(&self, date: NaiveDate) -> String {
        format!("toDate32('{date}')")
    }

    fn instant(&self, instant: DateTime<Utc>) -> String {
        format!("toDateTime64('{}', 6, 'UTC')", seconds(instant.naive_utc()))
    }

    fn wall(&self, wall: NaiveDateTime) -> String {
        format!("toDateTime64('{}', 6, 'UTC')", seconds(wall))
    }

    fn median(&self, of: &Sql) -> Sql {
        Sql::fill("median({0})", &[of])
    }

    fn percentile(&self, percentile: f64, of: &Sql) -> Sql {
        let part = Sql::text(decimal(percentile / 100.0));
        Sql::fill("quantile({1})({0})", &[of, &part])
    }

    fn float(&self, of: &Sql) -> Sql {
        Sql::fill("toFloat64({0})", &[of])
    }

    fn decimal(&self, of: &Sql) -> Sql {
        Sql::fill("toDecimal128({0}, 9)", &[of])
    }

    // Texts are bytes unless a function says that they are characters.
    fn call(&self, function: Function, of: &[Sql]) -> Sql {
        match function {
            Function::Length => named_call("lengthUTF8", of),
            Function::Upper => named_call("upperUTF8", of),
            Function::Lower => named_call("lowerUTF8", of),
            Function::Trim => named_call("trimBoth", of),
            Function::Left(count) => part_of_text("leftUTF8", of, count),
            Function::Right(count) => part_of_text("rightUTF8", of, count),
            other => Postgres.call(other, of),
        }
    }

    fn to_text(&self, of: &Sql) -> Sql {
        Sql::fill("toString({0})", &[of])
    }

    fn like_pattern(&self, pattern: &str) -> String {
        super::backslashed(pattern)
    }

    fn like_suffix(&self) -> &'static str {
        ""
    }

    fn local(&self, of: &Sql, moment: Moment) -> Sql {
        match moment {
            Moment::Aware(zone) | Moment::Naive(_, zone) if zone != Tz::UTC => {
                Sql::fill("toTimeZone({0}, {1})", &[of, &zone_name(zone)])
            }
            _ => of.clone(),
        }
    }

    fn instant_of(&self, local: &Sql, _: Tz) -> Sql {
        local.clone()
    }

    fn truncate(&self, unit: TimeUnit, of: &Sql) -> Sql {
        let template = match unit {
            TimeUnit::Millisecond => "toStartOfMillisecond({0})",
            TimeUnit::Second => "toStartOfSecond({0})",
            TimeUnit::Minute => "toStartOfMinute({0})",
            TimeUnit::Hour => "toStartOfHour({0})",
            TimeUnit::Day => "toStartOfDay({0})",
            TimeUnit::Week => "toStartOfWeek({0}, 1)",
            TimeUnit::Month => "toStartOfMonth({0})",
            TimeUnit::Quarter => "toStartOfQuarter({0})",
            TimeUnit::Year => "toStartOfYear({0})",
        };
        Sql::fill(template, &[of])
    }

    fn to_date(&self, of: &Sql) -> Sql {
        Sql::fill("toDate32({0})", &[of])
    }

    fn add(&self, of: &Sql, _moment: Moment, unit: TimeUnit, count: i64) -> Sql {
        let (unit, count) = plain_unit(unit, count);
        let (unit, count) = (Sql::text(unit), Sql::text(count.to_string()));
        Sql::fill("dateAdd({1}, {2}, {0})", &[of, &unit, &count])
    }

    fn day_of_week(&self) -> (&'static str, i64) {
        ("toDayOfWeek", 1)
    }

    fn part(&self, part: &str, of: &Sql) -> Sql {
        let template = match part {
            "DAY" => "toDayOfMonth({0})",
            "DOY" => "toDayOfYear({0})",
            "WEEK" => "toISOWeek({0})",
            "MONTH" => "toMonth({0})",
            "QUARTER" => "toQuarter({0})",
            "YEAR" => "toYear({0})",
            "HOUR" => "toHour({0})",
            "MINUTE" => "toMinute({0})",
            _ => "toDayOfWeek({0})",
        };
        Sql::fill(template, &[of])
    }

    fn name_part(&self, part: NamePart, of: &Sql) -> Sql {
        match part {
            NamePart::DayOfWeekName => Sql::fill("dateName('weekday', {0})", &[of]),
            NamePart::MonthName => Sql::fill("dateName('month', {0})", &[of]),
            NamePart::QuarterName => Sql::fill("concat('Q', toString(toQuarter({0})))", &[of]),
        }
    }

    fn days_between(&self, from: &Sql, to: &Sql) -> Sql {
        Sql::fill("(dateDiff('day', {0}, {1}) + 1)", &[from, to])
    }
}
