//! Statements on roles.

use super::{RoleRef, RoleRow};
use crate::{
    authz::{
        Create, Delete, Edit, Grant, PermissionSet, Place, Resource as _, RoleScope, System, View,
        Visible, built_in_roles,
    },
    db::{Bind, Conn, Fragment, schema::roles, sql},
    domains::content::space,
    kernel::{
        Result,
        entity::{Organization, OrganizationId, Project, ProjectId, Role, RoleId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
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

/// Proof that a role may be made for its owner-to-be.
#[derive(Debug)]
pub(super) enum OwnerGrant {
    /// The installation; made only for holders of `SYSTEM_CREATE`.
    Installation,
    /// An organization.
    Organization(Grant<Create<Role>, Organization>),
}

impl OwnerGrant {
    /// Where the role can be handed out.
    pub(super) fn place(&self) -> Place {
        match self {
            Self::Installation => Place::installation(),
            Self::Organization(grant) => grant.place().clone(),
        }
    }

    fn organization(&self) -> Option<OrganizationId> {
        match self {
            Self::Installation => None,
            Self::Organization(grant) => Some(grant.id()),
        }
    }
}

/// A role to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = roles, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewRole<'a> {
    pub(super) id: RoleId,
    pub(super) key: &'a str,
    pub(super) name: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) scope: RoleScope,
    pub(super) is_active: bool,
    pub(super) all_projects: bool,
    pub(super) permissions: Vec<String>,
    pub(super) rank: i32,
}

/// What may change of a role. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = roles, check_for_backend(diesel::pg::Pg))]
pub(super) struct RoleChanges {
    pub(super) name: Option<String>,
    pub(super) description: Option<Option<String>>,
    pub(super) is_active: Option<bool>,
    pub(super) all_projects: Option<bool>,
    pub(super) permissions: Option<Vec<String>>,
    pub(super) rank: Option<i32>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

/// How high a role with these permissions is.
pub(super) fn rank(permissions: PermissionSet) -> i32 {
    i32::try_from(permissions.len()).unwrap_or(i32::MAX)
}

/// Keys, in lower case, that a new role of this owner and scope cannot have.
pub(super) async fn keys(
    mut conn: &Conn,
    owner: &OwnerGrant,
    scope: RoleScope,
) -> Result<Vec<String>> {
    let keys = sql(
        "SELECT lower(key) FROM roles \
         WHERE scope = ? AND (is_built_in OR organization_id IS NOT DISTINCT FROM ?)",
        [scope.into(), owner.organization().into()],
    )
    .statement::<st::Text>()
    .load(&mut conn)
    .await?;
    Ok(keys)
}

/// Stores a custom role, with the projects on which it holds.
pub(super) async fn create(
    mut conn: &Conn,
    owner: &OwnerGrant,
    new: &NewRole<'_>,
    projects: &[ProjectId],
) -> Result<RoleRow> {
    let row: RoleRow = diesel::insert_into(roles::table)
        .values((new, roles::organization_id.eq(owner.organization())))
        .returning(RoleRow::as_returning())
        .get_result(&mut conn)
        .await?;
    name_projects(conn, row.id, projects).await?;
    Ok(row)
}

async fn name_projects(mut conn: &Conn, role: RoleId, projects: &[ProjectId]) -> Result<()> {
    if projects.is_empty() {
        return Ok(());
    }
    sql(
        "INSERT INTO role_projects (organization_id, role_id, project_id) \
         SELECT p.organization_id, ?, p.id FROM projects p WHERE p.id = ANY(?)",
        [role.into(), projects.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// The visible ones among the projects that are of this owner.
pub(super) async fn projects_of(
    mut conn: &Conn,
    visible: &Visible<Project>,
    owner: OrganizationId,
    ids: &[ProjectId],
) -> Result<Vec<ProjectId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = sql(
        "SELECT projects.id FROM projects WHERE projects.organization_id = ? AND projects.id = ANY(?) AND ",
        [owner.into(), ids.into()],
    )
    .with(Project::visible(visible.viewer()))
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}

/// Whether the role came with the product.
pub(super) async fn is_built_in(mut conn: &Conn, role: &Grant<View, Role>) -> Result<bool> {
    let found = roles::table
        .select(roles::is_built_in)
        .filter(roles::id.eq(role.id()))
        .first(&mut conn)
        .await?;
    Ok(found)
}

/// The role of the grant, locked: who is about to give it to somebody has to wait.
pub(super) async fn lock(mut conn: &Conn, role: &Grant<Edit, Role>) -> Result<RoleRow> {
    let row = roles::table
        .select(RoleRow::as_select())
        .filter(roles::id.eq(role.id()))
        .for_update()
        .first(&mut conn)
        .await?;
    Ok(row)
}

/// The private spaces, and those inside, on which the role is granted.
pub(super) async fn private_places(conn: &Conn, role: &Grant<Edit, Role>) -> Result<Vec<Place>> {
    let from = sql(
        "spaces s WHERE s.is_restricted AND s.id IN (\
           SELECT g.space_id FROM access_grants g WHERE g.role_id = ? AND g.scope = 'SPACE')",
        [role.id().into()],
    );
    space::places(conn, from).await
}

/// Changes the role of the grant; `projects`, if given, replace those it names.
pub(super) async fn update(
    mut conn: &Conn,
    role: &Grant<Edit, Role>,
    changes: &RoleChanges,
    projects: Option<&[ProjectId]>,
) -> Result<RoleRow> {
    if let Some(projects) = projects {
        sql(
            "DELETE FROM role_projects WHERE role_id = ?",
            [role.id().into()],
        )
        .statement::<()>()
        .execute(&mut conn)
        .await?;
        name_projects(conn, role.id(), projects).await?;
    }
    let row = diesel::update(roles::table.filter(roles::id.eq(role.id())))
        .set(changes)
        .returning(RoleRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Those of the roles that somebody holds. Locks them, so that nobody is given one meanwhile.
pub(super) async fn used(mut conn: &Conn, grants: &[Grant<Delete, Role>]) -> Result<Vec<RoleId>> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    sql(
        "SELECT id FROM roles WHERE id = ANY(?) ORDER BY id FOR UPDATE",
        [ids.clone().into()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    let used = sql(
        "SELECT r.id FROM roles r WHERE r.id = ANY(?) AND (\
           EXISTS (SELECT FROM access_grants g WHERE g.role_id = r.id) \
           OR EXISTS (SELECT FROM role_assignments a WHERE a.role_id = r.id))",
        [ids.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(used)
}

/// Deletes the roles of the grants.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, Role>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(roles::table.filter(roles::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}
