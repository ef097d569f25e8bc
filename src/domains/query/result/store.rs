//! Statements on results.

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

/// Rows that are stored together.
pub const PART: usize = 500;

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
    pub(in crate::domains::query) rows: &'a [Value],
    pub(in crate::domains::query) is_truncated: bool,
    /// How long it is kept.
    pub(in crate::domains::query) life: Duration,
}

/// The start of a statement that stores an answer; what follows may read `result` and `rows`.
pub(in crate::domains::query) fn put(new: &NewAnswer<'_>) -> Result<Fragment> {
    let columns = serde_json::to_value(&new.columns).map_err(anyhow::Error::new)?;
    let row_count = i32::try_from(new.rows.len()).unwrap_or(i32::MAX);
    let parts: Vec<String> = new
        .rows
        .chunks(PART)
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()
        .map_err(anyhow::Error::new)?;
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
            Bind::Texts(parts),
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

/// Rows of an answer by their position; fewer if the answer is not kept any more.
pub(in crate::domains::query) async fn rows(
    mut conn: &Conn,
    _: System,
    id: QueryResultId,
    span: &Range<usize>,
) -> Result<Vec<Vec<Value>>> {
    if span.is_empty() {
        return Ok(Vec::new());
    }
    let part = |row: usize| i32::try_from(row / PART).unwrap_or(i32::MAX);
    let parts: Vec<String> = sql(
        "SELECT rows FROM query_result_rows WHERE result_id = ? AND part BETWEEN ? AND ? ORDER BY part",
        [
            id.into(),
            part(span.start).into(),
            part(span.end - 1).into(),
        ],
    )
    .statement::<st::Text>()
    .load(&mut conn)
    .await?;
    let mut rows = Vec::with_capacity(span.len());
    for text in parts {
        let part: Vec<Vec<Value>> = serde_json::from_str(&text).map_err(anyhow::Error::new)?;
        rows.extend(part);
    }
    let skipped = span.start % PART;
    Ok(rows.into_iter().skip(skipped).take(span.len()).collect())
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
