//! Statements on deployments.

use super::{
    Compiled, DeploymentRow,
    files::StoredFile,
    row::{DeploymentSource, DeploymentStatus},
};
use crate::{
    authz::{Create, Edit, Grant, Resource as _, View, Visible},
    db::{
        Bind, Conn,
        schema::{deployments, explores},
        sql,
    },
    domains::model::catalog,
    kernel::{
        Error, Result,
        entity::{
            Deployment, DeploymentId, ExploreId, JobId, OrganizationId, Project, ProjectId, UserId,
        },
    },
    semantic::model::Explore,
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use serde_json::json;

/// How many deployments of a project are kept.
const KEPT: i32 = 20;

/// Explores in one statement.
const AT_ONCE: usize = 50;

/// The right to deploy to a project.
type MayDeploy = Grant<Create<Deployment>, Project>;

/// A deployment to be stored.
pub(super) struct NewDeployment {
    pub(super) id: DeploymentId,
    pub(super) source: DeploymentSource,
    pub(super) is_strict: bool,
    /// Who gave it, and when; `None` is the server, now.
    pub(super) by: Option<UserId>,
    pub(super) at: Option<DateTime<Utc>>,
}

/// Which deployment to make active, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Activation {
    pub(super) deployment: DeploymentId,
    /// `None` is the server.
    pub(super) by: Option<UserId>,
}

fn owner(project: &Grant<Create<Deployment>, Project>) -> Result<OrganizationId> {
    project.place().organization.ok_or(Error::NotFound)
}

/// Whether the project has this deployment, or one that a user gave is active.
pub(super) async fn is_taken(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    id: DeploymentId,
) -> Result<bool> {
    let statement = sql(
        "SELECT EXISTS (SELECT FROM deployments WHERE id = ?) OR EXISTS ( \
           SELECT FROM active_deployments a JOIN deployments d ON d.id = a.deployment_id \
           WHERE a.project_id = ? AND (d.created_by IS NOT NULL OR d.job_id IS NOT NULL OR a.activated_by IS NOT NULL))",
        [id.into(), project.id().into()],
    );
    Ok(statement
        .statement::<st::Bool>()
        .get_result(&mut conn)
        .await?)
}

