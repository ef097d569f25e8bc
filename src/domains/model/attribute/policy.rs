//! Attributes are seen with `USER_ATTRIBUTE_VIEW` on their organization, and changed with
//! `USER_ATTRIBUTE_MANAGE`.

use crate::{
    authz::{
        Create, Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer,
    },
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Organization, OrganizationId, UserAttribute, UserAttributeId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of attributes.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.createUserAttribute",
        Permission::UserAttributeManage,
        "the organization",
    ),
    FieldPolicy::change(
        "Mutation.updateUserAttribute",
        Permission::UserAttributeManage,
        "the organization of the attribute",
    ),
    FieldPolicy::change(
        "Mutation.deleteUserAttributes",
        Permission::UserAttributeManage,
        "the organization of each attribute",
    ),
];

impl Resource for UserAttribute {
    const TABLE: &'static str = "user_attributes";

    async fn place(mut conn: &Conn, id: UserAttributeId) -> Result<Option<Place>> {
        let found: Option<OrganizationId> = sql(
            "SELECT organization_id FROM user_attributes WHERE id = ?",
            [id.into()],
        )
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(Place::organization))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        viewer
            .access
            .reach(Permission::UserAttributeView)
            .of_organization("user_attributes.organization_id")
    }
}

impl Permits<View> for UserAttribute {
    const PERMISSION: Permission = Permission::UserAttributeView;
}
impl Permits<Edit> for UserAttribute {
    const PERMISSION: Permission = Permission::UserAttributeManage;
}
impl Permits<Delete> for UserAttribute {
    const PERMISSION: Permission = Permission::UserAttributeManage;
}
impl Permits<Create<UserAttribute>> for Organization {
    const PERMISSION: Permission = Permission::UserAttributeManage;
}
