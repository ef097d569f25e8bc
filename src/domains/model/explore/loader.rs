//! Batches: explores by name, and what the caller may use of them.

use super::{ActiveExplore, Explore, ExploreRow, Models, store};
use crate::{
    authz::View,
    domains::model::attribute::user_facts,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{
        Error, Result, entity,
        entity::{OrganizationId, ProjectId},
    },
    semantic::request::UserFacts,
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

type Named = (ProjectId, String);

struct ByName;

impl Batch for ByName {
    type Key = Named;
    type Value = Arc<ExploreRow>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<Named>,
    ) -> Result<HashMap<Named, Self::Value>> {
        let visible = scope.visible::<entity::Explore, View>()?;
        let conn = scope.conn().await?;
        let rows = store::by_name(conn.get()?, &visible, &keys).await?;
        Ok(rows
            .into_iter()
            .map(|row| ((row.project_id, row.name.clone()), Arc::new(row)))
            .collect())
    }
}

struct Definitions {
    models: Models,
}

impl Batch for Definitions {
    type Key = Named;
    type Value = Arc<ActiveExplore>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<Named>,
    ) -> Result<HashMap<Named, Self::Value>> {
        let conn = scope.conn().await?;
        let found = self.models.active_explores(conn.get()?, &keys).await?;
        Ok(found
            .into_iter()
            .map(|(key, explore)| (key, Arc::new(explore)))
            .collect())
    }
}

struct Facts;

impl Batch for Facts {
    type Key = OrganizationId;
    type Value = Arc<UserFacts>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<OrganizationId>,
    ) -> Result<HashMap<OrganizationId, Self::Value>> {
        let user = scope.viewer()?.user;
        let conn = scope.conn().await?;
        let mut found = HashMap::new();
        for organization in keys {
            let facts = user_facts(conn.get()?, organization, user).await?;
            found.insert(organization, Arc::new(facts));
        }
        Ok(found)
    }
}

/// The explore of that name that a project shows; `None` if there is none or the caller may not see
/// it.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn explore_of(
    ctx: &Context<'_>,
    project: ProjectId,
    name: &str,
) -> Result<Option<Explore>> {
    let key = (project, name.to_owned());
    let row = ctx.scope().lanes.load(0, || Ok(ByName), key).await?;
    Ok(row.map(Explore::from))
}

/// The definition of an explore that the caller has seen something of.
///
/// # Errors
/// [`Error::NotFound`] if it is not shown any more; lack of sign-in, outages.
pub(in crate::domains::model) async fn definition(
    ctx: &Context<'_>,
    project: ProjectId,
    name: &str,
) -> Result<Arc<ActiveExplore>> {
    let models = Models::of(ctx)?.clone();
    let key = (project, name.to_owned());
    let batch = || Ok(Definitions { models });
    let found = ctx.scope().lanes.load(0, batch, key).await?;
    found.ok_or(Error::NotFound)
}

/// The attributes of the caller in an organization.
///
/// # Errors
/// Lack of sign-in, outages.
pub(in crate::domains::model) async fn facts(
    ctx: &Context<'_>,
    organization: OrganizationId,
) -> Result<Arc<UserFacts>> {
    let found = ctx
        .scope()
        .lanes
        .load(0, || Ok(Facts), organization)
        .await?;
    Ok(found.unwrap_or_default())
}
