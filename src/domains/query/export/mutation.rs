//! `exportQueryResults`.

use super::{
    RunExport,
    input::ExportQueryResultsInput,
    kind::{compile, layout},
    order::{Order, Shape},
};
use crate::{
    authz::Permission,
    domains::{
        platform::job::{self, Job, JobRow},
        query::{
            engine::Queries,
            mutation::{authorize, refusal},
            source,
        },
    },
    gql::{Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, mutate, payload},
    jobs::{Jobs, NewJob},
    kernel::Result,
};
use async_graphql::{Context, Object, SimpleObject};
use std::sync::Arc;

/// What `exportQueryResults` answers.
#[derive(SimpleObject)]
pub(crate) struct ExportQueryResultsPayload {
    /// The job that writes the file, which is its result; null if there are mistakes.
    pub job: Option<Job>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations that export.
#[derive(Default)]
pub struct ExportMutation;

#[Object]
impl ExportMutation {
    /// Writes the rows of a query, a chart or SQL into a file. Needs RESULT_EXPORT on the project beside
    /// what running the source needs. The file is the result of the job: follow it with `jobUpdated`.
    async fn export_query_results(
        &self,
        ctx: &Context<'_>,
        input: ExportQueryResultsInput,
    ) -> Result<ExportQueryResultsPayload> {
        let (queue, queries) = (job::queue(ctx)?, Queries::of(ctx)?);
        let outcome = mutate(ctx.scope(), "exportQueryResults", async |tx| {
            Box::pin(start(tx, queue, queries, &input)).await
        })
        .await?;
        let (job, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(ExportQueryResultsPayload { job, user_errors })
    }
}

async fn start(
    tx: &Tx<'_>,
    queue: &Jobs,
    queries: &Queries,
    input: &ExportQueryResultsInput,
) -> Result<JobRow, Refusal> {
    let mut errors = UserErrors::default();
    let shape = Shape::read(&mut errors, input);
    errors.check()?;
    let asked = source::resolve(tx, queries, "source", &input.source).await?;
    tx.audit(|entry| {
        entry.organization = Some(asked.organization);
        entry.target(asked.project);
    });
    let who = authorize(tx, queries, &asked).await?;
    let mut order = Order {
        organization: asked.organization,
        project: asked.project,
        spec: asked.spec.clone(),
        shape,
    };
    may_export(tx, queries, &order)?;
    if order.shape.name.is_empty() {
        order.shape.name = order.default_name().to_owned();
    }
    let compiled = compile(queries, tx.conn, who, &order).await;
    let (compiled, around) = compiled.map_err(|error| refusal(error, &asked))?;
    // Columns of SQL are known when it runs.
    if let Some(columns) = &compiled.columns {
        layout(&order, columns, &around).map_err(|mistakes| {
            let told = mistakes.into_iter();
            let told = told
                .map(|wrong| UserError::new(UserErrorCode::Invalid, &wrong.path, wrong.message));
            Refusal::User(told.collect())
        })?;
    }
    let new = NewJob::of::<RunExport>(&order)?
        .on_behalf_of(tx.viewer.user, Some(order.organization))
        .in_project(order.project);
    job::enqueue(tx, queue, &new).await
}

/// What exporting needs beside running.
fn may_export(tx: &Tx<'_>, queries: &Queries, order: &Order) -> Result<(), Refusal> {
    let ordinary = queries.config().max_rows;
    let Some(lacking) = order.lacks(&tx.viewer, ordinary) else {
        return Ok(());
    };
    let (path, more) = match lacking {
        Permission::ResultExportUnlimited => ("csvLimit", format!(" of more than {ordinary} rows")),
        _ => ("source", String::new()),
    };
    let text = format!(
        "you need the permission {} for exports{more}",
        lacking.as_str()
    );
    Err(Refusal::user(UserErrorCode::Forbidden, path, text))
}
