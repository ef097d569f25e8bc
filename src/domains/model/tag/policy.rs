//! Tags are seen with `CATALOG_VIEW` on their project, and managed with `TAG_MANAGE`.

use crate::{
    authz::{
        Columns, Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer,
    },
    db::{Conn, Fragment},
    kernel::{
        Result,
        entity::{Tag, TagId},
    },
};

/// Policies of the root fields of tags.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change("Mutation.createTag", Permission::TagManage, "the project"),
    FieldPolicy::change(
        "Mutation.updateTag",
        Permission::TagManage,
        "the project of the tag",
    ),
    FieldPolicy::change(
        "Mutation.deleteTags",
        Permission::TagManage,
        "the project of each tag",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "tags.organization_id",
    project: "tags.project_id",
};

impl Resource for Tag {
    const TABLE: &'static str = "tags";

    async fn place(conn: &Conn, id: TagId) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        viewer
            .access
            .reach(Permission::CatalogView)
            .of_project(COLUMNS)
    }
}

impl Permits<View> for Tag {
    const PERMISSION: Permission = Permission::CatalogView;
}
impl Permits<Edit> for Tag {
    const PERMISSION: Permission = Permission::TagManage;
}
impl Permits<Delete> for Tag {
    const PERMISSION: Permission = Permission::TagManage;
}
