//! Due times of a cron expression in a time zone.
//!
//! In spring, a local time that does not exist is due once, at the next minute that does. In autumn, a
//! local time that comes twice is due once; what is due every so many minutes goes on being so.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use std::str::FromStr as _;

/// A cron expression in a time zone.
#[derive(Debug, Clone)]
pub struct Calendar {
    cron: Cron,
    zone: Tz,
}

/// Why there is no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Not an expression.
    #[error("expected five fields such as `0 7 * * MON-FRI`: {0}")]
    Cron(String),
    /// Not a zone.
    #[error("expected the IANA name of a time zone, such as Europe/Berlin, got `{0}`")]
    Zone(String),
}

impl Calendar {
    /// The due times of `cron` (minute, hour, day of month, month, day of week) in a zone.
    ///
    /// # Errors
    /// One of the two cannot be read.
    pub fn new(cron: &str, zone: &str) -> Result<Self, CalendarError> {
        let parsed =
            Cron::from_str(cron).map_err(|error| CalendarError::Cron(error.to_string()))?;
        let zone = Tz::from_str(zone).map_err(|_unknown| CalendarError::Zone(zone.to_owned()))?;
        if cron.split_whitespace().count() != 5 {
            return Err(CalendarError::Cron(format!("`{cron}` has another number")));
        }
        Ok(Self { cron: parsed, zone })
    }

    /// The first due time after a moment; none if there never is one.
    pub fn after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut from = moment.with_timezone(&self.zone);
        let mut or_at = false;
        // Whatever the library makes of the hour that is skipped or comes twice, time goes forward.
        for _ in 0..4 {
            let next = self.cron.find_next_occurrence(&from, or_at).ok()?;
            let next = next.with_timezone(&Utc);
            if next > moment {
                return Some(next);
            }
            from += TimeDelta::minutes(1);
            or_at = true;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(cron: &str, zone: &str, from: &str, count: usize) -> Vec<String> {
        let calendar = Calendar::new(cron, zone).unwrap();
        let mut at: DateTime<Utc> = from.parse().unwrap();
        let mut found = Vec::new();
        for _ in 0..count {
            at = calendar.after(at).unwrap();
            found.push(at.format("%m-%d %H:%M").to_string());
        }
        found
    }

    #[test]
    fn a_skipped_time_is_due_once_at_the_next_minute() {
        // Berlin: on 29 March 2026, 02:00 becomes 03:00.
        let found = times("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
        assert_eq!(found, ["03-29 01:00", "03-30 00:30"]);
    }

    #[test]
    fn a_doubled_time_is_due_once() {
        // Berlin: on 25 October 2026, 03:00 becomes 02:00.
        let found = times("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2);
        assert_eq!(found, ["10-25 00:30", "10-26 01:30"]);
    }

    #[test]
    fn nonsense_is_refused() {
        for (cron, zone) in [
            ("", "UTC"),
            ("* * * *", "UTC"),
            ("61 * * * *", "UTC"),
            ("* * * * * *", "UTC"),
            ("@daily", "UTC"),
            ("0 7 * * *", "Mars/Olympus"),
        ] {
            assert!(Calendar::new(cron, zone).is_err(), "{cron} {zone}");
        }
        let never = Calendar::new("0 0 31 2 *", "UTC").unwrap();
        assert_eq!(never.after("2026-01-01T00:00:00Z".parse().unwrap()), None);
    }
}
