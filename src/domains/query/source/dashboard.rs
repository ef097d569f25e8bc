//! A saved chart, alone or as a tile of a dashboard with its filters.

use super::{Asked, ChartRunInput, input::DashboardContextInput, parameters_of, zoom};
use crate::{
    domains::{
        content::{
            chart, dashboard,
            metric_query::{
                Checked, DashboardFilterRule, DashboardFilters, FilterGroup, FilterGroupOperator,
                FilterNode, FilterOperator, FilterRule, MetricQuery,
            },
        },
        query::{
            engine::Queries,
            spec::{Ask, Question, Spec},
        },
    },
    gql::{FieldId, Refusal, Tx, UserErrorCode, UserErrors},
    kernel::{
        Error, entity,
        entity::{DashboardId, DashboardTileId, ProjectId},
    },
    semantic::{fields, model::Explore},
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
    let parameters = parameters_of(&mut errors, path, input.parameters.as_ref());
    if let Some(context) = &input.dashboard {
        // Mistakes of form are told before anything is looked for.
        let at = |field: &str| format!("{path}.dashboard.{field}");
        errors.id::<entity::Dashboard>(&at("dashboardId"), &context.dashboard_id);
        if let Some(tile) = &context.tile_id {
            errors.id::<entity::DashboardTile>(&at("tileId"), tile);
        }
    }
    errors.check()?;
    let seen = tx.see(&format!("{path}.chartId"), id).await?;
    let place = seen.place();
    let organization = place.organization.ok_or(Error::NotFound)?;
    let project = place.project.ok_or(Error::NotFound)?;
    let mut query = chart::store::query(tx.conn, &seen).await?;
    let (mut dashboard, mut applied) = (None, Vec::new());
    if let Some(context) = &input.dashboard {
        let path = format!("{path}.dashboard");
        let (id, filters) = filters_of(tx, &path, project, context).await?;
        let tile = context.tile_id.as_ref();
        let tile = tile.map(|tile| {
            crate::gql::id_at::<entity::DashboardTile>(&format!("{path}.tileId"), tile)
        });
        let found = queries
            .models
            .active_explore(tx.conn, project, &query.explore_name)
            .await?;
        if let Some(active) = found {
            let known = Known {
                explore: &active.explore,
                query: query.clone(),
                tile: tile.transpose()?,
            };
            applied = apply(&mut query, &filters, &known, &path)?;
        }
        if let Some(sorts) = &context.sorts {
            query.sorts.clone_from(sorts);
        }
        dashboard = Some(id);
    }
    let context = input.dashboard.as_ref();
    let granularity = context.and_then(|context| context.granularity);
    let is_refresh = context.is_some_and(|context| context.auto_refresh);
    Ok(Asked {
        organization,
        project,
        spec: Spec {
            chart: Some(id),
            ask: Ask::Metric(Question {
                query,
                parameters,
                date_zoom: granularity.map(zoom),
            }),
            accepts_cached: !input.invalidate_cache && !is_refresh,
            totals_of: None,
        },
        path: format!("{path}.chartId"),
        is_given: false,
        dashboard,
        dashboard_filters: serde_json::to_value(applied)
            .map_err(|error| Error::from(anyhow::Error::new(error)))?,
    })
}

/// The dashboard, and its filters: those given, else those saved with it.
async fn filters_of(
    tx: &Tx<'_>,
    path: &str,
    project: ProjectId,
    context: &DashboardContextInput,
) -> Result<(DashboardId, DashboardFilters), Refusal> {
    let mut errors = UserErrors::default();
    let at = format!("{path}.dashboardId");
    let id = errors.id::<entity::Dashboard>(&at, &context.dashboard_id);
    let given = context.filters.as_ref();
    let given = given.map(|filters| {
        Checked::new(&mut errors).dashboard_filters(&format!("{path}.filters"), filters)
    });
    errors.check()?;
    let seen = tx.see(&at, id).await?;
    if seen.place().project != Some(project) {
        let text = "the dashboard is in another project than the chart";
        return Err(Refusal::user(UserErrorCode::Invalid, &at, text));
    }
    let filters = match given {
        Some(given) => given,
        None => dashboard::store::saved_filters(tx.conn, &seen).await?,
    };
    Ok((id, filters))
}

/// What the filters are applied to.
struct Known<'a> {
    explore: &'a Explore,
    query: MetricQuery,
    tile: Option<DashboardTileId>,
}

impl Known<'_> {
    /// Whether the query can be filtered by a field: of the explore, or its own.
    fn has(&self, field: &str) -> bool {
        fields::dimension(self.explore, field).is_some()
            || fields::metric(self.explore, field).is_some()
            || self
                .query
                .dimensions
                .iter()
                .any(|own| own.as_str() == field)
            || self.query.metrics.iter().any(|own| own.as_str() == field)
            || self
                .query
                .table_calculations
                .iter()
                .any(|own| own.name == field)
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

/// Puts the filters of a dashboard into a query: on the same field they stand instead of its own. Gives
/// those that were applied.
fn apply(
    query: &mut MetricQuery,
    filters: &DashboardFilters,
    known: &Known<'_>,
    path: &str,
) -> Result<Vec<DashboardFilterRule>, Refusal> {
    let mut applied = Vec::new();
    let groups = [
        (&filters.dimensions, &mut query.filters.dimensions),
        (&filters.metrics, &mut query.filters.metrics),
        (
            &filters.table_calculations,
            &mut query.filters.table_calculations,
        ),
    ];
    for (rules, group) in groups {
        let mut added = Vec::new();
        for rule in rules {
            let Some(field_id) = known.target(rule) else {
                continue;
            };
            let has_value = !rule.values.is_empty()
                || matches!(
                    rule.operator,
                    FilterOperator::IsNull | FilterOperator::NotNull
                );
            let is_set = has_value && !rule.disabled;
            if rule.required && !is_set {
                let label = rule.label.as_deref().unwrap_or(rule.field_id.as_str());
                let text = format!("the dashboard asks for a value of the filter `{label}` first");
                return Err(Refusal::user(
                    UserErrorCode::Required,
                    &format!("{path}.filters"),
                    text,
                ));
            }
            if !is_set {
                continue;
            }
            if let Some(own) = group.as_mut() {
                without(own, field_id.as_str());
            }
            added.push(FilterNode::Rule(FilterRule {
                id: rule.id.clone(),
                field_id,
                operator: rule.operator,
                values: rule.values.clone(),
                settings: rule.settings.clone(),
                disabled: false,
                required: false,
            }));
            applied.push(rule.clone());
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
    Ok(applied)
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
