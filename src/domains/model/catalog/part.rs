//! A table of an explore, or a field of one: what the objects of the catalog are made of.

use super::{CatalogItemKind, item_id, row::ItemRow};
use crate::{
    domains::model::explore::definition,
    kernel::{
        Error, Result,
        entity::{OrganizationId, ProjectId},
    },
    semantic::model::{self, AccessRule},
};
use async_graphql::Context;
use std::sync::Arc;
use uuid::Uuid;

/// A table of an explore, or a field of one.
#[derive(Clone)]
pub(in crate::domains::model) struct Part {
    pub(in crate::domains::model) organization: OrganizationId,
    pub(in crate::domains::model) project: ProjectId,
    /// Name of the table in the explore.
    pub(super) table: String,
    /// Name of the field; empty for a table.
    pub(super) name: String,
    explore_name: String,
    /// The explore, where it was read already.
    known: Option<Arc<model::Explore>>,
    /// The item, where it was read already.
    item: Option<Uuid>,
}

impl Part {
    /// A table of an explore.
    pub(in crate::domains::model) fn of_explore(
        (organization, project): (OrganizationId, ProjectId),
        explore: Arc<model::Explore>,
        table: &str,
    ) -> Self {
        Self {
            organization,
            project,
            table: table.to_owned(),
            name: String::new(),
            explore_name: explore.name.clone(),
            known: Some(explore),
            item: None,
        }
    }

    /// An item of the catalog.
    pub(super) fn of_item(row: &ItemRow) -> Self {
        Self {
            organization: row.organization_id,
            project: row.project_id,
            table: row.table_name.clone(),
            name: row.name.clone(),
            explore_name: row.explore_name.clone(),
            known: None,
            item: Some(row.id.uuid()),
        }
    }

    /// Another table of the same explore.
    pub(in crate::domains::model) fn table(
        &self,
        explore: Arc<model::Explore>,
        table: &str,
    ) -> Self {
        Self::of_explore((self.organization, self.project), explore, table)
    }

    /// A field of the table.
    pub(super) fn field(&self, explore: Arc<model::Explore>, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            known: Some(explore),
            item: None,
            ..self.clone()
        }
    }

    /// The id of its item.
    pub(super) fn id(&self, kind: CatalogItemKind) -> Uuid {
        self.item
            .unwrap_or_else(|| item_id(self.project, kind, &self.table, &self.name))
    }

    /// The explore.
    pub(in crate::domains::model) async fn explore(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Arc<model::Explore>> {
        match &self.known {
            Some(explore) => Ok(explore.clone()),
            None => {
                let active = definition(ctx, self.project, &self.explore_name).await?;
                Ok(active.explore.clone())
            }
        }
    }

    /// Reads something of the table.
    pub(super) async fn of_table<T>(
        &self,
        ctx: &Context<'_>,
        read: impl FnOnce(&model::Explore, &model::Table) -> T + Send,
    ) -> Result<T> {
        let explore = self.explore(ctx).await?;
        let table = explore.tables.get(&self.table).ok_or(Error::NotFound)?;
        Ok(read(&explore, table))
    }

    /// Reads something of the dimension.
    pub(super) async fn of_dimension<T>(
        &self,
        ctx: &Context<'_>,
        read: impl FnOnce(&model::Table, &model::Dimension) -> T + Send,
    ) -> Result<T> {
        let found = self.of_table(ctx, |_, table| {
            let dimension = table.dimensions.get(&self.name);
            dimension.map(|dimension| read(table, dimension))
        });
        found.await?.ok_or(Error::NotFound)
    }

    /// Reads something of the metric.
    pub(super) async fn of_metric<T>(
        &self,
        ctx: &Context<'_>,
        read: impl FnOnce(&model::Table, &model::Metric) -> T + Send,
    ) -> Result<T> {
        let found = self.of_table(ctx, |_, table| {
            let metric = table.metrics.get(&self.name);
            metric.map(|metric| read(table, metric))
        });
        found.await?.ok_or(Error::NotFound)
    }
}

/// What a dimension asks of a user, its table's rules included.
pub(super) fn rules_of_dimension<'a>(
    table: &'a model::Table,
    dimension: &'a model::Dimension,
) -> impl Iterator<Item = &'a AccessRule> {
    let own = dimension.access.iter().chain(&dimension.needs.access);
    table.access.iter().chain(own)
}

/// What a metric asks of a user, its table's rules included.
pub(super) fn rules_of_metric<'a>(
    table: &'a model::Table,
    metric: &'a model::Metric,
) -> impl Iterator<Item = &'a AccessRule> {
    let own = metric.access.iter().chain(&metric.needs.access);
    table.access.iter().chain(own)
}
