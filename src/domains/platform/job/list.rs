//! Filters and orders of job lists, and the list of the lines of a job.

use super::{Job, JobKind, JobLogEntry, JobRow};
use crate::{
    authz::Viewer,
    db::{
        Boxed, Conn, Fragment, Keyed, LateralRows, ListQuery, Parents,
        schema::{job_logs, jobs},
        sql,
    },
    gql::{
        DateTimeFilter, IdFilter, Key as _, ListNode, Listing, OrderDirection, OrderField,
        by_id_loader, column, enum_filter, filterable, listing, sortable,
    },
    jobs::{JobLogRow, JobStatus},
    kernel::{Result, entity},
};
use diesel::{QueryDsl as _, SelectableHelper as _};
use std::sync::Arc;

by_id_loader! { JobRow in jobs for entity::Job }
listing! {
    JobRow in jobs as Job, for entity::Job, keys {
        "jobs.id" => id,
        "jobs.created_at" => created_at,
        "jobs.kind" => kind,
    }
}

impl ListNode for Job {
    const CONNECTION: &'static str = "JobConnection";
    const EDGE: &'static str = "JobEdge";
}
impl ListNode for JobLogEntry {
    const CONNECTION: &'static str = "JobLogEntryConnection";
    const EDGE: &'static str = "JobLogEntryEdge";
}

enum_filter! { JobKindFilter on JobKind }
enum_filter! { JobStatusFilter on JobStatus }

filterable! {
    /// Which jobs to list.
    pub struct JobFilter {
        /// By what they do.
        kind: JobKindFilter => column("jobs.kind"),
        /// By where they stand.
        status: JobStatusFilter => column("jobs.status"),
        /// About this project.
        project_id: IdFilter => IdFilter::of::<entity::Project>("jobs.project_id"),
        /// Asked for by this user.
        created_by_id: IdFilter => IdFilter::of::<entity::User>("jobs.created_by_id"),
        /// By time of creation.
        created_at: DateTimeFilter => column("jobs.created_at"),
    }
}

sortable! {
    /// Fields by which jobs can be ordered.
    pub enum JobOrderField, JobOrder in "jobs", tie "jobs.id", default CreatedAt Desc {
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "jobs.created_at" as "::timestamptz",
        /// By the start of the first attempt; those that have not started come last.
        StartedAt = "STARTED_AT" => "coalesce(jobs.started_at, 'infinity')" as "::timestamptz",
        /// By the end; those that have not ended come last.
        FinishedAt = "FINISHED_AT" => "coalesce(jobs.finished_at, 'infinity')" as "::timestamptz",
        /// By what they do.
        Kind = "KIND" => "jobs.kind" as "::text",
        /// By where they stand.
        Status = "STATUS" => "jobs.status" as "::text",
    }
}

/// The one order of the lines of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AsWritten;

impl OrderField for AsWritten {
    const LIST: &'static str = "job_logs";
    const TIE: (&'static str, &'static str) = ("job_logs.seq", "::integer");

    fn term(self) -> (&'static str, &'static str) {
        Self::TIE
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// Lines are listed below a job, and seen by whoever sees the job.
impl Listing for JobLogRow {
    type Node = JobLogEntry;

    const KEYS: &'static [&'static str] = &["job_logs.seq"];

    fn key(&self, expression: &str) -> Option<String> {
        (expression == "job_logs.seq").then(|| self.seq.to_key())
    }

    async fn rows(
        conn: &Conn,
        viewer: &Arc<Viewer>,
        query: &ListQuery,
    ) -> Result<Vec<Keyed<Self>>> {
        let select = job_logs::table.select((Self::as_select(), query.keys()));
        let select: Boxed<job_logs::table, Self> = select.into_boxed();
        query
            .load(conn, select.filter(of_visible_job(viewer)))
            .await
    }

    async fn rows_of(
        conn: &Conn,
        viewer: &Arc<Viewer>,
        query: &ListQuery,
        parents: &Parents,
    ) -> Result<LateralRows<Self>> {
        let select = job_logs::table.select((Self::as_select(), query.keys()));
        let select: Boxed<job_logs::table, Self> = select.into_boxed();
        query
            .load_of(conn, select.filter(of_visible_job(viewer)), parents)
            .await
    }

    fn counted(viewer: &Arc<Viewer>) -> Fragment {
        sql("job_logs WHERE ", []).with(of_visible_job(viewer))
    }
}

fn of_visible_job(viewer: &Viewer) -> Fragment {
    <entity::Job as crate::authz::Resource>::visible_by(viewer, "job_logs.job_id")
}
