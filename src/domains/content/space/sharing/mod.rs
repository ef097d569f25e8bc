//! Who gets onto a space when it is made or made private.

pub(crate) mod store;

use crate::{
    authz::{
        BuiltInRole, Grant, ManageAccess, Permission, PermissionSet, Place, RoleScope, System,
        built_in_roles,
    },
    domains::access::{
        PrincipalId, PrincipalRef,
        role::{RoleRef, built_in_id},
    },
    gql::{Refusal, Tx, UserErrorCode, UserErrors},
    kernel::{Result, entity::Space},
};
use async_graphql::InputObject;
use store::Gift;

/// A role on a space for a user or a group.
#[derive(Debug, Clone, InputObject)]
pub struct SpaceAccessInput {
    /// Who gets it; of the same organization.
    pub principal: PrincipalRef,
    /// A role for spaces, with permissions that the caller has there too.
    pub role: RoleRef,
}

const ADMIN: &str = "admin";

fn admin_permissions() -> PermissionSet {
    let admin = |role: &BuiltInRole| role.scope == RoleScope::Space && role.key == ADMIN;
    built_in_roles()
        .iter()
        .find(|role| admin(role))
        .map(|role| role.permissions)
        .unwrap_or_default()
}

/// Makes the caller admin of a space, if they could have given that to somebody else.
pub(super) async fn make_admin(
    tx: &Tx<'_>,
    path: &str,
    place: &Place,
    space: &Grant<ManageAccess, Space>,
) -> Result<(), Refusal> {
    hand_out(tx, path, admin_permissions(), place)?;
    let me = (
        PrincipalId::User(tx.viewer.user),
        built_in_id(RoleScope::Space, ADMIN),
    );
    // Callers from outside the organization reach the space by their role on the installation.
    store::give(tx.conn, space, &[me], Some(tx.viewer.user)).await?;
    rights_changed(tx);
    Ok(())
}

/// Turns the access that reaches the space from above into grants of its own.
pub(super) async fn keep_access(
    tx: &Tx<'_>,
    space: &Grant<ManageAccess, Space>,
) -> Result<(), Refusal> {
    let gifts = store::flowing(tx.conn, space).await?;
    store::give(tx.conn, space, &gifts, Some(tx.viewer.user)).await?;
    rights_changed(tx);
    Ok(())
}

/// Roles that the input gives, checked against what the caller holds at `place`.
pub(super) async fn resolve(
    tx: &Tx<'_>,
    path: &str,
    access: &[SpaceAccessInput],
    place: &Place,
) -> Result<Vec<Gift>, Refusal> {
    let maximum = tx.scope.limits.bulk_max;
    if access.len() > maximum {
        let found = access.len();
        let text = format!("{path} may name at most {maximum}, got {found}");
        return Err(Refusal::user(UserErrorCode::LimitExceeded, path, text));
    }
    if !access.is_empty() && !tx.viewer.at(place).contains(Permission::SpaceAccessManage) {
        let text = Permission::SpaceAccessManage.refusal();
        return Err(Refusal::user(UserErrorCode::Forbidden, path, text));
    }
    let mut gifts: Vec<Gift> = Vec::with_capacity(access.len());
    for (n, entry) in access.iter().enumerate() {
        let at = |field: &str| format!("{path}.{n}.{field}");
        let principal = entry
            .principal
            .resolve(tx, &at("principal"), place.organization)
            .await?;
        let role = entry
            .role
            .resolve(tx, &at("role"), &[RoleScope::Space], place.organization)
            .await?;
        hand_out(
            tx,
            &at("role"),
            role.permission_set().fitting(RoleScope::Space),
            place,
        )?;
        if gifts.iter().any(|(other, _)| *other == principal) {
            let text = "this user or group is named already; each has one role";
            return Err(Refusal::user(
                UserErrorCode::Invalid,
                &at("principal"),
                text,
            ));
        }
        gifts.push((principal, role.id));
    }
    Ok(gifts)
}

/// Gives resolved roles on a space.
pub(super) async fn give(
    tx: &Tx<'_>,
    path: &str,
    space: &Grant<ManageAccess, Space>,
    gifts: &[Gift],
) -> Result<(), Refusal> {
    let outside = store::give(tx.conn, space, gifts, Some(tx.viewer.user)).await?;
    let mut errors = UserErrors::default();
    for (n, (principal, _)) in gifts.iter().enumerate() {
        if outside.contains(principal) {
            let text = "does not belong to the organization of the space";
            errors.add(
                UserErrorCode::Invalid,
                &format!("{path}.{n}.principal"),
                text,
            );
        }
    }
    rights_changed(tx);
    errors.check()
}

/// Proof for the first grants on a space that was made in this transaction: its maker could not
/// have any yet.
pub(super) fn of_new_space(space: &super::SpaceRow) -> Grant<ManageAccess, Space> {
    System::new("first access to a new space").grant(space.id, space.place())
}

fn hand_out(tx: &Tx<'_>, path: &str, what: PermissionSet, place: &Place) -> Result<(), Refusal> {
    tx.viewer
        .may_hand_out(what, place)
        .map_err(|error| match error {
            crate::kernel::Error::Forbidden(text) => {
                Refusal::user(UserErrorCode::Forbidden, path, text)
            }
            other => Refusal::Error(other),
        })
}

fn rights_changed(tx: &Tx<'_>) {
    tx.scope.note(|notes| notes.changed_rights = true);
}
