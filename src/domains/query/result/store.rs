//! Statements on results.

use super::parts::{Parts, cut, holding};
use crate::{
    authz::System,
    db::{Bind, Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId, QueryResultId},
    },
    semantic::Column,
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use std::{ops::Range, time::Duration};

/// What is known of a stored answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Id.
    pub id: QueryResultId,
    /// The columns, as they were then.
    pub columns: Vec<Column>,
    /// How many rows there are.
    pub row_count: i32,
    /// Whether there were more than the limit.
    pub is_truncated: bool,
    /// When it was fetched.
    pub at: DateTime<Utc>,
}

/// An answer to be stored.
pub(in crate::domains::query) struct NewAnswer<'a> {
    pub(in crate::domains::query) organization: OrganizationId,
    pub(in crate::domains::query) project: ProjectId,
    pub(in crate::domains::query) key: &'a [u8],
    pub(in crate::domains::query) columns: Vec<Column>,
    pub(in crate::domains::query) rows: Parts,
    pub(in crate::domains::query) is_truncated: bool,
    /// How long it is kept.
    pub(in crate::domains::query) life: Duration,
}

/// The start of a statement that stores an answer; what follows may read `result` and `rows`.
pub(in crate::domains::query) fn put(new: NewAnswer<'_>) -> Result<Fragment> {
    let columns = serde_json::to_value(&new.columns).map_err(anyhow::Error::new)?;
    let row_count = i32::try_from(new.rows.count()).unwrap_or(i32::MAX);
    Ok(sql(
        "WITH result AS (\
           INSERT INTO query_results (id, organization_id, project_id, key, answer_columns, row_count, is_truncated, expires_at) \
           VALUES (?, ?, ?, ?, ?, ?, ?, now() + make_interval(secs => ?)) \
           RETURNING id, organization_id, row_count, is_truncated), \
         rows AS (\
           INSERT INTO query_result_rows (organization_id, result_id, part, rows) \
           SELECT result.organization_id, result.id, p.part - 1, p.rows \
           FROM result, unnest(?) WITH ORDINALITY AS p(rows, part) RETURNING 1) ",
        [
            QueryResultId::new().into(),
            new.organization.into(),
            new.project.into(),
            new.key.to_vec().into(),
            columns.into(),
            row_count.into(),
            new.is_truncated.into(),
            new.life.as_secs_f64().into(),
            Bind::Texts(new.rows.into_texts()),
        ],
    ))
}

/// The newest answer to the same question that is still good.
pub(in crate::domains::query) async fn find(
    mut conn: &Conn,
    _: System,
    project: ProjectId,
    key: &[u8],
) -> Result<Option<Answer>> {
    type Found = (QueryResultId, Value, i32, bool, DateTime<Utc>);
    let found: Option<Found> = sql(
        "SELECT id, answer_columns, row_count, is_truncated, created_at FROM query_results \
         WHERE project_id = ? AND key = ? AND expires_at > now() ORDER BY created_at DESC LIMIT 1",
        [project.into(), key.to_vec().into()],
    )
    .statement::<(st::Uuid, st::Jsonb, st::Integer, st::Bool, st::Timestamptz)>()
    .get_result(&mut conn)
    .await
    .optional()?;
    found
        .map(|(id, columns, row_count, is_truncated, at)| {
            Ok(Answer {
                id,
                columns: serde_json::from_value(columns).map_err(anyhow::Error::new)?,
                row_count,
                is_truncated,
                at,
            })
        })
        .transpose()
}

/// Rows of an answer by their position; none if the answer is not kept any more.
pub(in crate::domains::query) async fn rows(
    conn: &Conn,
    system: System,
    id: QueryResultId,
    span: &Range<usize>,
) -> Result<Vec<Vec<Value>>> {
    let text = text(conn, system, id, span).await?;
    let rows = text.map(|text| serde_json::from_str(&text)).transpose();
    Ok(rows.map_err(anyhow::Error::new)?.unwrap_or_default())
}

/// Rows of an answer by their position, as a JSON array; `None` if the answer is not kept any more.
pub(in crate::domains::query) async fn text(
    mut conn: &Conn,
    _: System,
    id: QueryResultId,
    span: &Range<usize>,
) -> Result<Option<String>> {
    let part = |part: usize| i32::try_from(part).unwrap_or(i32::MAX);
    let parts = holding(span);
    let parts: Vec<String> = sql(
        "SELECT rows FROM query_result_rows WHERE result_id = ? AND part >= ? AND part < ? ORDER BY part",
        [id.into(), part(parts.start).into(), part(parts.end).into()],
    )
    .statement::<st::Text>()
    .load(&mut conn)
    .await?;
    cut(&parts, span)
}

/// Forgets answers that nobody is given any more, and runs that are older than anything they could
/// show; how many.
///
/// # Errors
/// The database fails.
pub async fn purge(mut conn: &Conn, _: System) -> Result<usize> {
    let statement = "WITH old_results AS (\
           DELETE FROM query_results WHERE id IN (\
             SELECT id FROM query_results WHERE expires_at < now() - interval '1 hour' LIMIT 200) RETURNING 1), \
         old_runs AS (\
           DELETE FROM query_runs WHERE id IN (\
             SELECT id FROM query_runs WHERE created_at < now() - interval '7 days' LIMIT 1000) RETURNING 1) \
         SELECT (SELECT count(*) FROM old_results) + (SELECT count(*) FROM old_runs)";
    let count: i64 = sql(statement, [])
        .statement::<st::BigInt>()
        .get_result(&mut conn)
        .await?;
    Ok(usize::try_from(count).unwrap_or_default())
}
