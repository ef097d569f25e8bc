//! A version is seen by who sees its chart: where the chart is now counts, not where it was then.

use crate::{
    authz::{FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment},
    domains::content::space::place_in_space,
    kernel::{
        Result,
        entity::{Chart, ChartVersion, ChartVersionId},
    },
};

/// Policies of the root fields of versions.
pub const POLICIES: &[FieldPolicy] = &[FieldPolicy::change(
    "Mutation.rollbackChart",
    Permission::ChartEdit,
    "the space of the chart; SQL that it does not have now needs CUSTOM_SQL_USE on the project",
)];

impl Resource for ChartVersion {
    const TABLE: &'static str = "chart_history";

    async fn place(conn: &Conn, id: ChartVersionId) -> Result<Option<Place>> {
        let rows = "chart_history r JOIN charts c ON c.id = r.chart_id \
                    JOIN spaces s ON s.id = c.space_id";
        place_in_space(conn, rows, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        Chart::visible_by(viewer, "chart_history.chart_id")
    }
}

impl Permits<View> for ChartVersion {
    const PERMISSION: Permission = Permission::ChartView;
}
