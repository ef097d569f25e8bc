//! Statements on deployments.

use super::{Compiled, row::DeploymentSource};
use crate::{
    authz::{Create, Grant},
    db::{Bind, Conn, sql},
    kernel::{
        Error, Result,
        entity::{Deployment, DeploymentId, ExploreId, OrganizationId, Project, UserId},
    },
    semantic::model::Explore,
};
use chrono::{DateTime, Utc};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl;
use serde_json::json;

/// How many deployments of a project are kept.
pub(super) const KEPT: i32 = 20;

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

/// Stores the explores of a deployment, makes it the active one, and forgets the oldest ones.
pub(super) async fn activate_compiled(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    activation: Activation,
    compiled: &Compiled,
) -> Result<()> {
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
    activate(conn, project, activation).await?;
    forget_oldest(conn, project).await
}

/// Makes a compiled deployment the active one of its project; tells whether it could.
pub(super) async fn activate(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    activation: Activation,
) -> Result<bool> {
    let changed = sql(
        "INSERT INTO active_deployments (project_id, organization_id, deployment_id, activated_at, activated_by) \
         SELECT d.project_id, d.organization_id, d.id, now(), ? FROM deployments d \
         WHERE d.id = ? AND d.project_id = ? AND d.status = 'COMPILED' \
         ON CONFLICT (project_id) DO UPDATE SET deployment_id = excluded.deployment_id, \
           activated_at = excluded.activated_at, activated_by = excluded.activated_by",
        [
            activation.by.into(),
            activation.deployment.into(),
            project.id().into(),
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
