//! The batch behind what a project shows of its active deployment.

use super::store;
use crate::{
    authz::View,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{
        Result, entity,
        entity::{DeploymentId, ProjectId},
    },
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

/// What is known of an active deployment.
#[derive(Debug, Clone)]
pub(super) struct Active {
    pub(super) deployment: DeploymentId,
    pub(super) dbt_version: Option<String>,
}

struct ActiveOnes;

impl Batch for ActiveOnes {
    type Key = ProjectId;
    type Value = Active;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, Active>> {
        let visible = scope.visible::<entity::Project, View>()?;
        let conn = scope.conn().await?;
        let found = store::active_of(conn.get()?, &visible, &keys).await?;
        Ok(found
            .into_iter()
            .map(|(project, deployment, dbt_version)| {
                let active = Active {
                    deployment,
                    dbt_version,
                };
                (project, active)
            })
            .collect())
    }
}

/// The active deployment of a project that the caller sees.
pub(super) async fn active_of(ctx: &Context<'_>, project: ProjectId) -> Result<Option<Active>> {
    ctx.scope().lanes.load(0, || Ok(ActiveOnes), project).await
}

/// The version of dbt that wrote the models of a project; `None` if it has none, or not from dbt.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn dbt_version_of(ctx: &Context<'_>, project: ProjectId) -> Result<Option<String>> {
    let active = active_of(ctx, project).await?;
    Ok(active.and_then(|active| active.dbt_version))
}
