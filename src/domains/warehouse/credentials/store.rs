//! Statements on credentials. Every one names their user.

use super::WarehouseCredentialsRow;
use crate::{
    authz::{Delete, Edit, Grant, View, Viewer},
    db::{
        Bind, Conn,
        schema::{warehouse_connections as connections, warehouse_credentials as credentials},
        sql,
    },
    kernel::{
        Result,
        entity::{OrganizationId, Project, UserId, WarehouseCredentials, WarehouseCredentialsId},
    },
    services::warehouse::WarehouseType,
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;

/// Credentials to be stored.
#[derive(Insertable)]
#[diesel(table_name = credentials, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewCredentials<'a> {
    pub(super) id: WarehouseCredentialsId,
    pub(super) organization_id: OrganizationId,
    pub(super) name: &'a str,
    pub(super) kind: WarehouseType,
    pub(super) username: &'a str,
    pub(super) secret: Vec<u8>,
}

/// What changes of credentials.
#[derive(AsChangeset)]
#[diesel(table_name = credentials, check_for_backend(diesel::pg::Pg))]
pub(super) struct CredentialsChanges<'a> {
    pub(super) name: &'a str,
    pub(super) username: &'a str,
    pub(super) secret: Vec<u8>,
    pub(super) updated_at: DateTime<Utc>,
}

/// How many credentials the viewer has. Holds the account, so that parallel requests wait.
pub(super) async fn count_own(mut conn: &Conn, viewer: &Viewer) -> Result<i64> {
    sql(
        "SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE",
        [viewer.user.into()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    let statement = sql(
        "SELECT count(*) FROM warehouse_credentials WHERE user_id = ?",
        [viewer.user.into()],
    );
    Ok(statement
        .statement::<st::BigInt>()
        .get_result(&mut conn)
        .await?)
}

/// Stores credentials of the viewer.
pub(super) async fn create(
    mut conn: &Conn,
    viewer: &Viewer,
    new: &NewCredentials<'_>,
) -> Result<WarehouseCredentialsRow> {
    let row = diesel::insert_into(credentials::table)
        .values((new, credentials::user_id.eq(viewer.user)))
        .returning(WarehouseCredentialsRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Whose the credentials are, and for what.
pub(super) async fn owners(
    mut conn: &Conn,
    _: &Viewer,
    ids: &[WarehouseCredentialsId],
) -> Result<Vec<(WarehouseCredentialsId, UserId, WarehouseType)>> {
    let rows = credentials::table
        .select((credentials::id, credentials::user_id, credentials::kind))
        .filter(credentials::id.eq_any(ids))
        .for_update()
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Changes the credentials of the grant, if they are the viewer's.
pub(super) async fn update(
    mut conn: &Conn,
    grant: &Grant<Edit, WarehouseCredentials>,
    viewer: &Viewer,
    changes: &CredentialsChanges<'_>,
) -> Result<WarehouseCredentialsRow> {
    let own = credentials::table
        .filter(credentials::id.eq(grant.id()))
        .filter(credentials::user_id.eq(viewer.user));
    let row = diesel::update(own)
        .set(changes)
        .returning(WarehouseCredentialsRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the credentials of the grants.
pub(super) async fn delete(
    mut conn: &Conn,
    grants: &[Grant<Delete, WarehouseCredentials>],
) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(credentials::table.filter(credentials::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// What kind of warehouse a project has.
pub(super) async fn kind_of(
    mut conn: &Conn,
    project: &Grant<View, Project>,
) -> Result<Option<WarehouseType>> {
    let kind = connections::table
        .select(connections::kind)
        .filter(connections::project_id.eq(project.id()))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(kind)
}

/// Stores which credentials the viewer uses in a project of the same organization; tells whether
/// they are of it.
pub(super) async fn prefer(
    mut conn: &Conn,
    viewer: &Viewer,
    project: &Grant<View, Project>,
    grant: &Grant<Edit, WarehouseCredentials>,
) -> Result<bool> {
    let stored = sql(
        "INSERT INTO project_warehouse_credentials (organization_id, project_id, user_id, warehouse_credentials_id) \
         SELECT p.organization_id, p.id, c.user_id, c.id FROM projects p JOIN warehouse_credentials c \
           ON c.organization_id = p.organization_id \
         WHERE p.id = ? AND c.id = ? AND c.user_id = ? \
         ON CONFLICT (project_id, user_id) DO UPDATE SET warehouse_credentials_id = excluded.warehouse_credentials_id",
        [
            project.id().into(),
            grant.id().into(),
            Bind::from(viewer.user),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(stored == 1)
}
