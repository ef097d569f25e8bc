//! Built-in roles are seen by everybody who is signed in; custom ones by the members of their
//! organization, since grants show them. Who holds a role is seen with `ROLE_VIEW` only. Tenant
//! roles are seen by their holders and with `SYSTEM_VIEW`.

use crate::{
    authz::{Delete, Edit, FieldPolicy, Permission, Permits, Place, Reach, Resource, View, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{OrganizationId, Role, RoleId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of roles.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::filter(
        "Query.roles",
        Permission::MemberView,
        "the owner of each custom role; everybody sees built-in roles and what they hold",
    ),
    FieldPolicy::change(
        "Mutation.createRole",
        Permission::RoleCreate,
        "the organization, for scope TENANT SYSTEM_CREATE",
    ),
    FieldPolicy::change(
        "Mutation.updateRole",
        Permission::RoleEdit,
        "the owner of the role, with everything that the role carries",
    ),
    FieldPolicy::change(
        "Mutation.deleteRoles",
        Permission::RoleDelete,
        "the owner of each role",
    ),
];

impl Resource for Role {
    const TABLE: &'static str = "roles";

    async fn place(mut conn: &Conn, id: RoleId) -> Result<Option<Place>> {
        let found: Option<Option<Uuid>> = sql(
            "SELECT organization_id FROM roles WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Nullable<st::Uuid>>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|owner| {
            owner.map_or_else(Place::installation, |id| {
                Place::organization(OrganizationId::from_uuid(id))
            })
        }))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let access = &viewer.access;
        if access.reach(Permission::SystemView).everywhere {
            return Fragment::yes();
        }
        let held = access
            .holdings
            .iter()
            .map(|holding| holding.role.uuid())
            .collect();
        sql(
            "roles.is_built_in OR roles.id = ANY(?)",
            [Bind::Uuids(held)],
        )
        .or(sql(
            "roles.organization_id = ANY(?)",
            [Bind::from(access.organizations.as_slice())],
        ))
        .or(wide(&access.reach(Permission::RoleView)))
        .or(wide(&access.reach(Permission::MemberView)))
    }
}

/// Custom roles of organizations; held everywhere, a permission does not show tenant roles.
fn wide(reach: &Reach) -> Fragment {
    reach
        .of_organization("roles.organization_id")
        .and(sql("roles.organization_id IS NOT NULL", []))
}

impl Permits<View> for Role {
    const PERMISSION: Permission = Permission::RoleView;
}
impl Permits<Edit> for Role {
    const PERMISSION: Permission = Permission::RoleEdit;
}
impl Permits<Delete> for Role {
    const PERMISSION: Permission = Permission::RoleDelete;
}

/// The condition that a user holds the role `p.id` by a grant or an assignment of their own, where
/// the viewer may know: with `ROLE_VIEW` on the organization where it is held, for roles of the
/// installation with `SYSTEM_VIEW`.
pub(super) fn holds_parent_role(viewer: &Viewer) -> Fragment {
    let roles = viewer.access.reach(Permission::RoleView);
    let system = viewer.access.reach(Permission::SystemView).everywhere;
    let granted = sql(
        "EXISTS (SELECT FROM access_grants g WHERE g.user_id = users.id AND g.role_id = p.id AND ",
        [],
    )
    .with(roles.of_organization("g.organization_id"))
    .then(")", []);
    let assigned = sql(
        "EXISTS (SELECT FROM role_assignments a JOIN roles r ON r.id = a.role_id \
         WHERE a.user_id = users.id AND a.role_id = p.id AND CASE WHEN r.organization_id IS NULL THEN ? ELSE ",
        [system.into()],
    )
    .with(roles.of_organization("r.organization_id"))
    .then(" END)", []);
    granted.or(assigned)
}
