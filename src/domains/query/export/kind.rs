//! The job that makes a file.

use super::{
    layout::{Layout, Mistake, Surroundings},
    name::file_name,
    order::Order,
    sheet::SHEET_ROWS,
    store::{self, NewFile},
    work::Work,
};
use crate::{
    authz::System,
    db::Conn,
    domains::query::{
        engine::{Asker, Compiled, NotCompiled, Queries},
        export::input::OutputFormat,
        failure::{not_compiled, open, warehouse},
        result::columns_of,
        spec::{Ask, Question},
    },
    gql::FieldId,
    jobs::{Authority, Failure, Kind, Priority, RunContext},
    kernel::{Clock as _, SystemClock, entity::ExportedFileId},
    semantic::{Column, fields},
    services::warehouse::{Query, Rows},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What an export made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ExportReport {
    /// The file.
    pub file: ExportedFileId,
}

/// Writes the rows of a query into a file.
pub(in crate::domains::query) struct RunExport(pub(in crate::domains::query) Queries);

impl Kind for RunExport {
    const NAME: &'static str = "EXPORT";
    // Somebody waits for it, but not in the slots of queries: it may take minutes.
    const PRIORITY: Priority = Priority::High;
    const MAX_ATTEMPTS: i32 = 3;
    const AUTHORITY: Authority = Authority::Viewer;
    type Payload = Order;
    type Report = ExportReport;

    async fn run(&self, ctx: &RunContext, order: Order) -> Result<ExportReport, Failure> {
        let run = Run {
            queries: &self.0,
            ctx,
            order: &order,
        };
        Box::pin(run.run()).await
    }
}

/// One attempt.
struct Run<'a> {
    queries: &'a Queries,
    ctx: &'a RunContext,
    order: &'a Order,
}

impl Run<'_> {
    async fn run(&self) -> Result<ExportReport, Failure> {
        let Self { ctx, order, .. } = self;
        let config = self.queries.config();
        let viewer = ctx.viewer()?.clone();
        let asker = order.asker(&viewer, SystemClock.now());
        let conn = ctx.db.get().await?;
        if let Some(lacking) = order.lacks(&viewer, config.max_rows) {
            return Err(Failure::forbidden(lacking.refusal()));
        }
        self.queries.authorize(&conn, asker, &order.spec).await?;
        let (compiled, around) = compile(self.queries, &conn, asker, order)
            .await
            .map_err(not_compiled)?;
        let opened = open(self.queries, &conn, asker).await?;
        let file = ExportedFileId::new();
        let new = NewFile {
            id: file,
            organization: order.organization,
            project: order.project,
            user: viewer.user,
            chart: order.spec.chart,
            permissions: order.permissions(config.max_rows),
            name: file_name(&order.shape.name, order.shape.format.extension(), false),
            mime_type: order.shape.format.mime_type(),
            life: config.exports.life,
        };
        let system = System::new("an export as a job of its user");
        if !store::begin(&conn, system, ctx.lease(), &new).await? {
            return Err(Failure::Stopped);
        }
        drop(conn);
        let written = async {
            let query = self.query(&compiled);
            let rows = opened.warehouse.run(&query).await;
            let rows = rows.map_err(|error| warehouse(&error))?;
            self.write(file, rows, &compiled, &around).await
        };
        // Dropping the rows stops the statement in the warehouse.
        let written = ctx
            .unless_stopped(written)
            .await
            .and_then(|written| written);
        if written.is_err() {
            let conn = ctx.db.get().await?;
            store::remove(&conn, system, file).await?;
        }
        written.map(|()| ExportReport { file })
    }

    /// The statement with as many rows as the file can have.
    fn query(&self, compiled: &Compiled) -> Query {
        let config = self.queries.config();
        let shape = &self.order.shape;
        let columns = match &compiled.columns {
            Some(columns) => columns.len(),
            // Of SQL nobody knows before it answers: then they are counted.
            None => 1,
        };
        let room = room(config.exports.cells, columns, shape.format);
        Query {
            sql: compiled.statement.sql.clone(),
            parameters: compiled.statement.values.clone(),
            time_zone: compiled.time_zone.clone(),
            row_limit: shape.rows.most(config.max_rows, room),
            timeout: None,
        }
    }

    async fn write(
        &self,
        file: ExportedFileId,
        rows: Rows,
        compiled: &Compiled,
        around: &Surroundings,
    ) -> Result<(), Failure> {
        let Self { ctx, order, .. } = self;
        let config = self.queries.config();
        let columns = match &compiled.columns {
            Some(columns) => columns.clone(),
            None => columns_of(rows.columns()),
        };
        let layout = layout(order, &columns, around).map_err(|mistakes| told(&mistakes))?;
        let work = Work {
            ctx,
            shape: &order.shape,
            layout: &layout,
            config: &config.exports,
            room: room(config.exports.cells, columns.len(), order.shape.format),
            organization: order.organization,
            file,
        };
        let finished = work.write(rows).await?;
        ctx.checkpoint()?;
        let system = System::new("a file of an export is complete");
        let conn = ctx.db.get().await?;
        if store::finish(&conn, system, ctx.lease(), file, &finished).await? {
            return Ok(());
        }
        Err(Failure::Stopped)
    }
}

