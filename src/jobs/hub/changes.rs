//! The one question that a node asks for all its watchers: what was committed since the last look?

use crate::{
    db::{Conn, sql},
    jobs::{JobEventRow, JobStatus},
    kernel::{Result, entity::JobId},
};
use chrono::{DateTime, Utc};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::{collections::HashSet, sync::Arc};
use uuid::Uuid;

/// Where the last look ended.
#[derive(Debug, Default)]
pub(super) struct Horizon {
    /// The oldest transaction that was open then; `None` before the first look.
    low: Option<i64>,
    /// Events at or above `low` that were read already.
    known: HashSet<(JobId, i32)>,
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// New events, by job and in order.
    pub(super) events: Vec<Arc<JobEventRow>>,
    /// Age of the oldest of them, in seconds.
    pub(super) lag: f64,
    /// Whether nothing is known of the time before: watchers have to look for themselves.
    pub(super) is_first: bool,
}

type Row = (
    i64,
    Option<Uuid>,
    Option<i32>,
    Option<DateTime<Utc>>,
    Option<JobStatus>,
    Option<i32>,
    Option<i32>,
    Option<i32>,
    Option<String>,
    Option<f64>,
    Option<i64>,
);
type RowSql = (
    st::BigInt,
    st::Nullable<st::Uuid>,
    st::Nullable<st::Integer>,
    st::Nullable<st::Timestamptz>,
    st::Nullable<st::Text>,
    st::Nullable<st::Integer>,
    st::Nullable<st::Integer>,
    st::Nullable<st::Integer>,
    st::Nullable<st::Text>,
    st::Nullable<st::Double>,
    st::Nullable<st::BigInt>,
);

impl Horizon {
    /// Reads what is new.
    pub(super) async fn look(&mut self, mut conn: &Conn) -> Result<Changes> {
        let from = self.low.unwrap_or(i64::MAX);
        let rows: Vec<Row> = sql(include_str!("changes.sql"), [from.into()])
            .statement::<RowSql>()
            .load(&mut conn)
            .await?;
        let mut changes = Changes {
            is_first: self.low.is_none(),
            ..Changes::default()
        };
        let mut known = HashSet::new();
        for row in rows {
            let (low, .., lag, transaction) = (row.0, row.9.unwrap_or_default(), row.10);
            self.low = Some(low);
            let Some(event) = event(row) else { continue };
            let name = (event.job_id, event.version);
            if transaction.is_some_and(|transaction| transaction >= low) {
                known.insert(name);
            }
            if !self.known.contains(&name) {
                changes.lag = changes.lag.max(lag);
                changes.events.push(Arc::new(event));
            }
        }
        self.known = known;
        Ok(changes)
    }
}

fn event(row: Row) -> Option<JobEventRow> {
    Some(JobEventRow {
        job_id: JobId::from_uuid(row.1?),
        version: row.2?,
        at: row.3?,
        status: row.4?,
        attempt: row.5?,
        progress_done: row.6?,
        progress_total: row.7,
        progress_message: row.8,
    })
}
