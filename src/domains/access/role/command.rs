//! What createRole, updateRole and deleteRoles do.
//!
//! Nobody can hand out what they lack: neither by making a role, nor by adding to one that others
//! hold, nor by switching one on. Somebody who holds less than a role carries cannot change it.

use super::{
    CreateRoleInput, DeleteRolesInput, RoleRow, UpdateRoleInput,
    input::{fitting, free_key, only_for_projects, owner_given, project_ids},
    store::{self, NewRole, OwnerGrant, RoleChanges},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, Permission, PermissionSet, Place, RoleScope, View},
    domains::access::last_admin::LastAdmin,
    gql::{Refusal, Tx, UserError, UserErrorCode, UserErrors, bulk_ids},
    kernel::{
        entity,
        entity::{OrganizationId, ProjectId, RoleId},
        text,
    },
};

/// Refuses projects that the viewer does not see or that are of somebody else.
async fn own_projects(
    tx: &Tx<'_>,
    owner: OrganizationId,
    ids: &[ProjectId],
) -> Result<(), Refusal> {
    let visible = tx.viewer.visible::<entity::Project, View>();
    let found = store::projects_of(tx.conn, &visible, owner, ids).await?;
    let mut errors = UserErrors::default();
    for (n, id) in ids.iter().enumerate() {
        if !found.contains(id) {
            errors.add(
                UserErrorCode::NotFound,
                &format!("projectIds.{n}"),
                "there is no such project in this organization, or you may not see it",
            );
        }
    }
    errors.check()
}

/// Refuses what the viewer lacks at a place.
fn may_hand_out(
    tx: &Tx<'_>,
    path: &str,
    permissions: PermissionSet,
    place: &Place,
) -> Result<(), Refusal> {
    tx.viewer
        .may_hand_out(permissions, place)
        .map_err(|error| Refusal::user(UserErrorCode::Forbidden, path, error.to_string()))
}

/// Refuses who lacks a permission on the installation.
fn on_installation(tx: &Tx<'_>, path: &str, needed: Permission) -> Result<(), Refusal> {
    if tx.viewer.on_installation().contains(needed) {
        return Ok(());
    }
    let text = needed.refusal();
    Err(Refusal::user(UserErrorCode::Forbidden, path, text))
}

async fn owner(
    tx: &Tx<'_>,
    scope: RoleScope,
    organization: Option<OrganizationId>,
) -> Result<OwnerGrant, Refusal> {
    if let (Some(id), true) = (organization, scope != RoleScope::Tenant) {
        type Make = Create<entity::Role>;
        let grant = tx
            .authorize::<Make, entity::Organization>("organizationId", id)
            .await?;
        return Ok(OwnerGrant::Organization(grant));
    }
    on_installation(tx, "scope", Permission::SystemCreate)?;
    Ok(OwnerGrant::Installation)
}

pub(super) async fn create(tx: &Tx<'_>, input: &CreateRoleInput) -> Result<RoleRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization = input
        .organization_id
        .as_ref()
        .map(|id| errors.id::<entity::Organization>("organizationId", id));
    owner_given(&mut errors, input.scope, organization.is_some());
    let name = errors.text("name", text::name(&input.name));
    let key = input
        .key
        .as_deref()
        .map(|key| errors.text("key", text::name(key)));
    let description = errors.description(input.description.as_deref());
    let permissions = fitting(&mut errors, input.scope, &input.permissions);
    only_for_projects(
        &mut errors,
        input.scope,
        Some(input.all_projects),
        input.project_ids.as_deref(),
    );
    let projects = project_ids(tx, &mut errors, input.project_ids.as_deref()).unwrap_or_default();
    errors.check()?;
    tx.audit(|entry| entry.organization = organization);
    let owner = owner(tx, input.scope, organization).await?;
    may_hand_out(tx, "permissions", permissions, &owner.place())?;
    if let Some(organization) = organization {
        own_projects(tx, organization, &projects).await?;
    }
    let taken = store::keys(tx.conn, &owner, input.scope).await?;
    let key = free_key(key, &name, &taken)?;
    let new = NewRole {
        id: RoleId::new(),
        key: &key,
        name: &name,
        description: description.as_deref(),
        scope: input.scope,
        is_active: input.is_active,
        all_projects: input.all_projects,
        permissions: permissions.names(),
        rank: store::rank(permissions),
    };
    let row = store::create(tx.conn, &owner, &new, &projects).await?;
    tx.audit(|entry| entry.target(row.id));
    Ok(row)
}

/// Proof that the viewer may change or delete a custom role.
async fn custom<A>(
    tx: &Tx<'_>,
    path: &str,
    id: RoleId,
    system: Permission,
) -> Result<Grant<A, entity::Role>, Refusal>
where
    entity::Role: crate::authz::Permits<A>,
{
    let seen = tx.see::<entity::Role>(path, id).await?;
    if store::is_built_in(tx.conn, &seen).await? {
        let text = "built-in roles cannot be changed; make a custom role instead";
        return Err(Refusal::user(UserErrorCode::BuiltIn, path, text));
    }
    let grant = tx.authorize::<A, entity::Role>(path, id).await?;
    if grant.place().organization.is_none() {
        on_installation(tx, path, system)?;
    }
    Ok(grant)
}

