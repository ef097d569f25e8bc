//! Mutations that run queries.

use super::{
    engine::{Asker, NotCompiled, Queries},
    kind::{QueryPayload, RunMetricQuery, RunSql, RunTotals},
    run::{
        QueryKind, QueryRun, QueryRunRow,
        store::{self, NewRun},
    },
    source::{
        self, Asked, ProjectMetricQueryInput, QuerySourceInput, UnderlyingCellInput, values_of,
    },
    spec::{Ask, AskedCell, Question, Spec},
    wait,
};
use crate::{
    authz::System,
    domains::platform::job::{self, Job, JobRow},
    gql::{Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, mutate},
    jobs::{Jobs, NewJob},
    kernel::{
        Error, Result,
        entity::{JobId, OrganizationId, QueryRunId},
        milliseconds,
    },
    semantic::error::{Code, Refused},
};
use async_graphql::{Context, InputObject, Object, SimpleObject};
use std::time::{Duration, Instant};

/// A query to run.
#[derive(Debug, InputObject)]
pub(crate) struct RunQueryInput {
    /// What is to be run.
    pub source: QuerySourceInput,
    /// How long the answer may wait for the rows, at most 25. A run that takes longer goes on; watch its
    /// job.
    #[graphql(default = 0)]
    pub wait_seconds: i32,
}

/// What `runQuery` answers.
#[derive(SimpleObject)]
pub(crate) struct RunQueryPayload {
    /// The job that runs it; null if there are mistakes.
    pub job: Option<Job>,
    /// The run, with rows if they came in time; null if there are mistakes.
    pub query_run: Option<QueryRun>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// Totals to compute.
#[derive(Debug, InputObject)]
pub(crate) struct CalculateTotalsInput {
    /// What is to be totalled: a metric query, a chart, or an earlier run of one.
    pub source: QuerySourceInput,
    /// How long the answer may wait, at most 25.
    #[graphql(default = 0)]
    pub wait_seconds: i32,
}

/// What `calculateTotals` answers.
#[derive(SimpleObject)]
pub(crate) struct CalculateTotalsPayload {
    /// The job that computes them; null if there are mistakes.
    pub job: Option<Job>,
    /// The run, with `totals` if they came in time; null if there are mistakes.
    pub query_run: Option<QueryRun>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// Rows behind a value to fetch.
#[derive(Debug, InputObject)]
pub(crate) struct RunUnderlyingDataQueryInput {
    /// The query whose result has the cell. Without a cell: a query for the rows, with their dimensions,
    /// filtered to what the value was computed from.
    pub source: ProjectMetricQueryInput,
    /// The cell. The rows are then those that its value was computed from, with the fields that the models
    /// show for it.
    pub cell: Option<UnderlyingCellInput>,
    /// How long the answer may wait, at most 25.
    #[graphql(default = 0)]
    pub wait_seconds: i32,
}

/// What `runUnderlyingDataQuery` answers.
#[derive(SimpleObject)]
pub(crate) struct RunUnderlyingDataQueryPayload {
    /// The job that runs it; null if there are mistakes.
    pub job: Option<Job>,
    /// The run, with rows if they came in time; null if there are mistakes.
    pub query_run: Option<QueryRun>,
    /// Mistakes in the input; nothing was started if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations that run queries.
#[derive(Default)]
pub struct QueryRunMutation;

#[Object]
impl QueryRunMutation {
    /// Runs a metric query, a saved chart, a tile of a dashboard, or SQL. With `waitSeconds` the rows come
    /// in this answer if they are quick; otherwise follow the job with `jobUpdated`.
    async fn run_query(&self, ctx: &Context<'_>, input: RunQueryInput) -> Result<RunQueryPayload> {
        let outcome = start(ctx, "runQuery", input.wait_seconds, async |tx, queries| {
            source::resolve(tx, queries, "source", &input.source).await
        });
        let (job, query_run, user_errors) = outcome.await?;
        Ok(RunQueryPayload {
            job,
            query_run,
            user_errors,
        })
    }

