//! The types `Job`, `JobEvent`, `JobUpdate` and what they hold.

use super::{JobKind, JobRow, list::AsWritten, loader};
use crate::{
    domains::{
        identity::{
            organization::{Organization, OrganizationRow},
            user::{User, UserRow},
        },
        model::deployment::CompileReport,
        platform::{housekeeping::PurgeReport, selftest::SelftestReport},
        project::project::{Project, ProjectRow},
        query::{
            QueryReport,
            export::{ExportReport, ExportedFile, ExportedFileRow},
            run::{QueryRun, QueryRunRow},
            validation::ValidationReport,
        },
    },
    gql::{Connection, PageArgs, ScopeExt as _, UserErrorCode, children, id_text},
    jobs::{FailureCode, JobEventRow, JobLogRow, JobStatus, LogLevel, Progress, StoredError},
    kernel::{Error, Result, entity::ProjectId},
};
use async_graphql::{Context, ID, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;

/// A piece of long work. The row is the product: its status, progress and result are what clients watch.
pub struct Job(pub Arc<JobRow>);

impl From<Arc<JobRow>> for Job {
    fn from(row: Arc<JobRow>) -> Self {
        Self(row)
    }
}

/// A piece of long work: its status, progress and result are what clients watch.
#[Object]
impl Job {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// What it does.
    fn kind(&self) -> Result<JobKind> {
        JobKind::from_text(&self.0.kind)
            .ok_or_else(|| Error::fault("a job is of a kind that this version does not know"))
    }

    /// Where it stands.
    async fn status(&self) -> JobStatus {
        self.0.status
    }

    /// Grows by one with every event, without a gap; the cursor of `jobUpdated`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// How far it is.
    async fn progress(&self) -> JobProgress {
        self.0.progress().into()
    }

    /// The attempt it is at; 0 before the first.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// Most attempts.
    async fn max_attempts(&self) -> i32 {
        self.0.max_attempts
    }

    /// The project it is about; null if it is about none, or the project is not visible.
    async fn project(&self, ctx: &Context<'_>) -> Option<Result<Project>> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Its organization; null for the server's own work.
    async fn organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Who asked for it; null for the server's own work, and if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The user whose present rights the job has: those held when it runs, not when it was asked
    /// for. Null for the server's own work, and if the account is gone or not visible.
    async fn run_as(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.run_as_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it is or was due; the next attempt, if it waits for one.
    async fn run_at(&self) -> DateTime<Utc> {
        self.0.run_at
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When its first attempt began.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it ended, however it did.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// When it is given up; null for never.
    async fn deadline_at(&self) -> Option<DateTime<Utc>> {
        self.0.deadline_at
    }

    /// When somebody asked to stop it.
    async fn cancel_requested_at(&self) -> Option<DateTime<Utc>> {
        self.0.cancel_requested_at
    }

    /// The job that this one does over; null if there is none or it is not kept any more.
    async fn retry_of(&self, ctx: &Context<'_>) -> Option<Result<Job>> {
        let row = ctx.by_id::<JobRow>(self.0.retry_of_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Why it failed or was given up; while it waits for the next attempt, why the last one failed.
    async fn error(&self) -> Option<Result<JobError>> {
        let stored = self.0.error.clone()?;
        Some(JobError::read(stored))
    }

    /// What it made; null before it has succeeded, and when that is not kept any more or not for the
    /// caller.
    async fn result(&self, ctx: &Context<'_>) -> Option<Result<JobResult>> {
        let stored = self.0.result.clone()?;
        JobResult::read(ctx, &self.0.kind, stored).await.transpose()
    }

    /// What happened to it after a version, in order: at most 1,000 events; ask again from the last
    /// one for more. Events are kept for some days after the end of a job.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events after this version.", default = 0)] after_version: i32,
    ) -> Result<Vec<JobEvent>> {
        let events = loader::events_of(ctx, self.0.id, after_version).await?;
        Ok(events.iter().cloned().map(JobEvent::from).collect())
    }

    /// The lines it wrote, in order.
    async fn logs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<JobLogEntry>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(AsWritten, _); 0] = [];
        let link = "job_logs.job_id = p.id";
        children::<JobLogRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |_| {
            Ok(crate::db::Fragment::yes())
        })
        .await
    }
}

/// How far a job is.
#[derive(SimpleObject)]
pub struct JobProgress {
    /// Units done.
    done: i32,
    /// Units in all; null if nobody knows.
    total: Option<i32>,
    /// What it is at, for people.
    message: Option<String>,
}

impl From<Progress> for JobProgress {
    fn from(progress: Progress) -> Self {
        Self {
            done: progress.done,
            total: progress.total,
            message: progress.message,
        }
    }
}

/// Something that happened to a job: a new status, or progress.
#[derive(SimpleObject)]
pub struct JobEvent {
    /// Number of the event, from 1 without a gap.
    version: i32,
    /// When.
    at: DateTime<Utc>,
    /// The status since then.
    status: JobStatus,
    /// How far the job was.
    progress: JobProgress,
    /// The attempt it was at.
    attempt: i32,
}

impl From<Arc<JobEventRow>> for JobEvent {
    fn from(event: Arc<JobEventRow>) -> Self {
        Self {
            version: event.version,
            at: event.at,
            status: event.status,
            progress: event.progress().into(),
            attempt: event.attempt,
        }
    }
}

/// What a subscriber gets: the event, and the job as it was then.
#[derive(SimpleObject)]
pub struct JobUpdate {
    /// Number of the event. Give it as `afterVersion` to go on from here.
    version: i32,
    /// When.
    at: DateTime<Utc>,
    /// The status since then.
    status: JobStatus,
    /// How far the job was.
    progress: JobProgress,
    /// The attempt it was at.
    attempt: i32,
    /// The job as it was then.
    job: Job,
}

impl JobUpdate {
    /// The update for an event of a job.
    pub(super) fn new(row: &JobRow, event: &JobEventRow) -> Self {
        Self {
            version: event.version,
            at: event.at,
            status: event.status,
            progress: event.progress().into(),
            attempt: event.attempt,
            job: Job(Arc::new(row.as_of(event))),
        }
    }
}

/// Why a job failed.
#[derive(SimpleObject)]
pub struct JobError {
    /// What kind of failure it is.
    code: UserErrorCode,
    /// A sentence for people.
    message: String,
    /// Facts for machines, by kind of job.
    details: Option<Value>,
}

impl JobError {
    fn read(stored: Value) -> Result<Self> {
        let stored: StoredError = serde_json::from_value(stored).map_err(anyhow::Error::new)?;
        let code = match stored.code {
            FailureCode::Invalid => UserErrorCode::Invalid,
            FailureCode::Forbidden => UserErrorCode::Forbidden,
            FailureCode::AttemptsExhausted => UserErrorCode::AttemptsExhausted,
            FailureCode::Poison => UserErrorCode::Poison,
            FailureCode::Expired => UserErrorCode::Expired,
            FailureCode::WarehouseError => UserErrorCode::WarehouseError,
            FailureCode::ExploreError => UserErrorCode::ExploreError,
            FailureCode::CredentialsRequired => UserErrorCode::CredentialsRequired,
            FailureCode::Internal => UserErrorCode::Internal,
        };
        Ok(Self {
            code,
            message: stored.message,
            details: stored.details,
        })
    }
}

/// What a job made.
#[derive(Union)]
pub enum JobResult {
    /// Of a self-test.
    Selftest(SelftestReport),
    /// Of a query: the run with its rows.
    Query(QueryRun),
    /// Of an export: the file.
    Export(ExportedFile),
    /// Of a purge.
    Purge(PurgeReport),
    /// Of a validation; the result is null if its project is not visible.
    Validation(ValidationReport),
    /// The project whose models were compiled; the result is null if it is not visible.
    Project(Project),
}

impl JobResult {
    /// The result of a kind, if jobs of that kind have one.
    async fn read(ctx: &Context<'_>, kind: &str, stored: Value) -> Result<Option<Self>> {
        match JobKind::from_text(kind) {
            Some(JobKind::Selftest) => parse(stored).map(|report| Some(Self::Selftest(report))),
            Some(JobKind::Purge) => parse(stored).map(|report| Some(Self::Purge(report))),
            Some(JobKind::MetricQuery | JobKind::SqlQuery | JobKind::Totals) => {
                let report: QueryReport = parse(stored)?;
                let row = ctx.by_id::<QueryRunRow>(report.run).await?;
                Ok(row.map(|row| Self::Query(row.into())))
            }
            Some(JobKind::CompileProject) => {
                let report: CompileReport = parse(stored)?;
                let id = ProjectId::from_uuid(report.project);
                let row = ctx.by_id::<ProjectRow>(id).await?;
                Ok(row.map(|row| Self::Project(row.into())))
            }
            Some(JobKind::Validation) => {
                let report = ValidationReport::of(ctx, parse(stored)?).await?;
                Ok(report.map(Self::Validation))
            }
            Some(JobKind::Export) => {
                let report: ExportReport = parse(stored)?;
                let row = ctx.by_id::<ExportedFileRow>(report.file).await?;
                Ok(row.map(|row| Self::Export(row.into())))
            }
            None => Ok(None),
        }
    }
}

fn parse<R: serde::de::DeserializeOwned>(stored: Value) -> Result<R> {
    Ok(serde_json::from_value(stored).map_err(anyhow::Error::new)?)
}

/// A line that a job wrote.
pub struct JobLogEntry(pub(super) Arc<JobLogRow>);

impl From<Arc<JobLogRow>> for JobLogEntry {
    fn from(row: Arc<JobLogRow>) -> Self {
        Self(row)
    }
}

/// A line that a job wrote.
#[Object]
impl JobLogEntry {
    /// Number of the line in its job, from 1. Give it as `afterSeq` to go on from here.
    async fn seq(&self) -> i32 {
        self.0.seq
    }

    /// The attempt that wrote it.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// When.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// How much it matters.
    async fn level(&self) -> LogLevel {
        self.0.level
    }

    /// The line.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// Facts for machines.
    async fn details(&self) -> Option<&Value> {
        self.0.details.as_ref()
    }
}
