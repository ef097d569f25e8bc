//! The job that validates a project.

use super::{
    check::{self, Finding, Surroundings},
    row::{ValidationErrorRow, ValidationSource},
    store::{self, ChartParts},
};
use crate::{
    authz::{Create, Grant, Permission, System},
    db::{self, Conn},
    domains::{
        content::metric_query::{DashboardFilters, MetricQuery},
        model::explore::query_settings,
        query::engine::Queries,
    },
    jobs::{Authority, Failure, Kind, RunContext},
    kernel::{
        Clock as _, Error, Result, SystemClock,
        entity::{
            ChartId, DashboardId, OrganizationId, Project, ProjectId, ValidationError,
            ValidationErrorId,
        },
    },
    semantic::{dialect, model::Explore},
};
use async_graphql::Enum;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// The dialect in which queries are compiled where a project has no warehouse yet.
const ANY_DIALECT: &str = "postgres";

/// What a validation looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ValidationTarget {
    /// Saved charts: whether their queries compile.
    Charts,
    /// Dashboards: whether their filters and charts work.
    Dashboards,
    /// Tables of the models: whether they compiled.
    Tables,
}

impl ValidationTarget {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Charts, Self::Dashboards, Self::Tables];

    const fn source(self) -> ValidationSource {
        match self {
            Self::Charts => ValidationSource::Chart,
            Self::Dashboards => ValidationSource::Dashboard,
            Self::Tables => ValidationSource::Table,
        }
    }
}

/// What to validate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ValidationPayload {
    /// The project.
    pub project: Uuid,
    /// What is looked at.
    pub targets: Vec<ValidationTarget>,
    /// Other models than the active ones.
    pub explores: Option<Vec<Explore>>,
}

/// What was found.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ValidationOutcome {
    /// The project.
    pub project: Uuid,
    /// How many errors.
    pub errors: usize,
    /// When.
    pub at: DateTime<Utc>,
}

/// The kind of job.
pub struct Validate(pub(in crate::domains) Queries);

impl Kind for Validate {
    const NAME: &'static str = "VALIDATION";
    const AUTHORITY: Authority = Authority::User(Permission::ProjectValidate);
    const IS_RESUMABLE: bool = true;
    type Payload = ValidationPayload;
    type Report = ValidationOutcome;

    async fn run(
        &self,
        ctx: &RunContext,
        payload: ValidationPayload,
    ) -> Result<ValidationOutcome, Failure> {
        let project = ProjectId::from_uuid(payload.project);
        let (organization, with) = {
            let conn = ctx.db.get().await?;
            let grant = authorize(ctx, &conn, project).await?;
            let settings = query_settings(&conn, project).await?;
            let kind = settings.warehouse.map_or(ANY_DIALECT, |kind| kind.as_str());
            let with = Surroundings {
                dialect: dialect::named(kind)
                    .ok_or_else(|| Error::fault("a warehouse without a dialect"))?,
                limits: self.0.limits(),
                timezone: settings.timezone(),
                now: SystemClock.now(),
            };
            (grant.place().organization.ok_or(Error::NotFound)?, with)
        };
        let is_active = payload.explores.is_none();
        let mut run = Run {
            queries: &self.0,
            ctx,
            project,
            with,
            explores: Explores::new(payload.explores),
            charts: BTreeMap::new(),
            found: Vec::new(),
        };
        let wants = |target| payload.targets.contains(&target);
        if wants(ValidationTarget::Tables) {
            run.tables().await?;
        }
        if wants(ValidationTarget::Charts) || wants(ValidationTarget::Dashboards) {
            run.all_charts().await?;
        }
        if wants(ValidationTarget::Charts) {
            run.tell_charts();
        }
        if wants(ValidationTarget::Dashboards) {
            run.dashboards().await?;
        }
        let sources = payload.targets.iter().map(|target| target.source());
        let replaced = if is_active {
            sources.collect()
        } else {
            Vec::new()
        };
        run.keep(organization, &replaced).await
    }
}

/// The right to validate, as it is now.
async fn authorize(
    ctx: &RunContext,
    conn: &Conn,
    project: ProjectId,
) -> Result<Grant<Create<ValidationError>, Project>> {
    ctx.viewer()?.authorize(conn, project).await
}

/// The explores that are checked against: those given, or those that are active, read when needed.
struct Explores {
    known: HashMap<String, Option<Arc<Explore>>>,
    are_given: bool,
}

impl Explores {
    fn new(given: Option<Vec<Explore>>) -> Self {
        let are_given = given.is_some();
        let given = given.into_iter().flatten();
        let known = given.map(|explore| (explore.name.clone(), Some(Arc::new(explore))));
        Self {
            known: known.collect(),
            are_given,
        }
    }

    async fn named(
        &mut self,
        queries: &Queries,
        conn: &Conn,
        (project, name): (ProjectId, &str),
    ) -> Result<Option<Arc<Explore>>> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        if self.are_given {
            return Ok(None);
        }
        let active = queries.models.active_explore(conn, project, name).await?;
        let explore = active.map(|active| active.explore);
        self.known.insert(name.to_owned(), explore.clone());
        Ok(explore)
    }
}

/// A chart that was looked at.
struct Checked {
    name: String,
    query: MetricQuery,
    explore: Option<Arc<Explore>>,
    findings: Vec<Finding>,
}

/// What a finding is about.
enum Subject {
    Chart(ChartId),
    Dashboard(DashboardId),
    Explore(String),
}

/// A validation under way.
struct Run<'a> {
    queries: &'a Queries,
    ctx: &'a RunContext,
    project: ProjectId,
    with: Surroundings,
    explores: Explores,
    charts: BTreeMap<ChartId, Checked>,
    found: Vec<(Subject, Finding)>,
}

