//! Running one query.

use super::{
    super::{Column, PostgresSettings, Query, Row, RowSource, Rows, WarehouseError},
    Flavour, GRACE,
    decode::Decoder,
    failure::{self, Clock},
    pool::Session,
};
use bytes::BytesMut;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture};
use std::{
    pin::Pin,
    time::{Duration, Instant},
};
use tokio_postgres::{
    Client, RowStream, Statement,
    types::{Format, IsNull, ToSql, Type, to_sql_checked},
};

/// Most rows in one batch.
const BATCH: usize = 500;

/// Bytes from which a batch is handed on, however few its rows.
const BATCH_BYTES: usize = 1 << 20;

/// A value as text, whatever type the place has.
#[derive(Debug)]
struct Text<'a>(&'a str);

impl ToSql for Text<'_> {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// Starts a query; resolves when the warehouse begins to answer.
pub(super) async fn start(
    session: Session,
    query: &Query,
    flavour: Flavour,
    settings: &PostgresSettings,
    limit: Duration,
) -> Result<Rows, WarehouseError> {
    let clock = Clock {
        started: Instant::now(),
        limit,
    };
    let mut session = session;
    let begun = tokio::time::timeout(
        limit + GRACE,
        begin(&session, query, flavour, settings, clock),
    );
    let (columns, stream, decoders) = match begun.await {
        Ok(Ok(begun)) => begun,
        Ok(Err(error)) => {
            if error != WarehouseError::Lost {
                session.finish().await;
            }
            return Err(error);
        }
        Err(_elapsed) => return Err(clock.late()),
    };
    let source = PostgresRows {
        session,
        stream: Some(Box::pin(stream)),
        decoders,
        left: query.row_limit,
        is_truncated: false,
        clock,
    };
    Ok(Rows {
        columns,
        waited: Duration::ZERO,
        source: Box::new(source),
    })
}

type Begun = (Vec<Column>, RowStream, Vec<Decoder>);

async fn begin(
    session: &Session,
    query: &Query,
    flavour: Flavour,
    settings: &PostgresSettings,
    clock: Clock,
) -> Result<Begun, WarehouseError> {
    let client = session.client()?;
    let failed = |error: tokio_postgres::Error| failure::running(&error, clock, 0);
    let opening = opening(flavour, clock.limit);
    // A trailing semicolon is a habit, and all that comes before is one statement or refused.
    let sql = query
        .sql
        .trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    // Sent together, answered in order.
    let (begun, set, prepared) = tokio::join!(
        client.batch_execute(&opening),
        set(client, query, settings),
        client.prepare(sql)
    );
    begun.map_err(failed)?;
    set.map_err(failed)?;
    let prepared = prepared.map_err(failed)?;
    let (expected, found) = (prepared.params().len(), query.parameters.len());
    if expected != found {
        return Err(WarehouseError::Parameters { expected, found });
    }
    // What gives no rows changes something, or leaves the transaction.
    if prepared.columns().is_empty() {
        return Err(WarehouseError::NotAQuery);
    }
    let decoders: Vec<_> = prepared
        .columns()
        .iter()
        .map(|column| Decoder::of(column.type_(), flavour))
        .collect();
    let columns: Vec<_> = prepared
        .columns()
        .iter()
        .zip(&decoders)
        .map(|(column, decoder)| Column {
            name: column.name().to_owned(),
            column_type: decoder.column_type(),
            data_type: column.type_().name().to_owned(),
        })
        .collect();
    let (statement, prefix) = if decoders.contains(&Decoder::AsText) {
        let (around, prefix) = as_text(sql, &decoders);
        let failed = |error: tokio_postgres::Error| failure::running(&error, clock, prefix);
        (client.prepare(&around).await.map_err(failed)?, prefix)
    } else {
        (prepared, 0)
    };
    let stream = rows(client, &statement, &query.parameters).await;
    let stream = stream.map_err(|error| failure::running(&error, clock, prefix))?;
    Ok((columns, stream, decoders))
}

async fn rows(
    client: &Client,
    statement: &Statement,
    parameters: &[String],
) -> Result<RowStream, tokio_postgres::Error> {
    let values: Vec<Text<'_>> = parameters.iter().map(|value| Text(value)).collect();
    client.query_raw(statement, &values).await
}

