//! The jobs that run queries.

use super::{
    engine::{Asker, Compiled, Queries},
    export::RunExport,
    failure::{not_compiled, open, warehouse},
    result::{Answer, Parts, columns_of, raw, row_bytes, store as results},
    run::{
        QueryRunRow,
        store::{self, Given, Outcome, Took},
    },
    spec::{Ask, Spec},
    validation::Validate,
};
use crate::{
    authz::System,
    domains::warehouse::connection::OpenWarehouse,
    gql::FieldId,
    jobs::{Authority, Failure, Handlers, Kind, Priority, RunContext},
    kernel::{Clock as _, SystemClock, entity::QueryRunId, milliseconds},
    services::warehouse::{Query, Rows},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, Instant};

/// What a job of a query is asked to do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct QueryPayload {
    /// The run.
    pub run: QueryRunId,
}

/// What a job of a query made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct QueryReport {
    /// The run.
    pub run: QueryRunId,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $(
            $(#[$doc])*
            pub(super) struct $name(Queries);

            impl Kind for $name {
                const NAME: &'static str = $text;
                const PRIORITY: Priority = Priority::Interactive;
                const MAX_ATTEMPTS: i32 = 3;
                const AUTHORITY: Authority = Authority::Viewer;
                type Payload = QueryPayload;
                type Report = QueryReport;

                async fn run(&self, ctx: &RunContext, payload: QueryPayload) -> Result<QueryReport, Failure> {
                    run(&self.0, ctx, payload.run).await
                }
            }
        )*

        /// Adds the kinds of jobs that run, export and check queries.
        #[must_use]
        pub fn with_kinds(handlers: Handlers, queries: &Queries) -> Handlers {
            handlers
                $(.with($name(queries.clone())))*
                .with(RunExport(queries.clone()))
                .with(Validate(queries.clone()))
        }
    };
}
kinds! {
    /// Runs metric queries.
    RunMetricQuery = "METRIC_QUERY";
    /// Runs SQL that somebody wrote.
    RunSql = "SQL_QUERY";
    /// Computes the totals of metric queries.
    RunTotals = "TOTALS";
}

/// Runs what was asked for, with the rights of now, unless the answer is known.
async fn run(queries: &Queries, ctx: &RunContext, id: QueryRunId) -> Result<QueryReport, Failure> {
    let system = System::new("running a query as a job of its user");
    let viewer = ctx.viewer()?.clone();
    let conn = ctx.db.get().await?;
    let row = store::get(&conn, system, id).await?;
    let spec: Spec = serde_json::from_value(row.spec.clone())
        .map_err(|error| Failure::invalid(format!("what it was asked cannot be read: {error}")))?;
    let asker = Asker {
        viewer: &viewer,
        organization: row.organization_id,
        project: row.project_id,
        now: SystemClock.now(),
    };
    queries.authorize(&conn, asker, &spec).await?;
    // Neither needs the other: their statements share the way to the database.
    let (compiled, opened) = tokio::join!(
        queries.compile(&conn, asker, &spec.ask),
        open(queries, &conn, asker)
    );
    let (compiled, opened) = (compiled.map_err(not_compiled)?, opened?);
    let key = key(&row, &opened, &compiled);
    let known = if spec.accepts_cached {
        results::find(&conn, system, row.project_id, &key).await?
    } else {
        None
    };
    drop(conn);
    let work = Work {
        queries,
        ctx,
        row: &row,
        spec: &spec,
        compiled: &compiled,
    };
    match known {
        Some(answer) => work.finish_known(&answer).await?,
        None => work.ask(&opened, &key).await?,
    }
    Ok(QueryReport { run: id })
}

/// A run under way.
struct Work<'a> {
    queries: &'a Queries,
    ctx: &'a RunContext,
    row: &'a QueryRunRow,
    spec: &'a Spec,
    compiled: &'a Compiled,
}

/// What came from the warehouse.
struct Fetched {
    waited: Duration,
    columns: Vec<crate::semantic::Column>,
    rows: Parts,
    /// The values of the first row.
    first: Option<Vec<Value>>,
    is_truncated: bool,
}

