//! Work by the calendar, without a leader.
//!
//! Every worker looks for schedules that are due, skips those that another one is at, and fires each
//! due time once: the row in `job_fires` and the job are one transaction, and its key is the
//! schedule and the due time.

mod calendar;
mod store;

pub use calendar::{Calendar, CalendarError};
pub use store::{NewSchedule, ensure};

use crate::{
    db::{Conn, PooledConn, transaction},
    jobs::{Enqueued, enqueue},
    kernel::Result,
};
use chrono::{DateTime, TimeDelta, Utc};
use store::Due;

crate::db::text_enum! {
    /// What happens to due times that were missed because no worker ran.
    pub enum CatchUp {
        /// One run for all of them.
        Latest = "LATEST",
        /// One run for each, at most 24.
        All = "ALL",
        /// None.
        None = "NONE",
    }
}

crate::db::text_enum! {
    /// What happens when the last run is not done yet.
    pub enum Overlap {
        /// The due time is skipped.
        Skip = "SKIP",
        /// Both run.
        Allow = "ALLOW",
    }
}

crate::db::text_enum! {
    /// What became of a due time.
    pub enum FireOutcome {
        /// A job was asked for.
        Enqueued = "ENQUEUED",
        /// The last run was not done yet.
        Overlapped = "OVERLAPPED",
        /// No worker ran, and a later due time stands for it.
        Missed = "MISSED",
        /// The queue was full.
        Refused = "REFUSED",
    }
}

/// A due time that passed longer ago than this is missed, whatever the policy.
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// A due time that passed no longer ago than this was not missed at all.
const ON_TIME: TimeDelta = TimeDelta::seconds(90);
/// Most runs that catch up.
const MOST_CAUGHT_UP: usize = 24;
/// Most due times that are noted as missed.
const MOST_NOTED: usize = 200;

/// Fires what is due; how many jobs that made.
///
/// # Errors
/// The database fails. What was fired before stays fired.
pub(super) async fn fire(conn: &mut PooledConn, backlog: u32) -> Result<u64> {
    let mut fired = 0;
    // One schedule a transaction: a mistake in one does not hold up the others.
    loop {
        let outcome: Result<Option<u64>> = transaction(conn, async |conn: &Conn| {
            let Some(due) = store::next_due(conn).await? else {
                return Ok(None);
            };
            fire_one(conn, &due, backlog).await.map(Some)
        })
        .await;
        match outcome? {
            Some(jobs) => fired += jobs,
            None => return Ok(fired),
        }
    }
}

async fn fire_one(conn: &Conn, due: &Due, backlog: u32) -> Result<u64> {
    let calendar = match Calendar::new(&due.cron, &due.time_zone) {
        Ok(calendar) => calendar,
        Err(error) => {
            tracing::error!(%error, schedule = %due.id, "a schedule cannot be read and is switched off");
            store::switch_off(conn, due.id).await?;
            return Ok(0);
        }
    };
    let Some(first) = due.next_due_at else {
        // New, or changed: from now on.
        store::set_next(conn, due.id, calendar.after(due.now)).await?;
        return Ok(0);
    };
    let plan = plan(&calendar, first, due.now, due.catch_up);
    let mut fired = 0;
    for (at, is_run) in plan {
        if !store::note(conn, due.id, at).await? {
            continue;
        }
        let outcome = if is_run {
            run(conn, due, at, backlog).await?
        } else {
            (FireOutcome::Missed, None)
        };
        fired += u64::from(outcome.0 == FireOutcome::Enqueued);
        store::outcome(conn, due.id, at, outcome).await?;
    }
    store::set_next(conn, due.id, calendar.after(due.now)).await?;
    Ok(fired)
}

async fn run(
    conn: &Conn,
    due: &Due,
    at: DateTime<Utc>,
    backlog: u32,
) -> Result<(FireOutcome, Option<crate::kernel::entity::JobId>)> {
    if due.overlap == Overlap::Skip && store::is_running(conn, due.id).await? {
        return Ok((FireOutcome::Overlapped, None));
    }
    let new = store::job(conn, due).await?;
    tracing::debug!(schedule = %due.id, %at, "a schedule fires");
    Ok(match enqueue(conn, &new, backlog).await? {
        Enqueued::New(id) | Enqueued::Existing(id) => (FireOutcome::Enqueued, Some(id)),
        Enqueued::QueueFull => (FireOutcome::Refused, None),
    })
}

/// The due times from `first` to now, each with whether it is run.
fn plan(
    calendar: &Calendar,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
    catch_up: CatchUp,
) -> Vec<(DateTime<Utc>, bool)> {
    let window = now - WINDOW;
    let mut times: Vec<DateTime<Utc>> = Vec::new();
    // The first is due as it stands: where it stands for a time that the change of clocks skipped,
    // the expression does not name it.
    let mut next = if first < window {
        calendar.after(window)
    } else {
        Some(first)
    };
    while let Some(at) = next.filter(|at| *at <= now) {
        times.push(at);
        if times.len() > MOST_NOTED {
            times.remove(0);
        }
        next = calendar.after(at);
    }
    let runs = match catch_up {
        CatchUp::Latest | CatchUp::None => 1,
        CatchUp::All => MOST_CAUGHT_UP,
    };
    let skipped = times.len().saturating_sub(runs);
    times
        .into_iter()
        .enumerate()
        .map(|(n, at)| {
            let is_late = now - at > ON_TIME;
            (at, n >= skipped && !(catch_up == CatchUp::None && is_late))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn runs(catch_up: CatchUp, first: &str, now: &str) -> (usize, usize) {
        let calendar = Calendar::new("*/10 * * * *", "UTC").unwrap();
        let plan = plan(&calendar, at(first), at(now), catch_up);
        (
            plan.len(),
            plan.iter().filter(|(_, is_run)| *is_run).count(),
        )
    }

    #[test]
    fn missed_times_are_caught_up_as_the_policy_says() {
        let (first, now) = ("2026-03-01T00:00:00Z", "2026-03-01T03:05:00Z");
        assert_eq!(runs(CatchUp::Latest, first, now), (19, 1));
        assert_eq!(runs(CatchUp::All, first, now), (19, 19));
        assert_eq!(runs(CatchUp::None, first, now), (19, 0));
        assert_eq!(
            runs(
                CatchUp::None,
                "2026-03-01T03:00:00Z",
                "2026-03-01T03:00:01Z"
            ),
            (1, 1)
        );
        // At most 24, and nothing from before yesterday.
        let week = "2026-03-08T00:05:00Z";
        assert_eq!(runs(CatchUp::All, first, week), (144, 24));
    }
}
