//! The types `ValidationError` and `ValidationReport`.

use super::{
    ValidationErrorRow, ValidationOutcome,
    row::{ValidationErrorType, ValidationSource},
};
use crate::{
    domains::{
        content::{
            chart::{Chart, ChartRow},
            dashboard::{Dashboard, DashboardRow},
            space::{Space, SpaceRow},
        },
        identity::user::{User, UserRow},
        model::{catalog::Table, explore::explore_of},
        platform::job::{Job, JobRow},
        project::project::{Project, ProjectRow},
    },
    gql::{ScopeExt as _, id_text},
    kernel::{
        Error, Result,
        entity::{ProjectId, SpaceId, UserId},
    },
};
use async_graphql::{Context, ID, Object, Union};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Something in a project that does not fit its models.
pub struct ValidationError(pub Arc<ValidationErrorRow>);

impl From<Arc<ValidationErrorRow>> for ValidationError {
    fn from(row: Arc<ValidationErrorRow>) -> Self {
        Self(row)
    }
}

/// What an error is about, as far as the caller may see it.
enum Subject {
    Chart(Arc<ChartRow>),
    Dashboard(Arc<DashboardRow>),
    Table,
    Hidden,
}

impl ValidationError {
    async fn subject(&self, ctx: &Context<'_>) -> Result<Subject> {
        let chart = match self.0.chart_id {
            Some(id) => ctx.by_id::<ChartRow>(id).await?,
            None => None,
        };
        let dashboard = match self.0.dashboard_id {
            Some(id) => ctx.by_id::<DashboardRow>(id).await?,
            None => None,
        };
        Ok(match (self.0.source, chart, dashboard) {
            (ValidationSource::Table, ..) => Subject::Table,
            (_, Some(row), _) => Subject::Chart(row),
            (_, _, Some(row)) => Subject::Dashboard(row),
            _ => Subject::Hidden,
        })
    }
}

impl Subject {
    fn space(&self) -> Option<SpaceId> {
        match self {
            Self::Chart(row) => Some(row.space_id),
            Self::Dashboard(row) => Some(row.space_id),
            Self::Table | Self::Hidden => None,
        }
    }

    fn updated(&self) -> Option<(DateTime<Utc>, Option<UserId>)> {
        match self {
            Self::Chart(row) => Some((row.updated_at, row.updated_by)),
            Self::Dashboard(row) => Some((row.updated_at, row.updated_by)),
            Self::Table | Self::Hidden => None,
        }
    }
}

/// Something in a project that does not fit its models: a chart whose metric is gone, a dashboard with a
/// filter that no chart on it can follow, a table that did not compile. Of content that the caller may
/// not see it tells only that there is some.
#[Object]
impl ValidationError {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// The validation that found it; null if it is not kept any more, or not visible.
    async fn job(&self, ctx: &Context<'_>) -> Option<Result<Job>> {
        let row = ctx.by_id::<JobRow>(self.0.job_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// What something is wrong with.
    async fn source(&self) -> ValidationSource {
        self.0.source
    }

    /// What is wrong.
    async fn error_type(&self) -> ValidationErrorType {
        self.0.error_type
    }

    /// What is wrong, as a sentence.
    async fn error(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(match self.subject(ctx).await? {
            Subject::Hidden => "something that you may not see does not fit the models".to_owned(),
            _ => self.0.error.clone(),
        })
    }

    /// The name of the chart, dashboard or table; null where the caller may not see it.
    async fn name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let subject = match self.subject(ctx).await {
            Ok(subject) => subject,
            Err(error) => return Some(Err(error)),
        };
        match subject {
            Subject::Chart(row) => Some(Ok(row.name.clone())),
            Subject::Dashboard(row) => Some(Ok(row.name.clone())),
            Subject::Table => self.0.explore_name.clone().map(Ok),
            Subject::Hidden => None,
        }
    }

    /// The field that it is about; null where it is about none, or the caller may not see the content.
    async fn field_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let name = self.0.field_name.clone()?;
        match self.subject(ctx).await {
            Ok(Subject::Hidden) => None,
            Ok(_) => Some(Ok(name)),
            Err(error) => Some(Err(error)),
        }
    }

