//! Dashboards are seen with `DASHBOARD_VIEW` on their space, by those who see the space.

use crate::{
    authz::{
        Columns, Create, Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View,
        Viewer,
    },
    db::{Conn, Fragment, sql},
    domains::content::space::{PlaceRow, PlaceSql, place_of},
    kernel::{
        Result,
        entity::{Chart, Dashboard, DashboardId, DashboardTile, DashboardTileId},
    },
};
use diesel::OptionalExtension as _;
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of dashboards.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.dashboard",
        Permission::DashboardView,
        "the space of the dashboard",
    ),
    FieldPolicy::change(
        "Mutation.createDashboard",
        Permission::DashboardCreate,
        "the space",
    ),
    FieldPolicy::change(
        "Mutation.updateDashboards",
        Permission::DashboardEdit,
        "the space of each dashboard",
    ),
    FieldPolicy::change(
        "Mutation.deleteDashboards",
        Permission::DashboardDelete,
        "the space of each dashboard",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "dashboards.organization_id",
    project: "dashboards.project_id",
};

impl Resource for Dashboard {
    const TABLE: &'static str = "dashboards";

    async fn place(mut conn: &Conn, id: DashboardId) -> Result<Option<Place>> {
        let found: Option<PlaceRow> = sql(
            "SELECT s.organization_id, s.project_id, s.grant_path, s.is_restricted \
             FROM dashboards c JOIN spaces s ON s.id = c.space_id WHERE c.id = ?",
            [id.into()],
        )
        .statement::<PlaceSql>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(place_of))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let content = viewer.access.reach(Permission::DashboardView);
        let spaces = viewer.access.reach(Permission::SpaceView);
        let visible = content.of_content(COLUMNS, "dashboards.space_id");
        // The two differ only for holders of custom roles.
        if content == spaces {
            return visible;
        }
        visible.and(spaces.of_content(COLUMNS, "dashboards.space_id"))
    }
}

impl Permits<View> for Dashboard {
    const PERMISSION: Permission = Permission::DashboardView;
}
impl Permits<Edit> for Dashboard {
    const PERMISSION: Permission = Permission::DashboardEdit;
}
impl Permits<Delete> for Dashboard {
    const PERMISSION: Permission = Permission::DashboardDelete;
}
impl Permits<Create<Chart>> for Dashboard {
    const PERMISSION: Permission = Permission::ChartCreate;
}

/// A tile is seen by those who see its dashboard.
impl Resource for DashboardTile {
    const TABLE: &'static str = "dashboard_tiles";

    async fn place(mut conn: &Conn, id: DashboardTileId) -> Result<Option<Place>> {
        let found: Option<PlaceRow> = sql(
            "SELECT s.organization_id, s.project_id, s.grant_path, s.is_restricted \
             FROM dashboard_tiles t JOIN dashboards d ON d.id = t.dashboard_id \
             JOIN spaces s ON s.id = d.space_id WHERE t.id = ?",
            [id.into()],
        )
        .statement::<PlaceSql>()
        .get_result(&mut conn)
        .await
        .optional()?;
        Ok(found.map(place_of))
    }

    fn visible(viewer: &Viewer) -> Fragment {
        sql(
            "EXISTS (SELECT FROM dashboards WHERE dashboards.id = dashboard_tiles.dashboard_id AND ",
            [],
        )
        .with(Dashboard::visible(viewer))
        .then(")", [])
    }
}
