//! Statements on groups.

use super::GroupRef;
use crate::{
    authz::{Resource as _, Visible},
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{Group, GroupId, OrganizationId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl;

/// The visible groups that a reference names, of `organization` if one is given; two at most.
pub(super) async fn find_by_ref(
    mut conn: &Conn,
    visible: &Visible<Group>,
    by: &GroupRef,
    organization: Option<OrganizationId>,
) -> Result<Vec<GroupId>> {
    let named = match by {
        GroupRef::Id(id) => match id.parse::<GroupId>() {
            Ok(id) => sql("groups.id = ?", [id.into()]),
            Err(_) => return Ok(Vec::new()),
        },
        GroupRef::Key(key) if key.contains('\0') => return Ok(Vec::new()),
        GroupRef::Key(key) => sql("lower(groups.key) = lower(?)", [key.as_str().into()]),
    };
    let owned = organization.map_or_else(Fragment::yes, |id| {
        sql("groups.organization_id = ?", [id.into()])
    });
    let condition = Fragment::all([named, owned, Group::visible(visible.viewer())]);
    let rows: Vec<GroupId> = sql("SELECT groups.id FROM groups WHERE ", [])
        .with(condition)
        .then(" ORDER BY groups.id LIMIT 2", [])
        .statement::<st::Uuid>()
        .load(&mut conn)
        .await?;
    Ok(rows)
}
