//! A saved chart, alone or as a tile of a dashboard with its filters.

use super::{Asked, ChartRunInput, Elsewhere, input::DashboardContextInput, values_of, zoom};
use crate::{
    domains::{
        content::{
            chart_version, dashboard,
            metric_query::{
                Checked, DashboardFilterRule, DashboardFilters, FilterGroup, FilterGroupOperator,
                FilterNode, FilterRule, MetricQuery, QueryFilters,
            },
        },
        model::attribute::user_facts,
        query::{
            engine::Queries,
            spec::{Ask, Question, Spec},
        },
    },
    gql::{FieldId, Refusal, Tx, UserErrorCode, UserErrors},
    kernel::{
        Error, entity,
        entity::{ChartId, DashboardId, DashboardTileId, ProjectId},
    },
    semantic::{
        fields,
        model::{Explore, Needs},
        request::UserFacts,
    },
};
use async_graphql::ID;
use serde_json::Value;

/// The chart that the input at `path` names.
pub(super) async fn of_chart(
    tx: &Tx<'_>,
    queries: &Queries,
    path: &str,
    input: &ChartRunInput,
) -> Result<Asked, Refusal> {
    let mut errors = UserErrors::default();
    let id = errors.id::<entity::Chart>(&format!("{path}.chartId"), &input.chart_id);
    let version_at = format!("{path}.versionId");
    let named = input.version_id.as_ref();
    let named = named.map(|id| errors.id::<entity::ChartVersion>(&version_at, id));
    let parameters_at = format!("{path}.parameters");
    let parameters = values_of(&mut errors, &parameters_at, input.parameters.as_ref());
    // Mistakes of form are told before anything is looked for.
    let context = input.dashboard.as_ref();
    let context = context.map(|context| Context::read(&mut errors, path, context));
    errors.check()?;
    let chart_at = format!("{path}.chartId");
    let seen = tx.see(&chart_at, id).await?;
    let place = seen.place();
    let organization = place.organization.ok_or(Error::NotFound)?;
    let project = place.project.ok_or(Error::NotFound)?;
    let found = chart_version::store::query(tx.conn, &seen, named).await?;
    let (version, mut query) = found.ok_or_else(|| chart_version::not_of_chart(&version_at))?;
    let path = named.map_or(chart_at, |_| version_at);
    let (mut applied, mut elsewhere) = (Vec::new(), Vec::new());
    if let Some(context) = &context {
        let saved = context.saved(tx, (project, id)).await?;
        let name = &query.explore_name;
        let (found, user) = tokio::try_join!(
            queries.models.active_explore(tx.conn, project, name),
            user_facts(tx.conn, organization, tx.viewer.user),
        )?;
        if let Some(active) = found {
            let mut own = std::mem::take(&mut query.filters);
            let known = Known {
                explore: &active.explore,
                query: &query,
                tile: context.tile,
                user: Some(&user),
            };
            let filters = context.given.as_ref().unwrap_or(&saved);
            required(filters, &saved, &known, &context.path)?;
            let all = apply(&mut own, filters, &known);
            query.filters = own;
            elsewhere = all.iter().map(|one| context.place_of(one)).collect();
            elsewhere.extend(moved(&all, &path));
            applied = all.into_iter().map(|one| one.rule).collect();
        }
        if let Some(sorts) = &context.input.sorts {
            query.sorts.clone_from(sorts);
        }
    }
    let given = input.dashboard.as_ref();
    let granularity = given.and_then(|context| context.granularity);
    let is_refresh = given.is_some_and(|context| context.auto_refresh);
    Ok(Asked {
        organization,
        project,
        spec: Spec {
            chart: Some(id),
            chart_version: Some(version),
            ask: Ask::Metric(Question {
                query,
                parameters,
                date_zoom: granularity.map(zoom),
                cell: None,
            }),
            accepts_cached: !input.invalidate_cache && !is_refresh,
            writes_sql: false,
            totals_of: None,
        },
        path,
        is_given: false,
        elsewhere,
        parameters: Some(parameters_at),
        dashboard: context.map(|context| context.dashboard),
        dashboard_filters: serde_json::to_value(applied)
            .map_err(|error| Error::from(anyhow::Error::new(error)))?,
    })
}

