//! Items of the catalog are seen with `CATALOG_VIEW` on their project, as long as the active deployment
//! has them, by who has the attributes that they ask for.

use super::CatalogItemKind;
use crate::{
    authz::{Columns, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{Id, Result, entity},
};

/// Policies of the root fields of the catalog.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::change(
        "Mutation.tagCatalogItem",
        Permission::CatalogEdit,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.untagCatalogItem",
        Permission::CatalogEdit,
        "the project",
    ),
    FieldPolicy::change(
        "Mutation.setCatalogItemIcon",
        Permission::CatalogEdit,
        "the project",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "catalog_items.organization_id",
    project: "catalog_items.project_id",
};

impl Resource for entity::CatalogItem {
    const TABLE: &'static str = "catalog_items";

    async fn place(conn: &Conn, id: Id<Self>) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let reach = viewer.access.reach(Permission::CatalogView);
        Fragment::all([
            sql("catalog_items.is_current", []),
            reach.of_project(COLUMNS),
            sql(
                "catalog_items.access = '[]' OR attributes_allow(catalog_items.access, catalog_items.organization_id, ?)",
                [viewer.user.into()],
            ),
        ])
    }
}

impl Permits<View> for entity::CatalogItem {
    const PERMISSION: Permission = Permission::CatalogView;
}
impl Permits<Edit> for entity::CatalogItem {
    const PERMISSION: Permission = Permission::CatalogEdit;
}

/// The condition on the kind of an item.
pub(super) fn of_kind(kind: CatalogItemKind) -> Fragment {
    sql("catalog_items.kind = ?", [kind.into()])
}
