//! Lists of tags: those of a project, and those of items of the catalog.

use super::{Tag, TagRow, store};
use crate::{
    db::{Fragment, schema::tags},
    gql::{
        Connection, ListNode, OrderDirection, OrderField, PageArgs, Scope, by_id_loader, children,
        listing,
    },
    kernel::{Result, entity, entity::ProjectId},
};
use async_graphql::Context;
use std::sync::Arc;
use uuid::Uuid;

by_id_loader! { TagRow in tags for entity::Tag }
listing! {
    TagRow in tags as Tag, for entity::Tag, keys {
        "tags.id" => id,
        "tags.name" => name,
    }
}

impl ListNode for Tag {
    const CONNECTION: &'static str = "TagConnection";
    const EDGE: &'static str = "TagEdge";
}

/// The one order of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByName;

impl OrderField for ByName {
    const LIST: &'static str = "tags";
    const TIE: (&'static str, &'static str) = ("tags.id", "::uuid");

    fn term(self) -> (&'static str, &'static str) {
        ("tags.name", "::text")
    }

    fn default_order() -> (Self, OrderDirection) {
        (Self, OrderDirection::Asc)
    }
}

/// The tags of a project, by name.
///
/// # Errors
/// Wrong arguments, lack of sign-in, outages.
pub async fn tags_of(
    ctx: &Context<'_>,
    project: ProjectId,
    page: &PageArgs,
) -> Result<Connection<Tag>> {
    let order: [(ByName, _); 0] = [];
    let link = "tags.project_id = p.id";
    children::<TagRow, _>(ctx, project.uuid(), link, page, &order, |_| {
        Ok(Fragment::yes())
    })
    .await
}

/// The tags of items, each with its item, by name.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn tags_of_items(scope: &Arc<Scope>, items: &[Uuid]) -> Result<Vec<(Uuid, Tag)>> {
    let visible = scope.visible()?;
    let conn = scope.conn().await?;
    let rows = store::of_items(conn.get()?, &visible, items).await?;
    Ok(rows
        .into_iter()
        .map(|(item, row)| (item, Tag(Arc::new(row))))
        .collect())
}
