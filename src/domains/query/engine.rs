//! From what is to be run to a statement, with the rights and attributes of somebody.

use super::spec::{Ask, Question, Spec};
use crate::{
    authz::{Place, Viewer},
    config::WarehouseConfig,
    db::Conn,
    domains::{
        content::metric_query,
        model::{
            attribute::user_facts,
            explore::{ActiveExplore, Models, query_settings},
        },
    },
    kernel::{
        Error, Result,
        entity::{Chart, OrganizationId, ProjectId},
    },
    semantic::{
        self, Column,
        dialect::{self, Dialect},
        error::{Code, Issue, Refused},
        query::MetricQuery,
        request::{Limits, Request, UserFacts},
        resolve::Warning,
        sql::Statement,
    },
    services::Outside,
};
use async_graphql::Context;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// Runs queries. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    /// Explores.
    pub models: Models,
    /// Secrets and warehouses.
    pub outside: Outside,
}

/// A statement, and what is known of its answer.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The statement.
    pub statement: Statement,
    /// Columns of the answer; none for SQL that somebody wrote: the warehouse says which.
    pub columns: Option<Vec<Column>>,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
    /// Zone of the session.
    pub time_zone: String,
    /// Most rows that are read.
    pub row_limit: u64,
}

/// Why there is no statement.
#[derive(Debug)]
pub enum NotCompiled {
    /// Something is wrong with the query, or the user may not ask it. Paths are those of the query.
    Refused(Refused),
    /// Faults, outages, lack of rights.
    Error(Error),
}

impl From<Error> for NotCompiled {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Issue> for NotCompiled {
    fn from(issue: Issue) -> Self {
        Self::Refused(issue.into())
    }
}

/// Who asks, where, and when.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// Who.
    pub viewer: &'a Viewer,
    /// The organization of the project.
    pub organization: OrganizationId,
    /// The project.
    pub project: ProjectId,
    /// The moment from which relative dates count.
    pub now: DateTime<Utc>,
}

/// What a query is compiled with.
#[derive(Clone, Copy)]
struct Beside<'a> {
    active: &'a ActiveExplore,
    user: &'a UserFacts,
    question: &'a Question,
    now: DateTime<Utc>,
}

/// A query of the graph as the compiler reads it.
pub(super) fn compiler_form(query: &metric_query::MetricQuery) -> Result<MetricQuery, Issue> {
    let value = serde_json::to_value(query).map_err(|error| {
        Issue::new(
            Code::BadDefinition,
            "",
            format!("cannot be written: {error}"),
        )
    })?;
    MetricQuery::read(&value)
}

impl Queries {
    /// The queries of the schema that a request runs on.
    ///
    /// # Errors
    /// There are none, which would be a fault of the server.
    pub fn of<'a>(ctx: &'a Context<'_>) -> Result<&'a Self> {
        ctx.data::<Self>()
            .map_err(|_missing| Error::fault("the schema was made without queries"))
    }

    /// Settings of warehouses.
    pub fn config(&self) -> &WarehouseConfig {
        self.outside.warehouses.config()
    }

    /// Limits of rows.
    pub fn limits(&self) -> Limits {
        let maximum = self.config().max_rows;
        Limits {
            default: Limits::default().default.min(maximum),
            maximum,
        }
    }

    /// Whether the caller may run it, as of now.
    ///
    /// # Errors
    /// [`Error::Forbidden`] or [`Error::NotFound`] if not.
    pub async fn authorize(&self, conn: &Conn, asker: Asker<'_>, spec: &Spec) -> Result<()> {
        if let Some(chart) = spec.chart {
            return asker.viewer.see::<Chart>(conn, chart).await.map(drop);
        }
        let needed = spec.ask.permission();
        let held = asker
            .viewer
            .at(&Place::project(asker.organization, asker.project));
        if held.contains(needed) {
            return Ok(());
        }
        let text = format!("you need the permission {} for this", needed.as_str());
        Err(Error::Forbidden(text.into()))
    }

    /// Compiles what is to be run for somebody.
    ///
    /// # Errors
    /// What is wrong with the query, and failures of the database.
    pub async fn compile(
        &self,
        conn: &Conn,
        asker: Asker<'_>,
        ask: &Ask,
    ) -> Result<Compiled, NotCompiled> {
        let Some(question) = ask.question() else {
            let settings = query_settings(conn, asker.project).await?;
            let Ask::Sql(sql) = ask else {
                return Err(Error::fault("neither a question nor SQL").into());
            };
            return Ok(Compiled {
                statement: Statement {
                    sql: sql.clone(),
                    values: Vec::new(),
                },
                columns: None,
                warnings: Vec::new(),
                time_zone: settings.timezone().name().to_owned(),
                row_limit: self.config().max_rows,
            });
        };
        let query = compiler_form(&question.query)?;
        let active = self.explore(conn, asker.project, question).await?;
        let facts = user_facts(conn, asker.organization, asker.viewer.user).await?;
        let beside = Beside {
            active: &active,
            user: &facts,
            question,
            now: asker.now,
        };
        let request = self.request(&query, beside)?;
        let compiled = match ask {
            Ask::Totals(_) => semantic::compile_totals(request, &[]),
            _ => semantic::compile(request),
        };
        let compiled = compiled.map_err(NotCompiled::Refused)?;
        Ok(Compiled {
            statement: compiled.statement,
            columns: Some(compiled.columns),
            warnings: compiled.warnings,
            // Zones of values are in the statement; the session's matters to SQL of models only.
            time_zone: "UTC".to_owned(),
            row_limit: self.config().max_rows,
        })
    }

    /// The explore that is asked.
    pub(super) async fn explore(
        &self,
        conn: &Conn,
        project: ProjectId,
        question: &Question,
    ) -> Result<ActiveExplore, NotCompiled> {
        let name = &question.query.explore_name;
        let found = self.models.active_explore(conn, project, name).await?;
        found.ok_or_else(|| {
            let text =
                format!("the project has no explore `{name}`; deploy its models, or name another");
            Issue::new(Code::UnknownExplore, "exploreName", text).into()
        })
    }

    fn request<'a>(
        &self,
        query: &'a MetricQuery,
        beside: Beside<'a>,
    ) -> Result<Request<'a>, NotCompiled> {
        let Beside {
            active,
            user,
            question,
            now,
        } = beside;
        let kind = active.settings.warehouse;
        let dialect: Option<&'static dyn Dialect> =
            kind.and_then(|kind| dialect::named(kind.as_str()));
        let dialect = dialect.ok_or_else(|| {
            let text =
                "the project has no warehouse connection: set one with setWarehouseConnection";
            Issue::new(Code::Unsupported, "", text)
        })?;
        Ok(Request {
            explore: &active.explore,
            query,
            user,
            parameters: &question.parameters,
            // Seconds would make every question a new one.
            now: now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now),
            timezone: active.settings.timezone(),
            date_zoom: question.date_zoom.as_ref(),
            dialect,
            limits: self.limits(),
        })
    }
}
