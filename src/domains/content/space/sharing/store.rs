//! Statements on the grants of a space.

use crate::{
    authz::{Grant, ManageAccess},
    db::{Bind, Conn, sql},
    domains::access::PrincipalId,
    kernel::{
        Result,
        entity::{AccessGrantId, GroupId, RoleId, Space, UserId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

type Flowing = (Option<Uuid>, Option<Uuid>, Uuid);
type FlowingSql = (st::Nullable<st::Uuid>, st::Nullable<st::Uuid>, st::Uuid);

/// A role for a user or a group.
pub(crate) type Gift = (PrincipalId, RoleId);

/// What reaches the space of the grant from spaces above, the project, the organization and the
/// installation, as space roles: the highest for each principal.
///
/// Roles with `SPACE_VIEW_ALL` are left out, since they reach private spaces as they are.
pub(crate) async fn flowing(
    mut conn: &Conn,
    space: &Grant<ManageAccess, Space>,
) -> Result<Vec<Gift>> {
    let statement = sql(include_str!("flowing.sql"), [space.id().into()]).statement::<FlowingSql>();
    let rows: Vec<Flowing> = statement.load(&mut conn).await?;
    let gift = |(user, group, role)| {
        let principal = match (user, group) {
            (Some(user), _) => PrincipalId::User(UserId::from_uuid(user)),
            (None, Some(group)) => PrincipalId::Group(GroupId::from_uuid(group)),
            (None, None) => return None,
        };
        Some((principal, RoleId::from_uuid(role)))
    };
    Ok(rows.into_iter().filter_map(gift).collect())
}

/// Gives roles on the space of the grant; whoever has a role there keeps it, if it is as high.
/// Answers which of the principals are not of the space's organization and got nothing.
pub(crate) async fn give(
    conn: &Conn,
    space: &Grant<ManageAccess, Space>,
    gifts: &[Gift],
    by: Option<UserId>,
) -> Result<Vec<PrincipalId>> {
    let mut outside = Vec::new();
    for kind in [true, false] {
        let some = gifts
            .iter()
            .filter(|(to, _)| matches!(to, PrincipalId::User(_)) == kind);
        let some: Vec<Gift> = some.copied().collect();
        if some.is_empty() {
            continue;
        }
        let text = if kind {
            include_str!("give_users.sql")
        } else {
            include_str!("give_groups.sql")
        };
        let given = give_kind(conn, space, text, &some, by).await?;
        outside.extend(
            some.iter()
                .map(|(to, _)| *to)
                .filter(|to| !given.contains(&uuid(*to))),
        );
    }
    Ok(outside)
}

fn uuid(principal: PrincipalId) -> Uuid {
    match principal {
        PrincipalId::User(id) => id.uuid(),
        PrincipalId::Group(id) => id.uuid(),
    }
}

async fn give_kind(
    mut conn: &Conn,
    space: &Grant<ManageAccess, Space>,
    text: &'static str,
    gifts: &[Gift],
    by: Option<UserId>,
) -> Result<Vec<Uuid>> {
    let ids: Vec<AccessGrantId> = gifts.iter().map(|_| AccessGrantId::new()).collect();
    let principals: Vec<Uuid> = gifts.iter().map(|(to, _)| uuid(*to)).collect();
    let roles: Vec<RoleId> = gifts.iter().map(|(_, role)| *role).collect();
    let binds = [
        ids.into(),
        Bind::Uuids(principals),
        roles.into(),
        space.id().into(),
        by.into(),
    ];
    Ok(sql(text, binds)
        .statement::<st::Uuid>()
        .load(&mut conn)
        .await?)
}
