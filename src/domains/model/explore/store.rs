//! Statements on explores.

use super::QuerySettings;
use crate::{
    authz::System,
    db::{Conn, schema::explores, sql},
    domains::warehouse::connection,
    kernel::{
        Result,
        entity::{DeploymentId, ExploreId, ProjectId},
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

/// The explore of that name in the active deployment of a project, and the settings of the project.
pub(super) async fn active(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
    name: &str,
) -> Result<Option<(DeploymentId, ExploreId, QuerySettings)>> {
    let found: Option<(DeploymentId, ExploreId, Connected)> = sql(
        "SELECT e.deployment_id, e.id, w.kind, w.settings, w.start_of_week FROM active_deployments a \
         JOIN explores e ON e.deployment_id = a.deployment_id AND e.name = ? \
         LEFT JOIN warehouse_connections w ON w.project_id = a.project_id \
         WHERE a.project_id = ?",
        [name.into(), project.into()],
    )
    .statement::<(st::Uuid, st::Uuid, ConnectedSql)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    found
        .map(|(deployment, id, connected)| Ok((deployment, id, read(connected)?)))
        .transpose()
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

/// An explore as it is stored.
pub(super) async fn definition(
    mut conn: &Conn,
    _: System,
    id: ExploreId,
) -> Result<Option<String>> {
    let found = explores::table
        .select(explores::definition)
        .filter(explores::id.eq(id))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(found)
}
