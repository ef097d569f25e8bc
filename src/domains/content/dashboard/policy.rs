//! Dashboards are seen with `DASHBOARD_VIEW` on their space, by those who see the space.

use crate::{
    authz::{
        Columns, Create, Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View,
        Viewer,
    },
    db::{Conn, Fragment},
    domains::content::space::place_in_space,
    kernel::{
        Result,
        entity::{Chart, Dashboard, DashboardId, DashboardTile, DashboardTileId},
    },
};

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

    async fn place(conn: &Conn, id: DashboardId) -> Result<Option<Place>> {
        let rows = "dashboards r JOIN spaces s ON s.id = r.space_id";
        place_in_space(conn, rows, id.uuid()).await
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

    async fn place(conn: &Conn, id: DashboardTileId) -> Result<Option<Place>> {
        let rows = "dashboard_tiles r JOIN dashboards d ON d.id = r.dashboard_id \
                    JOIN spaces s ON s.id = d.space_id";
        place_in_space(conn, rows, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        Dashboard::visible_by(viewer, "dashboard_tiles.dashboard_id")
    }
}
