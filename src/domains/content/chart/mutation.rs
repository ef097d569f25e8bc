//! Mutations of charts.

use super::{
    Chart, ChartRow, definition,
    definition::ChartDefinition,
    kind_of,
    store::{self, ChartChanges, Created, HomeGrant, NewChart},
};
use crate::{
    authz::{Create, Delete, Edit, Permission, Place},
    domains::{
        content::metric_query::{
            Checked, MetricQuery, MetricQueryInput, check_json, custom_sql,
            custom_sql_beside_models,
        },
        model::explore::Models,
    },
    gql::{
        Attempt, FieldId, Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors,
        bulk_ids, id_text, mutate, mutate_at_once, payload,
    },
    kernel::{
        Error, Result, entity,
        entity::{ChartId, DashboardId, SpaceId, UserId},
        text,
    },
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::{collections::HashSet, sync::Arc};

/// Most columns that are named.
const MOST_COLUMNS: usize = 500;

/// A new chart: in a space, or inside one dashboard; give exactly one of `spaceId` and
/// `dashboardId`.
#[derive(Debug, InputObject)]
pub struct CreateChartInput {
    /// The space that it will be in. Needs CHART_CREATE there.
    pub space_id: Option<ID>,
    /// The only dashboard that it will exist in; it takes the dashboard's space. Needs CHART_CREATE
    /// there and DASHBOARD_EDIT on the dashboard.
    pub dashboard_id: Option<ID>,
    /// Name, at most 255 characters.
    pub name: String,
    /// What it shows; at most 10,000 characters.
    pub description: Option<String>,
    /// What it asks of the semantic layer.
    pub metric_query: MetricQueryInput,
    /// How it is drawn: an object of at most 256 KiB. Its `type` decides the kind of the chart:
    /// `cartesian` (by the types of `config.eChartsConfig.series` and `config.layout.flipAxes`),
    /// `pie`, `table`, `big_number`, `funnel`; everything else is CUSTOM.
    pub config: Value,
    /// Dimensions whose values become columns.
    pub pivot_columns: Option<Vec<FieldId>>,
    /// The columns from left to right.
    pub column_order: Option<Vec<String>>,
}

/// A change of a chart. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub struct UpdateChartInput {
    /// The chart. Needs CHART_EDIT.
    pub id: ID,
    /// New name.
    pub name: Option<String>,
    /// New description; null clears it.
    pub description: MaybeUndefined<String>,
    /// Moves the chart to this space of the same project; needs CHART_CREATE there. A chart that
    /// exists only inside a dashboard stays on it as a tile and can be used elsewhere from then on.
    pub space_id: Option<ID>,
    /// New query.
    pub metric_query: Option<MetricQueryInput>,
    /// New configuration; the kind of the chart follows from it.
    pub config: Option<Value>,
    /// New dimensions whose values become columns.
    pub pivot_columns: Option<Vec<FieldId>>,
    /// New order of columns.
    pub column_order: Option<Vec<String>>,
}

/// Charts to delete.
#[derive(Debug, InputObject)]
pub struct DeleteChartsInput {
    /// The charts, at most 100. Needs CHART_DELETE on each; one that fails keeps all. Tiles that
    /// show them go too.
    pub ids: Vec<ID>,
}