/// The dashboard on which a chart is run, as it is named.
struct Context<'a> {
    input: &'a DashboardContextInput,
    path: String,
    dashboard: DashboardId,
    tile: Option<DashboardTileId>,
    given: Option<DashboardFilters>,
}

impl<'a> Context<'a> {
    fn read(errors: &mut UserErrors, path: &str, input: &'a DashboardContextInput) -> Self {
        let path = format!("{path}.dashboard");
        let dashboard =
            errors.id::<entity::Dashboard>(&format!("{path}.dashboardId"), &input.dashboard_id);
        let tile = input.tile_id.as_ref();
        let tile =
            tile.map(|tile| errors.id::<entity::DashboardTile>(&format!("{path}.tileId"), tile));
        let given = input.filters.as_ref();
        let given = given.map(|filters| {
            Checked::new(errors).dashboard_filters(&format!("{path}.filters"), filters)
        });
        Self {
            input,
            path,
            dashboard,
            tile,
            given,
        }
    }

    /// Where mistakes of a filter are told: at the filter itself if it is given, else at the dashboard.
    fn place_of(&self, applied: &Applied) -> Elsewhere {
        let Applied {
            group,
            position,
            given,
            ..
        } = applied;
        let filter = format!("filters.{group}.{given}");
        let (at, name) = match self.given {
            Some(_) => (format!("{}.{filter}", self.path), None),
            None => (format!("{}.dashboardId", self.path), Some(filter)),
        };
        Elsewhere {
            inside: format!("filters.{group}.and.{position}.rule"),
            at,
            name,
        }
    }

    /// The filters saved with the dashboard, on which the chart of a project is to be run.
    async fn saved(
        &self,
        tx: &Tx<'_>,
        (project, chart): (ProjectId, ChartId),
    ) -> Result<DashboardFilters, Refusal> {
        let at = format!("{}.dashboardId", self.path);
        let seen = tx.see(&at, self.dashboard).await?;
        if seen.place().project != Some(project) {
            let text = "the dashboard is in another project than the chart";
            return Err(Refusal::user(UserErrorCode::Invalid, &at, text));
        }
        if let Some(tile) = self.tile {
            let shown = dashboard::store::chart_of_tile(tx.conn, &seen, tile).await?;
            if shown != Some(Some(chart)) {
                let at = format!("{}.tileId", self.path);
                let text = "the dashboard has no such tile that shows this chart";
                return Err(Refusal::user(UserErrorCode::Invalid, &at, text));
            }
        }
        Ok(dashboard::store::saved_filters(tx.conn, &seen).await?)
    }
}

/// What the filters of a dashboard are applied to.
pub(in crate::domains::query) struct Known<'a> {
    /// The explore that the chart asks.
    pub(in crate::domains::query) explore: &'a Explore,
    /// The query of the chart.
    pub(in crate::domains::query) query: &'a MetricQuery,
    /// The tile on which it is shown.
    pub(in crate::domains::query) tile: Option<DashboardTileId>,
    /// Who runs it. A field that asks for attributes which they do not have is as good as none: a filter on it would
    /// tell of it.
    pub(in crate::domains::query) user: Option<&'a UserFacts>,
}

impl Known<'_> {
    /// Whether the query can be filtered by a field: of the explore, or its own.
    pub(in crate::domains::query) fn has(&self, field: &str) -> bool {
        let shown = |hidden: bool, needs: &Needs| {
            !hidden && self.user.is_none_or(|user| fields::may_use(needs, user))
        };
        if let Some(found) = fields::dimension(self.explore, field) {
            return shown(found.dimension.hidden, &found.dimension.needs);
        }
        if let Some(found) = fields::metric(self.explore, field) {
            return shown(found.metric.hidden, &found.metric.needs);
        }
        let query = self.query;
        let mut columns = query.dimensions.iter().chain(&query.metrics);
        columns.any(|own| own.as_str() == field)
            || query.table_calculations.iter().any(|own| own.name == field)
    }

    /// The field that a filter of the dashboard is about on this tile; none if it does not apply.
    fn target(&self, rule: &DashboardFilterRule) -> Option<FieldId> {
        let targets = rule.tile_targets.as_ref().and_then(Value::as_object);
        let tile = self.tile.and_then(|tile| {
            let targets = targets?;
            targets
                .get(&tile.to_string())
                .or_else(|| targets.get(&tile.uuid().to_string()))
        });
        let field = match tile {
            Some(Value::Bool(false) | Value::Null) => return None,
            Some(Value::Object(target)) => target
                .get("fieldId")
                .and_then(Value::as_str)
                .map_or_else(|| rule.field_id.clone(), FieldId::trusted),
            _ => rule.field_id.clone(),
        };
        self.has(field.as_str()).then_some(field)
    }
}

