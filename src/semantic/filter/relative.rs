//! Relative times, made into edges: the only place where `now` counts.

use crate::semantic::{model::TimeUnit, value::Weekday};
use chrono::{
    DateTime, Datelike as _, Days, LocalResult, Months, NaiveDate, NaiveDateTime, NaiveTime,
    TimeDelta, TimeZone as _, Timelike as _, Utc,
};
use chrono_tz::Tz;

/// The clock of a query.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// Now.
    pub now: DateTime<Utc>,
    /// Where days begin.
    pub zone: Tz,
    /// When weeks begin.
    pub week_start: Weekday,
}

/// From the first edge to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first moment.
    pub from: DateTime<Utc>,
    /// The last moment, or the first beyond.
    pub to: DateTime<Utc>,
    /// Whether `to` belongs to it.
    pub closed: bool,
}

impl Clock {
    /// The last so many units; whole units before the current one if `completed`.
    pub fn past(&self, count: u32, unit: TimeUnit, completed: bool) -> Option<Range> {
        let count = i64::from(count);
        if !completed {
            return Some(Range {
                from: self.shifted(self.now, unit, -count)?,
                to: self.now,
                closed: true,
            });
        }
        let start = self.start(self.now, unit)?;
        Some(Range {
            from: self.shifted(start, unit, -count)?,
            to: start,
            closed: false,
        })
    }

    /// The next so many units; whole units after the current one if `completed`.
    pub fn next(&self, count: u32, unit: TimeUnit, completed: bool) -> Option<Range> {
        let count = i64::from(count);
        if !completed {
            return Some(Range {
                from: self.now,
                to: self.shifted(self.now, unit, count)?,
                closed: true,
            });
        }
        let start = self.shifted(self.start(self.now, unit)?, unit, 1)?;
        Some(Range {
            from: start,
            to: self.shifted(start, unit, count)?,
            closed: false,
        })
    }

    /// The current unit.
    pub fn current(&self, unit: TimeUnit) -> Option<Range> {
        let start = self.start(self.now, unit)?;
        Some(Range {
            from: start,
            to: self.shifted(start, unit, 1)?,
            closed: false,
        })
    }

    /// The day of a moment.
    pub fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.zone).date_naive()
    }

    /// How far today is into its week, month, quarter or year; the first day is 1.
    pub fn day_of(&self, unit: TimeUnit) -> Option<i64> {
        let start = self.day(self.start(self.now, unit)?);
        Some((self.day(self.now) - start).num_days() + 1)
    }

    /// So many units later: calendar units on the wall clock, shorter ones in time that passes.
    fn shifted(&self, moment: DateTime<Utc>, unit: TimeUnit, count: i64) -> Option<DateTime<Utc>> {
        let passing = match unit {
            TimeUnit::Millisecond => Some(TimeDelta::try_milliseconds(count)?),
            TimeUnit::Second => Some(TimeDelta::try_seconds(count)?),
            TimeUnit::Minute => Some(TimeDelta::try_minutes(count)?),
            TimeUnit::Hour => Some(TimeDelta::try_hours(count)?),
            _ => None,
        };
        if let Some(passing) = passing {
            return in_range(moment.checked_add_signed(passing)?);
        }
        let local = moment.with_timezone(&self.zone).naive_local();
        let steps = u64::try_from(count.abs()).ok()?;
        let months = |each: u64| {
            let months = Months::new(u32::try_from(steps.checked_mul(each)?).ok()?);
            if count < 0 {
                local.checked_sub_months(months)
            } else {
                local.checked_add_months(months)
            }
        };
        let days = |each: u64| {
            let days = Days::new(steps.checked_mul(each)?);
            if count < 0 {
                local.checked_sub_days(days)
            } else {
                local.checked_add_days(days)
            }
        };
        let shifted = match unit {
            TimeUnit::Week => days(7),
            TimeUnit::Month => months(1),
            TimeUnit::Quarter => months(3),
            TimeUnit::Year => months(12),
            _ => days(1),
        }?;
        in_range(self.moment(shifted)?)
    }

    /// The beginning of the unit that a moment lies in.
    fn start(&self, moment: DateTime<Utc>, unit: TimeUnit) -> Option<DateTime<Utc>> {
        let local = moment.with_timezone(&self.zone).naive_local();
        let time = local.time();
        let day = local.date();
        let first = |year: i32, month: u32| NaiveDate::from_ymd_opt(year, month, 1);
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN);
        let start: NaiveDateTime = match unit {
            TimeUnit::Millisecond => {
                let nanos = time.nanosecond() / 1_000_000 * 1_000_000;
                local.with_nanosecond(nanos)?
            }
            TimeUnit::Second => local.with_nanosecond(0)?,
            TimeUnit::Minute => local.with_nanosecond(0)?.with_second(0)?,
            TimeUnit::Hour => local.with_nanosecond(0)?.with_second(0)?.with_minute(0)?,
            TimeUnit::Day => midnight(day),
            TimeUnit::Week => {
                let today = day.weekday().num_days_from_monday();
                let back = (today + 7 - self.week_start.after_monday()) % 7;
                midnight(day.checked_sub_days(Days::new(u64::from(back)))?)
            }
            TimeUnit::Month => midnight(first(day.year(), day.month())?),
            TimeUnit::Quarter => midnight(first(day.year(), day.month0() / 3 * 3 + 1)?),
            TimeUnit::Year => midnight(first(day.year(), 1)?),
        };
        if unit.is_calendar() {
            return self.moment(start);
        }
        // Within an hour that comes twice, the offset stays that of the moment itself.
        let passed = local.signed_duration_since(start);
        moment.checked_sub_signed(passed)
    }

    /// A wall clock as a moment: the first of two, the end of a gap.
    fn moment(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        for minutes in 0..=240 {
            let shifted = local.checked_add_signed(TimeDelta::minutes(minutes))?;
            match self.zone.from_local_datetime(&shifted) {
                LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => {
                    return Some(moment.with_timezone(&Utc));
                }
                LocalResult::None => {}
            }
        }
        None
    }
}

