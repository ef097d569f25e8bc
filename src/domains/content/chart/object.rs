//! The type `Chart` of the graph.

use super::{
    ChartKind, ChartRow,
    definition::{ChartDefinition, defined},
};
use crate::{
    domains::{
        content::{
            chart_version::{ChartVersion, ChartVersionFilter, ChartVersionRow, versions_of},
            dashboard::{Dashboard, DashboardRow},
            metric_query::MetricQuery,
            space::{Space, SpaceRow},
        },
        identity::{
            organization::OrganizationRow,
            user::{User, UserRow},
        },
        project::project::{Project, ProjectRow},
    },
    gql::{
        Color, Connection, FieldId, PageArgs, ScopeExt as _, direct::direct, id_argument, id_text,
    },
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;

/// A saved metric query and how to draw it.
pub struct Chart(pub Arc<ChartRow>);

impl From<Arc<ChartRow>> for Chart {
    fn from(row: Arc<ChartRow>) -> Self {
        Self(row)
    }
}

/// A saved metric query and how to draw it.
#[Object]
impl Chart {
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

    /// Name for addresses, unique among the charts of the project; stays when it is renamed.
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

    /// How it is drawn; follows from `config`.
    async fn kind(&self) -> ChartKind {
        self.0.kind
    }

    /// Set where the chart exists only inside one dashboard; null too if the caller may not see
    /// that one.
    async fn dashboard(&self, ctx: &Context<'_>) -> Option<Result<Dashboard>> {
        let row = ctx.by_id::<DashboardRow>(self.0.dashboard_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Name of the explore it asks.
    async fn explore_name(&self) -> &str {
        &self.0.explore_name
    }

    /// What it asks of the semantic layer.
    async fn metric_query(&self, ctx: &Context<'_>) -> Result<MetricQuery> {
        defined(ctx, self.0.id, |definition| definition.metric_query.clone()).await
    }

    /// How it is drawn, as the front end keeps it; `type` says which kind it is.
    async fn config(&self, ctx: &Context<'_>) -> Result<Value> {
        defined(ctx, self.0.id, |definition| definition.config.clone()).await
    }

    /// Dimensions whose values become columns.
    async fn pivot_columns(&self, ctx: &Context<'_>) -> Result<Vec<FieldId>> {
        defined(ctx, self.0.id, ChartDefinition::pivots).await
    }

    /// The columns from left to right.
    async fn column_order(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        defined(ctx, self.0.id, |definition| definition.column_order.clone()).await
    }

    /// Colours of the series, in order: those of the organization.
    async fn color_palette(&self, ctx: &Context<'_>) -> Result<Vec<Color>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id).await?;
        let colors = row
            .as_ref()
            .map(|row| row.chart_colors.as_slice())
            .unwrap_or_default();
        Ok(colors.iter().map(Color::trusted).collect())
    }

    /// What it draws and drew, the newest first: the current version, and one for every change of query,
    /// configuration or columns, however long ago. Name, description and space have no versions.
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only versions like this.")] filter: Option<ChartVersionFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ChartVersion>> {
        let page = PageArgs::new(first, after, last, before);
        versions_of(ctx, self.0.id, filter.as_ref(), &page).await
    }

    /// One of its versions; null if it has none of this id.
    async fn version(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the version.")] id: ID,
    ) -> Result<Option<ChartVersion>> {
        let row = ctx
            .by_id::<ChartVersionRow>(id_argument("id", &id)?)
            .await?;
        let own = row.filter(|row| row.chart_id == self.0.id);
        Ok(own.map(Into::into))
    }

    /// How often it was opened.
    pub async fn view_count(&self) -> i32 {
        self.0.view_count
    }

    /// When it was first opened.
    async fn first_viewed_at(&self) -> Option<DateTime<Utc>> {
        self.0.first_viewed_at
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

direct! { Chart:
    plain {
        id, name, description, slug, kind, explore_name, view_count, first_viewed_at, created_at,
        updated_at,
    }
    later { config, pivot_columns, column_order, color_palette }
    always { project: ProjectRow as Project = project_id, space: SpaceRow as Space = space_id }
    perhaps {
        dashboard: DashboardRow as Dashboard = dashboard_id,
        created_by: UserRow as User = created_by,
        updated_by: UserRow as User = updated_by,
    }
}
