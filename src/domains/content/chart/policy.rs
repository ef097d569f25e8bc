//! Charts are seen with `CHART_VIEW` on their space, by those who see the space.

use crate::{
    authz::{
        Columns, Delete, Edit, FieldPolicy, Permission, Permits, Place, Resource, View, Viewer,
    },
    db::{Conn, Fragment},
    domains::content::space::place_in_space,
    kernel::{
        Result,
        entity::{Chart, ChartId},
    },
};

/// Policies of the root fields of charts.
pub const POLICIES: &[FieldPolicy] = &[
    FieldPolicy::object(
        "Query.chart",
        Permission::ChartView,
        "the space of the chart",
    ),
    FieldPolicy::change(
        "Mutation.createChart",
        Permission::ChartCreate,
        "the space; with dashboardId that of the dashboard, with DASHBOARD_EDIT",
    ),
    FieldPolicy::change(
        "Mutation.updateChart",
        Permission::ChartEdit,
        "the space of the chart",
    ),
    FieldPolicy::change(
        "Mutation.deleteCharts",
        Permission::ChartDelete,
        "the space of each chart",
    ),
];

const COLUMNS: Columns = Columns {
    organization: "charts.organization_id",
    project: "charts.project_id",
};

impl Resource for Chart {
    const TABLE: &'static str = "charts";

    async fn place(conn: &Conn, id: ChartId) -> Result<Option<Place>> {
        let rows = "charts r JOIN spaces s ON s.id = r.space_id";
        place_in_space(conn, rows, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let content = viewer.access.reach(Permission::ChartView);
        let spaces = viewer.access.reach(Permission::SpaceView);
        let visible = content.of_content(COLUMNS, "charts.space_id");
        // The two differ only for holders of custom roles.
        if content == spaces {
            return visible;
        }
        visible.and(spaces.of_content(COLUMNS, "charts.space_id"))
    }
}

impl Permits<View> for Chart {
    const PERMISSION: Permission = Permission::ChartView;
}
impl Permits<Edit> for Chart {
    const PERMISSION: Permission = Permission::ChartEdit;
}
impl Permits<Delete> for Chart {
    const PERMISSION: Permission = Permission::ChartDelete;
}
