//! The type `Table`.

use super::{
    CatalogItemKind, CatalogUsage, Dimension, Metric, Part, Relation, TableRow,
    loader::{icon_of, tags_of},
    part::{rules_of_dimension, rules_of_metric},
    row::ItemRow,
};
use crate::{
    domains::model::{
        explore::{ExploreError, JoinedTable, facts, joined},
        tag::Tag,
    },
    gql::id_text,
    kernel::{Id, Result, entity},
};
use async_graphql::{Context, ID, Object, SimpleObject, Union};
use serde_json::Value;
use std::sync::Arc;

/// A table of the semantic layer: what a model makes of a table or view of the warehouse.
pub struct Table(pub(in crate::domains::model) Part);

impl From<Arc<TableRow>> for Table {
    fn from(row: Arc<TableRow>) -> Self {
        (&row.0).into()
    }
}
impl From<&ItemRow> for Table {
    fn from(row: &ItemRow) -> Self {
        Self(Part::of_item(row))
    }
}

impl Table {
    fn item(&self) -> uuid::Uuid {
        self.0.id(CatalogItemKind::Table)
    }
}

/// A table of the semantic layer: what a model makes of a table or view of the warehouse.
#[Object]
impl Table {
    /// Globally unique id; the same in every deployment of the project that has a table of this name.
    pub async fn id(&self) -> ID {
        id_text(Id::<entity::Table>::from_uuid(self.item()))
    }

    /// Name in its explore: that of the model, or the alias of a join.
    async fn name(&self) -> &str {
        &self.0.table
    }

    /// Title.
    async fn label(&self, ctx: &Context<'_>) -> Result<String> {
        self.0.of_table(ctx, |_, table| table.label.clone()).await
    }

    /// What it holds.
    async fn description(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self.0.of_table(ctx, |_, table| table.description.clone());
        read.await.transpose()
    }

    /// The folder in which its explore stands; null for joined tables.
    async fn group_label(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self.0.of_table(ctx, |explore, table| {
            let is_base = explore.base_table == table.name;
            let group = explore.groups.first().filter(|_| is_base);
            group.cloned()
        });
        read.await.transpose()
    }

    /// The dbt model.
    async fn model_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        Some(self.0.of_table(ctx, |_, table| table.model.clone()).await)
    }

    /// What stands in FROM, as the model writes it.
    async fn source(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self.0.of_table(ctx, |_, table| table.relation.source());
        Some(read.await)
    }

    /// Its database; null where the model does not say.
    async fn database_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self
            .0
            .of_table(ctx, |_, table| Relation::of(table).database);
        read.await.transpose()
    }

    /// Its schema; null where the model does not say.
    async fn schema_name(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        let read = self.0.of_table(ctx, |_, table| Relation::of(table).schema);
        read.await.transpose()
    }

    /// Tags that people gave it.
    async fn tags(&self, ctx: &Context<'_>) -> Result<Vec<Tag>> {
        tags_of(ctx, self.item()).await
    }

    /// The icon that people gave it.
    async fn icon(&self, ctx: &Context<'_>) -> Option<Result<CatalogIcon>> {
        icon_of(ctx, self.item()).await.transpose()
    }

    /// What is joined to it in its explore, as far as the caller has the attributes that it asks
    /// for; nothing for joined tables.
    async fn joined_tables(&self, ctx: &Context<'_>) -> Result<Vec<JoinedTable>> {
        let explore = self.0.explore(ctx).await?;
        if explore.base_table != self.0.table {
            return Ok(Vec::new());
        }
        joined(ctx, &self.0).await
    }

    /// Its dimensions in the order of the model, but for hidden ones and those that ask for attributes
    /// that the caller lacks.
    async fn dimensions(&self, ctx: &Context<'_>) -> Result<Vec<Dimension>> {
        let facts = facts(ctx, self.0.organization).await?;
        let explore = self.0.explore(ctx).await?;
        let Some(table) = explore.tables.get(&self.0.table) else {
            return Ok(Vec::new());
        };
        let shown = table.dimensions.values().filter(|dimension| {
            let mut rules = rules_of_dimension(table, dimension);
            !dimension.hidden && rules.all(|rule| rule.allows(&facts.attributes))
        });
        Ok(shown
            .map(|dimension| Dimension(self.0.field(explore.clone(), &dimension.name)))
            .collect())
    }

    /// Its metrics in the order of the model, but for hidden ones and those that ask for attributes that
    /// the caller lacks.
    async fn metrics(&self, ctx: &Context<'_>) -> Result<Vec<Metric>> {
        let facts = facts(ctx, self.0.organization).await?;
        let explore = self.0.explore(ctx).await?;
        let Some(table) = explore.tables.get(&self.0.table) else {
            return Ok(Vec::new());
        };
        let shown = table.metrics.values().filter(|metric| {
            let mut rules = rules_of_metric(table, metric);
            !metric.hidden && rules.all(|rule| rule.allows(&facts.attributes))
        });
        Ok(shown
            .map(|metric| Metric(self.0.field(explore.clone(), &metric.name)))
            .collect())
    }

    /// What is wrong with it in its explore.
    async fn errors(&self, ctx: &Context<'_>) -> Result<Vec<ExploreError>> {
        let read = self.0.of_table(ctx, |explore, table| {
            let mine = explore.errors.iter().filter(|issue| {
                let rest = issue.path.strip_prefix(&table.name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            });
            mine.map(Into::into).collect()
        });
        read.await
    }

    /// The attributes that it asks for: a list of `{"all": …}` and `{"any": …}`, each of which must
    /// hold; null if there are none.
    async fn required_attributes(&self, ctx: &Context<'_>) -> Option<Result<Value>> {
        let read = self.0.of_table(ctx, |_, table| {
            let asks = !table.access.is_empty();
            asks.then(|| serde_json::to_value(&table.access).unwrap_or_default())
        });
        read.await.transpose()
    }

    /// Charts that use the table.
    async fn usage(&self) -> CatalogUsage {
        CatalogUsage(self.item())
    }
}

/// A picture for an item of the catalog.
#[derive(Debug, Clone, Union)]
pub enum CatalogIcon {
    /// An emoji.
    Emoji(EmojiIcon),
    /// An image.
    Custom(CustomIcon),
}

/// An emoji as icon.
#[derive(Debug, Clone, SimpleObject)]
pub struct EmojiIcon {
    /// The emoji.
    pub(super) unicode: String,
}

/// An image as icon.
#[derive(Debug, Clone, SimpleObject)]
pub struct CustomIcon {
    /// Its address.
    pub(super) url: crate::gql::Url,
}