pub(super) async fn update(tx: &Tx<'_>, input: &UpdateRoleInput) -> Result<RoleRow, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id("id", &input.id);
    let name = input
        .name
        .as_deref()
        .map(|name| errors.text("name", text::name(name)));
    let description = errors.maybe_description(&input.description);
    let projects = project_ids(tx, &mut errors, input.project_ids.as_deref());
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = custom::<Edit>(tx, "id", id, Permission::SystemEdit).await?;
    let place = grant.place();
    tx.audit(|entry| entry.organization = place.organization);
    // The organization is locked before the role, as by those who change grants.
    let organizations: Vec<_> = place.organization.into_iter().collect();
    let lowers = input.permissions.is_some() || input.is_active == Some(false);
    let last_admin = if lowers {
        Some(LastAdmin::lock(tx, &organizations).await?)
    } else {
        None
    };
    let old = store::lock(tx.conn, &grant).await?;

    let mut errors = UserErrors::default();
    let permissions = input
        .permissions
        .as_deref()
        .map(|given| fitting(&mut errors, old.scope, given));
    only_for_projects(
        &mut errors,
        old.scope,
        input.all_projects,
        input.project_ids.as_deref(),
    );
    errors.check()?;
    may_change(tx, &grant, &old, permissions, input.is_active).await?;
    if let (Some(owner), Some(projects)) = (place.organization, &projects) {
        own_projects(tx, owner, projects).await?;
    }
    let changes = RoleChanges {
        name,
        description,
        is_active: input.is_active,
        all_projects: input.all_projects,
        rank: permissions.map(store::rank),
        permissions: permissions.map(PermissionSet::names),
        updated_at: Some(tx.now),
    };
    note_changes(tx, &changes, projects.is_some());
    // Holding on all projects, the role names none.
    let projects = if input.all_projects == Some(true) {
        Some(Vec::new())
    } else {
        projects
    };
    let row = store::update(tx.conn, &grant, &changes, projects.as_deref()).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    if let Some(last_admin) = last_admin {
        let path = if input.permissions.is_some() {
            "permissions"
        } else {
            "isActive"
        };
        last_admin.check(tx, path).await?;
    }
    Ok(row)
}

fn note_changes(tx: &Tx<'_>, changes: &RoleChanges, projects: bool) {
    tx.audit(|entry| {
        entry.changed("name", changes.name.is_some());
        entry.changed("description", changes.description.is_some());
        entry.changed("isActive", changes.is_active.is_some());
        entry.changed("allProjects", changes.all_projects.is_some());
        entry.changed("projectIds", projects);
        entry.changed("permissions", changes.permissions.is_some());
    });
}

/// Refuses a change by somebody who lacks what the role carries, or what it would hand to those
/// who hold it already.
///
/// What is held on the owner is held on everything below that no private space cuts off, so only
/// the private spaces on which the role is granted have to be looked at one by one.
async fn may_change(
    tx: &Tx<'_>,
    grant: &Grant<Edit, entity::Role>,
    old: &RoleRow,
    new: Option<PermissionSet>,
    is_active: Option<bool>,
) -> Result<(), Refusal> {
    let carried = old.permission_set();
    if tx.viewer.may_hand_out(carried, grant.place()).is_err() {
        let text = "the role carries permissions that you lack";
        return Err(Refusal::user(UserErrorCode::Forbidden, "id", text));
    }
    let wanted = new.unwrap_or(carried);
    may_hand_out(tx, "permissions", wanted, grant.place())?;
    let switched_on = is_active == Some(true) && !old.is_active;
    let added = if switched_on {
        wanted
    } else {
        wanted.without(carried)
    };
    if old.scope == RoleScope::Space && !added.is_empty() {
        let path = if switched_on {
            "isActive"
        } else {
            "permissions"
        };
        for place in store::private_places(tx.conn, grant).await? {
            may_hand_out(tx, path, added, &place)?;
        }
    }
    Ok(())
}

pub(super) async fn delete(tx: &Tx<'_>, input: &DeleteRolesInput) -> Result<Vec<RoleId>, Refusal> {
    let ids = bulk_ids::<entity::Role>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    let mut errors = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        match custom::<Delete>(tx, &format!("ids.{n}"), *id, Permission::SystemDelete).await {
            Ok(grant) => grants.push(grant),
            Err(Refusal::User(more)) => errors.extend(more),
            Err(other) => return Err(other),
        }
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    let used = store::used(tx.conn, &grants).await?;
    for (n, id) in ids.iter().enumerate().filter(|(_, id)| used.contains(id)) {
        let text = format!("the role {id} is still granted or assigned");
        errors.push(UserError::new(
            UserErrorCode::InUse,
            &format!("ids.{n}"),
            text,
        ));
    }
    if !errors.is_empty() {
        return Err(Refusal::User(errors));
    }
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}
