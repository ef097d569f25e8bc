//! What grantAccess, updateAccessGrant and revokeAccess do.
//!
//! Nobody can give what they lack on the scope, nor change or take a grant that carries more than
//! they hold there: an editor of a space cannot throw its administrator out.

use super::{
    AccessGrantRow, GrantScope,
    mutation::{GrantAccessInput, RevokeAccessInput, UpdateAccessGrantInput},
    store::{self, Proof, ScopeGrant},
};
use crate::{
    authz::{ManageAccess, ManageMembers, Permission, PermissionSet, Resource as _, RoleScope},
    domains::access::{PrincipalId, PrincipalRef, last_admin::LastAdmin, role::RoleRef},
    gql::{Refusal, Tx, UserErrorCode},
    kernel::{
        AnyId, Entity as _, Id, entity,
        entity::{AccessGrantId, RoleId, UserId},
    },
};
use async_graphql::ID;

/// Proof that the viewer may manage access on what the input names.
async fn scope(tx: &Tx<'_>, id: &ID) -> Result<ScopeGrant, Refusal> {
    let path = "scopeId";
    let parsed = AnyId::parse(id.as_str());
    let proof = match parsed.map(|id| (id.prefix, id.uuid)) {
        Some((entity::Organization::PREFIX, uuid)) => {
            let id = Id::<entity::Organization>::from_uuid(uuid);
            Proof::Organization(tx.authorize::<ManageMembers, _>(path, id).await?)
        }
        Some((entity::Project::PREFIX, uuid)) => {
            let id = Id::<entity::Project>::from_uuid(uuid);
            Proof::Project(tx.authorize::<ManageAccess, _>(path, id).await?)
        }
        Some((entity::Space::PREFIX, uuid)) => {
            let id = Id::<entity::Space>::from_uuid(uuid);
            Proof::Space(tx.authorize::<ManageAccess, _>(path, id).await?)
        }
        _ => {
            let text =
                "scopeId: expected an id that starts with `organization_`, `project_` or `space_`";
            return Err(Refusal::user(UserErrorCode::Invalid, path, text));
        }
    };
    let scope = ScopeGrant::new(proof)?;
    tx.audit(|entry| entry.organization = Some(scope.organization()));
    Ok(scope)
}

/// Notes in the audit log what a grant is about (its id alone says nothing once it is gone), and
/// that what is remembered of anybody's rights is out of date.
fn changed(tx: &Tx<'_>, scope: &ID, grant: &AccessGrantRow) {
    tx.scope.note(|notes| notes.changed_rights = true);
    tx.audit(|entry| {
        entry.target(grant.id);
        entry.changes.push(format!("scope:{}", scope.as_str()));
        let user = grant.user_id.map(|id| format!("principal:{id}"));
        let group = grant.group_id.map(|id| format!("principal:{id}"));
        entry.changes.extend(user.or(group));
        entry.changes.push(format!("role:{}", grant.role_id));
    });
}

const fn role_scope(scope: GrantScope) -> RoleScope {
    match scope {
        GrantScope::Organization => RoleScope::Organization,
        GrantScope::Project => RoleScope::Project,
        GrantScope::Space => RoleScope::Space,
    }
}

/// The role of the input, if the viewer may hand it out on the scope.
async fn role(tx: &Tx<'_>, scope: &ScopeGrant, named: &RoleRef) -> Result<RoleId, Refusal> {
    let kind = role_scope(scope.kind());
    let role = named
        .resolve(tx, "role", &[kind], Some(scope.organization()))
        .await?;
    // Locked, so that nothing is added to the role between this check and the grant.
    let Some(carried) = store::carried(tx.conn, scope, role.id).await? else {
        let text = "this role has just been deleted";
        return Err(Refusal::user(UserErrorCode::NotFound, "role", text));
    };
    tx.viewer
        .may_hand_out(carried.fitting(kind), scope.place())
        .map_err(|error| Refusal::user(UserErrorCode::Forbidden, "role", error.to_string()))?;
    Ok(role.id)
}

/// The user or group of the input, of the organization; a user perhaps not yet.
async fn principal(
    tx: &Tx<'_>,
    scope: &ScopeGrant,
    named: &PrincipalRef,
) -> Result<PrincipalId, Refusal> {
    let principal = named
        .resolve(tx, "principal", Some(scope.organization()))
        .await?;
    let PrincipalId::User(user) = principal else {
        return Ok(principal);
    };
    if store::is_member(tx.conn, scope, user).await? {
        return Ok(principal);
    }
    let may_join = scope.kind() == GrantScope::Organization && sees_account(tx, user).await?;
    if may_join {
        return Ok(principal);
    }
    Err(Refusal::user(
        UserErrorCode::NotFound,
        "principal.user",
        "there is no such member of the organization, or you may not see them",
    ))
}

