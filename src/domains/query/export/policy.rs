//! A file is for who asked for it, as long as they hold everything on the project that it took, and see
//! the chart whose rows it has.

use crate::{
    authz::{Columns, Permission, Place, Resource, Viewer},
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Chart, ExportedFile, ExportedFileId},
    },
};

const COLUMNS: Columns = Columns {
    organization: "exported_files.organization_id",
    project: "exported_files.project_id",
};

/// All that a file can ask for.
const NEEDED: [Permission; 6] = [
    Permission::ResultExport,
    Permission::ResultExportUnlimited,
    Permission::ExploreUse,
    Permission::UnderlyingDataView,
    Permission::SqlRun,
    Permission::CustomSqlUse,
];

impl Resource for ExportedFile {
    const TABLE: &'static str = "exported_files";

    async fn place(conn: &Conn, id: ExportedFileId) -> Result<Option<Place>> {
        Place::of_row_in_project(conn, Self::TABLE, id.uuid()).await
    }

    fn visible(viewer: &Viewer) -> Fragment {
        let known = NEEDED.map(|needed| needed.as_str().to_owned());
        let good = sql(
            "exported_files.user_id = ? AND exported_files.finished_at IS NOT NULL \
             AND exported_files.expires_at > now() AND exported_files.permissions <@ ?",
            [viewer.user.into(), Bind::Texts(known.to_vec())],
        );
        let held = NEEDED.map(|needed| {
            sql(
                "? <> ALL (exported_files.permissions)",
                [needed.as_str().into()],
            )
            .or(viewer.access.reach(needed).of_project(COLUMNS))
        });
        let of_chart = sql("exported_files.chart_id IS NULL", [])
            .or(Chart::visible_by(viewer, "exported_files.chart_id"));
        Fragment::all([good, of_chart].into_iter().chain(held))
    }
}
