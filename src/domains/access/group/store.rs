//! Statements on groups.

use super::{GroupRef, GroupRow};
use crate::{
    authz::{Create, Delete, Edit, Grant, PermissionSet, Place, Resource as _, RoleScope, Visible},
    db::{Bind, Conn, Fragment, schema::groups, sql},
    kernel::{
        Result,
        entity::{Group, GroupId, Organization, OrganizationId, ProjectId, SpaceId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// A group to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = groups, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewGroup<'a> {
    pub(super) id: GroupId,
    pub(super) key: &'a str,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) is_active: bool,
    pub(super) created_by: UserId,
    pub(super) updated_by: UserId,
}

/// What may change of a group. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = groups, check_for_backend(diesel::pg::Pg))]
pub(super) struct GroupChanges {
    pub(super) name: Option<String>,
    pub(super) description: Option<Option<String>>,
    pub(super) is_active: Option<bool>,
    pub(super) updated_by: Option<UserId>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

/// The visible groups that a reference names, of `organization` if one is given; two at most.
pub(super) async fn find_by_ref(
    mut conn: &Conn,
    visible: &Visible<Group>,
    by: &GroupRef,
    organization: Option<OrganizationId>,
) -> Result<Vec<GroupId>> {
    let named = match by {
        GroupRef::Id(id) => match id.parse::<GroupId>() {
            Ok(id) => sql("groups.id = ?", [id.into()]),
            Err(_) => return Ok(Vec::new()),
        },
        GroupRef::Key(key) if key.contains('\0') => return Ok(Vec::new()),
        GroupRef::Key(key) => sql("lower(groups.key) = lower(?)", [key.as_str().into()]),
    };
    let owned = organization.map_or_else(Fragment::yes, |id| {
        sql("groups.organization_id = ?", [id.into()])
    });
    let condition = Fragment::all([named, owned, Group::visible(visible.viewer())]);
    let rows: Vec<GroupId> = sql("SELECT groups.id FROM groups WHERE ", [])
        .with(condition)
        .then(" ORDER BY groups.id LIMIT 2", [])
        .statement::<st::Uuid>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// A key like `slug` that no group of the organization has: `sales`, or else `sales-2` and so on.
pub(super) async fn free_key(
    mut conn: &Conn,
    organization: &Grant<Create<Group>, Organization>,
    slug: &str,
) -> Result<String> {
    let taken: Vec<String> = sql(
        "SELECT lower(key) FROM groups WHERE organization_id = ? AND (lower(key) = ? OR lower(key) LIKE ?)",
        [organization.id().into(), slug.into(), format!("{slug}-%").into()],
    )
    .statement::<st::Text>()
    .load(&mut conn)
    .await?;
    let numbered = (2..).map(|n: u32| format!("{slug}-{n}"));
    let mut keys = std::iter::once(slug.to_owned()).chain(numbered);
    let free = keys.find(|key| !taken.contains(key));
    Ok(free.unwrap_or_else(|| slug.to_owned()))
}

/// Stores a group in the organization of the grant.
pub(super) async fn create(
    mut conn: &Conn,
    organization: &Grant<Create<Group>, Organization>,
    new: &NewGroup<'_>,
    members: &[UserId],
) -> Result<GroupRow> {
    let row: GroupRow = diesel::insert_into(groups::table)
        .values((new, groups::organization_id.eq(organization.id())))
        .returning(GroupRow::as_returning())
        .get_result(&mut conn)
        .await?;
    insert_members(conn, &[row.id], members).await?;
    Ok(row)
}

/// Changes the group of the grant.
pub(super) async fn update(
    mut conn: &Conn,
    group: &Grant<Edit, Group>,
    changes: &GroupChanges,
) -> Result<GroupRow> {
    let row = diesel::update(groups::table.filter(groups::id.eq(group.id())))
        .set(changes)
        .returning(GroupRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the groups of the grants, with all that was granted to them.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Group>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(groups::table.filter(groups::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Whether the group is in use, and who is in it. Holds the group until the end of the transaction.
pub(super) async fn state(
    mut conn: &Conn,
    group: &Grant<Edit, Group>,
) -> Result<(bool, Vec<UserId>)> {
    let is_active: bool = sql(
        "SELECT is_active FROM groups WHERE id = ? FOR NO KEY UPDATE",
        [group.id().into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    let members = sql(
        "SELECT user_id FROM group_members WHERE group_id = ?",
        [group.id().into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok((is_active, members))
}

/// Puts users into groups; those who are in one already stay. They must be members of the
/// organizations of the groups.
pub(super) async fn add_members(
    mut conn: &Conn,
    grants: &[Grant<Edit, Group>],
    users: &[UserId],
    by: UserId,
) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    insert_members(conn, &ids, users).await?;
    touch(&mut conn, &ids, by).await
}

/// Takes users out of groups.
pub(super) async fn remove_members(
    mut conn: &Conn,
    grants: &[Grant<Edit, Group>],
    users: &[UserId],
    by: UserId,
) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    sql(
        "DELETE FROM group_members WHERE group_id = ANY(?) AND user_id = ANY(?)",
        [ids.as_slice().into(), users.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    touch(&mut conn, &ids, by).await
}

async fn insert_members(mut conn: &Conn, groups: &[GroupId], users: &[UserId]) -> Result<()> {
    sql(
        "INSERT INTO group_members (organization_id, group_id, user_id) \
         SELECT g.organization_id, g.id, u.id FROM groups g, unnest(?) AS u(id) WHERE g.id = ANY(?) \
         ON CONFLICT DO NOTHING",
        [users.into(), groups.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

async fn touch(conn: &mut &Conn, groups: &[GroupId], by: UserId) -> Result<()> {
    sql(
        "UPDATE groups SET updated_at = now(), updated_by = ? WHERE id = ANY(?)",
        [by.into(), groups.into()],
    )
    .statement::<()>()
    .execute(conn)
    .await?;
    Ok(())
}

type GivenSql = (
    st::Text,
    st::Array<st::Text>,
    st::Uuid,
    st::Nullable<st::Uuid>,
    st::Nullable<st::Array<st::Uuid>>,
    st::Nullable<st::Bool>,
);
type Given = (
    String,
    Vec<String>,
    Uuid,
    Option<Uuid>,
    Option<Vec<Uuid>>,
    Option<bool>,
);

/// What the grants of the groups carry, and where: what a new member of them receives. Roles that
/// are switched off count, since they may be switched on again.
pub(super) async fn given_to(
    mut conn: &Conn,
    grants: &[Grant<Edit, Group>],
) -> Result<Vec<(PermissionSet, Place)>> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    let rows: Vec<Given> = sql(
        "SELECT g.scope, r.permissions, g.organization_id, g.project_id, s.grant_path, s.is_restricted \
         FROM access_grants g JOIN roles r ON r.id = g.role_id LEFT JOIN spaces s ON s.id = g.space_id \
         WHERE g.group_id = ANY(?)",
        [Bind::from(ids)],
    )
    .statement::<GivenSql>()
    .load(&mut conn)
    .await?;
    Ok(rows.into_iter().map(given).collect())
}

fn given((scope, names, organization, project, path, restricted): Given) -> (PermissionSet, Place) {
    let scope = RoleScope::from_text(&scope).unwrap_or(RoleScope::Tenant);
    let place = Place {
        organization: Some(OrganizationId::from_uuid(organization)),
        project: project.map(ProjectId::from_uuid),
        spaces: path
            .unwrap_or_default()
            .into_iter()
            .map(SpaceId::from_uuid)
            .collect(),
        restricted: restricted.unwrap_or_default(),
    };
    let permissions = PermissionSet::from_names(names.iter().map(String::as_str));
    (permissions.fitting(scope), place)
}