/// Most rows of a file.
fn room(cells: u64, columns: usize, format: OutputFormat) -> u64 {
    let columns = u64::try_from(columns).unwrap_or(u64::MAX).max(1);
    let rows = (cells / columns).max(1);
    match format {
        OutputFormat::Csv => rows,
        OutputFormat::Xlsx => rows.min(SHEET_ROWS),
    }
}

/// Compiles the query of an order, and finds what its layout depends on.
pub(super) async fn compile(
    queries: &Queries,
    conn: &Conn,
    asker: Asker<'_>,
    order: &Order,
) -> Result<(Compiled, Surroundings), NotCompiled> {
    let ask = &order.spec.ask;
    let rows = order.shape.rows.compiled(queries.config().exports.cells);
    let compiled = queries.compile_to(conn, asker, ask, rows).await?;
    let question = match ask {
        Ask::Sql(_) => return Ok((compiled, Surroundings::default())),
        Ask::Metric(question) | Ask::Underlying(question) | Ask::Totals(question) => question,
    };
    let columns = compiled.columns.as_deref().unwrap_or_default();
    let mut tables = HashMap::new();
    if order.shape.show_table_names {
        let active = queries.explore(conn, asker.project, question).await?;
        for Column { field_id, .. } in columns {
            let dimension = fields::dimension(&active.explore, field_id).map(|found| found.table);
            let metric = || fields::metric(&active.explore, field_id).map(|found| found.table);
            if let Some(table) = dimension.or_else(metric) {
                tables.insert(field_id.clone(), table.label.clone());
            }
        }
    }
    Ok((compiled, surroundings(question, tables)))
}

fn surroundings(question: &Question, tables: HashMap<String, String>) -> Surroundings {
    let query = &question.query;
    let text = |id: &FieldId| id.as_str().to_owned();
    let descending = query.sorts.iter().filter(|sort| sort.descending);
    Surroundings {
        dimensions: Some(query.dimensions.iter().map(text).collect()),
        descending: descending.map(|sort| text(&sort.field_id)).collect(),
        tables,
    }
}

/// The columns of the file.
pub(super) fn layout(
    order: &Order,
    columns: &[Column],
    around: &Surroundings,
) -> Result<Layout, Vec<Mistake>> {
    Layout::new(&order.shape.columns, columns, around)
}

fn told(mistakes: &[Mistake]) -> Failure {
    let told = mistakes
        .iter()
        .map(|mistake| format!("{}: {}", mistake.path, mistake.message));
    Failure::invalid(told.collect::<Vec<_>>().join("; "))
}