    /// What it is about; null where the caller may not see it, and for an explore without its table.
    async fn content(&self, ctx: &Context<'_>) -> Option<Result<ContentRef>> {
        match self.subject(ctx).await {
            Ok(Subject::Chart(row)) => Some(Ok(ContentRef::Chart(row.into()))),
            Ok(Subject::Dashboard(row)) => Some(Ok(ContentRef::Dashboard(row.into()))),
            Ok(Subject::Table) => self.table(ctx).await.transpose(),
            Ok(Subject::Hidden) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The space of the content; null for tables, and where the caller may not see it.
    async fn space(&self, ctx: &Context<'_>) -> Option<Result<Space>> {
        let space = match self.subject(ctx).await {
            Ok(subject) => subject.space()?,
            Err(error) => return Some(Err(error)),
        };
        let row = ctx.by_id::<SpaceRow>(space).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Who changed the content last; null for tables, and where the caller may not see it or them.
    async fn last_updated_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let by = match self.subject(ctx).await {
            Ok(subject) => subject.updated()?.1?,
            Err(error) => return Some(Err(error)),
        };
        let row = ctx.by_id::<UserRow>(by).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When the content was changed last; null for tables, and where the caller may not see it.
    async fn last_updated_at(&self, ctx: &Context<'_>) -> Option<Result<DateTime<Utc>>> {
        match self.subject(ctx).await {
            Ok(subject) => subject.updated().map(|(at, _)| Ok(at)),
            Err(error) => Some(Err(error)),
        }
    }

    /// How often the content was opened; null for tables, and where the caller may not see it.
    async fn view_count(&self, ctx: &Context<'_>) -> Option<Result<i32>> {
        match self.subject(ctx).await {
            Ok(Subject::Chart(row)) => Some(Ok(row.view_count)),
            Ok(Subject::Dashboard(row)) => Some(Ok(row.view_count)),
            Ok(Subject::Table | Subject::Hidden) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// When it was found.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}

impl ValidationError {
    async fn table(&self, ctx: &Context<'_>) -> Result<Option<ContentRef>> {
        let Some(name) = &self.0.explore_name else {
            return Ok(None);
        };
        let explore = explore_of(ctx, self.0.project_id, name).await?;
        let table = match explore {
            Some(explore) => explore.base(ctx).await?,
            None => None,
        };
        Ok(table.map(ContentRef::Table))
    }
}

/// What an error is about.
#[derive(Union)]
pub enum ContentRef {
    /// A saved chart.
    Chart(Chart),
    /// A dashboard.
    Dashboard(Dashboard),
    /// A table of the models.
    Table(Table),
}

/// What a validation found.
pub struct ValidationReport {
    project: Arc<ProjectRow>,
    outcome: ValidationOutcome,
}

impl ValidationReport {
    /// The report of a job; `None` where the caller may not see the project.
    ///
    /// # Errors
    /// Lack of sign-in, outages.
    pub async fn of(ctx: &Context<'_>, outcome: ValidationOutcome) -> Result<Option<Self>> {
        let id = ProjectId::from_uuid(outcome.project);
        let row = ctx.by_id::<ProjectRow>(id).await?;
        Ok(row.map(|project| Self { project, outcome }))
    }
}

/// What a validation found. The errors are in `validationErrors` of the project, with the id of the job.
#[Object]
impl ValidationReport {
    /// The project.
    async fn project(&self) -> Project {
        self.project.clone().into()
    }

    /// How many errors it found.
    async fn error_count(&self) -> i32 {
        i32::try_from(self.outcome.errors).unwrap_or(i32::MAX)
    }

    /// When.
    async fn validated_at(&self) -> DateTime<Utc> {
        self.outcome.at
    }
}
