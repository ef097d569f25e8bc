//! An explore is seen with `CATALOG_VIEW` on its project by who has the attributes that its base table
//! asks for.

use crate::{
    authz::{Columns, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Explore, ExploreId, OrganizationId, ProjectId},
    },
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;

const COLUMNS: Columns = Columns {
    organization: "explores.organization_id",
    project: "explores.project_id",
};

impl Resource for Explore {
    const TABLE: &'static str = "explores";

    async fn place(mut conn: &Conn, id: ExploreId) -> Result<Option<Place>> {
        let found: Option<(OrganizationId, ProjectId)> = sql(
            "SELECT organization_id, project_id FROM explores WHERE id = ?",
            [id.into()],
        )
        .statement::<(st::Uuid, st::Uuid)>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(|(organization, project)| Place::project(organization, project)))
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
