//! What the mutations of groups do.

use super::{
    GroupRef, GroupRow,
    mutation::{CreateGroupInput, DeleteGroupsInput, UpdateGroupInput},
    store::{self, GroupChanges, NewGroup},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, View},
    domains::identity::{membership::members_among, user::UserRef},
    gql::{Refusal, Tx, UserErrorCode, UserErrors, bulk_ids, id_text},
    kernel::{
        entity,
        entity::{GroupId, OrganizationId, UserId},
        text,
    },
};
use async_graphql::ID;

/// Most members that one input can name.
const MEMBERS_MAX: usize = 1_000;

/// Whether users are put into groups or taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Members {
    Add,
    Remove,
}

pub(super) async fn create(tx: &Tx<'_>, input: &CreateGroupInput) -> Result<GroupRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization = match (&input.organization_id, tx.viewer.organization) {
        (Some(id), _) => errors.id("organizationId", id),
        (None, Some(id)) => id,
        (None, None) => {
            let text = "organizationId is needed: you work in no organization";
            errors.add(UserErrorCode::Required, "organizationId", text);
            OrganizationId::from_uuid(uuid::Uuid::nil())
        }
    };
    let name = errors.text("name", text::name(&input.name));
    let key = input
        .key
        .as_deref()
        .map(|key| errors.text("key", text::name(key)));
    let description = errors.description(input.description.as_deref());
    let members = members(&mut errors, input.member_ids.as_deref().unwrap_or_default());
    errors.check()?;
    let grant = tx
        .authorize::<Create<entity::Group>, entity::Organization>("organizationId", organization)
        .await?;
    tx.audit(|entry| entry.organization = Some(organization));
    check_members(tx, organization, &members, "memberIds").await?;
    let key = match key {
        Some(key) => key,
        None => store::free_key(tx.conn, &grant, &text::slug(&name)).await?,
    };
    let new = NewGroup {
        id: GroupId::new(),
        key: &key,
        name: &name,
        description: description.as_deref(),
        is_active: input.is_active,
        created_by: tx.viewer.user,
        updated_by: tx.viewer.user,
    };
    let row = store::create(tx.conn, &grant, &new, &members).await?;
    tx.audit(|entry| entry.target(row.id));
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(row)
}

pub(super) async fn update(tx: &Tx<'_>, input: &UpdateGroupInput) -> Result<GroupRow, Refusal> {
    let mut errors = UserErrors::default();
    let organization: Option<OrganizationId> = input
        .organization_id
        .as_ref()
        .map(|id| errors.id("organizationId", id));
    let changes = GroupChanges {
        name: input
            .name
            .as_deref()
            .map(|name| errors.text("name", text::name(name))),
        description: errors.maybe_description(&input.description),
        is_active: input.is_active,
        updated_by: Some(tx.viewer.user),
        updated_at: Some(tx.now),
    };
    let members = input
        .member_ids
        .as_deref()
        .map(|ids| members(&mut errors, ids));
    errors.check()?;
    let id = input.group.resolve(tx, "group", None).await?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Group>("group", id).await?;
    let home = grant.place().organization;
    tx.audit(|entry| {
        entry.organization = home;
        entry.changed("name", changes.name.is_some());
        entry.changed("description", changes.description.is_some());
        entry.changed("isActive", changes.is_active.is_some());
        entry.changed("members", members.is_some());
    });
    if organization.is_some() && organization != home {
        let text = "a group stays in its organization";
        return Err(Refusal::user(
            UserErrorCode::Immutable,
            "organizationId",
            text,
        ));
    }
    let (was_active, present) = store::state(tx.conn, &grant).await?;
    let grants = [grant];
    if changes.is_active == Some(true) && !was_active {
        may_hand_out(tx, &grants, "isActive").await?;
    }
    if let (Some(members), Some(home)) = (&members, home) {
        let (added, removed) = difference(&present, members);
        check_members(tx, home, members, "memberIds").await?;
        if !added.is_empty() {
            may_hand_out(tx, &grants, "memberIds").await?;
        }
        store::add_members(tx.conn, &grants, &added, tx.viewer.user).await?;
        store::remove_members(tx.conn, &grants, &removed, tx.viewer.user).await?;
    }
    tx.scope.note(|notes| notes.changed_rights = true);
    let [grant] = grants;
    Ok(store::update(tx.conn, &grant, &changes).await?)
}

pub(super) async fn delete(
    tx: &Tx<'_>,
    input: &DeleteGroupsInput,
) -> Result<Vec<GroupId>, Refusal> {
    let ids = bulk_ids::<entity::Group>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let grant = tx
            .authorize::<Delete, entity::Group>(&format!("ids.{n}"), *id)
            .await?;
        tx.audit(|entry| entry.place(*id, grant.place().organization));
        grants.push(grant);
    }
    store::delete(tx.conn, &grants).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(ids)
}

pub(super) async fn change_members(
    tx: &Tx<'_>,
    groups: &[GroupRef],
    users: &[UserRef],
    change: Members,
) -> Result<(Vec<GroupId>, Vec<UserId>), Refusal> {
    let mut errors = UserErrors::default();
    size(tx, &mut errors, "groups", groups.len());
    size(tx, &mut errors, "users", users.len());
    errors.check()?;
    let grants = editable(tx, groups).await?;
    tx.audit(|entry| entry.changed("members", true));
    let ids: Vec<GroupId> = grants.iter().map(Grant::id).collect();
    let mut members: Vec<UserId> = Vec::with_capacity(users.len());
    for (n, user) in users.iter().enumerate() {
        let id = user.resolve(tx, &format!("users.{n}")).await?;
        members.push(id);
    }
    if change == Members::Add {
        add(tx, grants, &members).await?;
    } else {
        store::remove_members(tx.conn, &grants, &members, tx.viewer.user).await?;
    }
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok((ids, members))
}

