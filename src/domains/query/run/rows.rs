//! The rows of a run in the graph.

use super::QueryRunRow;
use crate::{
    authz::System,
    domains::{content::metric_query::DimensionType, query::result::store},
    gql::{
        Connection, FieldId, ListNode, PageArgs, PageInfo, ScopeExt as _, Span, direct::Written,
    },
    kernel::{Error, Result},
    semantic::{
        Column,
        format::{FormatSpec, formatted},
        value::ValueType,
    },
};
use async_graphql::{Context, Object, SimpleObject};
use serde_json::Value;
use std::sync::Arc;

/// Rows on a page of `table` if the caller names no number, and the most.
const TABLE: (i64, i64) = (500, 5_000);
/// Rows on a page of `rows` if the caller names no number, and the most.
const ROWS: (i64, i64) = (50, 500);

/// A column of a result.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub(crate) struct ResultColumn {
    /// Name of the column: the field, the table calculation, or what the SQL calls it.
    field_id: FieldId,
    /// Title.
    label: String,
    /// Type of its values.
    #[graphql(name = "type")]
    kind: DimensionType,
}

impl From<&Column> for ResultColumn {
    fn from(column: &Column) -> Self {
        Self {
            field_id: FieldId::trusted(&column.field_id),
            label: column.label.clone(),
            kind: kind(column.kind),
        }
    }
}

const fn kind(kind: ValueType) -> DimensionType {
    match kind {
        ValueType::String => DimensionType::String,
        ValueType::Number => DimensionType::Number,
        ValueType::Boolean => DimensionType::Boolean,
        ValueType::Date => DimensionType::Date,
        ValueType::Timestamp => DimensionType::Timestamp,
    }
}

/// The same rows as plain arrays.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct ResultTable {
    /// An array for each row, with its values in the order of the columns.
    rows: Written,
    /// Where the page lies.
    page_info: PageInfo,
}

/// A row of a result.
pub(crate) struct ResultRow {
    columns: Arc<[(FieldId, FormatSpec)]>,
    values: Vec<Value>,
}

/// A row of a result.
#[Object]
impl ResultRow {
    /// The values, in the order of the columns.
    async fn cells(&self) -> Vec<ResultCell<'_>> {
        let columns = self.columns.iter().zip(&self.values);
        columns
            .map(|((field, format), value)| ResultCell {
                field,
                format,
                value,
            })
            .collect()
    }
}

impl ListNode for ResultRow {
    const CONNECTION: &'static str = "ResultRowConnection";
    const EDGE: &'static str = "ResultRowEdge";
}

/// A value of a row.
pub(crate) struct ResultCell<'a> {
    field: &'a FieldId,
    format: &'a FormatSpec,
    value: &'a Value,
}

/// A value of a row.
#[Object]
impl ResultCell<'_> {
    /// The column.
    async fn field_id(&self) -> &FieldId {
        self.field
    }

    /// The value: a number where JavaScript keeps all of its digits, a text otherwise; days as
    /// `2026-01-31`, moments as in RFC 3339, without offset where the warehouse has them
    /// without zone.
    async fn raw(&self) -> Option<&Value> {
        Some(self.value).filter(|value| !value.is_null())
    }

    /// The value as the model or the query writes it, such as `$1,200.00`; null where there is none.
    async fn formatted(&self) -> Option<String> {
        (!self.value.is_null()).then(|| formatted(self.format, self.value))
    }
}

/// The columns as stored.
pub(super) fn columns(row: &QueryRunRow) -> Result<Vec<Column>> {
    let stored = row
        .answer_columns
        .clone()
        .unwrap_or(Value::Array(Vec::new()));
    Ok(serde_json::from_value(stored).map_err(anyhow::Error::new)?)
}

/// The page of rows that the arguments ask for, and its text: a JSON array of arrays.
async fn page(
    ctx: &Context<'_>,
    run: &QueryRunRow,
    args: &PageArgs,
    limits: (i64, i64),
) -> Result<(Span, String)> {
    let total = usize::try_from(run.row_count.unwrap_or(0)).unwrap_or_default();
    let span = Span::of(args, &format!("rows of {}", run.id), total, limits)?;
    if span.rows.is_empty() {
        return Ok((span, "[]".to_owned()));
    }
    let gone =
        || Error::Conflict("the rows of this run are not kept any more: run it again".into());
    let result = run.result_id.ok_or_else(gone)?;
    let conn = ctx.scope().own_conn().await?;
    let system = System::new("rows of a run that the caller sees");
    let rows = store::text(conn.get()?, system, result, &span.rows).await?;
    Ok((span, rows.ok_or_else(gone)?))
}

/// Rows with their cells.
pub(super) async fn rows(
    ctx: &Context<'_>,
    run: &QueryRunRow,
    args: &PageArgs,
) -> Result<Connection<ResultRow>> {
    let columns: Arc<[_]> = columns(run)?
        .iter()
        .map(|column| (FieldId::trusted(&column.field_id), column.format_spec()))
        .collect();
    let (span, text) = page(ctx, run, args, ROWS).await?;
    let rows: Vec<Vec<Value>> = serde_json::from_str(&text).map_err(anyhow::Error::new)?;
    let rows = rows.into_iter().map(|values| ResultRow {
        columns: columns.clone(),
        values,
    });
    Ok(span.connection(rows.collect()))
}

/// Rows as arrays.
pub(super) async fn table(
    ctx: &Context<'_>,
    run: &QueryRunRow,
    args: &PageArgs,
) -> Result<ResultTable> {
    let (span, text) = page(ctx, run, args, TABLE).await?;
    Ok(ResultTable {
        rows: text.into(),
        page_info: span.page_info(),
    })
}