/// Refuses to run while a filter that must have a value has none: one that is saved as such has to be among those
/// given, with a value.
fn required(
    filters: &DashboardFilters,
    saved: &DashboardFilters,
    known: &Known<'_>,
    path: &str,
) -> Result<(), Refusal> {
    let all = |filters: &DashboardFilters| {
        let rules = filters.dimensions.iter().chain(&filters.metrics);
        let rules = rules.chain(&filters.table_calculations);
        rules.cloned().collect::<Vec<_>>()
    };
    let given = all(filters);
    let is_set = |rule: &DashboardFilterRule| {
        let mut same = given.iter().filter(|own| own.field_id == rule.field_id);
        same.any(DashboardFilterRule::is_set)
    };
    let rules = given.iter().cloned().chain(all(saved));
    let mut missing = rules.filter(|rule| rule.required && !is_set(rule));
    let Some(rule) = missing.find(|rule| known.target(rule).is_some()) else {
        return Ok(());
    };
    let label = rule.label.as_deref().unwrap_or(rule.field_id.as_str());
    let text = format!("the dashboard asks for a value of the filter `{label}` first");
    let at = format!("{path}.filters");
    Err(Refusal::user(UserErrorCode::Required, &at, text))
}

/// A filter of a dashboard that is part of a query now.
struct Applied {
    rule: DashboardFilterRule,
    /// The group of filters it is in.
    group: &'static str,
    /// Its position there in the query.
    position: usize,
    /// Its position there among the filters of the dashboard.
    given: usize,
}

/// Puts the filters of a dashboard into a query: on the same field they stand instead of its own. Gives
/// those that were applied.
fn apply(own: &mut QueryFilters, filters: &DashboardFilters, known: &Known<'_>) -> Vec<Applied> {
    let mut applied = Vec::new();
    let groups = [
        ("dimensions", &filters.dimensions, &mut own.dimensions),
        ("metrics", &filters.metrics, &mut own.metrics),
        (
            "tableCalculations",
            &filters.table_calculations,
            &mut own.table_calculations,
        ),
    ];
    for (name, rules, group) in groups {
        let mut added = Vec::new();
        for (given, rule) in rules.iter().enumerate() {
            if !rule.is_set() {
                continue;
            }
            let Some(field_id) = known.target(rule) else {
                continue;
            };
            if let Some(group) = group.as_mut() {
                without(group, field_id.as_str());
            }
            applied.push(Applied {
                rule: rule.clone(),
                group: name,
                position: added.len(),
                given,
            });
            added.push(FilterNode::Rule(FilterRule {
                id: rule.id.clone(),
                field_id,
                operator: rule.operator,
                values: rule.values.clone(),
                settings: rule.settings.clone(),
                disabled: false,
                required: false,
            }));
        }
        if !added.is_empty() {
            added.extend(group.take().map(FilterNode::Group));
            *group = Some(FilterGroup {
                id: ID::from("dashboard"),
                operator: FilterGroupOperator::And,
                items: added,
            });
        }
    }
    applied
}

/// Where the chart's own filters are behind those of the dashboard, and what they are called in the chart.
fn moved<'a>(applied: &'a [Applied], chart: &'a str) -> impl Iterator<Item = Elsewhere> + 'a {
    let groups = ["dimensions", "metrics", "tableCalculations"].into_iter();
    groups.filter_map(move |group| {
        let added = applied.iter().filter(|one| one.group == group).count();
        (added > 0).then(|| Elsewhere {
            inside: format!("filters.{group}.and.{added}.group"),
            at: chart.to_owned(),
            name: Some(format!("filters.{group}")),
        })
    })
}

/// Takes the rules on a field out of a group.
fn without(group: &mut FilterGroup, field: &str) {
    group.items.retain_mut(|item| match item {
        FilterNode::Rule(rule) => rule.field_id.as_str() != field,
        FilterNode::Group(inner) => {
            without(inner, field);
            !inner.items.is_empty()
        }
    });
}
