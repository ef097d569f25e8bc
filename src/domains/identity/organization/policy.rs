//! Organizations are seen by their members, and by holders of tenant roles that reach into all.

use crate::{
    authz::{
        Create, Delete, Edit, FieldPolicy, ManageMembers, Permission, Permits, Place, Resource,
        View, Viewer,
    },
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Group, Organization, OrganizationId, Project, Role, User},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of organizations.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.organization",
        Permission::OrganizationView,
        "the organization, or membership in it",
    ),
    FieldPolicy::filter(
        "Query.organizations",
        Permission::OrganizationView,
        "each organization, or membership in it",
    ),
    FieldPolicy::own(
        "Mutation.createOrganization",
        "for callers without an organization, or with SYSTEM_CREATE; ORGANIZATION_EDIT on the parent",
    ),
    FieldPolicy::change(
        "Mutation.updateOrganization",
        Permission::OrganizationEdit,
        "the organization",
    ),
    FieldPolicy::change(
        "Mutation.deleteOrganizations",
        Permission::OrganizationDelete,
        "each organization",
    ),
];

/// Tenant permissions whose holders work inside every organization, and so see it.
const REACHING: [Permission; 6] = [
    Permission::SystemView,
    Permission::OrganizationView,
    Permission::ProjectView,
    Permission::SpaceView,
    Permission::MemberView,
    Permission::UserView,
];

impl Resource for Organization {
    const TABLE: &'static str = "organizations";

    async fn place(mut conn: &Conn, id: OrganizationId) -> Result<Option<Place>> {
        let found: Option<bool> = sql("SELECT true FROM organizations WHERE id = ?", [id.into()])
            .statement::<st::Bool>()
            .get_result(&mut conn)
            .await
            .optional()?;
        Ok(found.map(|_| Place::organization(id)))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        if REACHING
            .iter()
            .any(|permission| viewer.on_installation().contains(*permission))
        {
            return Fragment::yes();
        }
        sql(
            "organizations.id = ANY(?)",
            [Bind::from(viewer.access.organizations.as_slice())],
        )
    }
}

macro_rules! permits {
    ($($action:ty => $permission:ident),* $(,)?) => {$(
        impl Permits<$action> for Organization {
            const PERMISSION: Permission = Permission::$permission;
        }
    )*};
}
permits! {
    View => OrganizationView,
    Edit => OrganizationEdit,
    Delete => OrganizationDelete,
    ManageMembers => MemberManage,
    Create<Group> => GroupCreate,
    Create<Project> => ProjectCreate,
    Create<Role> => RoleCreate,
    Create<User> => UserCreate,
}
