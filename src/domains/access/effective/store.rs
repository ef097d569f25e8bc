//! What effective access reads: each statement once, for all projects and spaces of a level.

use crate::{
    authz::{Resource as _, System, Visible},
    db::{
        Bind, Conn, Fragment,
        schema::{access_grants, groups, roles, users},
        sql,
    },
    domains::{
        access::{grant::AccessGrantRow, group::GroupRow, role::RoleRow},
        identity::user::UserRow,
    },
    kernel::{
        Result,
        entity::{GroupId, OrganizationId, ProjectId, RoleId, User, UserId},
    },
};
use diesel::{dsl, prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Somebody who may be listed.
#[derive(Debug)]
pub(super) struct Person {
    /// Who.
    pub(super) id: UserId,
    /// The username in lower case: the order of the list.
    pub(super) name: String,
}

/// A role held without a grant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assignment {
    /// Who holds it.
    pub(super) user: UserId,
    /// Which.
    pub(super) role: RoleId,
    /// Where.
    pub(super) on: AssignedOn,
}

/// Where an assigned role holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AssignedOn {
    /// Everywhere.
    Installation,
    /// On all projects of an organization.
    AllProjects(OrganizationId),
    /// On a project.
    Project(ProjectId),
}

/// The grants on these organizations, projects and spaces.
pub(super) async fn grants(
    mut conn: &Conn,
    _: System,
    scopes: &[Uuid],
) -> Result<Vec<AccessGrantRow>> {
    let rows = access_grants::table
        .select(AccessGrantRow::as_select())
        .filter(access_grants::scope_id.eq_any(scopes))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The roles held without a grant that reach these projects. Roles of the installation are read of
/// members, and of others only if one of them opens something, since many may hold small ones.
pub(super) async fn assignments(
    mut conn: &Conn,
    _: System,
    organizations: &[OrganizationId],
    projects: &[ProjectId],
) -> Result<Vec<Assignment>> {
    type RowSql = (
        st::Uuid,
        st::Uuid,
        st::Nullable<st::Uuid>,
        st::Nullable<st::Uuid>,
    );
    type Row = (UserId, RoleId, Option<OrganizationId>, Option<ProjectId>);
    let text = "\
        SELECT a.user_id, a.role_id, NULL::uuid, NULL::uuid \
        FROM role_assignments a JOIN roles r ON r.id = a.role_id AND r.scope = 'TENANT' \
        WHERE (EXISTS (SELECT FROM organization_members m \
                       WHERE m.user_id = a.user_id AND m.organization_id = ANY(?)) \
            OR EXISTS (SELECT FROM role_assignments b JOIN roles o ON o.id = b.role_id AND o.scope = 'TENANT' \
                       WHERE b.user_id = a.user_id AND o.permissions && '{PROJECT_VIEW,SPACE_VIEW,SPACE_VIEW_ALL}')) \
          AND (r.organization_id IS NULL OR EXISTS (\
            SELECT FROM organization_members m WHERE m.user_id = a.user_id AND m.organization_id = r.organization_id)) \
        UNION ALL \
        SELECT a.user_id, a.role_id, r.organization_id, NULL \
        FROM role_assignments a \
        JOIN roles r ON r.id = a.role_id AND r.scope <> 'TENANT' AND r.all_projects \
        JOIN organization_members m ON m.user_id = a.user_id AND m.organization_id = r.organization_id \
        WHERE r.organization_id = ANY(?) \
        UNION ALL \
        SELECT a.user_id, a.role_id, p.organization_id, p.project_id \
        FROM role_assignments a \
        JOIN roles r ON r.id = a.role_id AND r.scope <> 'TENANT' AND NOT r.all_projects \
        JOIN role_projects p ON p.role_id = r.id \
        JOIN organization_members m ON m.user_id = a.user_id AND m.organization_id = p.organization_id \
        WHERE p.organization_id = ANY(?) AND p.project_id = ANY(?)";
    let binds = [
        organizations.into(),
        organizations.into(),
        organizations.into(),
        projects.into(),
    ];
    let rows: Vec<Row> = sql(text, binds)
        .statement::<RowSql>()
        .load(&mut conn)
        .await?;
    let place = |organization, project| match (organization, project) {
        (_, Some(project)) => AssignedOn::Project(project),
        (Some(organization), None) => AssignedOn::AllProjects(organization),
        (None, None) => AssignedOn::Installation,
    };
    Ok(rows
        .into_iter()
        .map(|(user, role, organization, project)| Assignment {
            user,
            role,
            on: place(organization, project),
        })
        .collect())
}

/// The active ones among the groups, with who is in them.
pub(super) async fn groups(
    mut conn: &Conn,
    _: System,
    ids: &[GroupId],
) -> Result<Vec<(GroupRow, Vec<UserId>)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let members = dsl::sql::<st::Array<st::Uuid>>(
        "ARRAY(SELECT m.user_id FROM group_members m WHERE m.group_id = groups.id)",
    );
    let rows = groups::table
        .select((GroupRow::as_select(), members))
        .filter(groups::id.eq_any(ids))
        .filter(groups::is_active)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The active ones among the roles.
pub(super) async fn roles(mut conn: &Conn, _: System, ids: &[RoleId]) -> Result<Vec<RoleRow>> {
    let rows = roles::table
        .select(RoleRow::as_select())
        .filter(roles::id.eq_any(ids))
        .filter(roles::is_active)
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The active and visible ones among the users, as far as a condition holds for them.
pub(super) async fn people(
    mut conn: &Conn,
    visible: &Visible<User>,
    ids: Vec<UserId>,
    condition: Fragment,
) -> Result<Vec<Person>> {
    let condition = Fragment::all([
        sql(
            "users.id = ANY(?) AND users.status = 'ACTIVE'",
            [Bind::from(ids)],
        ),
        User::visible(visible.viewer()),
        condition,
    ]);
    let rows: Vec<(UserId, String)> = sql(
        "SELECT users.id, lower(users.username) FROM users WHERE ",
        [],
    )
    .with(condition)
    .statement::<(st::Uuid, st::Text)>()
    .load(&mut conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, name)| Person { id, name })
        .collect())
}

/// The rows of users who are on a page.
pub(super) async fn users(
    mut conn: &Conn,
    visible: &Visible<User>,
    ids: Vec<UserId>,
) -> Result<Vec<UserRow>> {
    let rows = users::table
        .select(UserRow::as_select())
        .filter(users::id.eq_any(ids))
        .filter(User::visible(visible.viewer()))
        .load(&mut conn)
        .await?;
    Ok(rows)
}
