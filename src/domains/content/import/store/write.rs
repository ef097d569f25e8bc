//! Stores what the files hold, so many rows with each statement.

use crate::{
    authz::System,
    db::{Bind, Conn, sql},
    kernel::{
        Result,
        entity::{DashboardId, ProjectId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// Most rows of one statement.
const ROWS_MAX: usize = 500;
/// Bytes of JSON after which a statement gets no further row.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// Stores new spaces, parents before children.
pub(in crate::domains::content::import) async fn create_spaces(
    conn: &Conn,
    _: System,
    rows: Vec<Value>,
) -> Result<()> {
    let text = "INSERT INTO spaces (id, organization_id, project_id, parent_id, name, slug, \
                is_private, path, grant_path, is_restricted, created_at, created_by, updated_at) \
                SELECT id, organization_id, project_id, parent_id, name, slug, \
                is_private, path, grant_path, is_restricted, created_at, created_by, updated_at \
                FROM jsonb_populate_recordset(NULL::spaces, ?)";
    for rows in batches(rows) {
        execute(conn, text, vec![Bind::Json(rows)]).await?;
    }
    Ok(())
}

/// Gives spaces other names. The rows hold `id` and `name`.
pub(in crate::domains::content::import) async fn rename_spaces(
    conn: &Conn,
    _: System,
    rows: Vec<Value>,
    now: DateTime<Utc>,
) -> Result<()> {
    let text = "UPDATE spaces SET name = named.name, updated_at = ? \
                FROM jsonb_to_recordset(?) AS named(id uuid, name text) \
                WHERE spaces.id = named.id";
    for rows in batches(rows) {
        execute(conn, text, vec![now.into(), Bind::Json(rows)]).await?;
    }
    Ok(())
}

/// Stores dashboards by slug; those that differ are changed. Gives the slugs of what was done, and
/// whether it was new.
pub(in crate::domains::content::import) async fn put_dashboards(
    conn: &Conn,
    _: System,
    rows: Vec<Value>,
) -> Result<HashMap<String, bool>> {
    put(conn, include_str!("put_dashboards.sql"), rows).await
}

/// Stores charts by slug; those that differ are changed. Gives the slugs of what was done, and
/// whether it was new.
pub(in crate::domains::content::import) async fn put_charts(
    conn: &Conn,
    _: System,
    rows: Vec<Value>,
) -> Result<HashMap<String, bool>> {
    put(conn, include_str!("put_charts.sql"), rows).await
}

/// Stores tabs of dashboards, beside those that they have. Gives the dashboards that this changed.
pub(in crate::domains::content::import) async fn put_tabs(
    conn: &Conn,
    _: System,
    rows: Vec<Value>,
) -> Result<Vec<DashboardId>> {
    put_parts(conn, include_str!("put_tabs.sql"), rows).await
}

/// Stores tiles of dashboards, beside those that they have. Gives the dashboards that this changed.
pub(in crate::domains::content::import) async fn put_tiles(
    conn: &Conn,
    _: System,
    rows: Vec<Value>,
) -> Result<Vec<DashboardId>> {
    put_parts(conn, include_str!("put_tiles.sql"), rows).await
}

/// Deletes the other tabs of the dashboards. Gives the dashboards that this changed.
pub(in crate::domains::content::import) async fn keep_tabs(
    conn: &Conn,
    _: System,
    dashboards: &[DashboardId],
    tabs: Vec<Uuid>,
) -> Result<Vec<DashboardId>> {
    let text = "DELETE FROM dashboard_tabs part WHERE dashboard_id = ANY(?) \
                AND NOT EXISTS (SELECT FROM unnest(?) AS kept(id) WHERE kept.id = part.id) \
                RETURNING dashboard_id";
    changed(conn, text, vec![dashboards.into(), tabs.into()]).await
}

/// Deletes the other tiles of the dashboards. Gives the dashboards that this changed.
pub(in crate::domains::content::import) async fn keep_tiles(
    conn: &Conn,
    _: System,
    dashboards: &[DashboardId],
    tiles: Vec<Uuid>,
) -> Result<Vec<DashboardId>> {
    let text = "DELETE FROM dashboard_tiles part WHERE dashboard_id = ANY(?) \
                AND NOT EXISTS (SELECT FROM unnest(?) AS kept(id) WHERE kept.id = part.id) \
                RETURNING dashboard_id";
    changed(conn, text, vec![dashboards.into(), tiles.into()]).await
}

/// Notes that dashboards were changed.
pub(in crate::domains::content::import) async fn touch(
    conn: &Conn,
    _: System,
    dashboards: &[DashboardId],
    (at, by): (DateTime<Utc>, Option<UserId>),
) -> Result<()> {
    let text = "UPDATE dashboards SET updated_at = ?, updated_by = ? WHERE id = ANY(?)";
    execute(conn, text, vec![at.into(), by.into(), dashboards.into()]).await
}

/// Takes the charts that exist only inside a dashboard to its space.
pub(in crate::domains::content::import) async fn settle_charts(
    conn: &Conn,
    _: System,
    project: ProjectId,
) -> Result<()> {
    let text = "UPDATE charts SET space_id = d.space_id FROM dashboards d \
                WHERE d.id = charts.dashboard_id AND d.project_id = ? \
                AND charts.space_id <> d.space_id";
    execute(conn, text, vec![project.into()]).await
}

/// Rows in portions that a statement can take.
fn batches(rows: Vec<Value>) -> Vec<Value> {
    let mut batches = Vec::new();
    let mut batch = Vec::new();
    let mut bytes = 0;
    for row in rows {
        bytes += row.to_string().len();
        batch.push(row);
        if batch.len() == ROWS_MAX || bytes >= BYTES_MAX {
            batches.push(Value::Array(std::mem::take(&mut batch)));
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        batches.push(Value::Array(batch));
    }
    batches
}

async fn put(conn: &Conn, text: &'static str, rows: Vec<Value>) -> Result<HashMap<String, bool>> {
    let mut all = HashMap::new();
    for rows in batches(rows) {
        let done: Vec<(String, bool)> = sql(text, [Bind::Json(rows)])
            .statement::<(st::Text, st::Bool)>()
            .load(&mut &*conn)
            .await?;
        all.extend(done);
    }
    Ok(all)
}

async fn put_parts(conn: &Conn, text: &'static str, rows: Vec<Value>) -> Result<Vec<DashboardId>> {
    let mut all = Vec::new();
    for rows in batches(rows) {
        all.extend(changed(conn, text, vec![Bind::Json(rows)]).await?);
    }
    Ok(all)
}

async fn changed(
    mut conn: &Conn,
    text: &'static str,
    binds: Vec<Bind>,
) -> Result<Vec<DashboardId>> {
    let changed: Vec<Uuid> = sql(text, binds)
        .statement::<st::Uuid>()
        .load(&mut conn)
        .await?;
    Ok(changed.into_iter().map(DashboardId::from_uuid).collect())
}

async fn execute(mut conn: &Conn, text: &'static str, binds: Vec<Bind>) -> Result<()> {
    sql(text, binds)
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_cut_by_rows_and_by_bytes() {
        let count = |rows: Vec<Value>| -> Vec<usize> {
            let batches = batches(rows);
            batches
                .iter()
                .map(|b| b.as_array().unwrap().len())
                .collect()
        };
        assert_eq!(count(Vec::new()), [0; 0]);
        assert_eq!(count(vec![Value::Null; ROWS_MAX + 1]), [ROWS_MAX, 1]);
        let large = Value::String("x".repeat(BYTES_MAX / 2 + 1));
        assert_eq!(count(vec![large; 5]), [2, 2, 1]);
    }
}
