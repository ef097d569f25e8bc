//! The job that compiles a deployment and activates it.

use super::{
    compile::{self, Compiled, Files},
    files::unpack,
    row::{DeploymentSource, DeploymentStatus},
    store::{self, Activation, Pending},
};
use crate::{
    authz::{Create, Grant, Permission},
    db::{self, Conn},
    domains::model::explore::query_settings,
    jobs::{Authority, Failure, Kind, LogLevel, RunContext},
    kernel::{
        Error, Result,
        entity::{Deployment, DeploymentId, Project, ProjectId},
    },
    semantic::{error::Issue, model::Explore},
    services::warehouse::WarehouseType,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The kind of job.
pub struct CompileProject;

/// Which deployment to compile.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct CompilePayload {
    /// The project.
    pub project: Uuid,
    /// The deployment, with its files.
    pub deployment: Uuid,
}

/// What was compiled.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct CompileReport {
    /// The project.
    pub project: Uuid,
    /// The deployment.
    pub deployment: Uuid,
    /// How many explores it has.
    pub explores: usize,
    /// How many of them have errors.
    pub with_errors: usize,
    /// Whether it was activated: one that was asked for later may be active already.
    pub is_active: bool,
}

impl Kind for CompileProject {
    const NAME: &'static str = "COMPILE_PROJECT";
    const AUTHORITY: Authority = Authority::User(Permission::ProjectCompile);
    type Payload = CompilePayload;
    type Report = CompileReport;

    async fn run(
        &self,
        ctx: &RunContext,
        payload: CompilePayload,
    ) -> Result<CompileReport, Failure> {
        let id = DeploymentId::from_uuid(payload.deployment);
        let project = ProjectId::from_uuid(payload.project);
        ctx.progress(0, None, "reading the files");
        let (pending, warehouse) = {
            let conn = ctx.db.get().await?;
            let grant = authorize(ctx, &conn, project).await?;
            let pending = store::pending(&conn, &grant, id, ctx.id()).await?;
            let Some(pending) = pending.filter(|it| it.status != DeploymentStatus::Compiled) else {
                return Err(Failure::invalid(
                    "the deployment has been compiled, or is not kept any more",
                ));
            };
            let settings = query_settings(&conn, project).await?;
            (pending, settings.warehouse)
        };
        let is_strict = pending.is_strict;
        ctx.progress(0, None, "compiling");
        let compiled = tokio::task::spawn_blocking(move || read(&pending, warehouse)).await;
        let compiled = compiled.map_err(|_aborted| Error::fault("a compilation was aborted"))??;
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(issue) => {
                let message = match issue.path.as_str() {
                    "" => issue.message,
                    path => format!("{path}: {}", issue.message),
                };
                return refuse(ctx, project, id, message).await;
            }
        };
        tell(ctx, &compiled);
        ctx.checkpoint()?;
        if is_strict && let Some(message) = strict(&compiled) {
            return refuse(ctx, project, id, message).await;
        }
        activate(ctx, project, id, &compiled).await
    }
}

/// The right to deploy, as it is now.
async fn authorize(
    ctx: &RunContext,
    conn: &Conn,
    project: ProjectId,
) -> Result<Grant<Create<Deployment>, Project>> {
    ctx.viewer()?.authorize(conn, project).await
}

fn read(pending: &Pending, warehouse: Option<WarehouseType>) -> Result<Result<Compiled, Issue>> {
    let mut texts = Vec::with_capacity(pending.files.len());
    for (kind, content) in &pending.files {
        texts.push((kind.as_str(), unpack(content)?));
    }
    let text = |kind: &str| {
        let found = texts.iter().find(|(name, _)| *name == kind);
        found.map(|(_, text)| text.as_str())
    };
    let missing = || Error::fault("a deployment has lost its files");
    match pending.source {
        DeploymentSource::Dbt => {
            let files = Files {
                manifest: text("MANIFEST").ok_or_else(missing)?,
                catalog: text("CATALOG"),
                config: text("CONFIG"),
            };
            Ok(compile::dbt(files, warehouse))
        }
        DeploymentSource::Explores => {
            let text = text("EXPLORES").ok_or_else(missing)?;
            let explores: Vec<Explore> = serde_json::from_str(text).map_err(anyhow::Error::new)?;
            Ok(Ok(Compiled {
                explores,
                dbt_version: None,
                warnings: Vec::new(),
            }))
        }
    }
}

/// A line for each explore, and one for each mistake.
fn tell(ctx: &RunContext, compiled: &Compiled) {
    for warning in &compiled.warnings {
        ctx.log(LogLevel::Warning, warning, None);
    }
    let total = i32::try_from(compiled.explores.len()).ok();
    for (n, explore) in compiled.explores.iter().enumerate() {
        let done = i32::try_from(n + 1).unwrap_or(i32::MAX);
        ctx.progress(done, total, explore.name.clone());
        let details = Some(json!({ "explore": explore.name }));
        if explore.errors.is_empty() {
            let tables = explore.tables.len();
            ctx.log(
                LogLevel::Info,
                &format!("{}: {tables} tables", explore.name),
                details,
            );
            continue;
        }
        for issue in &explore.errors {
            let at = if issue.path.is_empty() { "" } else { ", " };
            let line = format!("{}{at}{}: {}", explore.name, issue.path, issue.message);
            ctx.log(LogLevel::Error, &line, details.clone());
        }
    }
}

/// Why a strict deployment is refused, if it is.
fn strict(compiled: &Compiled) -> Option<String> {
    let broken = compiled.with_errors();
    let first = compiled.explores.iter().find(|it| !it.errors.is_empty())?;
    let issue = first.errors.first()?;
    Some(format!(
        "{broken} explores have errors, the first is {}: {}",
        first.name, issue.message
    ))
}

/// Notes why nothing was deployed; what was active stays.
async fn refuse(
    ctx: &RunContext,
    project: ProjectId,
    id: DeploymentId,
    message: String,
) -> Result<CompileReport, Failure> {
    let conn = ctx.db.get().await?;
    let grant = authorize(ctx, &conn, project).await?;
    store::refuse(&conn, &grant, id, &message).await?;
    Err(Failure::invalid(message))
}

async fn activate(
    ctx: &RunContext,
    project: ProjectId,
    id: DeploymentId,
    compiled: &Compiled,
) -> Result<CompileReport, Failure> {
    let activation = Activation {
        deployment: id,
        by: Some(ctx.viewer()?.user),
    };
    let mut conn = ctx.db.get().await?;
    let is_active = db::transaction(&mut conn, async |conn: &Conn| {
        let grant = authorize(ctx, conn, project).await?;
        store::activate_compiled(conn, &grant, activation, compiled).await
    })
    .await?;
    if !is_active {
        ctx.log(
            LogLevel::Warning,
            "a deployment that was asked for later is active already, and stays",
            None,
        );
    }
    Ok(CompileReport {
        project: project.uuid(),
        deployment: id.uuid(),
        explores: compiled.explores.len(),
        with_errors: compiled.with_errors(),
        is_active,
    })
}
