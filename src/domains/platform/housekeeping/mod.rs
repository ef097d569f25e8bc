//! The server's own work: forgetting what was kept long enough.

use crate::{
    authz::{self, System},
    db::Conn,
    domains::query::{self, export},
    jobs::{
        Authority, Failure, Kind, Priority, RunContext, purge,
        schedule::{self, CatchUp, NewSchedule, Overlap},
    },
    kernel::Result,
};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};

/// Deletes jobs, keys and registers that are past their time.
pub struct Purge;

/// A purge needs to be told nothing: it looks for what is past its time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct PurgePayload {}

/// What a purge deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, SimpleObject)]
pub struct PurgeReport {
    /// Jobs whose time to be kept was over, with their events and lines.
    pub jobs: i32,
    /// Idempotency keys of more than a day ago.
    pub keys: i32,
    /// Answers of warehouses past their time, and runs of more than a week ago.
    #[serde(default)]
    pub query_results: i32,
    /// Files of exports past their time, and parts of them.
    #[serde(default)]
    pub exported_files: i32,
    /// Entries of dead workers, of past due times and of changes of rights.
    pub register_entries: i32,
}

impl Kind for Purge {
    const NAME: &'static str = "PURGE";
    const PRIORITY: Priority = Priority::Background;
    const AUTHORITY: Authority = Authority::System;
    const IS_RESUMABLE: bool = true;
    type Payload = PurgePayload;
    type Report = PurgeReport;

    async fn run(&self, ctx: &RunContext, _: PurgePayload) -> Result<PurgeReport, Failure> {
        let mut report = PurgeReport::default();
        loop {
            ctx.checkpoint()?;
            let conn = ctx.db.get().await?;
            let (jobs, keys) = (purge::jobs(&conn).await?, purge::keys(&conn).await?);
            let system = System::new("forgetting old answers of warehouses and files");
            let results = query::purge(&conn, system).await?;
            report.jobs = add(report.jobs, jobs);
            report.keys = add(report.keys, keys);
            report.query_results = add(report.query_results, results);
            let files = export::purge(&conn, system).await?;
            report.exported_files = add(report.exported_files, files);
            if jobs + keys + results + files == 0 {
                let entries = purge::registers(&conn).await?;
                let changes = authz::forget_changes(&conn, system).await?;
                report.register_entries = add(report.register_entries, entries + changes);
                return Ok(report);
            }
            ctx.progress(report.jobs, None, "deleting");
        }
    }
}

fn add(sum: i32, count: usize) -> i32 {
    sum.saturating_add(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Puts the server's own work into the calendar.
///
/// # Errors
/// The database fails.
pub async fn schedule(conn: &Conn) -> Result<()> {
    let hourly = NewSchedule {
        name: "purge",
        cron: "17 * * * *",
        time_zone: "UTC",
        catch_up: CatchUp::Latest,
        overlap: Overlap::Skip,
    };
    schedule::ensure::<Purge>(conn, &hourly, &PurgePayload {}).await
}
