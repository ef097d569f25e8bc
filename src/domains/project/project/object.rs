//! The type `Project` of the graph.

use super::{ProjectFilter, ProjectOrderField, ProjectRow, ProjectType, content::ProjectContent};
use crate::{
    domains::{
        access::{
            PrincipalRef,
            effective::{EffectiveAccess, EffectiveAccessFilter, effective_access_of},
            grant::{AccessGrant, AccessGrantFilter, access_grant_of, access_grants_of},
        },
        identity::{
            organization::{Organization, OrganizationRow},
            user::{User, UserRow},
        },
        model::{
            catalog::{
                CatalogItem, CatalogItemFilter, CatalogItemOrder, Table, catalog_of, table_of,
            },
            deployment::{Deployment, dbt_version_of, deployments_of},
            explore::{Explore, ExploreFilter, explore_of, explores_of},
            tag::{Tag, tags_of},
        },
        query::validation::{ValidationError, ValidationErrorFilter, errors_of_project},
        warehouse::{
            connection::{WarehouseConnection, connection_of, preferred_credentials_of},
            credentials::WarehouseCredentials,
        },
    },
    gql::{
        Connection, FilterInput as _, PageArgs, ScopeExt as _, TimeZone, children, direct::direct,
        id_argument, id_text,
    },
    kernel::{Error, Result, entity},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A project of an organization: one semantic layer and the spaces built on it.
pub struct Project(pub Arc<ProjectRow>);

impl From<Arc<ProjectRow>> for Project {
    fn from(row: Arc<ProjectRow>) -> Self {
        Self(row)
    }
}

/// A project of an organization: one semantic layer and the spaces built on it.
#[Object]
impl Project {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name, unique within the organization.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the project is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Whether it is for work or a preview of changed models.
    #[graphql(name = "type")]
    async fn project_type(&self) -> ProjectType {
        self.0.project_type
    }

    /// The organization that owns it.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// Whether it is in use.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Project to which content of this one is promoted.
    async fn upstream_project(&self, ctx: &Context<'_>) -> Option<Result<Project>> {
        let row = ctx.by_id::<ProjectRow>(self.0.upstream_project_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Previews and copies that promote to this project.
    async fn previews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(ProjectOrderField, _); 0] = [];
        let link = "projects.upstream_project_id = p.id AND projects.type = 'PREVIEW'";
        children::<ProjectRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            None::<ProjectFilter>.condition(viewer)
        })
        .await
    }

    /// The grants made on this very project, as far as the caller may see them. Who can open it in
    /// the end, and why, is in `effectiveAccess`.
    async fn access_grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<AccessGrantFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<AccessGrant>> {
        let page = PageArgs::new(first, after, last, before);
        let link = "access_grants.scope_id = p.id";
        access_grants_of(ctx, self.0.id.uuid(), link, filter.as_ref(), &page).await
    }

    /// Everyone who can open the project and why: by a grant on it, through groups, by wider scopes;
    /// active accounts that the caller may see, by username.
    async fn effective_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries.")] filter: Option<EffectiveAccessFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<EffectiveAccess>> {
        let page = PageArgs::new(first, after, last, before);
        effective_access_of(ctx, (&*self.0).into(), filter.as_ref(), &page).await
    }

    /// The grant of one principal on this very project; null where there is none, or where access
    /// comes only from the organization or a group.
    async fn access_grant(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The user or the group.")] principal: PrincipalRef,
    ) -> Result<Option<AccessGrant>> {
        access_grant_of(ctx, self.0.id.uuid(), &principal).await
    }

    /// IANA zone in which schedules of the project run unless they say otherwise.
    async fn scheduler_timezone(&self) -> TimeZone {
        TimeZone::trusted(self.0.scheduler_timezone.as_str())
    }

    /// How the project reaches its warehouse; null if it has none.
    async fn warehouse_connection(&self, ctx: &Context<'_>) -> Option<Result<WarehouseConnection>> {
        connection_of(ctx, &self.0).await.transpose()
    }

    /// Credentials of the caller that this project uses for the caller's queries; null where they
    /// run with those of the project.
    async fn viewer_warehouse_credentials(
        &self,
        ctx: &Context<'_>,
    ) -> Option<Result<WarehouseCredentials>> {
        preferred_credentials_of(ctx, self.0.id).await.transpose()
    }

    /// True where every user must bring own warehouse credentials.
    async fn require_user_credentials(&self) -> bool {
        self.0.require_user_credentials
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
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Who changed it last; null if the account is gone or not visible.
    async fn updated_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.updated_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The version of dbt that wrote the models; null without models, and for models from elsewhere.
    async fn dbt_version(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        dbt_version_of(ctx, self.0.id).await.transpose()
    }

    /// Models that were given to the project, the newest first; the last twenty. Needs
    /// PROJECT_COMPILE.
    async fn deployments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Deployment>> {
        let page = PageArgs::new(first, after, last, before);
        deployments_of(ctx, self.0.id, &page).await
    }

    /// What the last validation found, or the one of the given job, in the order in which it looked. Needs
    /// PROJECT_VALIDATE.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn validation_errors(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job of a validation of this project, as long as it is kept.")] job_id: Option<ID>,
        #[graphql(desc = "Which ones.")] filter: Option<ValidationErrorFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ValidationError>> {
        let page = PageArgs::new(first, after, last, before);
        let job = job_id.map(|id| id_argument::<entity::Job>("jobId", &id));
        errors_of_project(ctx, self.0.id, job.transpose()?, filter.as_ref(), &page).await
    }

    /// The explores of the active deployment by label, those that failed to compile included. Needs
    /// CATALOG_VIEW.
    async fn explores(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ExploreFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Explore>> {
        let page = PageArgs::new(first, after, last, before);
        explores_of(ctx, self.0.id, filter.as_ref(), &page).await
    }

    /// One explore; null if there is none of this name, or the caller may not see it.
    async fn explore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the explore.")] name: String,
    ) -> Option<Result<Explore>> {
        explore_of(ctx, self.0.id, &name).await.transpose()
    }

    /// One table; null if there is none of this name, or the caller may not see it.
    async fn table(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Name of the table: that of the model, or the alias of a join.")]
        name: String,
    ) -> Option<Result<Table>> {
        table_of(ctx, self.0.id, &name).await.transpose()
    }

    /// The tables, dimensions and metrics of the project, but for hidden ones and those that ask for
    /// attributes that the caller lacks. Needs CATALOG_VIEW.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn catalog(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<CatalogItemFilter>,
        #[graphql(
            desc = "In which order; unless given, by how well they fit the search, else by title."
        )]
        order_by: Option<Vec<CatalogItemOrder>>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<CatalogItem>> {
        let page = PageArgs::new(first, after, last, before);
        catalog_of(ctx, self.0.id, filter.as_ref(), order_by, &page).await
    }

    /// Labels for items of the catalog, by name. Needs CATALOG_VIEW.
    async fn tags(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Tag>> {
        let page = PageArgs::new(first, after, last, before);
        tags_of(ctx, self.0.id, &page).await
    }

    /// What is in the project.
    #[graphql(flatten)]
    fn content(&self) -> ProjectContent {
        ProjectContent(self.0.id)
    }
}

direct! { Project:
    plain {
        id, name, description, project_type as "type", is_active, scheduler_timezone,
        require_user_credentials, created_at, updated_at,
    }
    always { organization: OrganizationRow as Organization = organization_id }
    perhaps {
        upstream_project: ProjectRow as Project = upstream_project_id,
        created_by: UserRow as User = created_by,
        updated_by: UserRow as User = updated_by,
    }
}
