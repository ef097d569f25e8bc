//! `compileMetricQuery`: the SQL of a query, without running it.

use super::{
    engine::{Asker, NotCompiled, Queries},
    source::question_of,
    spec::{Ask, Spec},
};
use crate::{
    domains::{
        content::metric_query::{MetricQueryInput, custom_sql_beside_models},
        model::DateGranularity,
    },
    gql::{Refusal, ScopeExt as _, UserErrors, id_argument},
    kernel::{Error, Result, entity, entity::ProjectId},
    semantic::resolve::Warning,
};
use async_graphql::{Context, ID, Object, SimpleObject};
use serde_json::Value;

/// A query as SQL.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct CompiledQuery {
    /// The statement, with placeholders for values.
    sql: String,
    /// The values of the placeholders in order, as texts.
    values: Vec<String>,
    /// What the caller should know, such as metrics that joins count twice.
    warnings: Vec<String>,
}

/// Root fields that read queries.
#[derive(Default)]
pub struct CompileQuery;

#[Object]
impl CompileQuery {
    /// Turns a metric query into SQL without running it. Needs EXPLORE_USE on the project, and
    /// CUSTOM_SQL_USE for SQL of one's own in it.
    async fn compile_metric_query(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project whose explore is asked.")] project_id: ID,
        #[graphql(desc = "The query.")] query: Box<MetricQueryInput>,
        #[graphql(desc = "Another unit for the first date dimension of the query.")]
        granularity: Option<DateGranularity>,
        #[graphql(desc = "Values of the parameters that the models of the explore use, by name.")]
        parameters: Option<Value>,
    ) -> Result<CompiledQuery> {
        let project = id_argument::<entity::Project>("projectId", &project_id)?;
        let question = (&*query, granularity, parameters.as_ref());
        // Boxed: the futures of all root fields have room for this one.
        Box::pin(compile(ctx, project, question)).await
    }
}

async fn compile(
    ctx: &Context<'_>,
    project: ProjectId,
    (query, granularity, parameters): (&MetricQueryInput, Option<DateGranularity>, Option<&Value>),
) -> Result<CompiledQuery> {
    let scope = ctx.scope();
    let (viewer, queries) = (scope.viewer()?, Queries::of(ctx)?);
    let mut errors = UserErrors::default();
    let question = question_of(&mut errors, "", query, granularity, parameters);
    check(errors)?;
    let conn = scope.conn().await?;
    let conn = conn.get()?;
    let seen = viewer.see::<entity::Project>(conn, project).await?;
    let organization = seen.place().organization.ok_or(Error::NotFound)?;
    let asker = Asker {
        viewer,
        organization,
        project,
        now: scope.clock.now(),
    };
    let place = (organization, project);
    let written =
        custom_sql_beside_models(conn, &queries.models, place, viewer.user, &question.query)
            .await?;
    let writes_sql = !written.is_empty();
    let spec = Spec {
        chart: None,
        chart_version: None,
        ask: Ask::Metric(question),
        accepts_cached: false,
        writes_sql,
        totals_of: None,
    };
    queries.authorize(conn, asker, &spec).await?;
    let compiled = match queries.compile(conn, asker, &spec.ask).await {
        Ok(compiled) => compiled,
        Err(NotCompiled::Error(error)) => return Err(error),
        Err(NotCompiled::Refused(refused)) => {
            let mut issues = refused.issues.iter();
            let of_parameters = issues.all(|issue| issue.path.starts_with("parameters"));
            let argument = if of_parameters { "parameters" } else { "query" };
            return Err(Error::invalid(argument, refused.to_string()));
        }
    };
    let told = |warning: Warning| warning.message;
    Ok(CompiledQuery {
        sql: compiled.statement.sql,
        values: compiled.statement.values,
        warnings: compiled.warnings.into_iter().map(told).collect(),
    })
}

/// The mistakes as one error of the argument.
fn check(errors: UserErrors) -> Result<()> {
    let mistakes = match errors.check() {
        Ok(()) => return Ok(()),
        Err(Refusal::User(mistakes)) => mistakes,
        Err(Refusal::Error(error)) => return Err(error),
    };
    let texts: Vec<String> = mistakes
        .into_iter()
        .map(|mistake| match mistake.path {
            Some(path) => format!("{}: {}", path.join("."), mistake.message),
            None => mistake.message,
        })
        .collect();
    Err(Error::invalid("query", texts.join("; ")))
}
