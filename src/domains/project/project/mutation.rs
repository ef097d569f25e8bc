//! Mutations of projects.

use super::{
    Project, ProjectRow, ProjectType,
    store::{self, NewProject, ProjectChanges},
};
use crate::{
    authz::{Create, Delete, Edit},
    gql::{
        Refusal, ScopeExt as _, TimeZone, Tx, UserError, UserErrorCode, UserErrors, bulk_ids,
        id_text, mutate, payload,
    },
    kernel::{Result, entity, entity::ProjectId, text},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use std::sync::Arc;

/// A new project.
#[derive(Debug, InputObject)]
pub(crate) struct CreateProjectInput {
    /// The organization that will own it. Needs PROJECT_CREATE there.
    pub organization_id: ID,
    /// Name, unique within the organization; at most 255 characters.
    pub name: String,
    /// What it is for; at most 10,000 characters.
    pub description: Option<String>,
    /// IANA zone of its schedules; UTC unless given.
    pub scheduler_timezone: Option<TimeZone>,
}

/// A change of a project. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub(crate) struct UpdateProjectInput {
    /// The project. Needs PROJECT_EDIT.
    pub id: ID,
    /// New name, unique within the organization.
    pub name: Option<String>,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
    /// Whether it is in use.
    pub is_active: Option<bool>,
    /// Project to which content is promoted; null for none.
    pub upstream_project_id: MaybeUndefined<ID>,
    /// IANA zone of its schedules.
    pub scheduler_timezone: Option<TimeZone>,
}

/// Projects to delete.
#[derive(Debug, InputObject)]
pub(crate) struct DeleteProjectsInput {
    /// The projects, at most 100. Needs PROJECT_DELETE on each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// What `createProject` answers.
#[derive(SimpleObject)]
pub(crate) struct CreateProjectPayload {
    /// The project; null if there are mistakes.
    pub project: Option<Project>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateProject` answers.
#[derive(SimpleObject)]
pub(crate) struct UpdateProjectPayload {
    /// The project; null if there are mistakes.
    pub project: Option<Project>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteProjects` answers.
#[derive(SimpleObject)]
pub(crate) struct DeleteProjectsPayload {
    /// Ids of the deleted projects; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of projects.
#[derive(Default)]
pub struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Creates a project.
    async fn create_project(
        &self,
        ctx: &Context<'_>,
        input: CreateProjectInput,
    ) -> Result<CreateProjectPayload> {
        let outcome = mutate(ctx.scope(), "createProject", async |tx| {
            create(tx, &input).await
        })
        .await?;
        let (project, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateProjectPayload {
            project,
            user_errors,
        })
    }

    /// Changes a project. Never recompiles its models.
    async fn update_project(
        &self,
        ctx: &Context<'_>,
        input: UpdateProjectInput,
    ) -> Result<UpdateProjectPayload> {
        let outcome = mutate(ctx.scope(), "updateProject", async |tx| {
            update(tx, &input).await
        })
        .await?;
        let (project, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateProjectPayload {
            project,
            user_errors,
        })
    }

    /// Deletes projects with their spaces, charts and dashboards: all of them, or none.
    async fn delete_projects(
        &self,
        ctx: &Context<'_>,
        input: DeleteProjectsInput,
    ) -> Result<DeleteProjectsPayload> {
        let outcome = mutate(ctx.scope(), "deleteProjects", async |tx| {
            delete(tx, &input).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteProjectsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

async fn create(tx: &Tx<'_>, input: &CreateProjectInput) -> Result<ProjectRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization = errors.id("organizationId", &input.organization_id);
    let name = errors.text("name", text::name(&input.name));
    let description = errors.description(input.description.as_deref());
    errors.check()?;
    let grant = tx
        .authorize::<Create<entity::Project>, entity::Organization>("organizationId", organization)
        .await?;
    let new = NewProject {
        id: ProjectId::new(),
        name: &name,
        description: description.as_deref(),
        type_: ProjectType::Default,
        scheduler_timezone: input
            .scheduler_timezone
            .as_ref()
            .map_or("UTC", TimeZone::as_str),
        created_by: tx.viewer.user,
        updated_by: tx.viewer.user,
    };
    let row = store::create(tx.conn, &grant, &new).await?;
    tx.audit(|entry| {
        entry.organization = Some(organization);
        entry.target(row.id);
    });
    Ok(row)
}

async fn update(tx: &Tx<'_>, input: &UpdateProjectInput) -> Result<ProjectRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let upstream = errors.maybe_id("upstreamProjectId", &input.upstream_project_id);
    let changes = ProjectChanges {
        name: input
            .name
            .as_deref()
            .map(|name| errors.text("name", text::name(name))),
        description: errors.maybe_description(&input.description),
        is_active: input.is_active,
        upstream_project_id: upstream,
        scheduler_timezone: input
            .scheduler_timezone
            .as_ref()
            .map(|zone| zone.as_str().to_owned()),
        updated_by: Some(tx.viewer.user),
        updated_at: Some(tx.now),
    };
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Project>("id", id).await?;
    if let Some(Some(upstream)) = upstream {
        let above = tx
            .see::<entity::Project>("upstreamProjectId", upstream)
            .await?;
        if upstream == id || above.place().organization != grant.place().organization {
            return Err(Refusal::user(
                UserErrorCode::Invalid,
                "upstreamProjectId",
                "must be another project of the same organization",
            ));
        }
        if store::is_upstream_of(tx.conn, &grant, upstream).await? {
            return Err(Refusal::user(
                UserErrorCode::Invalid,
                "upstreamProjectId",
                "follows this project itself, directly or through others",
            ));
        }
    }
    tx.audit(|entry| {
        entry.organization = grant.place().organization;
        entry.changed("name", changes.name.is_some());
        entry.changed("description", changes.description.is_some());
        entry.changed("isActive", changes.is_active.is_some());
        entry.changed("upstreamProjectId", changes.upstream_project_id.is_some());
        entry.changed("schedulerTimezone", changes.scheduler_timezone.is_some());
    });
    Ok(store::update(tx.conn, &grant, &changes).await?)
}

async fn delete(tx: &Tx<'_>, input: &DeleteProjectsInput) -> Result<Vec<ProjectId>, Refusal> {
    let ids = bulk_ids::<entity::Project>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        grants.push(
            tx.authorize::<Delete, entity::Project>(&format!("ids.{n}"), *id)
                .await?,
        );
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}
