//! From what the caller names to what is to be run.

mod dashboard;
mod input;

pub(super) use dashboard::Known;
pub(super) use input::{
    ChartRunInput, ProjectMetricQueryInput, ProjectSqlInput, QuerySourceInput, UnderlyingCellInput,
};

use super::{
    engine::Queries,
    run::store,
    spec::{Ask, Question, Spec},
};
use crate::{
    authz::{Permission, System},
    domains::{
        content::metric_query::{Checked, MetricQueryInput, custom_sql_beside_models},
        model::DateGranularity,
    },
    gql::{Refusal, Tx, UserErrorCode, UserErrors, id_at},
    kernel::{
        Error, Result, entity,
        entity::{DashboardId, OrganizationId, ProjectId},
    },
    semantic::request::DateZoom,
};
use indexmap::IndexMap;
use serde_json::Value;

/// Longest SQL that is run, in bytes.
const SQL_MAX: usize = 100_000;

/// What is to be run, and where.
pub(super) struct Asked {
    pub(super) organization: OrganizationId,
    pub(super) project: ProjectId,
    pub(super) spec: Spec,
    /// Where mistakes of the query are in the input.
    pub(super) path: String,
    /// Whether the query is there, so that places inside it can be named.
    pub(super) is_given: bool,
    /// Parts of the query that come from somewhere else.
    pub(super) elsewhere: Vec<Elsewhere>,
    /// Where values of parameters are in the input, if they can be given.
    pub(super) parameters: Option<String>,
    /// The dashboard on which a chart is run, and its filters that apply.
    pub(super) dashboard: Option<DashboardId>,
    pub(super) dashboard_filters: Value,
}

/// A part of a query that comes from somewhere else than the rest.
pub(super) struct Elsewhere {
    /// Where it is in the query.
    pub(super) inside: String,
    /// Where its mistakes are told.
    pub(super) at: String,
    /// What the part is called if it is not there itself: then places in it are a part of the sentence.
    pub(super) name: Option<String>,
}

impl Asked {
    /// Where a mistake at `place` in the query is told if that is in a part from elsewhere, and what its sentence begins
    /// with.
    pub(super) fn told_elsewhere(&self, place: &str) -> Option<(String, Option<String>)> {
        self.elsewhere.iter().find_map(|part| part.told(place))
    }
}

impl Elsewhere {
    fn told(&self, place: &str) -> Option<(String, Option<String>)> {
        let rest = place.strip_prefix(&self.inside)?;
        if !(rest.is_empty() || rest.starts_with('.')) {
            return None;
        }
        Some(match &self.name {
            Some(name) => (self.at.clone(), Some(format!("{name}{rest}"))),
            None => (format!("{}{rest}", self.at), None),
        })
    }
}

/// Finds what the input at `path` names, and checks that the caller may run it.
pub(super) async fn resolve(
    tx: &Tx<'_>,
    queries: &Queries,
    path: &str,
    source: &QuerySourceInput,
) -> Result<Asked, Refusal> {
    match source {
        QuerySourceInput::MetricQuery(input) => {
            let path = format!("{path}.metricQuery");
            of_query(tx, queries, &path, input, Ask::Metric).await
        }
        QuerySourceInput::Chart(input) => {
            dashboard::of_chart(tx, queries, &format!("{path}.chart"), input).await
        }
        QuerySourceInput::Sql(input) => of_sql(tx, &format!("{path}.sql"), input).await,
        QuerySourceInput::QueryRunId(id) => of_run(tx, &format!("{path}.queryRunId"), id).await,
    }
}

/// A metric query of a project.
pub(super) async fn of_query(
    tx: &Tx<'_>,
    queries: &Queries,
    path: &str,
    input: &ProjectMetricQueryInput,
    ask: impl FnOnce(Question) -> Ask,
) -> Result<Asked, Refusal> {
    let mut errors = UserErrors::default();
    let project = errors.id::<entity::Project>(&format!("{path}.projectId"), &input.project_id);
    let question = question_of(
        &mut errors,
        &format!("{path}."),
        &input.query,
        input.granularity,
        input.parameters.as_ref(),
    );
    errors.check()?;
    let seen = tx.see(&format!("{path}.projectId"), project).await?;
    let organization = seen.place().organization.ok_or(Error::NotFound)?;
    let place = (organization, project);
    let (models, user) = (&queries.models, tx.viewer.user);
    let written = custom_sql_beside_models(tx.conn, models, place, user, &question.query).await?;
    let writes_sql = !written.is_empty();
    if let Some((place, _)) = written.first()
        && !tx
            .viewer
            .at(seen.place())
            .contains(Permission::CustomSqlUse)
    {
        return Err(Refusal::user(
            UserErrorCode::Forbidden,
            &format!("{path}.query.{place}"),
            "you need the permission CUSTOM_SQL_USE to run SQL of your own in a query",
        ));
    }
    Ok(Asked {
        organization,
        project,
        spec: Spec {
            chart: None,
            chart_version: None,
            ask: ask(question),
            accepts_cached: !input.invalidate_cache,
            writes_sql,
            totals_of: None,
        },
        path: format!("{path}.query"),
        is_given: true,
        elsewhere: Vec::new(),
        parameters: Some(format!("{path}.parameters")),
        dashboard: None,
        dashboard_filters: Value::Array(Vec::new()),
    })
}

