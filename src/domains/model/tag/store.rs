//! Statements on tags.

use super::TagRow;
use crate::{
    authz::{Create, Delete, Edit, Grant, Resource as _, View, Visible},
    db::{Bind, Conn, schema::tags, sql},
    kernel::{
        Error, Result,
        entity::{Project, Tag, TagId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{dsl::SqlTypeOf, pg::Pg, prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Stores a tag of the project of the grant.
pub(super) async fn create(
    mut conn: &Conn,
    project: &Grant<Create<Tag>, Project>,
    (name, color): (&str, &str),
    (at, by): (DateTime<Utc>, UserId),
) -> Result<TagRow> {
    let organization = project.place().organization.ok_or(Error::NotFound)?;
    let row = diesel::insert_into(tags::table)
        .values((
            tags::id.eq(TagId::new()),
            tags::organization_id.eq(organization),
            tags::project_id.eq(project.id()),
            tags::name.eq(name),
            tags::color.eq(color),
            tags::created_at.eq(at),
            tags::created_by.eq(Some(by)),
        ))
        .returning(TagRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Changes the tag of the grant; `None` leaves a field as it is.
pub(super) async fn update(
    mut conn: &Conn,
    tag: &Grant<Edit, Tag>,
    name: Option<&str>,
    color: Option<&str>,
) -> Result<TagRow> {
    let text = |text: Option<&str>| Bind::from(text.map(str::to_owned));
    sql(
        "UPDATE tags SET name = coalesce(?, name), color = coalesce(?, color) WHERE id = ?",
        [text(name), text(color), tag.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let row = tags::table
        .find(tag.id())
        .select(TagRow::as_select())
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes the tags of the grants; items lose them.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Tag>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(tags::table.filter(tags::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

type Row = SqlTypeOf<diesel::dsl::AsSelect<TagRow, Pg>>;

/// The tags of items, by name.
pub(super) async fn of_items(
    mut conn: &Conn,
    visible: &Visible<Tag, View>,
    items: &[Uuid],
) -> Result<Vec<(Uuid, TagRow)>> {
    let statement = sql(
        "SELECT x.item_id, tags.id, tags.organization_id, tags.project_id, tags.name, tags.color, \
           tags.created_at, tags.created_by \
         FROM catalog_item_tags x JOIN tags ON tags.id = x.tag_id WHERE x.item_id = ANY(?) AND ",
        [Bind::Uuids(items.to_vec())],
    );
    let statement = statement
        .with(Tag::visible(visible.viewer()))
        .then(" ORDER BY tags.name, tags.id", []);
    let rows = statement
        .statement::<(st::Uuid, Row)>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}
