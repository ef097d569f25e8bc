//! An explore is seen with `CATALOG_VIEW` on its project by who has the attributes that its base table
//! asks for.

use crate::{
    authz::{Columns, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Explore, ExploreId},
    },
};

const COLUMNS: Columns = Columns {
    organization: "explores.organization_id",
    project: "explores.project_id",
};

impl Resource for Explore {
    const TABLE: &'static str = "explores";

    async fn place(conn: &Conn, id: ExploreId) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let reach = viewer.access.reach(Permission::CatalogView);
        reach.of_project(COLUMNS).and(sql(
            "explores.access = '[]' OR attributes_allow(explores.access, explores.organization_id, ?)",
            [viewer.user.into()],
        ))
    }
}

impl Permits<View> for Explore {
    const PERMISSION: Permission = Permission::CatalogView;
}