/// Whether the viewer sees the account itself. Knowing somebody from another organization is not
/// enough to bring them into this one.
async fn sees_account(tx: &Tx<'_>, user: UserId) -> Result<bool, Refusal> {
    let place = entity::User::place(tx.conn, user).await?;
    Ok(place.is_some_and(|place| tx.viewer.at(&place).contains(Permission::UserView)))
}

/// The mistakes of both, where both are wrong.
fn both<A, B>(a: Result<A, Refusal>, b: Result<B, Refusal>) -> Result<(A, B), Refusal> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(Refusal::User(mut errors)), Err(Refusal::User(more))) => {
            errors.extend(more);
            Err(Refusal::User(errors))
        }
        (Err(Refusal::Error(error)), _) | (_, Err(Refusal::Error(error))) => {
            Err(Refusal::Error(error))
        }
        (Err(refusal), Ok(_)) | (Ok(_), Err(refusal)) => Err(refusal),
    }
}

/// Refuses to touch what carries more than the viewer holds on the scope.
fn may_touch(tx: &Tx<'_>, scope: &ScopeGrant, carried: PermissionSet) -> Result<(), Refusal> {
    let lacking = carried.without(tx.viewer.at(scope.place()));
    if lacking.is_empty() {
        return Ok(());
    }
    let text = format!(
        "their role carries permissions that you lack there: {}",
        lacking.names().join(", ")
    );
    Err(Refusal::user(UserErrorCode::Forbidden, "principal", text))
}

/// The grant of a principal on the scope, if the viewer may touch it.
async fn present(
    tx: &Tx<'_>,
    scope: &ScopeGrant,
    named: &PrincipalRef,
) -> Result<AccessGrantRow, Refusal> {
    let principal = named
        .resolve(tx, "principal", Some(scope.organization()))
        .await?;
    let none = || {
        let text = "they have no grant on this very scope";
        Refusal::user(UserErrorCode::NotFound, "principal", text)
    };
    let found = store::find(tx.conn, scope, principal).await?;
    let found = found.ok_or_else(none)?;
    let carried = store::carried(tx.conn, scope, found.role_id).await?;
    let carried = carried.ok_or_else(none)?;
    may_touch(tx, scope, carried.fitting(role_scope(scope.kind())))?;
    Ok(found)
}

/// Locks the organization, if the scope is one, before its grants change.
async fn last_admin(tx: &Tx<'_>, scope: &ScopeGrant) -> Result<Option<LastAdmin>, Refusal> {
    if scope.kind() != GrantScope::Organization {
        return Ok(None);
    }
    Ok(Some(LastAdmin::lock(tx, &[scope.organization()]).await?))
}

pub(super) async fn grant(
    tx: &Tx<'_>,
    input: &GrantAccessInput,
) -> Result<AccessGrantRow, Refusal> {
    let scope = scope(tx, &input.scope_id).await?;
    let role = role(tx, &scope, &input.role).await;
    let (principal, role) = both(principal(tx, &scope, &input.principal).await, role)?;
    if let (GrantScope::Organization, PrincipalId::User(user)) = (scope.kind(), principal) {
        store::join(tx.conn, &scope, user).await?;
    }
    let row = store::create(tx.conn, &scope, principal, role, tx.viewer.user).await?;
    changed(tx, &input.scope_id, &row);
    Ok(row)
}

pub(super) async fn update(
    tx: &Tx<'_>,
    input: &UpdateAccessGrantInput,
) -> Result<AccessGrantRow, Refusal> {
    let scope = scope(tx, &input.scope_id).await?;
    let last_admin = last_admin(tx, &scope).await?;
    let role = role(tx, &scope, &input.role).await;
    let (present, role) = both(present(tx, &scope, &input.principal).await, role)?;
    let row = store::update(tx.conn, &scope, present.id, role, tx.now).await?;
    changed(tx, &input.scope_id, &row);
    if let Some(last_admin) = last_admin {
        last_admin.check(tx, "role").await?;
    }
    Ok(row)
}

pub(super) async fn revoke(
    tx: &Tx<'_>,
    input: &RevokeAccessInput,
) -> Result<AccessGrantId, Refusal> {
    let scope = scope(tx, &input.scope_id).await?;
    let last_admin = last_admin(tx, &scope).await?;
    let present = present(tx, &scope, &input.principal).await?;
    changed(tx, &input.scope_id, &present);
    match (scope.kind(), present.user_id) {
        (GrantScope::Organization, Some(user)) => {
            // Leaving takes along what they hold further inside, so that has to be in reach too.
            may_touch(
                tx,
                &scope,
                store::carried_inside(tx.conn, &scope, user).await?,
            )?;
            store::leave(tx.conn, &scope, user).await?;
        }
        _ => store::delete(tx.conn, &scope, present.id).await?,
    }
    if let Some(last_admin) = last_admin {
        last_admin.check(tx, "principal").await?;
    }
    Ok(present.id)
}