impl Work<'_> {
    /// Notes an answer that is known.
    async fn finish_known(&self, answer: &Answer) -> Result<(), Failure> {
        let system = System::new("a run is answered by an earlier one");
        let conn = self.ctx.db.get().await?;
        let totals = match &self.spec.ask {
            Ask::Totals(_) => {
                let rows = results::rows(&conn, system, answer.id, &(0..1)).await?;
                rows.first().and_then(|row| self.totals(row))
            }
            _ => None,
        };
        let outcome = Outcome {
            answer: Given::Earlier(answer),
            compiled: self.compiled,
            totals: totals.clone(),
        };
        store::finish(&conn, system, self.row.id, outcome).await?;
        self.give_totals(&conn, totals).await
    }

    /// Asks the warehouse and stores the answer.
    async fn ask(&self, opened: &OpenWarehouse, key: &[u8]) -> Result<(), Failure> {
        let began = Instant::now();
        // Dropping it stops the statement in the warehouse.
        let fetched = self.ctx.unless_stopped(self.fetch(opened)).await??;
        let took = Took {
            wait_ms: milliseconds(fetched.waited),
            warehouse_ms: milliseconds(began.elapsed().saturating_sub(fetched.waited)),
            storing: Instant::now(),
        };
        let system = System::new("storing the answer of a warehouse");
        let conn = self.ctx.db.get().await?;
        let first = fetched.first.as_deref();
        let totals = first.and_then(|values| self.totals(values));
        let new = results::NewAnswer {
            organization: self.row.organization_id,
            project: self.row.project_id,
            key,
            columns: fetched.columns,
            rows: fetched.rows,
            is_truncated: fetched.is_truncated,
            life: self.queries.config().result_life,
        };
        let outcome = Outcome {
            answer: Given::New(new, took),
            compiled: self.compiled,
            totals: totals.clone(),
        };
        store::finish(&conn, system, self.row.id, outcome).await?;
        self.give_totals(&conn, totals).await
    }

    async fn fetch(&self, opened: &OpenWarehouse) -> Result<Fetched, Failure> {
        let query = Query {
            sql: self.compiled.statement.sql.clone(),
            parameters: self.compiled.statement.values.clone(),
            time_zone: self.compiled.time_zone.clone(),
            row_limit: self.compiled.row_limit,
            timeout: None,
        };
        let mut rows: Rows = opened
            .warehouse
            .run(&query)
            .await
            .map_err(|error| warehouse(&error))?;
        let columns = match &self.compiled.columns {
            Some(columns) => columns.clone(),
            None => columns_of(rows.columns()),
        };
        let (mut written, mut first, mut bytes) = (Parts::default(), None, 0_u64);
        let most = self.queries.config().max_bytes;
        let mut is_too_long = false;
        while let Some(batch) = rows.next().await.map_err(|error| warehouse(&error))? {
            for row in &batch {
                // The first row is given, however long it is.
                is_too_long = bytes > 0 && bytes.saturating_add(row_bytes(row)) > most;
                if is_too_long {
                    break;
                }
                bytes = bytes.saturating_add(row_bytes(row));
                first.get_or_insert_with(|| row.iter().map(raw).collect());
                written.push(row)?;
            }
            if is_too_long {
                break;
            }
            let count = i32::try_from(written.count()).unwrap_or(i32::MAX);
            self.ctx.progress(count, None, "reading rows");
        }
        Ok(Fetched {
            waited: rows.waited(),
            columns,
            is_truncated: is_too_long || rows.is_truncated(),
            rows: written,
            first,
        })
    }

    /// The totals that a row is: one value per metric of the query, null for what cannot be totalled.
    fn totals(&self, row: &[Value]) -> Option<Value> {
        let Ask::Totals(question) = &self.spec.ask else {
            return None;
        };
        let columns = self.compiled.columns.as_deref().unwrap_or_default();
        let metrics = question.query.metrics.iter().map(FieldId::as_str);
        let calculations = question.query.table_calculations.iter();
        let mut totals: Map<String, Value> = metrics
            .chain(calculations.map(|calculation| calculation.name.as_str()))
            .map(|name| (name.to_owned(), Value::Null))
            .collect();
        for (column, value) in columns.iter().zip(row) {
            totals.insert(column.field_id.clone(), value.clone());
        }
        Some(Value::Object(totals))
    }

    /// Puts totals beside the rows of the run that they were asked for.
    async fn give_totals(
        &self,
        conn: &crate::db::Conn,
        totals: Option<Value>,
    ) -> Result<(), Failure> {
        if let (Some(of), Some(totals)) = (self.spec.totals_of, totals) {
            let system = System::new("the totals of a run of the same user");
            store::set_totals(conn, system, of, totals).await?;
        }
        Ok(())
    }
}

/// Everything that the answer depends on: where it is asked, with whose credentials, and what.
fn key(row: &QueryRunRow, opened: &OpenWarehouse, compiled: &Compiled) -> [u8; 32] {
    let personal = opened.personal.map(|id| id.to_string()).unwrap_or_default();
    let limit = compiled.row_limit.to_string();
    let mut hash = Sha256::new();
    let parts = [
        row.project_id.to_string(),
        opened.address.clone(),
        personal,
        compiled.time_zone.clone(),
        limit,
        compiled.statement.sql.clone(),
    ];
    for part in parts.iter().chain(&compiled.statement.values) {
        // With their length, so that no two lists of parts read the same.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
