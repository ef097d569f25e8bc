//! The batches behind `Project.warehouseConnection` and `Project.viewerWarehouseCredentials`.

use super::{WarehouseConnection, WarehouseConnectionRow, store};
use crate::{
    authz::View,
    domains::{
        project::project::ProjectRow,
        warehouse::credentials::{WarehouseCredentials, WarehouseCredentialsRow},
    },
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{
        Result, entity,
        entity::{ProjectId, WarehouseCredentialsId},
    },
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

struct Connections;

impl Batch for Connections {
    type Key = ProjectId;
    type Value = Arc<WarehouseConnectionRow>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, Self::Value>> {
        let visible = scope.visible::<entity::Project, View>()?;
        let conn = scope.conn().await?;
        let rows = store::of_projects(conn.get()?, &visible, &keys).await?;
        Ok(rows
            .into_iter()
            .map(|row| (row.project_id, Arc::new(row)))
            .collect())
    }
}

struct Preferred;

impl Batch for Preferred {
    type Key = ProjectId;
    type Value = WarehouseCredentialsId;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<ProjectId>,
    ) -> Result<HashMap<ProjectId, Self::Value>> {
        let conn = scope.conn().await?;
        let found = store::preferred(conn.get()?, scope.viewer()?, &keys).await?;
        Ok(found.into_iter().collect())
    }
}

/// The connection of a project; `None` if it has none.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn connection_of(
    ctx: &Context<'_>,
    project: &Arc<ProjectRow>,
) -> Result<Option<WarehouseConnection>> {
    let lanes = &ctx.scope().lanes;
    let row = lanes.load(0, || Ok(Connections), project.id).await?;
    Ok(row.map(|row| WarehouseConnection {
        row,
        project: project.clone(),
    }))
}

/// The caller's own credentials that their queries in a project use; `None` if they use those of
/// the project.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn preferred_credentials_of(
    ctx: &Context<'_>,
    project: ProjectId,
) -> Result<Option<WarehouseCredentials>> {
    let lanes = &ctx.scope().lanes;
    let Some(id) = lanes.load(0, || Ok(Preferred), project).await? else {
        return Ok(None);
    };
    let row = ctx.by_id::<WarehouseCredentialsRow>(id).await?;
    Ok(row.map(Into::into))
}
