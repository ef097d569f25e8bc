//! The type `Deployment`.

use super::{DeploymentRow, DeploymentSource, DeploymentStatus, loader::active_of};
use crate::{
    domains::{
        identity::user::{User, UserRow},
        platform::job::{Job, JobRow},
        project::project::{Project, ProjectRow},
    },
    gql::{ScopeExt as _, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Models that were given to a project. One compiled deployment is active: its explores are what the
/// project shows and queries.
pub struct Deployment(pub Arc<DeploymentRow>);

impl From<Arc<DeploymentRow>> for Deployment {
    fn from(row: Arc<DeploymentRow>) -> Self {
        Self(row)
    }
}

/// Models that were given to a project. One compiled deployment is active: its explores are what the
/// project shows and queries.
#[Object]
impl Deployment {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// What it was made of.
    async fn source(&self) -> DeploymentSource {
        self.0.source
    }

    /// Where it stands.
    async fn status(&self) -> DeploymentStatus {
        self.0.status
    }

    /// Whether its explores are those that the project shows.
    async fn is_active(&self, ctx: &Context<'_>) -> Result<bool> {
        let active = active_of(ctx, self.0.project_id).await?;
        Ok(active.is_some_and(|active| active.deployment == self.0.id))
    }

    /// Whether errors in explores refuse it.
    async fn is_strict(&self) -> bool {
        self.0.is_strict
    }

    /// The version of dbt that wrote the manifest; null before it is compiled, and without dbt.
    async fn dbt_version(&self) -> Option<&str> {
        self.0.dbt_version.as_deref()
    }

    /// How many explores it has; null unless it is compiled.
    async fn explore_count(&self) -> Option<i32> {
        self.0.explore_count
    }

    /// How many of its explores have errors; null unless it is compiled.
    async fn error_count(&self) -> Option<i32> {
        self.0.error_count
    }

    /// Why it was refused.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The job that compiles it; null if it is not kept any more, or not visible.
    async fn job(&self, ctx: &Context<'_>) -> Option<Result<Job>> {
        let row = ctx.by_id::<JobRow>(self.0.job_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it was given.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who gave it; null for the demo's, and if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it was compiled.
    async fn compiled_at(&self) -> Option<DateTime<Utc>> {
        self.0.compiled_at
    }
}
