//! A run is seen by who asked for it, as long as they still may: with the permission that it needed on
//! the project, or seeing the chart that was run.

use crate::{
    authz::{Columns, Permission, Place, Resource, Viewer},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Chart, QueryRun, QueryRunId},
    },
};

const COLUMNS: Columns = Columns {
    organization: "query_runs.organization_id",
    project: "query_runs.project_id",
};

impl Resource for QueryRun {
    const TABLE: &'static str = "query_runs";

    async fn place(conn: &Conn, id: QueryRunId) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let by = |permission: Permission| {
            sql(
                "query_runs.chart_id IS NULL AND query_runs.permission = ?",
                [permission.as_str().into()],
            )
            .and(viewer.access.reach(permission).of_project(COLUMNS))
        };
        let of_chart = Chart::visible_by(viewer, "query_runs.chart_id");
        let may_ask = Fragment::any([
            by(Permission::ExploreUse),
            by(Permission::UnderlyingDataView),
            by(Permission::SqlRun),
            of_chart,
        ]);
        sql("query_runs.created_by = ?", [viewer.user.into()]).and(may_ask)
    }
}