/// Years that every warehouse can write.
fn in_range(moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9_999).contains(&moment.year()).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(now: &str, zone: Tz) -> Clock {
        Clock {
            now: now.parse().unwrap(),
            zone,
            week_start: Weekday::Monday,
        }
    }

    fn edges(range: Option<Range>) -> (String, String) {
        let range = range.unwrap();
        let text = |moment: DateTime<Utc>| moment.format("%Y-%m-%dT%H:%M:%S").to_string();
        (text(range.from), text(range.to))
    }

    #[test]
    fn days_begin_where_the_zone_says() {
        let berlin = clock("2024-03-31T10:30:00Z", Tz::Europe__Berlin);
        // The day of the change has 23 hours.
        assert_eq!(
            edges(berlin.current(TimeUnit::Day)),
            ("2024-03-30T23:00:00".into(), "2024-03-31T22:00:00".into())
        );
        assert_eq!(
            edges(berlin.past(1, TimeUnit::Month, true)),
            ("2024-01-31T23:00:00".into(), "2024-02-29T23:00:00".into())
        );
        assert_eq!(
            edges(berlin.past(1, TimeUnit::Day, false)),
            ("2024-03-30T11:30:00".into(), "2024-03-31T10:30:00".into())
        );
        assert_eq!(
            edges(berlin.past(24, TimeUnit::Hour, false)),
            ("2024-03-30T10:30:00".into(), "2024-03-31T10:30:00".into())
        );
        assert_eq!(
            edges(berlin.next(2, TimeUnit::Week, true)),
            ("2024-03-31T22:00:00".into(), "2024-04-14T22:00:00".into())
        );
        assert_eq!(berlin.day_of(TimeUnit::Quarter), Some(91));
        assert_eq!(berlin.day_of(TimeUnit::Week), Some(7));
    }

    #[test]
    fn the_end_of_a_month_is_kept() {
        let utc = clock("2024-03-31T00:00:00Z", Tz::UTC);
        assert_eq!(
            edges(utc.past(1, TimeUnit::Month, false)),
            ("2024-02-29T00:00:00".into(), "2024-03-31T00:00:00".into())
        );
        assert_eq!(utc.past(100_000, TimeUnit::Year, false), None);
    }
}
