//! Roles and groups named in the inputs of users: what may be handed out, and where it goes.

use super::store;
use crate::{
    authz::{Grant, Place, RoleScope},
    domains::access::{
        group::{GroupRef, join_groups, leave_groups},
        role::{RoleRef, RoleRow, built_in_id},
    },
    gql::{Refusal, Tx, UserErrorCode, UserErrors},
    kernel::entity::{OrganizationId, RoleId, UserId},
};

/// Roles that a user is to hold.
pub(super) struct Roles {
    /// The one on the organization.
    pub(super) member: Option<RoleId>,
    /// Those without a scope of their own.
    pub(super) assigned: Vec<RoleId>,
}

/// The role that members have unless another is given.
pub(super) fn plain_member() -> RoleId {
    built_in_id(RoleScope::Organization, "member")
}

/// The roles that an input names, if the viewer may hand them out.
pub(super) async fn roles(
    tx: &Tx<'_>,
    organization: OrganizationId,
    refs: &[RoleRef],
) -> Result<Roles, Refusal> {
    size(tx, "roles", refs.len())?;
    let scopes = [
        RoleScope::Organization,
        RoleScope::Tenant,
        RoleScope::Project,
    ];
    let mut roles = Roles {
        member: None,
        assigned: Vec::new(),
    };
    for (n, role) in refs.iter().enumerate() {
        let path = format!("roles.{n}");
        let row = role.resolve(tx, &path, &scopes, Some(organization)).await?;
        may_hand_out(tx, &path, organization, &row).await?;
        match row.scope {
            RoleScope::Organization if roles.member.is_none_or(|id| id == row.id) => {
                roles.member = Some(row.id);
            }
            RoleScope::Organization => {
                let text = "a user has one role on the organization; this is the second";
                return Err(Refusal::user(UserErrorCode::Invalid, &path, text));
            }
            _ => roles.assigned.push(row.id),
        }
    }
    Ok(roles)
}

async fn may_hand_out(
    tx: &Tx<'_>,
    path: &str,
    organization: OrganizationId,
    role: &RoleRow,
) -> Result<(), Refusal> {
    let permissions = role.permission_set().fitting(role.scope);
    let places = match role.scope {
        RoleScope::Organization => vec![Place::organization(organization)],
        _ => {
            let places = store::places_of_role(tx.conn, &tx.viewer, role).await?;
            let gone = || {
                let text = "this role has just been deleted";
                Refusal::user(UserErrorCode::NotFound, path, text)
            };
            places.ok_or_else(gone)?
        }
    };
    if role.scope == RoleScope::Project && (places.is_empty() || role.organization_id.is_none()) {
        let text = "this role names no projects of its own; grant it on a project with grantAccess";
        return Err(Refusal::user(UserErrorCode::Invalid, path, text));
    }
    for place in places {
        tx.viewer
            .may_hand_out(permissions, &place)
            .map_err(|error| Refusal::user(UserErrorCode::Forbidden, path, error.to_string()))?;
    }
    Ok(())
}

/// Puts a user into exactly these groups of an organization.
pub(super) async fn set_groups<A, R>(
    tx: &Tx<'_>,
    proof: &Grant<A, R>,
    (organization, user): (OrganizationId, UserId),
    refs: &[GroupRef],
) -> Result<(), Refusal> {
    size(tx, "groups", refs.len())?;
    let present = store::groups_of(tx.conn, proof, (organization, user)).await?;
    let mut wanted = Vec::with_capacity(refs.len());
    for (n, group) in refs.iter().enumerate() {
        wanted.push(
            group
                .resolve(tx, &format!("groups.{n}"), Some(organization))
                .await?,
        );
    }
    let gone: Vec<_> = present
        .iter()
        .filter(|id| !wanted.contains(id))
        .copied()
        .collect();
    leave_groups(tx, &gone, user).await?;
    if wanted.iter().all(|id| present.contains(id)) {
        return Ok(());
    }
    join_groups(tx, refs, user).await
}

/// Refuses lists that are too long.
pub(super) fn size(tx: &Tx<'_>, path: &str, found: usize) -> Result<(), Refusal> {
    let maximum = tx.scope.limits.bulk_max;
    let mut errors = UserErrors::default();
    if found > maximum {
        let text = format!("{path} may name at most {maximum}, got {found}");
        errors.add(UserErrorCode::LimitExceeded, path, text);
    }
    errors.check()
}
