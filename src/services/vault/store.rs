//! Statements on data keys.

use crate::{
    authz::System,
    db::{Bind, Conn, sql},
    kernel::{Result, entity::OrganizationId},
};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// A data key, wrapped.
pub(super) struct DataKey {
    pub(super) id: Uuid,
    pub(super) organization: OrganizationId,
    pub(super) master_key_id: String,
    pub(super) wrapped: Vec<u8>,
}

type Row = (Uuid, Uuid, String, Vec<u8>);
type RowSql = (st::Uuid, st::Uuid, st::Text, st::Bytea);

fn made((id, organization, master_key_id, wrapped): Row) -> DataKey {
    DataKey {
        id,
        organization: OrganizationId::from_uuid(organization),
        master_key_id,
        wrapped,
    }
}

/// The id of a key to be made.
pub(super) fn new_id() -> Uuid {
    crate::kernel::Id::<()>::new().uuid()
}

/// Ids of the master keys that wrap any data key.
pub(super) async fn master_keys(mut conn: &Conn, _: System) -> Result<Vec<String>> {
    let statement = sql(
        "SELECT DISTINCT master_key_id FROM data_keys ORDER BY 1",
        [],
    );
    Ok(statement.statement::<st::Text>().load(&mut conn).await?)
}

/// The newest key of an organization that is wrapped by a master key.
pub(super) async fn newest(
    mut conn: &Conn,
    _: System,
    organization: OrganizationId,
    master_key: &str,
) -> Result<Option<Uuid>> {
    let statement = sql(
        "SELECT id FROM data_keys WHERE organization_id = ? AND master_key_id = ? \
         ORDER BY created_at DESC, id DESC LIMIT 1",
        [organization.into(), master_key.into()],
    );
    let found = statement.statement::<st::Uuid>().get_result(&mut conn);
    Ok(found.await.optional()?)
}

/// A key of an organization.
pub(super) async fn find(
    mut conn: &Conn,
    _: System,
    id: Uuid,
    organization: OrganizationId,
) -> Result<Option<DataKey>> {
    let statement = sql(
        "SELECT id, organization_id, master_key_id, wrapped FROM data_keys \
         WHERE id = ? AND organization_id = ?",
        [id.into(), organization.into()],
    );
    let row: Option<Row> = statement
        .statement::<RowSql>()
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(row.map(made))
}

/// Stores a key.
pub(super) async fn insert(mut conn: &Conn, _: System, key: DataKey) -> Result<()> {
    sql(
        "INSERT INTO data_keys (id, organization_id, master_key_id, wrapped) VALUES (?, ?, ?, ?)",
        [
            key.id.into(),
            key.organization.into(),
            key.master_key_id.into(),
            key.wrapped.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// The keys that are wrapped by these master keys.
pub(super) async fn wrapped_by(
    mut conn: &Conn,
    _: System,
    master_keys: Vec<String>,
) -> Result<Vec<DataKey>> {
    let statement = sql(
        "SELECT id, organization_id, master_key_id, wrapped FROM data_keys \
         WHERE master_key_id = ANY(?)",
        [Bind::Texts(master_keys)],
    );
    let rows: Vec<Row> = statement.statement::<RowSql>().load(&mut conn).await?;
    Ok(rows.into_iter().map(made).collect())
}

/// Wraps a key anew, unless another server has done so.
pub(super) async fn replace(
    mut conn: &Conn,
    _: System,
    former: &DataKey,
    master_key: &str,
    wrapped: Vec<u8>,
) -> Result<()> {
    sql(
        "UPDATE data_keys SET master_key_id = ?, wrapped = ? WHERE id = ? AND master_key_id = ?",
        [
            master_key.into(),
            wrapped.into(),
            former.id.into(),
            former.master_key_id.as_str().into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}
