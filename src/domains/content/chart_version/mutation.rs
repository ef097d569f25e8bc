//! `rollbackChart`.

use super::store;
use crate::{
    authz::Edit,
    domains::{
        content::chart::{self, Chart, ChartRow, kind_of, may_write_sql, store::ChartChanges},
        model::explore::Models,
    },
    gql::{Refusal, ScopeExt as _, Tx, UserError, UserErrorCode, UserErrors, mutate, payload},
    kernel::{
        Result, entity,
        entity::{ChartId, ChartVersionId},
    },
};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use std::sync::Arc;

/// An earlier version of a chart to bring back.
#[derive(Debug, InputObject)]
pub struct RollbackChartInput {
    /// The chart. Needs CHART_EDIT; SQL that the chart does not have now needs CUSTOM_SQL_USE on the project.
    pub chart_id: ID,
    /// One of its versions.
    pub version_id: ID,
}

/// What `rollbackChart` answers.
#[derive(SimpleObject)]
pub struct RollbackChartPayload {
    /// The chart; null if there are mistakes.
    pub chart: Option<Chart>,
    /// Mistakes in the input; nothing was changed if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of versions of charts.
#[derive(Default)]
pub struct ChartVersionMutation;

#[Object]
impl ChartVersionMutation {
    /// Makes a chart draw again what it drew in an earlier version: its query, configuration and columns
    /// become a new current version, and nothing is lost of those between. Name, description and space
    /// stay as they are. If the chart draws exactly that already, nothing changes.
    async fn rollback_chart(
        &self,
        ctx: &Context<'_>,
        input: RollbackChartInput,
    ) -> Result<RollbackChartPayload> {
        let models = Models::of(ctx)?;
        let outcome = mutate(ctx.scope(), "rollbackChart", async |tx| {
            Box::pin(rollback(tx, models, &input)).await
        })
        .await?;
        let (chart, user_errors) = payload(outcome, |row| Arc::new(row).into());
        Ok(RollbackChartPayload { chart, user_errors })
    }
}

async fn rollback(
    tx: &Tx<'_>,
    models: &Models,
    input: &RollbackChartInput,
) -> Result<ChartRow, Refusal> {
    let mut errors = UserErrors::default();
    let id: ChartId = errors.id("chartId", &input.chart_id);
    let version: ChartVersionId = errors.id("versionId", &input.version_id);
    errors.check()?;
    tx.audit(|entry| entry.target(id));
    let grant = tx.authorize::<Edit, entity::Chart>("chartId", id).await?;
    let (before, stored) = chart::store::get(tx.conn, &grant).await?;
    tx.audit(|entry| entry.organization = Some(before.organization_id));
    let wanted = store::get(tx.conn, &grant, version).await?;
    let wanted = wanted.ok_or_else(|| not_of_chart("versionId"))?;
    if stored == wanted {
        return Ok(before);
    }
    let read = wanted.clone().read()?;
    let known = stored.read().ok();
    let known = known.as_ref().map(|definition| &definition.metric_query);
    let query = (&read.metric_query, known);
    may_write_sql(tx, models, grant.place(), query, |_| "versionId".to_owned()).await?;
    tx.audit(|entry| entry.changed("version", true));
    let changes = ChartChanges {
        kind: Some(kind_of(&wanted.config)),
        explore_name: Some(read.metric_query.explore_name),
        metric_query: Some(wanted.metric_query),
        config: Some(wanted.config),
        pivot_columns: Some(wanted.pivot_columns),
        column_order: Some(wanted.column_order),
        updated_at: Some(tx.now),
        updated_by: Some(tx.viewer.user),
        ..ChartChanges::default()
    };
    Ok(chart::store::update(tx.conn, &grant, &changes).await?)
}

/// The version that is named at `path` is not one of the chart.
pub(crate) fn not_of_chart(path: &str) -> Refusal {
    let text = "the chart has no such version: `Chart.versions` lists those it has";
    Refusal::user(UserErrorCode::NotFound, path, text)
}
