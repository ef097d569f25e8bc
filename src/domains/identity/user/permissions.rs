//! What a user may do at some place.

use crate::{
    authz::{Access, Permission, Place, RoleScope},
    domains::{
        access::role::built_in_id, content::space::SpaceRow,
        identity::organization::OrganizationRow, project::project::ProjectRow,
    },
    gql::{Batch, Refusal, Scope, ScopeExt as _, Tx, UserErrorCode, UserErrors},
    kernel::{AnyId, Entity as _, Error, Id, Result, entity, entity::UserId},
};
use async_graphql::{Context, ID};
use std::{collections::HashMap, sync::Arc};

struct AccessOf;

impl Batch for AccessOf {
    type Key = UserId;
    type Value = Arc<Access>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<UserId>,
    ) -> Result<HashMap<UserId, Arc<Access>>> {
        let conn = scope.conn().await?;
        let found = Access::load_many(conn.get()?, &keys).await?;
        Ok(found
            .into_iter()
            .map(|(user, access)| (user, Arc::new(access)))
            .collect())
    }
}

/// What a user may do on the installation, or on an organization, project or space that the viewer
/// may see. What others may do on the installation is for holders of `SYSTEM_VIEW`.
///
/// # Errors
/// [`Error::NotFound`] for a scope that the viewer may not see, [`Error::Forbidden`].
pub async fn permissions_at(
    ctx: &Context<'_>,
    user: UserId,
    scope_id: Option<ID>,
) -> Result<Vec<Permission>> {
    let viewer = ctx.scope().viewer()?;
    let place = match scope_id {
        Some(id) => place(ctx, &id).await?,
        None => Place::installation(),
    };
    if user == viewer.user {
        return Ok(viewer.at(&place).iter().collect());
    }
    let sees_system = viewer.on_installation().contains(Permission::SystemView);
    if place.organization.is_none() && !sees_system {
        let text = "you need the permission SYSTEM_VIEW to see what others may do on the \
                    installation; give a scopeId";
        return Err(Error::Forbidden(text.into()));
    }
    let access = ctx.scope().lanes.load(0, || Ok(AccessOf), user).await?;
    Ok(access.map_or_else(Vec::new, |access| access.at(&place).iter().collect()))
}

async fn place(ctx: &Context<'_>, id: &ID) -> Result<Place> {
    let parsed = AnyId::parse(id.as_str());
    let place = match parsed.map(|id| (id.prefix, id.uuid)) {
        Some((entity::Organization::PREFIX, uuid)) => ctx
            .by_id::<OrganizationRow>(Id::from_uuid(uuid))
            .await?
            .map(|row| Place::organization(row.id)),
        Some((entity::Project::PREFIX, uuid)) => ctx
            .by_id::<ProjectRow>(Id::from_uuid(uuid))
            .await?
            .map(|row| Place::project(row.organization_id, row.id)),
        Some((entity::Space::PREFIX, uuid)) => ctx
            .by_id::<SpaceRow>(Id::from_uuid(uuid))
            .await?
            .map(|row| row.place()),
        _ => {
            let text = "expected an id that starts with `organization_`, `project_` or `space_`";
            return Err(Error::invalid("scopeId", text));
        }
    };
    place.ok_or(Error::NotFound)
}

/// Refuses to act on accounts that can do more than the viewer, somewhere: whoever sets a password
/// can sign in with it. What they would hold if everything were switched on counts.
///
/// # Errors
/// A mistake `FORBIDDEN` at the path of each such user.
pub async fn may_take_over(
    tx: &Tx<'_>,
    users: &[UserId],
    path: impl Fn(usize) -> String,
) -> Result<(), Refusal> {
    let mut held = Access::load_potential(tx.conn, users).await?;
    // Recipients of reports hold this one everywhere, and cannot sign in with it.
    let hub = built_in_id(RoleScope::Tenant, "hub_user");
    for access in held.values_mut() {
        access.holdings.retain(|holding| holding.role != hub);
    }
    let mut errors = UserErrors::default();
    for (n, user) in users.iter().enumerate() {
        let more = held
            .get(user)
            .is_some_and(|held| tx.viewer.access.lacks_something_of(held));
        if more && *user != tx.viewer.user {
            let text =
                "they hold permissions that you lack; only somebody with the same can do this";
            errors.add(UserErrorCode::Forbidden, &path(n), text);
        }
    }
    errors.check()
}
