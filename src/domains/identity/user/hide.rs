//! What a filter of users must not tell: who is in groups, holds roles or reaches projects that the
//! viewer may not see.

use super::UserFilter;
use crate::{
    domains::{
        access::{group::GroupRow, role::RoleRow},
        identity::organization::OrganizationRow,
        project::project::ProjectRow,
    },
    gql::{ById, IdFilter, ScopeExt as _, id_argument, id_text},
    kernel::{Entity, Id, Result, entity},
};
use async_graphql::{Context, ID};
use uuid::Uuid;

/// Makes ids of things that the viewer may not see equal to ids of nothing.
///
/// # Errors
/// Wrong ids, lack of sign-in, outages.
pub(super) async fn hide(ctx: &Context<'_>, filter: &mut UserFilter) -> Result<()> {
    if let Some(id) = &mut filter.can_view_project_id {
        blank::<ProjectRow>(ctx, id).await?;
    }
    if let Some(groups) = &mut filter.group_id {
        blank_all::<GroupRow>(ctx, groups).await?;
    }
    if let Some(roles) = &mut filter.role_id {
        blank_all::<RoleRow>(ctx, roles).await?;
        // Who holds a role of the installation is known to those who see the system.
        let viewer = ctx.scope().viewer()?;
        if !viewer
            .on_installation()
            .contains(crate::authz::Permission::SystemView)
        {
            for id in ids_of(roles) {
                let role: Id<entity::Role> = id_argument("filter", id)?;
                let row = ctx.by_id::<RoleRow>(role).await?;
                if row.is_some_and(|row| row.scope == crate::authz::RoleScope::Tenant) {
                    *id = nothing::<entity::Role>();
                }
            }
        }
    }
    if let Some(organizations) = &mut filter.organization_id {
        blank_all::<OrganizationRow>(ctx, organizations).await?;
    }
    let inner = filter
        .and
        .iter_mut()
        .flatten()
        .chain(filter.or.iter_mut().flatten());
    for filter in inner.chain(filter.not.as_deref_mut()) {
        Box::pin(hide(ctx, filter)).await?;
    }
    Ok(())
}

fn ids_of(filter: &mut IdFilter) -> impl Iterator<Item = &mut ID> {
    let lists = filter
        .within
        .iter_mut()
        .chain(filter.not_in.iter_mut())
        .flatten();
    filter
        .eq
        .iter_mut()
        .chain(filter.ne.iter_mut())
        .chain(lists)
}

fn nothing<T: Entity>() -> ID {
    id_text(Id::<T>::from_uuid(Uuid::nil()))
}

async fn blank_all<R: ById>(ctx: &Context<'_>, filter: &mut IdFilter) -> Result<()> {
    for id in ids_of(filter) {
        blank::<R>(ctx, id).await?;
    }
    Ok(())
}

async fn blank<R: ById>(ctx: &Context<'_>, id: &mut ID) -> Result<()> {
    let parsed: Id<R::Entity> = id_argument("filter", id)?;
    if ctx.by_id::<R>(parsed).await?.is_none() {
        *id = nothing::<R::Entity>();
    }
    Ok(())
}
