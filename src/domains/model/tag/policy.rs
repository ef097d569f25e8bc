//! Tags are seen with `CATALOG_VIEW` on their project, and managed with `TAG_MANAGE`.

use crate::{
    authz::{
        Columns, Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer,
    },
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId, Tag, TagId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

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

    async fn place(mut conn: &Conn, id: TagId) -> Result<Option<Place>> {
        let found: Option<(OrganizationId, ProjectId)> = sql(
            "SELECT organization_id, project_id FROM tags WHERE id = ?",
            [id.into()],
        )
        .statement::<(st::Uuid, st::Uuid)>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|(organization, project)| Place::project(organization, project)))
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
