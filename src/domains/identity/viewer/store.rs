//! Statements on the caller.

use crate::{
    authz::{Resource as _, Viewer},
    db::{
        ColumnsText, Conn,
        schema::{organizations, users},
    },
    domains::identity::{organization::OrganizationRow, user::UserRow},
    kernel::{Result, entity::Organization},
};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Reads the home of the caller. Everybody sees their own account.
pub(super) async fn home(
    mut conn: &Conn,
    viewer: &Viewer,
) -> Result<Option<(UserRow, Option<OrganizationRow>)>> {
    static COLUMNS: ColumnsText<(UserRow, Option<OrganizationRow>)> = ColumnsText::new();
    let present = organizations::id
        .nullable()
        .eq(viewer.organization)
        .and(Organization::visible(viewer));
    let found = users::table
        .left_join(organizations::table.on(present))
        .filter(users::id.eq(viewer.user))
        .select(COLUMNS.get()?)
        .first(&mut conn)
        .await
        .optional()?;
    Ok(found)
}
