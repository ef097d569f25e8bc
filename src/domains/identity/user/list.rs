//! Filters and orders of lists of users.

use super::{User, UserDetails, UserKind, UserRow, UserStatus};
use crate::{
    authz::{Permission, Resource as _, Viewer},
    db::{Fragment, schema::users, sql},
    gql::{
        BooleanFilter, DateTimeFilter, IdFilter, ListNode, StringFilter, by_id_loader, column,
        direct, enum_filter, filterable, id_argument, listing, search, sortable,
    },
    kernel::{Result, entity, entity::ProjectId},
};
use async_graphql::ID;

by_id_loader! { UserRow in users for entity::User }
by_id_loader! { UserDetails in users for entity::User }
listing! {
    UserRow in users as User, for entity::User, keys {
        "users.id" => id,
        "users.username" => username,
        "users.full_name" => full_name,
        "users.created_at" => created_at,
        "users.updated_at" => updated_at,
    }
}

impl ListNode for User {
    const CONNECTION: &'static str = "UserConnection";
    const EDGE: &'static str = "UserEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

enum_filter! { UserKindFilter on UserKind }
enum_filter! { UserStatusFilter on UserStatus }

filterable! {
    /// Which users to list.
    pub struct UserFilter {
        /// Whose username, name or mail address contains this text.
        search: String => search(&["users.username", "users.full_name", "users.first_name", "users.last_name", "users.email"]),
        /// People who sign in, or who only receive reports.
        kind: UserKindFilter => column("users.kind"),
        /// Whether the account can be used.
        status: UserStatusFilter => column("users.status"),
        /// Whether the account can be used: true is the status ACTIVE, false every other.
        is_active: BooleanFilter => column("(users.status = 'ACTIVE')"),
        /// Locked out of signing in now, or not.
        is_locked: BooleanFilter => column("coalesce(users.locked_until > now(), false)"),
        /// With the mark of a technician, or without.
        is_technician: BooleanFilter => column("users.is_technician"),
        /// By username.
        username: StringFilter => column("users.username"),
        /// By display name.
        full_name: StringFilter => column("users.full_name"),
        /// By mail address.
        email: StringFilter => column("users.email"),
        /// By who authenticates the user.
        provider: StringFilter => column("users.provider"),
        /// By mobile phone number.
        mobile: StringFilter => column("users.mobile"),
        /// By language tag.
        locale: StringFilter => column("users.locale"),
        /// Members of a group, of those that the caller sees; `ne` and `notIn` for those in none of them.
        group_id: IdFilter => in_group,
        /// Holders of a role, by a grant of their own or by assignment, as far as the caller may know.
        role_id: IdFilter => with_role,
        /// Members of an organization, as far as the caller may know.
        organization_id: IdFilter => in_organization,
        /// By the last sign-in.
        last_login_at: DateTimeFilter => column("users.last_login_at"),
        /// By time of creation.
        created_at: DateTimeFilter => column("users.created_at"),
        /// Users who can view this project, by whatever path.
        can_view_project_id: ID => can_view,
    }
}

sortable! {
    /// Fields by which users can be ordered.
    pub enum UserOrderField, UserOrder in "users", tie "users.id", default FullName Asc {
        /// By username.
        Username = "USERNAME" => "users.username" as "::text",
        /// By display name.
        FullName = "FULL_NAME" => "users.full_name" as "::text",
        /// By given name; those without one come first.
        FirstName = "FIRST_NAME" => "coalesce(users.first_name, '')" as "::text",
        /// By family name; those without one come first.
        LastName = "LAST_NAME" => "coalesce(users.last_name, '')" as "::text",
        /// By mail address; those without one come first.
        Email = "EMAIL" => "coalesce(users.email, '')" as "::text",
        /// By status.
        Status = "STATUS" => "users.status" as "::text",
        /// By kind.
        Kind = "KIND" => "users.kind" as "::text",
        /// By who authenticates the user.
        Provider = "PROVIDER" => "users.provider" as "::text",
        /// By the last sign-in; those who never did come first.
        LastLoginAt = "LAST_LOGIN_AT" => "coalesce(users.last_login_at, '-infinity')" as "::timestamptz",
        /// By time of creation.
        CreatedAt = "CREATED_AT" => "users.created_at" as "::timestamptz",
        /// By time of the last change.
        UpdatedAt = "UPDATED_AT" => "users.updated_at" as "::timestamptz",
    }
}

/// Users by their groups, of those that the viewer sees.
fn in_group(filter: &IdFilter, viewer: &Viewer) -> Result<Fragment> {
    filter.on_set::<entity::Group>("groups.id", |group| {
        sql(
            "EXISTS (SELECT FROM group_members m JOIN groups ON groups.id = m.group_id \
             WHERE m.user_id = users.id AND ",
            [],
        )
        .with(entity::Group::visible(viewer))
        .then(" AND ", [])
        .with(group)
        .then(")", [])
    })
}

/// Users by their organizations, where the viewer sees who belongs to them.
fn in_organization(filter: &IdFilter, viewer: &Viewer) -> Result<Fragment> {
    let members = viewer.access.reach(Permission::MemberView);
    let known =
        sql("m.user_id = ?", [viewer.user.into()]).or(members.of_organization("m.organization_id"));
    filter.on_set::<entity::Organization>("m.organization_id", |organization| {
        sql(
            "EXISTS (SELECT FROM organization_members m WHERE m.user_id = users.id AND ",
            [],
        )
        .with(known.clone())
        .then(" AND ", [])
        .with(organization)
        .then(")", [])
    })
}

/// Users by the roles that `User.roles` shows of them.
fn with_role(filter: &IdFilter, viewer: &Viewer) -> Result<Fragment> {
    filter.on_set::<entity::Role>("roles.id", |role| {
        sql(
            "EXISTS (SELECT FROM roles, LATERAL (SELECT users.id) AS p WHERE ",
            [],
        )
        .with(role)
        .then(" AND ", [])
        .with(entity::Role::visible(viewer))
        .then(" AND ", [])
        .with(roles_held(viewer))
        .then(")", [])
    })
}

/// Users who can view a project, if the viewer sees it.
fn can_view(id: &ID, viewer: &Viewer) -> Result<Fragment> {
    let id: ProjectId = id_argument("", id)?;
    let seen = entity::Project::is_seen(viewer, id);
    Ok(seen.and(sql(include_str!("can_view.sql"), [id.into()])))
}

/// Roles held by the user `p.id` that the viewer may know of: those of grants they may see, those
/// assigned to themselves, and with `ROLE_VIEW` (tenant roles: `SYSTEM_VIEW`) those of others.
pub(super) fn roles_held(viewer: &Viewer) -> Fragment {
    let granted = sql(
        "EXISTS (SELECT FROM access_grants WHERE access_grants.role_id = roles.id \
         AND access_grants.user_id = p.id AND ",
        [],
    )
    .with(entity::AccessGrant::visible(viewer))
    .then(")", []);
    granted.or(roles_assigned(viewer))
}

/// Roles assigned to the user `p.id` that the viewer may know of.
pub(super) fn roles_assigned(viewer: &Viewer) -> Fragment {
    let tenant = if viewer.on_installation().contains(Permission::SystemView) {
        Fragment::yes()
    } else {
        Fragment::no()
    };
    let custom = sql("roles.organization_id IS NOT NULL", []).and(
        viewer
            .access
            .reach(Permission::RoleView)
            .of_organization("roles.organization_id"),
    );
    let known = sql("p.id = ?", [viewer.user.into()]).or(tenant).or(custom);
    sql(
        "EXISTS (SELECT FROM role_assignments a WHERE a.role_id = roles.id AND a.user_id = p.id)",
        [],
    )
    .and(known)
}
