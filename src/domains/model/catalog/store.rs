//! Statements on items of the catalog.

use super::build::NewItem;
use crate::{
    authz::{Create, Edit, Grant, Resource as _, Viewer},
    db::{Bind, Conn, sql},
    kernel::{
        Error, Id, Result, entity,
        entity::{Deployment, Project, TagId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

/// Items in one statement.
const AT_ONCE: usize = 1_000;

/// Makes these the items of the project of the grant. Those that it had before and are not among them
/// stay, but are not current.
pub(in crate::domains::model) async fn replace(
    mut conn: &Conn,
    project: &Grant<Create<Deployment>, Project>,
    items: &[NewItem],
) -> Result<()> {
    let organization = project.place().organization.ok_or(Error::NotFound)?;
    sql(
        "UPDATE catalog_items SET is_current = false WHERE project_id = ? AND is_current",
        [project.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    for items in items.chunks(AT_ONCE) {
        let items = serde_json::to_value(items).map_err(anyhow::Error::new)?;
        sql(
            include_str!("replace.sql"),
            [organization.into(), project.id().into(), Bind::Json(items)],
        )
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    }
    Ok(())
}

/// Icons of items that the viewer sees.
pub(super) async fn icons(
    mut conn: &Conn,
    viewer: &Viewer,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Option<String>, Option<String>)>> {
    let statement = sql(
        "SELECT id, icon_unicode, icon_url FROM catalog_items \
         WHERE id = ANY(?) AND (icon_unicode IS NOT NULL OR icon_url IS NOT NULL) AND ",
        [Bind::Uuids(ids.to_vec())],
    );
    let statement = statement.with(entity::CatalogItem::visible(viewer));
    let rows = statement
        .statement::<(st::Uuid, st::Nullable<st::Text>, st::Nullable<st::Text>)>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}

/// Gives the item of the grant an icon: an emoji or an address, or none.
pub(super) async fn set_icon(
    mut conn: &Conn,
    item: &Grant<Edit, entity::CatalogItem>,
    (unicode, url): (Option<String>, Option<String>),
) -> Result<()> {
    sql(
        "UPDATE catalog_items SET icon_unicode = ?, icon_url = ? WHERE id = ?",
        [unicode.into(), url.into(), item.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Gives the item of the grant a tag of its project; tells whether there is such a tag.
pub(super) async fn add_tag(
    mut conn: &Conn,
    item: &Grant<Edit, entity::CatalogItem>,
    tag: TagId,
) -> Result<bool> {
    let found: bool = sql(
        "WITH tag AS ( \
           SELECT i.organization_id, i.project_id, i.id AS item_id, t.id AS tag_id \
           FROM catalog_items i JOIN tags t ON t.project_id = i.project_id WHERE i.id = ? AND t.id = ? \
         ), added AS ( \
           INSERT INTO catalog_item_tags (organization_id, project_id, item_id, tag_id) SELECT * FROM tag \
           ON CONFLICT DO NOTHING \
         ) SELECT EXISTS (SELECT FROM tag)",
        [item.id().into(), tag.into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// Takes a tag from the item of the grant; tells whether it had it.
pub(super) async fn take_tag(
    mut conn: &Conn,
    item: &Grant<Edit, entity::CatalogItem>,
    tag: TagId,
) -> Result<bool> {
    let taken = sql(
        "DELETE FROM catalog_item_tags WHERE item_id = ? AND tag_id = ?",
        [item.id().into(), tag.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(taken > 0)
}

/// An item as it is after a change.
pub(super) async fn get(
    mut conn: &Conn,
    item: &Grant<Edit, entity::CatalogItem>,
) -> Result<super::row::ItemRow> {
    use crate::db::schema::catalog_items;
    use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
    let id: Id<entity::CatalogItem> = item.id();
    let row = catalog_items::table
        .select(super::row::ItemRow::as_select())
        .filter(catalog_items::id.eq(id))
        .first(&mut conn)
        .await?;
    Ok(row)
}
