//! Mutations of catalog items: tags and icons.

use super::{CatalogItem, CatalogItemKind, row::ItemRow, store};
use crate::{
    authz::{Edit, Grant},
    gql::{
        Refusal, ScopeExt as _, Tx, Url, UserError, UserErrorCode, UserErrors, id_at, mutate,
        payload,
    },
    kernel::{AnyId, Entity, Id, Result, entity},
};
use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, OneofObject, SimpleObject};
use std::sync::Arc;

/// Longest icon, in bytes: an emoji may be made of several characters.
const EMOJI_MAX: usize = 64;

/// A tag for an item.
#[derive(Debug, InputObject)]
pub(crate) struct TagCatalogItemInput {
    /// The table, dimension or metric. Needs CATALOG_EDIT on the project.
    pub catalog_item_id: ID,
    /// The tag, of the same project.
    pub tag_id: ID,
}

/// A tag to take from an item.
#[derive(Debug, InputObject)]
pub(crate) struct UntagCatalogItemInput {
    /// The table, dimension or metric. Needs CATALOG_EDIT on the project.
    pub catalog_item_id: ID,
    /// The tag.
    pub tag_id: ID,
}

/// A picture for an item.
#[derive(Debug, OneofObject)]
pub(crate) enum CatalogIconInput {
    /// An emoji.
    Unicode(String),
    /// Address of an image.
    Url(Url),
}

/// An icon for an item.
#[derive(Debug, InputObject)]
pub(crate) struct SetCatalogItemIconInput {
    /// The table, dimension or metric. Needs CATALOG_EDIT on the project.
    pub catalog_item_id: ID,
    /// The icon; null removes it.
    pub icon: MaybeUndefined<CatalogIconInput>,
}

/// What `tagCatalogItem` answers.
#[derive(SimpleObject)]
pub(crate) struct TagCatalogItemPayload {
    /// The item; null if there are mistakes.
    pub catalog_item: Option<CatalogItem>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `untagCatalogItem` answers.
#[derive(SimpleObject)]
pub(crate) struct UntagCatalogItemPayload {
    /// The item; null if there are mistakes.
    pub catalog_item: Option<CatalogItem>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// What `setCatalogItemIcon` answers.
#[derive(SimpleObject)]
pub(crate) struct SetCatalogItemIconPayload {
    /// The item; null if there are mistakes.
    pub catalog_item: Option<CatalogItem>,
    /// Mistakes in the input; nothing was stored if there are any.
    pub user_errors: Vec<UserError>,
}

/// Mutations of catalog items.
#[derive(Default)]
pub struct CatalogMutation;

#[Object]
impl CatalogMutation {
    /// Gives a table or field a tag. It may have it already.
    async fn tag_catalog_item(
        &self,
        ctx: &Context<'_>,
        input: TagCatalogItemInput,
    ) -> Result<TagCatalogItemPayload> {
        let outcome = mutate(ctx.scope(), "tagCatalogItem", async |tx| {
            let item = editable(tx, &input.catalog_item_id).await?;
            let tag = id_at::<entity::Tag>("tagId", &input.tag_id)?;
            if !store::add_tag(tx.conn, &item, tag).await? {
                let message = "the project has no such tag";
                return Err(Refusal::user(UserErrorCode::NotFound, "tagId", message));
            }
            Ok(store::get(tx.conn, &item).await?)
        });
        let (catalog_item, user_errors) = payload(outcome.await?, shown);
        Ok(TagCatalogItemPayload {
            catalog_item,
            user_errors,
        })
    }

    /// Takes a tag from a table or field.
    async fn untag_catalog_item(
        &self,
        ctx: &Context<'_>,
        input: UntagCatalogItemInput,
    ) -> Result<UntagCatalogItemPayload> {
        let outcome = mutate(ctx.scope(), "untagCatalogItem", async |tx| {
            let item = editable(tx, &input.catalog_item_id).await?;
            let tag = id_at::<entity::Tag>("tagId", &input.tag_id)?;
            if !store::take_tag(tx.conn, &item, tag).await? {
                let message = "the item does not have this tag";
                return Err(Refusal::user(UserErrorCode::NotFound, "tagId", message));
            }
            Ok(store::get(tx.conn, &item).await?)
        });
        let (catalog_item, user_errors) = payload(outcome.await?, shown);
        Ok(UntagCatalogItemPayload {
            catalog_item,
            user_errors,
        })
    }

