//! Groups are seen by their members, and with `GROUP_VIEW` on the organization.

use crate::{
    authz::{Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Group, GroupId, OrganizationId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Policies of the root fields of groups.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.group",
        Permission::GroupView,
        "the organization, or being in the group",
    ),
    FieldPolicy::filter(
        "Query.groups",
        Permission::GroupView,
        "each organization, or being in the group",
    ),
    FieldPolicy::change(
        "Mutation.createGroup",
        Permission::GroupCreate,
        "the organization",
    ),
    FieldPolicy::change(
        "Mutation.updateGroup",
        Permission::GroupEdit,
        "the organization of the group",
    ),
    FieldPolicy::change(
        "Mutation.deleteGroups",
        Permission::GroupDelete,
        "the organization of each group",
    ),
    FieldPolicy::change(
        "Mutation.addGroupMembers",
        Permission::GroupEdit,
        "the organization of each group",
    ),
    FieldPolicy::change(
        "Mutation.removeGroupMembers",
        Permission::GroupEdit,
        "the organization of each group",
    ),
];

impl Resource for Group {
    const TABLE: &'static str = "groups";

    async fn place(mut conn: &Conn, id: GroupId) -> Result<Option<Place>> {
        let found: Option<Uuid> = sql(
            "SELECT organization_id FROM groups WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|id| Place::organization(OrganizationId::from_uuid(id))))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        sql(
            "groups.id = ANY(?)",
            [Bind::from(viewer.access.groups.as_slice())],
        )
        .or(viewer
            .access
            .reach(Permission::GroupView)
            .of_organization("groups.organization_id"))
    }
}

impl Permits<View> for Group {
    const PERMISSION: Permission = Permission::GroupView;
}
impl Permits<Edit> for Group {
    const PERMISSION: Permission = Permission::GroupEdit;
}
impl Permits<Delete> for Group {
    const PERMISSION: Permission = Permission::GroupDelete;
}
