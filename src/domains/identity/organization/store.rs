//! Queries and commands on organizations.

use super::OrganizationRow;
use crate::{
    authz::{Delete, Edit, Grant, Resource as _, Viewer, Visible},
    db::{Bind, Conn, schema::organizations, sql},
    kernel::{
        Result,
        entity::{AccessGrantId, Organization, OrganizationId, ProjectId, RoleId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use std::{collections::HashMap, sync::Arc};

/// An organization to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = organizations, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewOrganization<'a> {
    pub(super) id: OrganizationId,
    pub(super) name: &'a str,
    pub(super) display_name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) theme_id: Option<&'a str>,
    pub(super) parent_id: Option<OrganizationId>,
}

/// What may change of an organization. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = organizations, check_for_backend(diesel::pg::Pg))]
pub(super) struct OrganizationChanges {
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) description: Option<Option<String>>,
    pub(super) theme_id: Option<Option<String>>,
    pub(super) chart_colors: Option<Vec<String>>,
    pub(super) default_project_id: Option<Option<ProjectId>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

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

/// Whether the viewer belongs to an organization. Holds the account until the end of the
/// transaction, so that two requests at once cannot both find that they belong to none.
pub(super) async fn belongs_somewhere(mut conn: &Conn, viewer: &Viewer) -> Result<bool> {
    sql(
        "SELECT id FROM users WHERE id = ? FOR NO KEY UPDATE",
        [viewer.user.into()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    let found: bool = sql(
        "SELECT EXISTS (SELECT FROM organization_members WHERE user_id = ?)",
        [viewer.user.into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// Stores an organization whose founder is the viewer: its member and administrator, at home there
/// if they have no other home.
pub(super) async fn create(
    mut conn: &Conn,
    founder: &Viewer,
    new: &NewOrganization<'_>,
    admin: RoleId,
) -> Result<OrganizationRow> {
    let row = diesel::insert_into(organizations::table)
        .values(new)
        .returning(OrganizationRow::as_returning())
        .get_result(&mut conn)
        .await?;
    let (organization, user) = (Bind::from(new.id), Bind::from(founder.user));
    sql(
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        [organization.clone(), user.clone()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "INSERT INTO access_grants (id, organization_id, scope, scope_id, user_id, role_id, created_by) \
         VALUES (?, ?, 'ORGANIZATION', ?, ?, ?, ?)",
        [
            AccessGrantId::new().into(),
            organization.clone(),
            organization.clone(),
            user.clone(),
            admin.into(),
            user.clone(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "UPDATE users SET organization_id = ? WHERE id = ? AND organization_id IS NULL",
        [organization, user],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(row)
}

/// Changes the organization of the grant.
pub(super) async fn update(
    mut conn: &Conn,
    organization: &Grant<Edit, Organization>,
    changes: &OrganizationChanges,
) -> Result<OrganizationRow> {
    let row = diesel::update(organizations::table.filter(organizations::id.eq(organization.id())))
        .set(changes)
        .returning(OrganizationRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Those among the organizations of the grants that have an organization below them which is not
/// among them. Holds all of them, so that none can be put below meanwhile.
pub(super) async fn with_children(
    mut conn: &Conn,
    grants: &[Grant<Delete, Organization>],
) -> Result<Vec<OrganizationId>> {
    let ids = Bind::from(grants.iter().map(Grant::id).collect::<Vec<_>>());
    sql(
        "SELECT id FROM organizations WHERE id = ANY(?) ORDER BY id FOR UPDATE",
        [ids.clone()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    let found = sql(
        "SELECT DISTINCT parent_id FROM organizations WHERE parent_id = ANY(?) AND id <> ALL(?)",
        [ids.clone(), ids],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}

/// Deletes the organizations of the grants with all that they hold, and the accounts that live
/// there. Who belongs elsewhere too moves home; who holds a role of the installation stays.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Organization>]) -> Result<()> {
    let ids = Bind::from(grants.iter().map(Grant::id).collect::<Vec<_>>());
    let statements = [
        sql(
            "DELETE FROM users u WHERE u.organization_id = ANY(?) \
             AND NOT EXISTS (SELECT FROM organization_members m \
               WHERE m.user_id = u.id AND m.organization_id <> ALL(?)) \
             AND NOT EXISTS (SELECT FROM role_assignments a JOIN roles r ON r.id = a.role_id \
               WHERE a.user_id = u.id AND r.scope = 'TENANT')",
            [ids.clone(), ids.clone()],
        ),
        sql(
            "UPDATE users u SET updated_at = now(), organization_id = (\
               SELECT m.organization_id FROM organization_members m \
               WHERE m.user_id = u.id AND m.organization_id <> ALL(?) \
               ORDER BY m.created_at, m.organization_id LIMIT 1) \
             WHERE u.organization_id = ANY(?)",
            [ids.clone(), ids.clone()],
        ),
        // Roles go with their organization, but not while somebody holds them.
        sql(
            "DELETE FROM role_assignments WHERE role_id IN (\
               SELECT id FROM roles WHERE organization_id = ANY(?))",
            [ids.clone()],
        ),
        sql(
            "DELETE FROM access_grants WHERE organization_id = ANY(?)",
            [ids.clone()],
        ),
        sql(
            "UPDATE organizations SET parent_id = NULL WHERE id = ANY(?)",
            [ids.clone()],
        ),
        sql("DELETE FROM organizations WHERE id = ANY(?)", [ids]),
    ];
    for statement in statements {
        statement.statement::<()>().execute(&mut conn).await?;
    }
    Ok(())
}
