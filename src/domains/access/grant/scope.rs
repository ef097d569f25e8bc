//! Where access is given: an organization, a project or a space.

use super::{AccessGrantRow, GrantScope};
use crate::{
    domains::{
        content::space::{Space, SpaceRow},
        identity::organization::{Organization, OrganizationRow},
        project::project::{Project, ProjectRow},
    },
    gql::ScopeExt as _,
    kernel::Result,
};
use async_graphql::{Context, Union};

/// Where access is given.
#[derive(Union)]
pub enum AccessScope {
    /// An organization and what is inside.
    Organization(Organization),
    /// A project and what is inside.
    Project(Project),
    /// A space and what is inside.
    Space(Space),
}

impl AccessScope {
    /// The scope of a grant; `None` if the viewer may not see it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn of_grant(ctx: &Context<'_>, grant: &AccessGrantRow) -> Result<Option<Self>> {
        Ok(match (grant.scope, grant.project_id, grant.space_id) {
            (GrantScope::Project, Some(id), _) => ctx
                .by_id::<ProjectRow>(id)
                .await?
                .map(|row| Self::Project(row.into())),
            (GrantScope::Space, _, Some(id)) => ctx
                .by_id::<SpaceRow>(id)
                .await?
                .map(|row| Self::Space(row.into())),
            _ => {
                let row = ctx.by_id::<OrganizationRow>(grant.organization_id).await?;
                row.map(|row| Self::Organization(row.into()))
            }
        })
    }
}
