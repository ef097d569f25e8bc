//! The type `Dashboard` of the graph.

use super::{DashboardRow, DashboardTab, DashboardTile, loader};
use crate::{
    domains::{
        content::{
            metric_query::DashboardFilters,
            space::{Space, SpaceRow},
        },
        identity::user::{User, UserRow},
        project::project::{Project, ProjectRow},
        query::validation::{ValidationError, errors_of_dashboard},
    },
    gql::{Connection, PageArgs, ScopeExt as _, direct::direct, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Charts, texts and videos on a grid, with filters over all of them.
pub struct Dashboard(pub Arc<DashboardRow>);

impl From<Arc<DashboardRow>> for Dashboard {
    fn from(row: Arc<DashboardRow>) -> Self {
        Self(row)
    }
}

/// Charts, texts and videos on a grid of 36 columns, in tabs, with filters over all of them.
#[Object]
impl Dashboard {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name.
    pub async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it shows.
    pub async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Name for addresses, unique among the dashboards of the project; stays when it is renamed.
    pub async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The project it belongs to.
    pub async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// The space it is in.
    pub async fn space(&self, ctx: &Context<'_>) -> Result<Space> {
        let row = ctx.by_id::<SpaceRow>(self.0.space_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// The tiles, in the order in which they were given.
    async fn tiles(&self, ctx: &Context<'_>) -> Result<Vec<DashboardTile>> {
        let rows = loader::tiles(ctx, self.0.id).await?;
        Ok(rows.iter().cloned().map(Into::into).collect())
    }

    /// The tabs, from left to right.
    async fn tabs(&self, ctx: &Context<'_>) -> Result<Vec<DashboardTab>> {
        let rows = loader::tabs(ctx, self.0.id).await?;
        Ok(rows.iter().cloned().map(Into::into).collect())
    }

    /// Filters over all tiles.
    async fn filters(&self, ctx: &Context<'_>) -> Result<DashboardFilters> {
        loader::filters(ctx, self.0.id).await
    }

    /// How often it was opened.
    pub async fn view_count(&self) -> i32 {
        self.0.view_count
    }

    /// When it was first opened.
    async fn first_viewed_at(&self) -> Option<DateTime<Utc>> {
        self.0.first_viewed_at
    }

    /// What the last validation found here. Needs PROJECT_VALIDATE on the project.
    async fn validation_errors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ValidationError>> {
        let page = PageArgs::new(first, after, last, before);
        errors_of_dashboard(ctx, self.0.id, &page).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who created it; null if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it was changed last.
    pub async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Who changed it last; null if the account is gone or not visible.
    pub async fn updated_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.updated_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }
}

direct! { Dashboard:
    plain { id, name, description, slug, view_count, first_viewed_at, created_at, updated_at }
    always { project: ProjectRow as Project = project_id, space: SpaceRow as Space = space_id }
    perhaps { created_by: UserRow as User = created_by, updated_by: UserRow as User = updated_by }
}