/// Puts a member into groups, as `addGroupMembers` does. Mistakes are at `groups.n`.
///
/// # Errors
/// What is wrong with the groups, or that the viewer may not change them.
pub async fn join_groups(tx: &Tx<'_>, groups: &[GroupRef], user: UserId) -> Result<(), Refusal> {
    if groups.is_empty() {
        return Ok(());
    }
    let user = UserRef::Id(id_text(user));
    change_members(tx, groups, &[user], Members::Add).await?;
    Ok(())
}

/// Takes a member out of groups, as `removeGroupMembers` does.
///
/// # Errors
/// The viewer may not change the groups.
pub async fn leave_groups(tx: &Tx<'_>, groups: &[GroupId], user: UserId) -> Result<(), Refusal> {
    if groups.is_empty() {
        return Ok(());
    }
    let groups: Vec<_> = groups.iter().map(|id| GroupRef::Id(id_text(*id))).collect();
    let user = UserRef::Id(id_text(user));
    change_members(tx, &groups, &[user], Members::Remove).await?;
    Ok(())
}

async fn add(
    tx: &Tx<'_>,
    grants: Vec<Grant<Edit, entity::Group>>,
    members: &[UserId],
) -> Result<(), Refusal> {
    let mut growing = Vec::with_capacity(grants.len());
    for grant in grants {
        if let Some(organization) = grant.place().organization {
            check_members(tx, organization, members, "users").await?;
        }
        let (_, present) = store::state(tx.conn, &grant).await?;
        if !difference(&present, members).0.is_empty() {
            growing.push(grant);
        }
    }
    may_hand_out(tx, &growing, "groups").await?;
    store::add_members(tx.conn, &growing, members, tx.viewer.user).await?;
    Ok(())
}

/// The groups that the viewer may change, each once, in the order in which they are locked.
async fn editable(
    tx: &Tx<'_>,
    groups: &[GroupRef],
) -> Result<Vec<Grant<Edit, entity::Group>>, Refusal> {
    let mut grants: Vec<Grant<Edit, entity::Group>> = Vec::with_capacity(groups.len());
    for (n, group) in groups.iter().enumerate() {
        let path = format!("groups.{n}");
        let id = group.resolve(tx, &path, None).await?;
        if grants.iter().any(|grant| grant.id() == id) {
            continue;
        }
        tx.audit(|entry| entry.target(id));
        let grant = tx.authorize::<Edit, entity::Group>(&path, id).await?;
        tx.audit(|entry| entry.place(id, grant.place().organization));
        grants.push(grant);
    }
    grants.sort_by_key(Grant::id);
    Ok(grants)
}

fn size(tx: &Tx<'_>, errors: &mut UserErrors, path: &str, found: usize) {
    let maximum = tx.scope.limits.bulk_max;
    if found == 0 {
        errors.add(
            UserErrorCode::Required,
            path,
            format!("{path} must name at least one"),
        );
    } else if found > maximum {
        let text = format!("{path} may name at most {maximum}, got {found}");
        errors.add(UserErrorCode::LimitExceeded, path, text);
    }
}

/// The users of `memberIds`, each as often as it is named.
fn members(errors: &mut UserErrors, ids: &[ID]) -> Vec<UserId> {
    if ids.len() > MEMBERS_MAX {
        let text = format!(
            "memberIds may name at most {MEMBERS_MAX} users, got {}",
            ids.len()
        );
        errors.add(UserErrorCode::LimitExceeded, "memberIds", text);
        return Vec::new();
    }
    let named = ids.iter().enumerate();
    named
        .map(|(n, id)| errors.id(&format!("memberIds.{n}"), id))
        .collect()
}

/// Refuses users who are no members of the organization, for the viewer.
async fn check_members(
    tx: &Tx<'_>,
    organization: OrganizationId,
    users: &[UserId],
    path: &str,
) -> Result<(), Refusal> {
    if users.is_empty() {
        return Ok(());
    }
    let visible = tx.viewer.visible::<entity::User, View>();
    let found = members_among(tx.conn, &visible, organization, users).await?;
    let mut errors = UserErrors::default();
    for (n, _) in users
        .iter()
        .enumerate()
        .filter(|(_, user)| !found.contains(user))
    {
        errors.add(
            UserErrorCode::NotFound,
            &format!("{path}.{n}"),
            "there is no such member of the organization, or you may not see them",
        );
    }
    errors.check()
}

/// Refuses to let somebody have what is granted to the groups if the viewer lacks some of it.
async fn may_hand_out(
    tx: &Tx<'_>,
    grants: &[Grant<Edit, entity::Group>],
    path: &str,
) -> Result<(), Refusal> {
    for (permissions, place) in store::given_to(tx.conn, grants).await? {
        tx.viewer
            .may_hand_out(permissions, &place)
            .map_err(|error| Refusal::user(UserErrorCode::Forbidden, path, error.to_string()))?;
    }
    Ok(())
}

/// Who of `wanted` is not among `present`, and the other way round.
fn difference(present: &[UserId], wanted: &[UserId]) -> (Vec<UserId>, Vec<UserId>) {
    let added = wanted
        .iter()
        .filter(|id| !present.contains(id))
        .copied()
        .collect();
    let removed = present
        .iter()
        .filter(|id| !wanted.contains(id))
        .copied()
        .collect();
    (added, removed)
}
