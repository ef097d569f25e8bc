//! Queries and commands on memberships.

use super::OrganizationMembershipRow;
use crate::{
    authz::{Grant, ManageMembers, PermissionSet, Resource as _, Visible},
    db::{Bind, Conn, schema::access_grants, sql},
    domains::access::group::GroupRef,
    kernel::{
        Result,
        entity::{
            AccessGrantId, GroupId, Organization, OrganizationId, OrganizationMembership, RoleId,
            User, UserId,
        },
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use std::collections::HashMap;

/// A role to be given to a member.
#[derive(Debug)]
pub(super) struct NewRole {
    pub(super) user: UserId,
    pub(super) role: RoleId,
    pub(super) by: UserId,
    pub(super) at: DateTime<Utc>,
}

/// Whose membership is looked for.
#[derive(Debug)]
pub(super) enum Member<'a> {
    /// A user.
    User(UserId),
    /// A group, by its id or its key in each organization.
    Group(&'a GroupRef),
}

/// The memberships of a principal in organizations, as far as the viewer may see them.
pub(super) async fn memberships(
    mut conn: &Conn,
    visible: &Visible<Organization>,
    organizations: &[OrganizationId],
    member: &Member<'_>,
) -> Result<Vec<OrganizationMembershipRow>> {
    let principal = match member {
        Member::User(user) => sql("access_grants.user_id = ?", [(*user).into()]),
        Member::Group(GroupRef::Id(id)) => match id.parse::<GroupId>() {
            Ok(id) => sql("access_grants.group_id = ?", [id.into()]),
            Err(_) => return Ok(Vec::new()),
        },
        Member::Group(GroupRef::Key(key)) if key.contains('\0') => return Ok(Vec::new()),
        Member::Group(GroupRef::Key(key)) => sql(
            "EXISTS (SELECT FROM groups g WHERE g.id = access_grants.group_id AND lower(g.key) = lower(?))",
            [key.as_str().into()],
        ),
    };
    let rows = access_grants::table
        .select(OrganizationMembershipRow::as_select())
        .filter(access_grants::scope_id.eq_any(organizations.iter().map(|id| id.uuid())))
        .filter(principal)
        .filter(OrganizationMembership::visible(visible.viewer()))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Those among the users who are members of the organization and whom the viewer may see.
///
/// # Errors
/// The database fails.
pub async fn members_among(
    mut conn: &Conn,
    visible: &Visible<User>,
    organization: OrganizationId,
    users: &[UserId],
) -> Result<Vec<UserId>> {
    let found = sql(
        "SELECT users.id FROM users WHERE users.id = ANY(?) AND EXISTS (\
           SELECT FROM organization_members m WHERE m.organization_id = ? AND m.user_id = users.id) AND ",
        [users.into(), organization.into()],
    )
    .with(User::visible(visible.viewer()))
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}

/// What the roles of members on the organization carry, switched on or off. Members without such
/// a role are left out.
pub(super) async fn held(
    mut conn: &Conn,
    organization: &Grant<ManageMembers, Organization>,
    users: &[UserId],
) -> Result<HashMap<UserId, PermissionSet>> {
    let rows: Vec<(UserId, Vec<String>)> = sql(
        "SELECT g.user_id, r.permissions FROM access_grants g JOIN roles r ON r.id = g.role_id \
         WHERE g.scope = 'ORGANIZATION' AND g.scope_id = ? AND g.user_id = ANY(?)",
        [organization.id().into(), users.into()],
    )
    .statement::<(st::Uuid, st::Array<st::Text>)>()
    .load(&mut conn)
    .await?;
    let set = |names: Vec<String>| PermissionSet::from_names(names.iter().map(String::as_str));
    Ok(rows
        .into_iter()
        .map(|(user, names)| (user, set(names)))
        .collect())
}

/// Gives a member a role on the organization instead of the one they have.
pub(super) async fn set_role(
    mut conn: &Conn,
    organization: &Grant<ManageMembers, Organization>,
    new: &NewRole,
) -> Result<OrganizationMembershipRow> {
    sql(
        "INSERT INTO access_grants (id, organization_id, scope, scope_id, user_id, role_id, created_by, created_at, updated_at) \
         VALUES (?, ?, 'ORGANIZATION', ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (scope_id, user_id) WHERE user_id IS NOT NULL \
         DO UPDATE SET role_id = excluded.role_id, updated_at = excluded.updated_at",
        [
            AccessGrantId::new().into(),
            organization.id().into(),
            organization.id().into(),
            new.user.into(),
            new.role.into(),
            new.by.into(),
            new.at.into(),
            new.at.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let row = access_grants::table
        .select(OrganizationMembershipRow::as_select())
        .filter(access_grants::scope_id.eq(organization.id().uuid()))
        .filter(access_grants::user_id.eq(new.user))
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Takes members out of the organization, with their grants, groups and assigned roles there.
/// Where it was their home or the organization they enter at sign-in, another takes its place.
pub(super) async fn remove(
    mut conn: &Conn,
    organization: &Grant<ManageMembers, Organization>,
    users: &[UserId],
) -> Result<()> {
    let (id, users) = (Bind::from(organization.id()), Bind::from(users));
    let statements = [
        sql(
            "DELETE FROM organization_members WHERE organization_id = ? AND user_id = ANY(?)",
            [id.clone(), users.clone()],
        ),
        sql(
            "DELETE FROM role_assignments a USING roles r \
             WHERE r.id = a.role_id AND r.organization_id = ? AND a.user_id = ANY(?)",
            [id.clone(), users.clone()],
        ),
        sql(
            "UPDATE users u SET updated_at = now(), \
             organization_id = CASE WHEN u.organization_id = ? THEN (\
               SELECT m.organization_id FROM organization_members m WHERE m.user_id = u.id \
               ORDER BY m.created_at, m.organization_id LIMIT 1) ELSE u.organization_id END, \
             managing_organization_id = nullif(u.managing_organization_id, ?), \
             default_organization_id = nullif(u.default_organization_id, ?) \
             WHERE u.id = ANY(?)",
            [id.clone(), id.clone(), id.clone(), users.clone()],
        ),
        sql(
            "UPDATE sessions SET organization_id = NULL WHERE organization_id = ? AND user_id = ANY(?)",
            [id, users],
        ),
    ];
    for statement in statements {
        statement.statement::<()>().execute(&mut conn).await?;
    }
    Ok(())
}
