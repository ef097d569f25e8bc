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
        error::{Code, Issue, Refused, unknown_explore},
        query::MetricQuery,
        request::{Limits, Request},
        resolve::{Warning, may_ask},
        sql::Statement,
        underlying::Cell,
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
        Refused::from(issue).into()
    }
}

impl From<Refused> for NotCompiled {
    /// Whoever asks may not learn what there is that they lack attributes for.
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.concealed())
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

/// How many rows are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowLimit {
    /// As many as the query says, within the operator's limit.
    OfQuery,
    /// So many, whatever the query says.
    At(u64),
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
        let held = asker
            .viewer
            .at(&Place::project(asker.organization, asker.project));
        for needed in spec.permissions() {
            if !held.contains(needed) {
                let text = needed.refusal();
                return Err(Error::Forbidden(text.into()));
            }
        }
        Ok(())
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
        self.compile_to(conn, asker, ask, RowLimit::OfQuery).await
    }

    /// The same with another number of rows.
    ///
    /// # Errors
    /// Those of [`Self::compile`].
    pub async fn compile_to(
        &self,
        conn: &Conn,
        asker: Asker<'_>,
        ask: &Ask,
        rows: RowLimit,
    ) -> Result<Compiled, NotCompiled> {
        let row_limit = match rows {
            RowLimit::OfQuery => self.config().max_rows,
            RowLimit::At(most) => most,
        };
        let question = match ask {
            Ask::Sql(sql) => {
                let settings = query_settings(conn, asker.project).await?;
                let zone = settings.timezone().name().to_owned();
                return Ok(Compiled::of_sql(sql, zone, row_limit));
            }
            Ask::Metric(question) | Ask::Underlying(question) | Ask::Totals(question) => question,
        };
        let mut query = compiler_form(&question.query)?;
        let mut limits = self.limits();
        if let RowLimit::At(most) = rows {
            query.limit = i64::try_from(most).ok();
            limits = Limits {
                default: most,
                maximum: most,
            };
        }
        let (active, facts) = tokio::join!(
            self.explore(conn, asker.project, question),
            user_facts(conn, asker.organization, asker.viewer.user)
        );
        let (active, facts) = (active?, facts?);
        // Before anything else is said of the explore.
        may_ask(&active.explore, &facts)?;
        let request = Request {
            explore: &active.explore,
            query: &query,
            user: &facts,
            parameters: &question.parameters,
            // Seconds would make every question a new one.
            now: asker
                .now
                .duration_trunc(TimeDelta::minutes(1))
                .unwrap_or(asker.now),
            timezone: active.settings.timezone(),
            date_zoom: question.date_zoom.as_ref(),
            dialect: dialect_of(&active)?,
            limits,
        };
        let behind = question.cell.as_ref().map(|cell| {
            let cell = Cell {
                field_id: &cell.field_id,
                row: &cell.row,
                pivot: &cell.pivot,
            };
            semantic::underlying(request, &cell)
        });
        let behind = behind.transpose()?;
        let request = match &behind {
            Some(query) => Request {
                query,
                date_zoom: None,
                ..request
            },
            None => request,
        };
        let compiled = match ask {
            Ask::Totals(_) => semantic::compile_totals(request, &[]),
            Ask::Metric(_) | Ask::Underlying(_) | Ask::Sql(_) => semantic::compile(request),
        };
        let compiled = compiled?;
        Ok(Compiled {
            statement: compiled.statement,
            columns: Some(compiled.columns),
            warnings: compiled.warnings,
            // Zones of values are in the statement; the session's matters to SQL of models only.
            time_zone: "UTC".to_owned(),
            row_limit,
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
        found.ok_or_else(|| unknown_explore(name).into())
    }
}

impl Compiled {
    /// SQL that somebody wrote.
    fn of_sql(sql: &str, time_zone: String, row_limit: u64) -> Self {
        Self {
            statement: Statement {
                sql: sql.to_owned(),
                values: Vec::new(),
            },
            columns: None,
            warnings: Vec::new(),
            time_zone,
            row_limit,
        }
    }
}

/// How the warehouse of the project spells things.
fn dialect_of(active: &ActiveExplore) -> Result<&'static dyn Dialect, NotCompiled> {
    let kind = active.settings.warehouse;
    let dialect = kind.and_then(|kind| dialect::named(kind.as_str()));
    dialect.ok_or_else(|| {
        let text = "the project has no warehouse connection: set one with setWarehouseConnection";
        Issue::new(Code::Unsupported, "", text).into()
    })
}
