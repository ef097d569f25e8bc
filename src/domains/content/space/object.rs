//! The type `Space` of the graph.

use super::{SpaceRow, content::SpaceContent};
use crate::{
    domains::{
        access::{
            effective::{
                EffectiveAccess, EffectiveAccessFilter, Target, effective_access_of, viewer_role_at,
            },
            grant::{AccessGrant, AccessGrantFilter, access_grants_of},
            role::{Role, RoleRow},
        },
        identity::user::{User, UserRow},
        project::project::{Project, ProjectRow},
    },
    gql::{Connection, PageArgs, ScopeExt as _, direct::direct, id_text},
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use std::sync::Arc;

/// A folder of charts, dashboards and further spaces, with access of its own.
pub struct Space(pub Arc<SpaceRow>);

impl From<Arc<SpaceRow>> for Space {
    fn from(row: Arc<SpaceRow>) -> Self {
        Self(row)
    }
}

/// A folder of charts, dashboards and further spaces. Who may use a space: everybody with a grant
/// on it or on a space above it; and whoever has access to the project, unless it or a space above
/// is private.
#[Object]
impl Space {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name, unique among the spaces beside it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Name for addresses, unique among the spaces beside it; stays when the space is renamed.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// The project it belongs to.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        let row = ctx.by_id::<ProjectRow>(self.0.project_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// The space it is in; null on the first level, or if the caller may not see that one.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Space>> {
        let row = ctx.by_id::<SpaceRow>(self.0.parent_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// What is in the space.
    #[graphql(flatten)]
    fn content(&self) -> SpaceContent {
        SpaceContent(self.0.id)
    }

    /// The spaces from the first level down to this one, itself included; those that the caller may
    /// not see are left out.
    async fn path(&self, ctx: &Context<'_>) -> Result<Vec<Space>> {
        let rows = self.0.path.iter().map(|id| ctx.by_id::<SpaceRow>(*id));
        let rows = try_join_all(rows).await?;
        Ok(rows.into_iter().flatten().map(Into::into).collect())
    }

    /// Whether access to the project and to the spaces above does not count here, only grants on
    /// this space and those below.
    async fn is_private(&self) -> bool {
        self.0.is_private
    }

    /// The grants made on this very space, as far as the caller may see them. Who can open it in the
    /// end, and why, is in `effectiveAccess`.
    async fn access_grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<AccessGrantFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<AccessGrant>> {
        let page = PageArgs::new(first, after, last, before);
        let link = "access_grants.scope_id = p.id";
        access_grants_of(ctx, self.0.id.uuid(), link, filter.as_ref(), &page).await
    }

    /// Everyone who can open the space and why: by a grant on it or on a space above, through
    /// groups, by wider scopes; active accounts that the caller may see, by username.
    async fn effective_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which entries.")] filter: Option<EffectiveAccessFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<EffectiveAccess>> {
        let page = PageArgs::new(first, after, last, before);
        effective_access_of(ctx, (&*self.0).into(), filter.as_ref(), &page).await
    }

    /// The highest role that the caller holds here, by whatever path.
    async fn viewer_role(&self, ctx: &Context<'_>) -> Option<Result<Role>> {
        let viewer = ctx.scope().viewer_if_any()?;
        let role = viewer_role_at(viewer, Target::from(&*self.0).place())?;
        ctx.by_id::<RoleRow>(role)
            .await
            .map(|row| row.map(Into::into))
            .transpose()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who created it; null if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

direct! { Space:
    plain { id, name, slug, is_private, created_at, updated_at }
    always { project: ProjectRow as Project = project_id }
    perhaps { parent: SpaceRow as Space = parent_id, created_by: UserRow as User = created_by }
}