/// What `createChart` answers.
#[derive(SimpleObject)]
pub struct CreateChartPayload {
    /// The chart; null if there are mistakes.
    pub chart: Option<Chart>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `updateChart` answers.
#[derive(SimpleObject)]
pub struct UpdateChartPayload {
    /// The chart; null if there are mistakes.
    pub chart: Option<Chart>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `deleteCharts` answers.
#[derive(SimpleObject)]
pub struct DeleteChartsPayload {
    /// Ids of the deleted charts; null if there are mistakes.
    pub deleted_ids: Option<Vec<ID>>,
    /// Mistakes in the input; nothing was deleted if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of charts.
#[derive(Default)]
pub struct ChartMutation;

#[Object]
impl ChartMutation {
    /// Saves a new chart.
    async fn create_chart(
        &self,
        ctx: &Context<'_>,
        input: CreateChartInput,
    ) -> Result<CreateChartPayload> {
        let scope = ctx.scope();
        let models = Models::of(ctx)?;
        let draft = Draft::new(&input);
        let outcome = mutate_at_once(
            scope,
            "createChart",
            async |attempt| Box::pin(attempt_create(attempt, draft.as_ref().ok())).await,
            async |tx| {
                let draft = draft.as_ref().map_err(Clone::clone);
                Box::pin(create(tx, models, draft.map_err(Refusal::User)?)).await
            },
        )
        .await?;
        let outcome = match outcome {
            Ok((chart, space, author)) => {
                // What was just written need not be read again.
                scope.lanes.prime_by_id([(space.id, Arc::new(space))])?;
                scope.lanes.prime_by_id([(author.id, Arc::new(author))])?;
                if let Ok(draft) = draft {
                    definition::prime(scope, chart.id, draft.definition)?;
                }
                Ok(chart)
            }
            Err(mistakes) => Err(mistakes),
        };
        let (chart, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(CreateChartPayload { chart, user_errors })
    }

    /// Changes or moves a chart.
    async fn update_chart(
        &self,
        ctx: &Context<'_>,
        input: UpdateChartInput,
    ) -> Result<UpdateChartPayload> {
        let models = Models::of(ctx)?;
        let outcome = mutate(ctx.scope(), "updateChart", async |tx| {
            Box::pin(update(tx, models, &input)).await
        })
        .await?;
        let (chart, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(UpdateChartPayload { chart, user_errors })
    }

    /// Deletes charts and the tiles that show them: all of them, or none.
    async fn delete_charts(
        &self,
        ctx: &Context<'_>,
        input: DeleteChartsInput,
    ) -> Result<DeleteChartsPayload> {
        let outcome = mutate(ctx.scope(), "deleteCharts", async |tx| {
            Box::pin(delete(tx, &input)).await
        })
        .await?;
        let (deleted_ids, user_errors) =
            payload(outcome, |ids| ids.into_iter().map(id_text).collect());
        Ok(DeleteChartsPayload {
            deleted_ids,
            user_errors,
        })
    }
}

/// Where a chart is to be.
#[derive(Debug, Clone, Copy)]
enum Home {
    Space(SpaceId),
    Dashboard(DashboardId),
}

/// A chart as the input describes it.
struct Draft {
    home: Home,
    name: String,
    slug: String,
    description: Option<String>,
    definition: ChartDefinition,
}

impl Draft {
    fn new(input: &CreateChartInput) -> Result<Self, Vec<UserError>> {
        let mut errors = UserErrors::default();
        let space: Option<SpaceId> = input.space_id.as_ref().map(|id| errors.id("spaceId", id));
        let dashboard: Option<DashboardId> = input
            .dashboard_id
            .as_ref()
            .map(|id| errors.id("dashboardId", id));
        let home = match (space, dashboard) {
            (Some(space), None) => Some(Home::Space(space)),
            (None, Some(dashboard)) => Some(Home::Dashboard(dashboard)),
            (None, None) | (Some(_), Some(_)) => {
                let text = "give exactly one of `spaceId` and `dashboardId`";
                errors.add(UserErrorCode::Required, "spaceId", text);
                None
            }
        };
        let name = errors.text("name", text::name(&input.name));
        let description = errors.description(input.description.as_deref());
        check_config(&mut errors, &input.config);
        let definition = ChartDefinition {
            metric_query: Checked::new(&mut errors)
                .metric_query("metricQuery", &input.metric_query),
            config: input.config.clone(),
            pivot_columns: pivots(&mut errors, input.pivot_columns.as_deref()).unwrap_or_default(),
            column_order: columns(&mut errors, input.column_order.as_deref()).unwrap_or_default(),
        };
        match home {
            Some(home) if errors.is_empty() => Ok(Self {
                home,
                slug: text::slug(&name),
                name,
                description,
                definition,
            }),
            _ => Err(errors.into()),
        }
    }

    fn chart(&self, now: DateTime<Utc>, by: UserId) -> NewChart<'_> {
        NewChart {
            id: ChartId::new(),
            slug: &self.slug,
            name: &self.name,
            description: self.description.as_deref(),
            kind: kind_of(&self.definition.config),
            definition: &self.definition,
            created: (now, by),
        }
    }
}

/// Stores a chart in a space, if there is nothing to be asked that its statement does not ask.
async fn attempt_create(
    attempt: &Attempt<'_>,
    draft: Option<&Draft>,
) -> Result<Option<Created>, Refusal> {
    let Some((draft, Home::Space(space))) = draft.map(|draft| (draft, draft.home)) else {
        return Ok(None);
    };
    if !custom_sql(&draft.definition.metric_query).is_empty() {
        return Ok(None);
    }
    let Some(proviso) = attempt.provided(space) else {
        return Ok(None);
    };
    let new = draft.chart(attempt.now, attempt.user());
    attempt.audit(|entry| entry.target(new.id));
    let recorded = |organization| attempt.recorded(organization);
    Ok(store::create_provided(attempt.conn, &proviso, &new, recorded).await?)
}

async fn create(tx: &Tx<'_>, models: &Models, draft: &Draft) -> Result<Created, Refusal> {
    let (in_space, in_dashboard);
    let (home, place) = match draft.home {
        Home::Dashboard(dashboard) => {
            tx.authorize::<Edit, entity::Dashboard>("dashboardId", dashboard)
                .await?;
            in_dashboard = tx
                .authorize::<Create<entity::Chart>, entity::Dashboard>("dashboardId", dashboard)
                .await?;
            (HomeGrant::Dashboard(&in_dashboard), in_dashboard.place())
        }
        Home::Space(space) => {
            in_space = tx
                .authorize::<Create<entity::Chart>, entity::Space>("spaceId", space)
                .await?;
            (HomeGrant::Space(&in_space), in_space.place())
        }
    };
    let query = &draft.definition.metric_query;
    may_write_sql(tx, models, place, (query, None), in_query).await?;
    let new = draft.chart(tx.now, tx.viewer.user);
    tx.audit(|entry| {
        entry.organization = place.organization;
        entry.target(new.id);
    });
    let recorded = |organization| tx.recorded(organization);
    Ok(store::create(tx.conn, &home, &new, recorded).await?)
}

async fn update(
    tx: &Tx<'_>,
    models: &Models,
    input: &UpdateChartInput,
) -> Result<ChartRow, Refusal> {
    let mut errors = UserErrors::default();
    let id: ChartId = errors.id("id", &input.id);
    let space: Option<SpaceId> = input.space_id.as_ref().map(|id| errors.id("spaceId", id));
    if let Some(config) = &input.config {
        check_config(&mut errors, config);
    }
    let metric_query = input
        .metric_query
        .as_ref()
        .map(|query| Checked::new(&mut errors).metric_query("metricQuery", query));
    let mut changes = ChartChanges {
        name: input
            .name
            .as_deref()
            .map(|name| errors.text("name", text::name(name))),
        description: errors.maybe_description(&input.description),
        kind: input.config.as_ref().map(kind_of),
        explore_name: metric_query
            .as_ref()
            .map(|query| query.explore_name.clone()),
        config: input.config.clone(),
        pivot_columns: pivots(&mut errors, input.pivot_columns.as_deref()),
        column_order: columns(&mut errors, input.column_order.as_deref()),
        updated_at: Some(tx.now),
        updated_by: Some(tx.viewer.user),
        ..ChartChanges::default()
    };
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Chart>("id", id).await?;
    let (before, stored) = store::get(tx.conn, &grant).await?;
    if let Some(query) = metric_query {
        let before = stored.read().ok();
        let before = before.as_ref().map(|definition| &definition.metric_query);
        may_write_sql(tx, models, grant.place(), (&query, before), in_query).await?;
        changes.metric_query = Some(store::stored(&query)?);
    }
    if let Some(space) =
        space.filter(|space| *space != before.space_id || before.dashboard_id.is_some())
    {
        let target = tx
            .authorize::<Create<entity::Chart>, entity::Space>("spaceId", space)
            .await?;
        if target.place().project != grant.place().project {
            let text = "must be a space of the same project";
            return Err(Refusal::user(UserErrorCode::Invalid, "spaceId", text));
        }
        changes.space_id = Some(space);
        changes.dashboard_id = before.dashboard_id.map(|_| None);
    }
    tx.audit(|entry| {
        entry.organization = Some(before.organization_id);
        entry.changed("name", changes.name.is_some());
        entry.changed("description", changes.description.is_some());
        entry.changed("spaceId", changes.space_id.is_some());
        entry.changed("metricQuery", changes.metric_query.is_some());
        entry.changed("config", changes.config.is_some());
        entry.changed("pivotColumns", changes.pivot_columns.is_some());
        entry.changed("columnOrder", changes.column_order.is_some());
    });
    Ok(store::update(tx.conn, &grant, &changes).await?)
}

async fn delete(tx: &Tx<'_>, input: &DeleteChartsInput) -> Result<Vec<ChartId>, Refusal> {
    let ids = bulk_ids::<entity::Chart>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        grants.push(
            tx.authorize::<Delete, entity::Chart>(&format!("ids.{n}"), *id)
                .await?,
        );
    }
    tx.audit(|entry| {
        entry.organization = grants.first().and_then(|grant| grant.place().organization);
    });
    store::delete(tx.conn, &grants).await?;
    Ok(ids)
}

fn check_config(errors: &mut UserErrors, config: &Value) {
    if !config.is_object() {
        errors.add(
            UserErrorCode::Invalid,
            "config",
            "config must be a JSON object",
        );
    }
    check_json(errors, "config", config);
}

fn pivots(errors: &mut UserErrors, fields: Option<&[FieldId]>) -> Option<Vec<String>> {
    let names: Vec<String> = fields?
        .iter()
        .map(|field| field.as_str().to_owned())
        .collect();
    columns_at(errors, "pivotColumns", &names);
    Some(names)
}

fn columns(errors: &mut UserErrors, names: Option<&[String]>) -> Option<Vec<String>> {
    columns_at(errors, "columnOrder", names?);
    names.map(<[String]>::to_vec)
}

fn columns_at(errors: &mut UserErrors, path: &str, names: &[String]) {
    if names.len() > MOST_COLUMNS {
        let found = names.len();
        let text = format!("{path} may name at most {MOST_COLUMNS}, got {found}");
        errors.add(UserErrorCode::LimitExceeded, path, text);
    }
    for (n, name) in names.iter().enumerate().take(MOST_COLUMNS) {
        errors.text(&format!("{path}.{n}"), text::name(name));
    }
}

/// Where a place inside the query is in the input.
fn in_query(place: &str) -> String {
    format!("metricQuery.{place}")
}

/// SQL that was not in the query before needs CUSTOM_SQL_USE on the project: others will run it
/// with their rights.
pub(in crate::domains::content) async fn may_write_sql(
    tx: &Tx<'_>,
    models: &Models,
    place: &Place,
    (query, before): (&MetricQuery, Option<&MetricQuery>),
    path_of: impl Fn(&str) -> String,
) -> Result<(), Refusal> {
    let project = Place {
        spaces: Vec::new(),
        restricted: false,
        ..place.clone()
    };
    if tx.viewer.at(&project).contains(Permission::CustomSqlUse) {
        return Ok(());
    }
    let known: HashSet<&str> = before
        .map(custom_sql)
        .unwrap_or_default()
        .into_iter()
        .map(|(_, sql)| sql)
        .collect();
    let project = place.project.ok_or(Error::NotFound)?;
    let organization = place.organization.ok_or(Error::NotFound)?;
    let place = (organization, project);
    let found = custom_sql_beside_models(tx.conn, models, place, tx.viewer.user, query).await?;
    let mut errors = UserErrors::default();
    for (path, _) in found.into_iter().filter(|(_, sql)| !known.contains(sql)) {
        let text = "you need the permission CUSTOM_SQL_USE on the project to write SQL";
        errors.add(UserErrorCode::Forbidden, &path_of(&path), text);
    }
    errors.check()
}
