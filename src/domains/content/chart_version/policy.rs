//! A version is seen by who sees its chart: where the chart is now counts, not where it was then.

use crate::{
    authz::{FieldPolicy, Permission, Permits, Place, Resource, View, Viewer},
    db::{Conn, Fragment, sql},
    domains::content::space::{PlaceRow, PlaceSql, place_of},
    kernel::{
        Result,
        entity::{Chart, ChartVersion, ChartVersionId},
    },
};
use diesel::OptionalExtension as _;
use diesel_async::RunQueryDsl as _;

/// Policies of the root fields of versions.
pub const POLICIES: &[FieldPolicy] = &[FieldPolicy::change(
    "Mutation.rollbackChart",
    Permission::ChartEdit,
    "the space of the chart; SQL that it does not have now needs CUSTOM_SQL_USE on the project",
)];

impl Resource for ChartVersion {
    const TABLE: &'static str = "chart_history";

    async fn place(mut conn: &Conn, id: ChartVersionId) -> Result<Option<Place>> {
        let found: Option<PlaceRow> = sql(
            "SELECT s.organization_id, s.project_id, s.grant_path, s.is_restricted \
             FROM chart_history v JOIN charts c ON c.id = v.chart_id \
             JOIN spaces s ON s.id = c.space_id WHERE v.id = ?",
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
            "EXISTS (SELECT FROM charts WHERE charts.id = chart_history.chart_id AND ",
            [],
        )
        .with(Chart::visible(viewer))
        .then(")", [])
    }
}

impl Permits<View> for ChartVersion {
    const PERMISSION: Permission = Permission::ChartView;
}
