//! Statements on roles.

use super::{RoleRef, RoleRow};
use crate::{
    authz::{Resource as _, RoleScope, System, Visible, built_in_roles},
    db::{Bind, Conn, Fragment, schema::roles, sql},
    kernel::{
        Result,
        entity::{OrganizationId, Role, RoleId},
    },
};
use chrono::DateTime;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

/// Id of a built-in role: the same in every installation.
pub fn built_in_id(scope: RoleScope, key: &str) -> RoleId {
    let name = format!("role/{}/{key}", scope.as_str());
    RoleId::deterministic(DateTime::UNIX_EPOCH, &name)
}

/// Stores the built-in roles as this version has them: at every start, before anything else.
pub(super) async fn seed(mut conn: &Conn, _: System) -> Result<()> {
    for role in built_in_roles() {
        let rank = i32::try_from(role.permissions.len()).unwrap_or(i32::MAX);
        sql(
            "INSERT INTO roles (id, key, name, description, scope, is_built_in, permissions, rank) \
             VALUES (?, ?, ?, ?, ?, true, ?, ?) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, \
             permissions = excluded.permissions, rank = excluded.rank, updated_at = now() \
             WHERE (roles.name, roles.description, roles.permissions, roles.rank) \
             IS DISTINCT FROM (excluded.name, excluded.description, excluded.permissions, excluded.rank)",
            [
                built_in_id(role.scope, role.key).into(),
                role.key.into(),
                role.name.into(),
                role.description.into(),
                role.scope.into(),
                Bind::Texts(role.permissions.names()),
                rank.into(),
            ],
        )
        .statement::<()>()
        .execute(&mut conn)
        .await?;
    }
    Ok(())
}

/// The visible role that a reference names, among those of `scopes` (the first counts most) that
/// are built in, of the installation, or of `organization`.
pub(super) async fn find_by_ref(
    mut conn: &Conn,
    visible: &Visible<Role>,
    by: &RoleRef,
    scopes: &[RoleScope],
    organization: Option<OrganizationId>,
) -> Result<Option<RoleRow>> {
    let named = match by {
        RoleRef::Id(id) => match id.parse::<RoleId>() {
            Ok(id) => sql("roles.id = ?", [id.into()]),
            Err(_) => return Ok(None),
        },
        RoleRef::Key(key) if key.contains('\0') => return Ok(None),
        RoleRef::Key(key) => sql("lower(roles.key) = lower(?)", [key.as_str().into()]),
    };
    let scopes: Vec<String> = scopes
        .iter()
        .map(|scope| scope.as_str().to_owned())
        .collect();
    let condition = Fragment::all([
        named,
        sql("roles.scope = ANY(?)", [Bind::Texts(scopes.clone())]),
        sql(
            "roles.organization_id IS NULL OR roles.organization_id = ?",
            [organization.into()],
        ),
        Role::visible(visible.viewer()),
    ]);
    let row = roles::table
        .select(RoleRow::as_select())
        .filter(condition)
        .order((rank_of_scope(scopes), roles::is_built_in.desc(), roles::id))
        .first(&mut conn)
        .await
        .optional()?;
    Ok(row)
}

fn rank_of_scope(scopes: Vec<String>) -> Fragment {
    sql("array_position(?, roles.scope)", [Bind::Texts(scopes)])
}