/// The transaction: reads only, for so long. All of this ends with it.
fn opening(flavour: Flavour, limit: Duration) -> String {
    let milliseconds = limit.as_millis();
    match flavour {
        Flavour::Redshift => format!(
            "BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}; \
             SET LOCAL DateStyle = 'ISO, YMD'"
        ),
        Flavour::Postgres => format!(
            "BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}; \
             SET LOCAL idle_in_transaction_session_timeout = {milliseconds}; \
             SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601'; \
             SET LOCAL bytea_output = 'hex'; SET LOCAL client_min_messages = 'error'"
        ),
    }
}

/// What is different for each query. A statement that reads, so that from here on the transaction
/// can no longer be made one that writes.
async fn set(
    client: &Client,
    query: &Query,
    settings: &PostgresSettings,
) -> Result<(), tokio_postgres::Error> {
    let zone: &(dyn ToSql + Sync) = &query.time_zone;
    let set = match &settings.schema {
        None => {
            let text = "SELECT set_config('TimeZone', $1, true)";
            client.query_typed(text, &[(zone, Type::TEXT)]).await
        }
        Some(schema) => {
            let path = format!("\"{}\"", schema.replace('"', "\"\""));
            let path: &(dyn ToSql + Sync) = &path;
            let text =
                "SELECT set_config('TimeZone', $1, true), set_config('search_path', $2, true)";
            let values = [(zone, Type::TEXT), (path, Type::TEXT)];
            client.query_typed(text, &values).await
        }
    };
    set.map(drop)
}

/// The statement with the columns that cannot be read as they are turned into text, and how many
/// characters were put before it. It has been prepared on its own before, so it is one statement.
fn as_text(sql: &str, decoders: &[Decoder]) -> (String, u32) {
    let names: Vec<String> = (1..=decoders.len()).map(|n| format!("c{n}")).collect();
    let picked: Vec<String> = names
        .iter()
        .zip(decoders)
        .map(|(name, decoder)| match decoder {
            Decoder::AsText => format!("q.{name}::text"),
            _ => format!("q.{name}"),
        })
        .collect();
    let before = format!("SELECT {} FROM (\n", picked.join(", "));
    let prefix = u32::try_from(before.chars().count()).unwrap_or(u32::MAX);
    // The line break ends a comment.
    let text = format!("{before}{sql}\n) AS q ({})", names.join(", "));
    (text, prefix)
}

struct PostgresRows {
    session: Session,
    /// None at the end.
    stream: Option<Pin<Box<RowStream>>>,
    decoders: Vec<Decoder>,
    left: u64,
    is_truncated: bool,
    clock: Clock,
}

impl PostgresRows {
    async fn batch(&mut self) -> Result<Option<Vec<Row>>, WarehouseError> {
        let (mut batch, mut bytes) = (Vec::new(), 0_usize);
        while let Some(stream) = &mut self.stream {
            let next = if batch.is_empty() {
                let patience = self.clock.limit + GRACE;
                let next = tokio::time::timeout(patience, stream.next()).await;
                next.map_err(|_elapsed| self.clock.late())?
            } else {
                match stream.next().now_or_never() {
                    Some(next) => next,
                    None => break,
                }
            };
            match next {
                None => {
                    self.stream = None;
                    self.session.finish().await;
                }
                Some(Ok(_)) if self.left == 0 => {
                    self.is_truncated = true;
                    // Stops the query.
                    self.stream = None;
                    self.session.stop();
                }
                Some(Ok(row)) => {
                    self.left -= 1;
                    bytes = bytes.saturating_add(row.raw_size_bytes());
                    batch.push(self.read(&row)?);
                }
                Some(Err(error)) => {
                    let error = failure::running(&error, self.clock, 0);
                    self.stream = None;
                    if error != WarehouseError::Lost {
                        self.session.finish().await;
                    }
                    return Err(error);
                }
            }
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                break;
            }
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn read(&self, row: &tokio_postgres::Row) -> Result<Row, WarehouseError> {
        let values = self.decoders.iter().enumerate();
        values.map(|(n, decoder)| decoder.read(row, n)).collect()
    }
}

impl RowSource for PostgresRows {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Vec<Row>>, WarehouseError>> {
        Box::pin(self.batch())
    }

    fn is_truncated(&self) -> bool {
        self.is_truncated
    }
}
