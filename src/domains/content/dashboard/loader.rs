//! What belongs to dashboards, read for a whole level at once and only where asked for.

use super::{DashboardTabRow, DashboardTileRow, store};
use crate::{
    authz::View,
    domains::content::metric_query::DashboardFilters,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{Error, Result, entity, entity::DashboardId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

type Many<R> = Arc<Vec<Arc<R>>>;

struct Tiles;

impl Batch for Tiles {
    type Key = DashboardId;
    type Value = Many<DashboardTileRow>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<DashboardId>,
    ) -> Result<HashMap<DashboardId, Many<DashboardTileRow>>> {
        let visible = scope.visible::<entity::Dashboard, View>()?;
        let conn = scope.conn().await?;
        let rows = store::tiles(conn.get()?, &visible, &keys).await?;
        Ok(grouped(rows, |row| row.dashboard_id))
    }
}

struct Tabs;

impl Batch for Tabs {
    type Key = DashboardId;
    type Value = Many<DashboardTabRow>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<DashboardId>,
    ) -> Result<HashMap<DashboardId, Many<DashboardTabRow>>> {
        let visible = scope.visible::<entity::Dashboard, View>()?;
        let conn = scope.conn().await?;
        let rows = store::tabs(conn.get()?, &visible, &keys).await?;
        Ok(grouped(rows, |row| row.dashboard_id))
    }
}

fn grouped<R>(
    rows: Vec<R>,
    dashboard: impl Fn(&R) -> DashboardId,
) -> HashMap<DashboardId, Many<R>> {
    let mut groups: HashMap<DashboardId, Vec<Arc<R>>> = HashMap::new();
    for row in rows {
        groups
            .entry(dashboard(&row))
            .or_default()
            .push(Arc::new(row));
    }
    groups
        .into_iter()
        .map(|(id, rows)| (id, Arc::new(rows)))
        .collect()
}

/// Unreadable filters of one dashboard do not keep the others of the level from being shown.
type Filters = Arc<Result<DashboardFilters>>;

struct FiltersOf;

impl Batch for FiltersOf {
    type Key = DashboardId;
    type Value = Filters;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<DashboardId>,
    ) -> Result<HashMap<DashboardId, Filters>> {
        let visible = scope.visible::<entity::Dashboard, View>()?;
        let conn = scope.conn().await?;
        let rows = store::filters(conn.get()?, &visible, &keys).await?;
        let read = |value| {
            let read = serde_json::from_value(value).map_err(|error| {
                Error::from(anyhow::Error::new(error).context("stored filters of a dashboard"))
            });
            Arc::new(read)
        };
        Ok(rows
            .into_iter()
            .map(|(id, value)| (id, read(value)))
            .collect())
    }
}

/// The tiles of a dashboard. Batched.
pub(super) async fn tiles(ctx: &Context<'_>, id: DashboardId) -> Result<Many<DashboardTileRow>> {
    Ok(ctx
        .scope()
        .lanes
        .load(0, || Ok(Tiles), id)
        .await?
        .unwrap_or_default())
}

/// The tabs of a dashboard. Batched.
pub(super) async fn tabs(ctx: &Context<'_>, id: DashboardId) -> Result<Many<DashboardTabRow>> {
    Ok(ctx
        .scope()
        .lanes
        .load(0, || Ok(Tabs), id)
        .await?
        .unwrap_or_default())
}

/// The filters of a dashboard. Batched.
pub(super) async fn filters(ctx: &Context<'_>, id: DashboardId) -> Result<DashboardFilters> {
    let read = ctx
        .scope()
        .lanes
        .load(0, || Ok(FiltersOf), id)
        .await?
        .ok_or(Error::NotFound)?;
    read.as_ref().clone()
}