    /// Gives a table or field an icon. A null icon removes it.
    async fn set_catalog_item_icon(
        &self,
        ctx: &Context<'_>,
        input: SetCatalogItemIconInput,
    ) -> Result<SetCatalogItemIconPayload> {
        let outcome = mutate(ctx.scope(), "setCatalogItemIcon", async |tx| {
            let icon = icon(&input.icon)?;
            let item = editable(tx, &input.catalog_item_id).await?;
            store::set_icon(tx.conn, &item, icon).await?;
            Ok(store::get(tx.conn, &item).await?)
        });
        let (catalog_item, user_errors) = payload(outcome.await?, shown);
        Ok(SetCatalogItemIconPayload {
            catalog_item,
            user_errors,
        })
    }
}

fn shown(row: ItemRow) -> CatalogItem {
    Arc::new(row).into()
}

fn icon(
    icon: &MaybeUndefined<CatalogIconInput>,
) -> Result<(Option<String>, Option<String>), Refusal> {
    let mut errors = UserErrors::default();
    let icon = match icon {
        MaybeUndefined::Undefined => {
            let message = "name an icon, or null to remove it";
            errors.add(UserErrorCode::Required, "icon", message);
            (None, None)
        }
        MaybeUndefined::Null => (None, None),
        MaybeUndefined::Value(CatalogIconInput::Url(url)) => (None, Some(url.as_str().to_owned())),
        MaybeUndefined::Value(CatalogIconInput::Unicode(text)) => {
            let text = text.trim();
            let plain = text.chars().any(|c| c.is_control() || c.is_whitespace());
            if text.is_empty() || text.len() > EMOJI_MAX || plain || text.is_ascii() {
                let message = "expected one emoji";
                errors.add(UserErrorCode::Invalid, "icon.unicode", message);
            }
            (Some(text.to_owned()), None)
        }
    };
    errors.check()?;
    Ok(icon)
}

/// Proof that the caller may change an item that they see, by the id of a table, dimension or metric.
async fn editable(tx: &Tx<'_>, text: &ID) -> Result<Grant<Edit, entity::CatalogItem>, Refusal> {
    let kinds = [
        (entity::Table::PREFIX, CatalogItemKind::Table),
        (entity::Dimension::PREFIX, CatalogItemKind::Dimension),
        (entity::Metric::PREFIX, CatalogItemKind::Metric),
    ];
    let path = "catalogItemId";
    let id = AnyId::parse(text.as_str());
    let id = id.and_then(|id| {
        let kind = kinds.iter().find(|(prefix, _)| *prefix == id.prefix)?;
        Some((id.uuid, kind.1))
    });
    let Some((uuid, kind)) = id else {
        let message = "expected an id that starts with `table_`, `dimension_` or `metric_`";
        return Err(Refusal::user(UserErrorCode::Invalid, path, message));
    };
    match kind {
        CatalogItemKind::Table => {
            tx.audit(|entry| entry.target(Id::<entity::Table>::from_uuid(uuid)));
        }
        CatalogItemKind::Dimension => {
            tx.audit(|entry| entry.target(Id::<entity::Dimension>::from_uuid(uuid)));
        }
        CatalogItemKind::Metric => {
            tx.audit(|entry| entry.target(Id::<entity::Metric>::from_uuid(uuid)));
        }
    }
    let id = Id::<entity::CatalogItem>::from_uuid(uuid);
    // What its attributes hide is not there, whatever the role.
    tx.see::<entity::CatalogItem>(path, id).await?;
    let grant = tx.authorize::<Edit, entity::CatalogItem>(path, id).await?;
    tx.audit(|entry| entry.organization = grant.place().organization);
    Ok(grant)
}
