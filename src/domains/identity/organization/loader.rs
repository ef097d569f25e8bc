//! Batches beyond those by id: paths, and whether there is a project.

use super::store;
use crate::{
    authz::View,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{Result, entity, entity::OrganizationId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

struct Paths;

impl Batch for Paths {
    type Key = OrganizationId;
    type Value = Arc<str>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<OrganizationId>,
    ) -> Result<HashMap<OrganizationId, Arc<str>>> {
        let visible = scope.visible::<entity::Organization, View>()?;
        let conn = scope.conn().await?;
        store::paths(conn.get()?, &visible, &keys).await
    }
}

struct WithoutProject;

impl Batch for WithoutProject {
    type Key = OrganizationId;
    type Value = ();

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<OrganizationId>,
    ) -> Result<HashMap<OrganizationId, ()>> {
        let visible = scope.visible::<entity::Organization, View>()?;
        let conn = scope.conn().await?;
        let found = store::without_project(conn.get()?, &visible, &keys).await?;
        Ok(found.into_iter().map(|id| (id, ())).collect())
    }
}

/// Names from the highest ancestor that the viewer may see, such as `/Jaffle House/Berlin`;
/// `None` if the viewer may not see the organization. Batched.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn path_of(ctx: &Context<'_>, id: OrganizationId) -> Result<Option<Arc<str>>> {
    ctx.scope().lanes.load(0, || Ok(Paths), id).await
}

/// Whether the organization has no project at all. Batched.
pub(super) async fn needs_project(ctx: &Context<'_>, id: OrganizationId) -> Result<bool> {
    let found = ctx.scope().lanes.load(0, || Ok(WithoutProject), id).await?;
    Ok(found.is_some())
}