impl Run<'_> {
    fn system() -> System {
        System::new("validating a project as a job of somebody who may")
    }

    async fn tables(&mut self) -> Result<(), Failure> {
        self.ctx.progress(0, None, "tables");
        let conn = self.ctx.db.get().await?;
        let names = if self.explores.are_given {
            let mut names: Vec<String> = self.explores.known.keys().cloned().collect();
            names.sort_unstable();
            names
        } else {
            store::broken_explores(&conn, Self::system(), self.project).await?
        };
        for name in names {
            let key = (self.project, name.as_str());
            let explore = self.explores.named(self.queries, &conn, key).await?;
            for finding in explore.iter().flat_map(|explore| check::explore(explore)) {
                self.found.push((Subject::Explore(name.clone()), finding));
            }
        }
        Ok(())
    }

    async fn all_charts(&mut self) -> Result<(), Failure> {
        let mut after = None;
        loop {
            self.ctx.checkpoint()?;
            let conn = self.ctx.db.get().await?;
            let page = store::charts(&conn, Self::system(), self.project, after).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for parts in page {
                let id = parts.id;
                let checked = self.chart(&conn, parts).await?;
                self.charts.insert(id, checked);
            }
            let done = i32::try_from(self.charts.len()).unwrap_or(i32::MAX);
            self.ctx.progress(done, None, "charts");
        }
    }

    async fn chart(&mut self, conn: &Conn, parts: ChartParts) -> Result<Checked> {
        let query: MetricQuery = serde_json::from_value(parts.metric_query)
            .map_err(|error| anyhow::Error::new(error).context("a stored metric query"))?;
        let key = (self.project, query.explore_name.as_str());
        let explore = self.explores.named(self.queries, conn, key).await?;
        let findings = check::chart(explore.as_deref(), &query, &parts.pivot_columns, self.with);
        Ok(Checked {
            name: parts.name,
            query,
            explore,
            findings,
        })
    }

    fn tell_charts(&mut self) {
        for (id, checked) in &self.charts {
            let findings = checked.findings.iter().cloned();
            let found = findings.map(|finding| (Subject::Chart(*id), finding));
            self.found.extend(found);
        }
    }

    async fn dashboards(&mut self) -> Result<(), Failure> {
        let mut after = None;
        self.ctx.progress(0, None, "dashboards");
        loop {
            self.ctx.checkpoint()?;
            let conn = self.ctx.db.get().await?;
            let page = store::dashboards(&conn, Self::system(), self.project, after).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            let ids: Vec<DashboardId> = page.iter().map(|parts| parts.id).collect();
            let tiles = store::on_dashboards(&conn, Self::system(), &ids).await?;
            let mut shown: HashMap<DashboardId, Vec<&Checked>> = HashMap::new();
            for (dashboard, chart) in tiles {
                // A chart that was made since is not on this list.
                let checked = self.charts.get(&chart);
                shown.entry(dashboard).or_default().extend(checked);
            }
            let mut found = Vec::new();
            for parts in page {
                let filters: DashboardFilters = serde_json::from_value(parts.filters)
                    .map_err(|error| Error::from(anyhow::Error::new(error)))?;
                let charts = shown.get(&parts.id).map_or(&[][..], Vec::as_slice);
                let findings = dashboard(&filters, charts);
                found.extend(findings.map(|finding| (Subject::Dashboard(parts.id), finding)));
            }
            self.found.extend(found);
        }
    }

    async fn keep(
        self,
        organization: OrganizationId,
        replaced: &[ValidationSource],
    ) -> Result<ValidationOutcome, Failure> {
        let (at, job) = (SystemClock.now(), self.ctx.id());
        let rows: Vec<ValidationErrorRow> = self
            .found
            .into_iter()
            .map(|(subject, finding)| {
                let (source, chart_id, dashboard_id, explore_name) = match subject {
                    Subject::Chart(id) => (ValidationSource::Chart, Some(id), None, None),
                    Subject::Dashboard(id) => (ValidationSource::Dashboard, None, Some(id), None),
                    Subject::Explore(name) => (ValidationSource::Table, None, None, Some(name)),
                };
                ValidationErrorRow {
                    id: ValidationErrorId::new(),
                    organization_id: organization,
                    project_id: self.project,
                    job_id: Some(job),
                    is_latest: !replaced.is_empty(),
                    source,
                    error_type: finding.error_type,
                    error: finding.error,
                    field_name: finding.field_name,
                    chart_id,
                    dashboard_id,
                    explore_name,
                    created_at: at,
                }
            })
            .collect();
        let (ctx, project) = (self.ctx, self.project);
        let mut conn = ctx.db.get().await?;
        let errors = db::transaction(&mut conn, async |conn: &Conn| {
            let grant = authorize(ctx, conn, project).await?;
            store::keep(conn, &grant, job, replaced, rows.clone()).await
        })
        .await?;
        Ok(ValidationOutcome {
            project: project.uuid(),
            errors,
            at,
        })
    }
}

fn dashboard(
    filters: &DashboardFilters,
    charts: &[&Checked],
) -> impl Iterator<Item = Finding> + use<> {
    let parts: Vec<(Option<&Explore>, &MetricQuery)> = charts
        .iter()
        .map(|chart| (chart.explore.as_deref(), &chart.query))
        .collect();
    let broken: Vec<String> = charts
        .iter()
        .filter(|chart| !chart.findings.is_empty())
        .map(|chart| chart.name.clone())
        .collect();
    check::dashboard(filters, &parts, &broken).into_iter()
}