    /// Fetches the rows behind an aggregated value. Needs UNDERLYING_DATA_VIEW on the project.
    async fn run_underlying_data_query(
        &self,
        ctx: &Context<'_>,
        input: RunUnderlyingDataQueryInput,
    ) -> Result<RunUnderlyingDataQueryPayload> {
        let action = "runUnderlyingDataQuery";
        let outcome = start(ctx, action, input.wait_seconds, async |tx, queries| {
            let mut errors = UserErrors::default();
            let cell = input.cell.as_ref().map(|cell| read_cell(&mut errors, cell));
            errors.check()?;
            let ask = |question| Ask::Underlying(Question { cell, ..question });
            source::of_query(tx, queries, "source", &input.source, ask).await
        });
        let (job, query_run, user_errors) = outcome.await?;
        Ok(RunUnderlyingDataQueryPayload {
            job,
            query_run,
            user_errors,
        })
    }

    /// Computes one value per metric over all rows that a query finds, not only those that it returns;
    /// exact for every kind of metric. They are in `totals`, and with `queryRunId` beside the rows of
    /// that run too.
    async fn calculate_totals(
        &self,
        ctx: &Context<'_>,
        input: CalculateTotalsInput,
    ) -> Result<CalculateTotalsPayload> {
        let action = "calculateTotals";
        let outcome = start(ctx, action, input.wait_seconds, async |tx, queries| {
            let asked = source::resolve(tx, queries, "source", &input.source).await?;
            totalled(asked, &input.source)
        });
        let (job, query_run, user_errors) = outcome.await?;
        Ok(CalculateTotalsPayload {
            job,
            query_run,
            user_errors,
        })
    }
}

fn read_cell(errors: &mut UserErrors, cell: &UnderlyingCellInput) -> AskedCell {
    AskedCell {
        field_id: cell.field_id.as_str().to_owned(),
        row: values_of(errors, "cell.row", cell.row.as_ref()),
        pivot: values_of(errors, "cell.pivot", cell.pivot.as_ref()),
    }
}

/// The totals of what is asked.
fn totalled(asked: Asked, source: &QuerySourceInput) -> Result<Asked, Refusal> {
    let Some(question) = asked.spec.ask.question().cloned() else {
        let text = "SQL cannot be totalled: write the totals in SQL";
        return Err(Refusal::user(UserErrorCode::Invalid, &asked.path, text));
    };
    let totals_of = match source {
        QuerySourceInput::QueryRunId(id) => id.parse().ok(),
        _ => None,
    };
    let spec = Spec {
        ask: Ask::Totals(question),
        totals_of,
        ..asked.spec
    };
    Ok(Asked { spec, ..asked })
}

type Started = (Option<Job>, Option<QueryRun>, Vec<UserError>);

/// Stores what is asked as a run with its job, starts it, and waits for a while.
async fn start<F>(
    ctx: &Context<'_>,
    action: &'static str,
    wait_seconds: i32,
    resolve: F,
) -> Result<Started>
where
    F: AsyncFnOnce(&Tx<'_>, &Queries) -> Result<Asked, Refusal>,
{
    let (queue, queries, scope) = (job::queue(ctx)?, Queries::of(ctx)?, ctx.scope());
    let outcome = mutate(scope, action, async |tx| {
        let mut errors = UserErrors::default();
        if !(0..=wait::LONGEST).contains(&wait_seconds) {
            let text = format!("must be between 0 and {}", wait::LONGEST);
            errors.add(UserErrorCode::Invalid, "waitSeconds", text);
        }
        errors.check()?;
        let asked = Box::pin(resolve(tx, queries)).await?;
        Box::pin(stored(tx, queue, queries, asked)).await
    })
    .await?;
    let (run, job, organization) = match outcome {
        Ok(started) => started,
        Err(mistakes) => return Ok((None, None, mistakes)),
    };
    let patience = Duration::from_secs(u64::try_from(wait_seconds).unwrap_or_default());
    // Nobody else should wait for the connection while this request waits for a warehouse.
    scope.release().await;
    wait::start_and_wait(queue, job, organization, patience).await?;
    let (job, run) = tokio::join!(ctx.by_id::<JobRow>(job), ctx.by_id::<QueryRunRow>(run));
    let job = job?.ok_or(Error::NotFound)?;
    let run = run?.ok_or(Error::NotFound)?;
    Ok((Some(job.into()), Some(run.into()), Vec::new()))
}

async fn stored(
    tx: &Tx<'_>,
    queue: &Jobs,
    queries: &Queries,
    asked: Asked,
) -> Result<(QueryRunId, JobId, OrganizationId), Refusal> {
    let Asked {
        organization,
        project,
        spec,
        ..
    } = &asked;
    tx.audit(|entry| {
        entry.organization = Some(*organization);
        entry.target(*project);
    });
    let who = authorize(tx, queries, &asked).await?;
    let began = Instant::now();
    let compiled = queries.compile(tx.conn, who, &spec.ask).await;
    let compiled = compiled.map_err(|error| refusal(error, &asked))?;
    let compile_ms = milliseconds(began.elapsed());
    let id = QueryRunId::new();
    let payload = QueryPayload { run: id };
    let (kind, new) = match &spec.ask {
        Ask::Metric(_) | Ask::Underlying(_) => (
            QueryKind::MetricQuery,
            NewJob::of::<RunMetricQuery>(&payload)?,
        ),
        Ask::Totals(_) => (QueryKind::Totals, NewJob::of::<RunTotals>(&payload)?),
        Ask::Sql(_) => (QueryKind::SqlQuery, NewJob::of::<RunSql>(&payload)?),
    };
    let new = new
        .on_behalf_of(tx.viewer.user, Some(*organization))
        .in_project(*project);
    let run = NewRun {
        id,
        project: *project,
        kind,
        permission: spec.ask.permission(),
        dashboard: asked.dashboard,
        dashboard_filters: asked.dashboard_filters.clone(),
        spec,
        compiled: &compiled,
        compile_ms,
        at: tx.now,
        by: tx.viewer.user,
    };
    let system = System::new("a run that its user was found to have the right to");
    let run = store::create(system, &run)?;
    let job = job::enqueue_quietly(tx, queue, &new, run).await?;
    Ok((id, job, *organization))
}

/// Whoever runs the mutation, if they may run what is asked.
pub(super) async fn authorize<'a>(
    tx: &'a Tx<'_>,
    queries: &Queries,
    asked: &Asked,
) -> Result<Asker<'a>, Refusal> {
    let who = Asker {
        viewer: &tx.viewer,
        organization: asked.organization,
        project: asked.project,
        now: tx.now,
    };
    let authorized = queries.authorize(tx.conn, who, &asked.spec).await;
    authorized.map_err(|error| match error {
        Error::Forbidden(text) => Refusal::user(UserErrorCode::Forbidden, "source", text),
        other => other.into(),
    })?;
    Ok(who)
}

/// Mistakes of the query at their places in the input.
pub(super) fn refusal(error: NotCompiled, asked: &Asked) -> Refusal {
    let Refused { issues } = match error {
        NotCompiled::Refused(refused) => refused,
        NotCompiled::Error(error) => return error.into(),
    };
    // The query of a chart is not in the input: the place inside is part of the sentence.
    let is_given = asked.is_given;
    let question = asked.spec.ask.question();
    let has_cell = question.is_some_and(|question| question.cell.is_some());
    let mut errors = UserErrors::default();
    for issue in issues {
        let code = match issue.code {
            Code::UnknownExplore | Code::ExploreError => UserErrorCode::ExploreError,
            Code::MissingAttribute => UserErrorCode::Forbidden,
            Code::LimitTooHigh => UserErrorCode::LimitExceeded,
            _ => UserErrorCode::Invalid,
        };
        let of_cell = |place: &str| {
            let first = place.split('.').next().unwrap_or_default();
            has_cell && ["fieldId", "row", "pivot"].contains(&first)
        };
        let of_parameters = |place: &str| {
            let rest = place.strip_prefix("parameters")?;
            Some(format!("{}{rest}", asked.parameters.as_ref()?))
        };
        if let Some((path, begin)) = asked.told_elsewhere(&issue.path) {
            let text = match begin {
                Some(place) => format!("{place}: {}", issue.message),
                None => issue.message,
            };
            errors.add(code, &path, text);
            continue;
        }
        let (path, text) = match (is_given, issue.path.as_str()) {
            (_, place) if of_parameters(place).is_some() => {
                (of_parameters(place).unwrap_or_default(), issue.message)
            }
            (_, place) if of_cell(place) => (format!("cell.{place}"), issue.message),
            (_, "") => (asked.path.clone(), issue.message),
            (true, place) => (format!("{}.{place}", asked.path), issue.message),
            (false, place) => (asked.path.clone(), format!("{place}: {}", issue.message)),
        };
        errors.add(code, &path, text);
    }
    match errors.check() {
        Err(refusal) => refusal,
        Ok(()) => Error::fault("a query was refused for nothing").into(),
    }
}
