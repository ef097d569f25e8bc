//! Deployments of the server itself, made without a job.

use super::{
    compile::{self, Files},
    row::DeploymentSource,
    store::{self, Activation, NewDeployment},
};
use crate::{
    authz::{Create, Grant},
    db::Conn,
    domains::model::explore::query_settings,
    kernel::{
        Result,
        entity::{Deployment, DeploymentId, Project},
    },
};
use anyhow::anyhow;

/// Compiles a dbt project and activates it at once, unless this very deployment exists or somebody
/// has deployed other models; tells whether it did. For the demo and for tests.
///
/// # Errors
/// The files cannot be read, or the database fails.
pub async fn deploy_now(
    conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    id: DeploymentId,
    files: Files<'_>,
) -> Result<bool> {
    if store::is_taken(conn, project, id).await? {
        return Ok(false);
    }
    let settings = query_settings(conn, project.id()).await?;
    let compiled = compile::dbt(files, settings.warehouse)
        .map_err(|issue| anyhow!("{}: {issue}", issue.path))?;
    let new = NewDeployment {
        id,
        source: DeploymentSource::Dbt,
        is_strict: false,
        by: None,
        at: None,
    };
    store::create(conn, project, &new).await?;
    let activation = Activation {
        deployment: id,
        by: None,
    };
    store::activate_compiled(conn, project, activation, &compiled).await?;
    Ok(true)
}
