//! Queries and commands on organizations.

use crate::{
    authz::{Resource as _, Visible},
    db::{Conn, sql},
    kernel::{
        Result,
        entity::{Organization, OrganizationId},
    },
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::{collections::HashMap, sync::Arc};

/// The path of each organization: names from its highest visible ancestor down.
///
/// An ancestor that the viewer may not see ends the path, as it ends the chain of `parent`.
pub(super) async fn paths(
    mut conn: &Conn,
    visible: &Visible<Organization>,
    ids: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Arc<str>>> {
    let seen = || Organization::visible(visible.viewer());
    let rows: Vec<(OrganizationId, String)> = sql(
        "WITH RECURSIVE up AS (\
         SELECT organizations.id AS leaf, organizations.parent_id, organizations.name, 1 AS height \
         FROM organizations WHERE organizations.id = ANY(?) AND ",
        [ids.into()],
    )
    .with(seen())
    .then(
        " UNION ALL \
         SELECT up.leaf, organizations.parent_id, organizations.name, up.height + 1 \
         FROM up JOIN organizations ON organizations.id = up.parent_id WHERE up.height < 100 AND ",
        [],
    )
    .with(seen())
    .then(
        ") SELECT leaf, string_agg('/' || name, '' ORDER BY height DESC) FROM up GROUP BY leaf",
        [],
    )
    .statement::<(st::Uuid, st::Text)>()
    .load(&mut conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, path)| (id, Arc::from(path)))
        .collect())
}

/// Those among the organizations that have no project, whether the viewer could see one or not.
pub(super) async fn without_project(
    mut conn: &Conn,
    visible: &Visible<Organization>,
    ids: &[OrganizationId],
) -> Result<Vec<OrganizationId>> {
    let found = sql(
        "SELECT organizations.id FROM organizations WHERE organizations.id = ANY(?) \
         AND NOT EXISTS (SELECT FROM projects p WHERE p.organization_id = organizations.id) AND ",
        [ids.into()],
    )
    .with(Organization::visible(visible.viewer()))
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}
