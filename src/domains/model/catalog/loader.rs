//! Batches: tables by name, icons and tags of items.

use super::{
    Table,
    list::items_named,
    row::ItemRow,
    store,
    table::{CatalogIcon, CustomIcon, EmojiIcon},
};
use crate::{
    domains::model::tag::{Tag, tags_of_items},
    gql::{Batch, Scope, ScopeExt as _, Url},
    kernel::{Result, entity::ProjectId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

type Named = (ProjectId, String);

struct Tables;

impl Batch for Tables {
    type Key = Named;
    type Value = Arc<ItemRow>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<Named>,
    ) -> Result<HashMap<Named, Self::Value>> {
        let rows = items_named(scope, &keys).await?;
        Ok(rows
            .into_iter()
            .map(|row| ((row.project_id, row.table_name.clone()), Arc::new(row)))
            .collect())
    }
}

struct Icons;

impl Batch for Icons {
    type Key = Uuid;
    type Value = CatalogIcon;

    async fn load(&self, scope: Arc<Scope>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, CatalogIcon>> {
        let conn = scope.conn().await?;
        let rows = store::icons(conn.get()?, scope.viewer()?, &ids).await?;
        let icon = |(id, unicode, url): (Uuid, Option<String>, Option<String>)| {
            let emoji = unicode.map(|unicode| CatalogIcon::Emoji(EmojiIcon { unicode }));
            let custom = url.map(|url| {
                let url = Url::trusted(url);
                CatalogIcon::Custom(CustomIcon { url })
            });
            Some((id, emoji.or(custom)?))
        };
        Ok(rows.into_iter().filter_map(icon).collect())
    }
}

struct Tags;

impl Batch for Tags {
    type Key = Uuid;
    type Value = Arc<Vec<Tag>>;

    async fn load(&self, scope: Arc<Scope>, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Self::Value>> {
        let mut found: HashMap<Uuid, Vec<Tag>> = HashMap::new();
        for (item, tag) in tags_of_items(&scope, &ids).await? {
            found.entry(item).or_default().push(tag);
        }
        Ok(found
            .into_iter()
            .map(|(id, tags)| (id, Arc::new(tags)))
            .collect())
    }
}

/// The table of that name that a project has; `None` if there is none or the caller may not see it.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn table_of(ctx: &Context<'_>, project: ProjectId, name: &str) -> Result<Option<Table>> {
    let key = (project, name.to_owned());
    let row = ctx.scope().lanes.load(0, || Ok(Tables), key).await?;
    Ok(row.map(|row| Table::from(&*row)))
}

/// The icon of an item.
pub(super) async fn icon_of(ctx: &Context<'_>, item: Uuid) -> Result<Option<CatalogIcon>> {
    ctx.scope().lanes.load(0, || Ok(Icons), item).await
}

/// The tags of an item, by name.
pub(super) async fn tags_of(ctx: &Context<'_>, item: Uuid) -> Result<Vec<Tag>> {
    let found = ctx.scope().lanes.load(0, || Ok(Tags), item).await?;
    Ok(found.as_deref().cloned().unwrap_or_default())
}