/// Stores a deployment that is to be compiled.
pub(super) async fn create(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    new: &NewDeployment,
) -> Result<()> {
    sql(
        "INSERT INTO deployments (id, organization_id, project_id, source, is_strict, created_by, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, coalesce(?::timestamptz, now()))",
        [
            new.id.into(),
            owner(project)?.into(),
            project.id().into(),
            new.source.into(),
            new.is_strict.into(),
            new.by.into(),
            new.at.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Keeps the files of a deployment until it is compiled.
pub(super) async fn put_files(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    id: DeploymentId,
    files: &[StoredFile],
) -> Result<()> {
    for file in files {
        sql(
            "INSERT INTO deployment_files (organization_id, deployment_id, kind, content) VALUES (?, ?, ?, ?)",
            [
                owner(project)?.into(),
                id.into(),
                file.kind.as_str().into(),
                file.content.clone().into(),
            ],
        )
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    }
    Ok(())
}

/// Notes which job compiles a deployment.
pub(super) async fn set_job(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    id: DeploymentId,
    job: JobId,
) -> Result<()> {
    sql(
        "UPDATE deployments SET job_id = ? WHERE id = ? AND project_id = ?",
        [job.into(), id.into(), project.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// A deployment that is to be compiled.
pub(super) struct Pending {
    pub(super) source: DeploymentSource,
    pub(super) status: DeploymentStatus,
    pub(super) is_strict: bool,
    /// Kinds and compressed contents.
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// A deployment with its files, and notes the job that reads it.
pub(super) async fn pending(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    id: DeploymentId,
    job: JobId,
) -> Result<Option<Pending>> {
    set_job(conn, project, id, job).await?;
    let row: Option<(DeploymentSource, DeploymentStatus, bool)> = sql(
        "SELECT source, status, is_strict FROM deployments WHERE id = ? AND project_id = ?",
        [id.into(), project.id().into()],
    )
    .statement::<(st::Text, st::Text, st::Bool)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    let Some((source, status, is_strict)) = row else {
        return Ok(None);
    };
    let files = sql(
        "SELECT kind, content FROM deployment_files WHERE deployment_id = ?",
        [id.into()],
    );
    let files = files
        .statement::<(st::Text, st::Binary)>()
        .load(&mut conn)
        .await?;
    Ok(Some(Pending {
        source,
        status,
        is_strict,
        files,
    }))
}

/// Notes why a deployment was refused.
pub(super) async fn refuse(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    id: DeploymentId,
    message: &str,
) -> Result<()> {
    sql(
        "UPDATE deployments SET status = 'FAILED', error = ? WHERE id = ? AND project_id = ? AND status <> 'COMPILED'",
        [
            message.replace('\0', "").into(),
            id.into(),
            project.id().into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// The deployment of the grant.
pub(super) async fn get(
    mut conn: &Conn,
    deployment: &Grant<Edit, Deployment>,
) -> Result<DeploymentRow> {
    let row = deployments::table
        .find(deployment.id())
        .select(DeploymentRow::as_select())
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// The explores of the deployment of the grant.
pub(super) async fn definitions(
    mut conn: &Conn,
    deployment: &Grant<Edit, Deployment>,
) -> Result<Vec<Explore>> {
    let texts: Vec<String> = explores::table
        .select(explores::definition)
        .filter(explores::deployment_id.eq(deployment.id()))
        .order(explores::id)
        .load(&mut conn)
        .await?;
    let read = |text: &String| serde_json::from_str(text).map_err(anyhow::Error::new);
    Ok(texts.iter().map(read).collect::<Result<_, _>>()?)
}

/// The active deployments of projects that the viewer sees, with the version of dbt.
pub(super) async fn active_of(
    mut conn: &Conn,
    visible: &Visible<Project, View>,
    ids: &[ProjectId],
) -> Result<Vec<(ProjectId, DeploymentId, Option<String>)>> {
    let statement = sql(
        "SELECT projects.id, d.id, d.dbt_version FROM projects \
         JOIN active_deployments a ON a.project_id = projects.id JOIN deployments d ON d.id = a.deployment_id \
         WHERE projects.id = ANY(?) AND ",
        [Bind::from(ids)],
    );
    let rows = statement
        .with(Project::visible(visible.viewer()))
        .statement::<(st::Uuid, st::Uuid, st::Nullable<st::Text>)>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Stores the explores of a deployment, makes it the active one unless one that was given later is,
/// and forgets the oldest ones; tells whether it is active now.
pub(super) async fn activate_compiled(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    activation: Activation,
    compiled: &Compiled,
) -> Result<bool> {
    for explores in compiled.explores.chunks(AT_ONCE) {
        insert_explores(conn, project, activation.deployment, explores).await?;
    }
    let count = |count: usize| Bind::Int(i32::try_from(count).unwrap_or(i32::MAX));
    sql(
        "UPDATE deployments SET status = 'COMPILED', compiled_at = now(), error = NULL, dbt_version = ?, \
           explore_count = ?, error_count = ? WHERE id = ? AND project_id = ?",
        [
            compiled.dbt_version.clone().into(),
            count(compiled.explores.len()),
            count(compiled.with_errors()),
            activation.deployment.into(),
            project.id().into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "DELETE FROM deployment_files WHERE deployment_id = ?",
        [activation.deployment.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let is_active = activate(conn, project, activation, true).await?;
    if is_active {
        let items = catalog::items(project.id(), &compiled.explores);
        catalog::replace(conn, project, &items).await?;
    }
    forget_oldest(conn, project).await?;
    Ok(is_active)
}

/// Makes a compiled deployment the active one of its project; if asked, only if none that was given
/// later is. Tells whether it did.
pub(super) async fn activate(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    activation: Activation,
    only_newest: bool,
) -> Result<bool> {
    // One at a time: which one was given later is judged by what the others have committed.
    sql(
        "SELECT FROM projects WHERE id = ? FOR NO KEY UPDATE",
        [project.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let changed = sql(
        "INSERT INTO active_deployments (project_id, organization_id, deployment_id, activated_at, activated_by) \
         SELECT d.project_id, d.organization_id, d.id, now(), ? FROM deployments d \
         WHERE d.id = ? AND d.project_id = ? AND d.status = 'COMPILED' AND NOT (? AND EXISTS ( \
           SELECT FROM active_deployments a JOIN deployments l ON l.id = a.deployment_id \
           WHERE a.project_id = d.project_id AND l.created_at > d.created_at)) \
         ON CONFLICT (project_id) DO UPDATE SET deployment_id = excluded.deployment_id, \
           activated_at = excluded.activated_at, activated_by = excluded.activated_by",
        [
            activation.by.into(),
            activation.deployment.into(),
            project.id().into(),
            only_newest.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(changed > 0)
}

async fn insert_explores(
    mut conn: &Conn,
    project: &MayDeploy,
    deployment: DeploymentId,
    explores: &[Explore],
) -> Result<()> {
    let mut heads = Vec::with_capacity(explores.len());
    let mut definitions = Vec::with_capacity(explores.len());
    for explore in explores {
        heads.push(head(explore).to_string());
        let definition = serde_json::to_string(explore).map_err(anyhow::Error::new)?;
        definitions.push(definition);
    }
    sql(
        "INSERT INTO explores (id, organization_id, project_id, deployment_id, name, label, description, \
           groups, tags, base_table, source_path, is_usable, error_count, access, definition) \
         SELECT (x.head->>'id')::uuid, ?, ?, ?, x.head->>'name', x.head->>'label', x.head->>'description', \
           ARRAY(SELECT jsonb_array_elements_text(x.head->'groups')), \
           ARRAY(SELECT jsonb_array_elements_text(x.head->'tags')), \
           x.head->>'base', x.head->>'path', (x.head->>'usable')::boolean, (x.head->>'errors')::integer, x.head->'access', x.definition \
         FROM (SELECT y.head::jsonb, y.definition FROM unnest(?, ?) AS y(head, definition)) x",
        [
            owner(project)?.into(),
            project.id().into(),
            deployment.into(),
            Bind::Texts(heads),
            Bind::Texts(definitions),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// What stands in columns of its own. PostgreSQL's texts hold everything but NUL.
fn head(explore: &Explore) -> serde_json::Value {
    let text = |text: &str| text.replace('\0', "");
    let texts = |texts: &[String]| texts.iter().map(|one| text(one)).collect::<Vec<_>>();
    let base = explore.tables.get(&explore.base_table);
    let access = base.map_or(&[][..], |table| &table.access);
    json!({
        "id": ExploreId::new().uuid(),
        "name": text(&explore.name),
        "label": text(&explore.label),
        "description": explore.description.as_deref().map(text),
        "groups": texts(&explore.groups),
        "tags": texts(&explore.tags),
        "base": text(&explore.base_table),
        "path": explore.source_path.as_deref().map(text),
        "usable": explore.is_usable(),
        "errors": explore.errors.len(),
        "access": access,
    })
}

async fn forget_oldest(mut conn: &Conn, project: &MayDeploy) -> Result<()> {
    sql(
        "DELETE FROM deployments d WHERE d.project_id = ? AND d.status <> 'PENDING' \
         AND d.id NOT IN (SELECT k.id FROM deployments k WHERE k.project_id = ? ORDER BY k.created_at DESC, k.id DESC LIMIT ?) \
         AND NOT EXISTS (SELECT FROM active_deployments a WHERE a.deployment_id = d.id)",
        [
            project.id().into(),
            project.id().into(),
            KEPT.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
