//! Mutations that give a project models.

use super::{
    Deployment, DeploymentRow, DeploymentSource, DeploymentStatus,
    files::{FileKind, StoredFile, pack},
    given,
    kind::{CompilePayload, CompileProject},
    store::{self, Activation, NewDeployment},
};
use crate::{
    authz::{Create, Edit, Grant},
    domains::{
        model::catalog,
        platform::job::{self, Job, JobRow},
        project::project::{Project, ProjectRow},
    },
    gql::{
        Refusal, ScopeExt as _, Tx, Upload, UserError, UserErrorCode, UserErrors, id_at, mutate,
        payload,
    },
    jobs::{Jobs, NewJob},
    kernel::{
        Error, Result, entity,
        entity::{DeploymentId, ProjectId},
    },
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

/// A dbt project to deploy.
#[derive(InputObject)]
pub(crate) struct DeployProjectInput {
    /// The project. Needs PROJECT_COMPILE.
    pub project_id: ID,
    /// `manifest.json`, as dbt writes it; version 7 and later.
    pub manifest: Upload,
    /// `catalog.json`, which says the types of columns. Models that it does not have become errors.
    pub catalog: Option<Upload>,
    /// `lightdash.config.yml`: parameters, granularities and defaults of the project.
    pub config: Option<Upload>,
    /// Whether any error in an explore refuses the deployment. Else what compiles is deployed, and
    /// explores tell their errors.
    #[graphql(default = false)]
    pub strict: bool,
}

/// Explores that were compiled elsewhere.
#[derive(InputObject)]
pub(crate) struct SetExploresInput {
    /// The project. Needs PROJECT_COMPILE.
    pub project_id: ID,
    /// All explores of the project, in the form in which they are compiled. The order of keys is not
    /// kept.
    pub explores: Vec<Value>,
}

/// A deployment to go back to.
#[derive(InputObject)]
pub(crate) struct ActivateDeploymentInput {
    /// The deployment, which is compiled. Needs PROJECT_COMPILE on its project.
    pub id: ID,
}

/// What `deployProject` answers.
#[derive(SimpleObject)]
pub(crate) struct DeployProjectPayload {
    /// The job that compiles; its lines tell of each explore. Null if there are mistakes.
    pub job: Option<Job>,
    /// The project, as it is before the job has run; null if there are mistakes.
    pub project: Option<Project>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `setExplores` answers.
#[derive(SimpleObject)]
pub(crate) struct SetExploresPayload {
    /// The project, as it is before the job has run; null if there are mistakes.
    pub project: Option<Project>,
    /// The job that stores the explores; null if there are mistakes.
    pub job: Option<Job>,
    /// Mistakes in the input, each with its path in the explores; nothing was started if there are
    /// any.
    pub user_errors: Vec<UserError>,
}

/// What `activateDeployment` answers.
#[derive(SimpleObject)]
pub(crate) struct ActivateDeploymentPayload {
    /// The deployment; null if there are mistakes.
    pub deployment: Option<Deployment>,
    /// Mistakes in the input; nothing was changed if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations that give a project models.
#[derive(Default)]
pub struct DeploymentMutation;

#[Object]
impl DeploymentMutation {
    /// Compiles a dbt manifest (and catalog) into the explores of the project, by a job. The files
    /// are sent with the request, by the GraphQL multipart request specification. What is active stays until
    /// the job has succeeded.
    async fn deploy_project(
        &self,
        ctx: &Context<'_>,
        input: DeployProjectInput,
    ) -> Result<DeployProjectPayload> {
        let queue = job::queue(ctx)?;
        let files = [
            ("manifest", FileKind::Manifest, Some(&input.manifest)),
            ("catalog", FileKind::Catalog, input.catalog.as_ref()),
            ("config", FileKind::Config, input.config.as_ref()),
        ];
        let files = files.into_iter().filter_map(|(path, kind, upload)| {
            let file = upload?.file(ctx);
            Some((path, kind, file.map(|file| file.content.clone())))
        });
        let files = packed(files.collect()).await?;
        let outcome = mutate(ctx.scope(), "deployProject", async |tx| {
            let (project, grant) = deployable(tx, &input.project_id).await?;
            let files = files
                .as_ref()
                .map_err(|errors| Refusal::User(errors.clone()))?;
            let asked = (DeploymentSource::Dbt, input.strict);
            start(tx, queue, &grant, asked, files)
                .await
                .map(|job| (project, job))
        });
        let (started, user_errors) = payload(outcome.await?, |started| started);
        let (project, job) = shown(ctx, started).await?;
        Ok(DeployProjectPayload {
            job,
            project,
            user_errors,
        })
    }

    /// Replaces the explores of the project by ones that were compiled elsewhere, by a job. What is
    /// active stays until the job has succeeded.
    async fn set_explores(
        &self,
        ctx: &Context<'_>,
        input: SetExploresInput,
    ) -> Result<SetExploresPayload> {
        let queue = job::queue(ctx)?;
        let outcome = mutate(ctx.scope(), "setExplores", async |tx| {
            let (project, grant) = deployable(tx, &input.project_id).await?;
            let mut errors = UserErrors::default();
            let explores = given::explores(&mut errors, &input.explores);
            errors.check()?;
            let text = serde_json::to_vec(&explores)
                .map_err(|error| Error::from(anyhow::Error::new(error)))?;
            let files = [pack(FileKind::Explores, &text)?];
            let asked = (DeploymentSource::Explores, false);
            start(tx, queue, &grant, asked, &files)
                .await
                .map(|job| (project, job))
        });
        let (started, user_errors) = payload(outcome.await?, |started| started);
        let (project, job) = shown(ctx, started).await?;
        Ok(SetExploresPayload {
            project,
            job,
            user_errors,
        })
    }

    /// Makes an earlier deployment the active one again, at once.
    async fn activate_deployment(
        &self,
        ctx: &Context<'_>,
        input: ActivateDeploymentInput,
    ) -> Result<ActivateDeploymentPayload> {
        let outcome = mutate(ctx.scope(), "activateDeployment", async |tx| {
            activate(tx, &input).await
        });
        let (deployment, user_errors) = payload(outcome.await?, |row| Arc::new(row).into());
        Ok(ActivateDeploymentPayload {
            deployment,
            user_errors,
        })
    }
}

type MayDeploy = Grant<Create<entity::Deployment>, entity::Project>;
type Found = (&'static str, FileKind, Option<Bytes>);

async fn deployable(tx: &Tx<'_>, id: &ID) -> Result<(ProjectId, MayDeploy), Refusal> {
    let project = id_at::<entity::Project>("projectId", id)?;
    tx.audit(|entry| entry.target(project));
    let grant: MayDeploy = tx.authorize("projectId", project).await?;
    tx.audit(|entry| entry.organization = grant.place().organization);
    Ok((project, grant))
}

/// The files as they are stored, or what is wrong with them at first sight.
async fn packed(files: Vec<Found>) -> Result<Result<Vec<StoredFile>, Vec<UserError>>> {
    let work = tokio::task::spawn_blocking(move || pack_all(&files));
    work.await
        .map_err(|_aborted| Error::fault("files could not be compressed"))?
}

fn pack_all(files: &[Found]) -> Result<Result<Vec<StoredFile>, Vec<UserError>>> {
    let mut errors = UserErrors::default();
    let mut stored = Vec::with_capacity(files.len());
    for (path, kind, content) in files {
        let Some(content) = content else {
            let message = "the request has no such file: send it as multipart/form-data";
            errors.add(UserErrorCode::Required, path, message);
            continue;
        };
        let text = std::str::from_utf8(content);
        let is_json =
            *kind == FileKind::Config || text.is_ok_and(|text| text.trim_start().starts_with('{'));
        if text.is_err() || !is_json {
            let what = if *kind == FileKind::Config {
                "YAML"
            } else {
                "a JSON object"
            };
            errors.add(
                UserErrorCode::Invalid,
                path,
                format!("the file must be {what} in UTF-8"),
            );
            continue;
        }
        stored.push(pack(*kind, content)?);
    }
    let errors = errors.into_list();
    Ok(if errors.is_empty() {
        Ok(stored)
    } else {
        Err(errors)
    })
}

/// Stores a deployment with its files, and asks for its job.
async fn start(
    tx: &Tx<'_>,
    queue: &Jobs,
    project: &MayDeploy,
    (source, is_strict): (DeploymentSource, bool),
    files: &[StoredFile],
) -> Result<JobRow, Refusal> {
    let id = DeploymentId::new();
    let new = NewDeployment {
        id,
        source,
        is_strict,
        by: Some(tx.viewer.user),
        at: Some(tx.now),
    };
    store::create(tx.conn, project, &new).await?;
    store::put_files(tx.conn, project, id, files).await?;
    let payload = CompilePayload {
        project: project.id().uuid(),
        deployment: id.uuid(),
    };
    let job = NewJob::of::<CompileProject>(&payload)?
        .on_behalf_of(tx.viewer.user, project.place().organization)
        .in_project(project.id());
    let row = job::enqueue(tx, queue, &job).await?;
    store::set_job(tx.conn, project, id, row.id).await?;
    tx.audit(|entry| {
        entry.target(id);
        entry.target(row.id);
    });
    Ok(row)
}

async fn shown(
    ctx: &Context<'_>,
    started: Option<(ProjectId, JobRow)>,
) -> Result<(Option<Project>, Option<Job>)> {
    let Some((project, job)) = started else {
        return Ok((None, None));
    };
    let project = ctx.by_id::<ProjectRow>(project).await?;
    Ok((project.map(Into::into), Some(Arc::new(job).into())))
}

async fn activate(tx: &Tx<'_>, input: &ActivateDeploymentInput) -> Result<DeploymentRow, Refusal> {
    let id = id_at::<entity::Deployment>("id", &input.id)?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Deployment>("id", id).await?;
    tx.audit(|entry| entry.organization = grant.place().organization);
    let row = store::get(tx.conn, &grant).await?;
    if row.status != DeploymentStatus::Compiled {
        let message = "only a deployment that was compiled can be activated";
        return Err(Refusal::user(UserErrorCode::Conflict, "id", message));
    }
    let project: MayDeploy = tx.authorize("id", row.project_id).await?;
    let activation = Activation {
        deployment: id,
        by: Some(tx.viewer.user),
    };
    store::activate(tx.conn, &project, activation, false).await?;
    let explores = store::definitions(tx.conn, &grant).await?;
    let items = catalog::items(row.project_id, &explores);
    catalog::replace(tx.conn, &project, &items).await?;
    Ok(row)
}
