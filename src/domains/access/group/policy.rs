//! Groups are seen by their members, and with `GROUP_VIEW` on the organization.

use crate::{
    authz::{Delete, Edit, Permission, Permits, Place, Resource, View, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Group, GroupId, OrganizationId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

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
