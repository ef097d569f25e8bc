//! Statements on explores.

use super::{ExploreRow, QuerySettings};
use crate::{
    authz::{Resource as _, System, View, Visible},
    db::{Bind, Conn, schema::explores, sql},
    domains::warehouse::connection,
    kernel::{
        Result,
        entity::{DeploymentId, Explore, ExploreId, ProjectId},
    },
    semantic::value::Weekday,
    services::warehouse::{Settings, WarehouseType},
};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use serde_json::Value;

/// Kind, settings and week start of a connection, if there is one.
type Connected = (
    Option<WarehouseType>,
    Option<Value>,
    Option<connection::Weekday>,
);
type ConnectedSql = (
    st::Nullable<st::Text>,
    st::Nullable<st::Jsonb>,
    st::Nullable<st::Text>,
);

/// An explore of an active deployment, and the settings of its project.
pub(super) struct ActiveRow {
    pub(super) project: ProjectId,
    pub(super) name: String,
    pub(super) deployment: DeploymentId,
    pub(super) explore: ExploreId,
    pub(super) settings: QuerySettings,
}

/// Explores by name in the active deployments of projects.
pub(super) async fn active(
    mut conn: &Conn,
    _: System,
    keys: &[(ProjectId, String)],
) -> Result<Vec<ActiveRow>> {
    let (projects, names): (Vec<_>, Vec<_>) = keys.iter().cloned().unzip();
    let rows: Vec<((ProjectId, String), DeploymentId, ExploreId, Connected)> = sql(
        "SELECT a.project_id, e.name, e.deployment_id, e.id, w.kind, w.settings, w.start_of_week \
         FROM unnest(?, ?) AS wanted(project_id, name) \
         JOIN active_deployments a ON a.project_id = wanted.project_id \
         JOIN explores e ON e.deployment_id = a.deployment_id AND e.name = wanted.name \
         LEFT JOIN warehouse_connections w ON w.project_id = a.project_id",
        [Bind::from(projects), Bind::Texts(names)],
    )
    .statement::<((st::Uuid, st::Text), st::Uuid, st::Uuid, ConnectedSql)>()
    .load(&mut conn)
    .await?;
    rows.into_iter()
        .map(|((project, name), deployment, explore, connected)| {
            Ok(ActiveRow {
                project,
                name,
                deployment,
                explore,
                settings: read(connected)?,
            })
        })
        .collect()
}

/// Explores by name in the active deployments of projects, as far as the viewer sees them.
pub(super) async fn by_name(
    mut conn: &Conn,
    visible: &Visible<Explore, View>,
    keys: &[(ProjectId, String)],
) -> Result<Vec<ExploreRow>> {
    let (projects, names): (Vec<_>, Vec<_>) = keys.iter().cloned().unzip();
    let wanted = sql(
        "(explores.project_id, explores.name) IN (SELECT * FROM unnest(?, ?)) AND explores.deployment_id = \
         (SELECT a.deployment_id FROM active_deployments a WHERE a.project_id = explores.project_id)",
        [Bind::from(projects), Bind::Texts(names)],
    );
    let rows = explores::table
        .select(ExploreRow::as_select())
        .filter(wanted)
        .filter(Explore::visible(visible.viewer()))
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// The settings of a project.
pub(super) async fn settings(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<QuerySettings> {
    let found: Option<Connected> = sql(
        "SELECT w.kind, w.settings, w.start_of_week FROM warehouse_connections w WHERE w.project_id = ?",
        [project.into()],
    )
    .statement::<ConnectedSql>()
    .get_result(&mut conn)
    .await
    .optional()?;
    found.map_or_else(|| Ok(QuerySettings::default()), read)
}

fn read((kind, stored, week_start): Connected) -> Result<QuerySettings> {
    let (Some(kind), Some(stored)) = (kind, stored) else {
        return Ok(QuerySettings::default());
    };
    let (Settings::Postgres(own) | Settings::Redshift(own)) = Settings::from_json(kind, &stored)?;
    let zone = own.data_timezone.as_deref().map(str::parse).transpose();
    Ok(QuerySettings {
        warehouse: Some(kind),
        week_start: week_start.map(weekday),
        data_timezone: zone.map_err(anyhow::Error::new)?,
    })
}

const fn weekday(day: connection::Weekday) -> Weekday {
    match day {
        connection::Weekday::Monday => Weekday::Monday,
        connection::Weekday::Tuesday => Weekday::Tuesday,
        connection::Weekday::Wednesday => Weekday::Wednesday,
        connection::Weekday::Thursday => Weekday::Thursday,
        connection::Weekday::Friday => Weekday::Friday,
        connection::Weekday::Saturday => Weekday::Saturday,
        connection::Weekday::Sunday => Weekday::Sunday,
    }
}

/// Explores as they are stored.
pub(super) async fn definitions(
    mut conn: &Conn,
    _: System,
    ids: &[ExploreId],
) -> Result<Vec<(ExploreId, String)>> {
    let found = explores::table
        .select((explores::id, explores::definition))
        .filter(explores::id.eq_any(ids))
        .load(&mut conn)
        .await?;
    Ok(found)
}