async fn of_sql(tx: &Tx<'_>, path: &str, input: &ProjectSqlInput) -> Result<Asked, Refusal> {
    let mut errors = UserErrors::default();
    let project = errors.id::<entity::Project>(&format!("{path}.projectId"), &input.project_id);
    let sql = input.sql.trim();
    let at = format!("{path}.sql");
    if sql.is_empty() {
        errors.add(
            UserErrorCode::Required,
            &at,
            "give a query, such as SELECT 1",
        );
    }
    if sql.len() > SQL_MAX {
        let text = format!("at most {SQL_MAX} bytes, got {}", sql.len());
        errors.add(UserErrorCode::Invalid, &at, text);
    }
    if sql.contains('\0') {
        errors.add(
            UserErrorCode::Invalid,
            &at,
            "SQL cannot hold the character NUL",
        );
    }
    errors.check()?;
    let seen = tx.see(&format!("{path}.projectId"), project).await?;
    let organization = seen.place().organization.ok_or(Error::NotFound)?;
    Ok(Asked {
        organization,
        project,
        spec: Spec {
            chart: None,
            chart_version: None,
            ask: Ask::Sql(sql.to_owned()),
            accepts_cached: false,
            writes_sql: false,
            totals_of: None,
        },
        path: at,
        is_given: false,
        elsewhere: Vec::new(),
        parameters: None,
        dashboard: None,
        dashboard_filters: Value::Array(Vec::new()),
    })
}

/// The same as an earlier run of the caller.
async fn of_run(tx: &Tx<'_>, path: &str, id: &str) -> Result<Asked, Refusal> {
    let id = id_at::<entity::QueryRun>(path, id)?;
    tx.see::<entity::QueryRun>(path, id).await?;
    let system = System::new("running again what the caller has run and still sees");
    let row = store::get(tx.conn, system, id).await?;
    let spec: Spec =
        serde_json::from_value(row.spec).map_err(|error| Error::from(anyhow::Error::new(error)))?;
    Ok(Asked {
        organization: row.organization_id,
        project: row.project_id,
        spec: Spec {
            accepts_cached: true,
            totals_of: None,
            ..spec
        },
        path: path.to_owned(),
        is_given: false,
        elsewhere: Vec::new(),
        parameters: None,
        dashboard: row.dashboard_id,
        dashboard_filters: row.dashboard_filters,
    })
}

/// The input as the compiler reads it; mistakes of form are noted at their path. `around` is how the paths of
/// `query` and `parameters` begin.
pub(super) fn question_of(
    errors: &mut UserErrors,
    around: &str,
    input: &MetricQueryInput,
    granularity: Option<DateGranularity>,
    parameters: Option<&Value>,
) -> Question {
    let query = Checked::new(errors).metric_query(&format!("{around}query"), input);
    let parameters = values_of(errors, &format!("{around}parameters"), parameters);
    Question {
        query,
        parameters,
        date_zoom: granularity.map(zoom),
        cell: None,
    }
}

/// Values by name: an object.
pub(super) fn values_of(
    errors: &mut UserErrors,
    path: &str,
    values: Option<&Value>,
) -> IndexMap<String, Value> {
    match values {
        None | Some(Value::Null) => IndexMap::new(),
        Some(Value::Object(given)) => given.clone().into_iter().collect(),
        Some(_) => {
            let text = "expected an object from names to values";
            errors.add(UserErrorCode::Invalid, path, text);
            IndexMap::new()
        }
    }
}

pub(super) fn zoom(granularity: DateGranularity) -> DateZoom {
    let name = match granularity {
        DateGranularity::Day => "DAY",
        DateGranularity::Week => "WEEK",
        DateGranularity::Month => "MONTH",
        DateGranularity::Quarter => "QUARTER",
        DateGranularity::Year => "YEAR",
    };
    DateZoom {
        granularity: name.to_owned(),
        dimension: None,
    }
}
