//! What the rule of the last administrator reads.

use crate::{
    authz::{Permission, System},
    db::{Bind, Conn, sql},
    kernel::{Result, entity::OrganizationId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;

/// Locks organizations against other changes of who administers them.
///
/// The lock leaves room for rows that refer to the organization, and is taken in one order.
pub(super) async fn lock(
    mut conn: &Conn,
    _: System,
    organizations: &[OrganizationId],
) -> Result<()> {
    sql(
        "SELECT id FROM organizations WHERE id = ANY(?) ORDER BY id FOR NO KEY UPDATE",
        [organizations.into()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Those among the organizations that have an administrator.
pub(super) async fn administered(
    mut conn: &Conn,
    _: System,
    organizations: &[OrganizationId],
) -> Result<Vec<OrganizationId>> {
    let needed = [Permission::MemberManage, Permission::OrganizationEdit];
    let found = sql(
        "SELECT DISTINCT g.organization_id FROM access_grants g \
         JOIN users u ON u.id = g.user_id AND u.status = 'ACTIVE' AND u.kind = 'USER' \
         JOIN roles r ON r.id = g.role_id AND r.is_active AND r.scope = 'ORGANIZATION' AND r.permissions @> ? \
         WHERE g.scope = 'ORGANIZATION' AND g.scope_id = ANY(?)",
        [
            Bind::Texts(needed.map(|permission| permission.as_str().to_owned()).to_vec()),
            organizations.into(),
        ],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}
