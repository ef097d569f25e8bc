//! Statements on grants.

use super::{AccessGrantRow, GrantScope};
use crate::{
    authz::{Grant, ManageAccess, ManageMembers, PermissionSet, Place},
    db::{Conn, Fragment, schema::access_grants, sql},
    domains::access::PrincipalId,
    kernel::{
        Error, Result,
        entity::{
            AccessGrantId, Organization, OrganizationId, Project, RoleId, Space, SpaceId, UserId,
        },
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// Proof that access on one of the kinds of scopes may be managed.
#[derive(Debug)]
pub(super) enum Proof {
    /// On an organization.
    Organization(Grant<ManageMembers, Organization>),
    /// On a project.
    Project(Grant<ManageAccess, Project>),
    /// On a space.
    Space(Grant<ManageAccess, Space>),
}

/// Proof that access on a scope may be managed.
#[derive(Debug)]
pub(super) struct ScopeGrant {
    proof: Proof,
    organization: OrganizationId,
}

impl ScopeGrant {
    /// The proof, with the organization that the scope is in.
    pub(super) fn new(proof: Proof) -> Result<Self> {
        let place = match &proof {
            Proof::Organization(grant) => grant.place(),
            Proof::Project(grant) => grant.place(),
            Proof::Space(grant) => grant.place(),
        };
        let organization = place
            .organization
            .ok_or_else(|| Error::fault("a scope outside of organizations"))?;
        Ok(Self {
            proof,
            organization,
        })
    }

    /// The organization that the scope is or is in.
    pub(super) const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Where the scope is.
    pub(super) const fn place(&self) -> &Place {
        match &self.proof {
            Proof::Organization(grant) => grant.place(),
            Proof::Project(grant) => grant.place(),
            Proof::Space(grant) => grant.place(),
        }
    }

    /// What kind of scope it is.
    pub(super) const fn kind(&self) -> GrantScope {
        match &self.proof {
            Proof::Organization(_) => GrantScope::Organization,
            Proof::Project(_) => GrantScope::Project,
            Proof::Space(_) => GrantScope::Space,
        }
    }

    const fn id(&self) -> Uuid {
        match &self.proof {
            Proof::Organization(grant) => grant.id().uuid(),
            Proof::Project(grant) => grant.id().uuid(),
            Proof::Space(grant) => grant.id().uuid(),
        }
    }

    const fn space(&self) -> Option<SpaceId> {
        match &self.proof {
            Proof::Organization(_) | Proof::Project(_) => None,
            Proof::Space(grant) => Some(grant.id()),
        }
    }
}

/// What a role carries; locked against change until the end of the transaction. `None` if it was deleted meanwhile.
pub(super) async fn carried(
    mut conn: &Conn,
    _: &ScopeGrant,
    role: RoleId,
) -> Result<Option<PermissionSet>> {
    let names: Option<Vec<String>> = sql(
        "SELECT permissions FROM roles WHERE id = ? FOR SHARE",
        [role.into()],
    )
    .statement::<st::Array<st::Text>>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(names.map(|names| PermissionSet::from_names(names.iter().map(String::as_str))))
}

/// What a member holds inside the organization of the scope, by grants and roles of their own.
pub(super) async fn carried_inside(
    mut conn: &Conn,
    scope: &ScopeGrant,
    user: UserId,
) -> Result<PermissionSet> {
    let names: Vec<String> = sql(
        "SELECT DISTINCT unnest(r.permissions) FROM roles r WHERE r.id IN (\
           SELECT g.role_id FROM access_grants g WHERE g.organization_id = ? AND g.user_id = ?) \
         OR (r.organization_id = ? AND r.id IN (\
           SELECT a.role_id FROM role_assignments a WHERE a.user_id = ?))",
        [
            scope.organization.into(),
            user.into(),
            scope.organization.into(),
            user.into(),
        ],
    )
    .statement::<st::Text>()
    .load(&mut conn)
    .await?;
    Ok(PermissionSet::from_names(names.iter().map(String::as_str)))
}

/// Whether a user belongs to the organization of the scope.
pub(super) async fn is_member(mut conn: &Conn, scope: &ScopeGrant, user: UserId) -> Result<bool> {
    let found = sql(
        "SELECT EXISTS (SELECT FROM organization_members WHERE organization_id = ? AND user_id = ?)",
        [scope.organization.into(), user.into()],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// Makes a user a member of the organization of the scope, if they are none.
pub(super) async fn join(mut conn: &Conn, scope: &ScopeGrant, user: UserId) -> Result<()> {
    sql(
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?) \
         ON CONFLICT DO NOTHING",
        [scope.organization.into(), user.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Ends a membership of the organization of the scope; grants and memberships of groups go along.
pub(super) async fn leave(mut conn: &Conn, scope: &ScopeGrant, user: UserId) -> Result<()> {
    sql(
        "DELETE FROM role_assignments a USING roles r \
         WHERE r.id = a.role_id AND r.organization_id = ? AND a.user_id = ?",
        [scope.organization.into(), user.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "DELETE FROM organization_members WHERE organization_id = ? AND user_id = ?",
        [scope.organization.into(), user.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

fn of(principal: PrincipalId) -> Fragment {
    match principal {
        PrincipalId::User(id) => sql("access_grants.user_id = ?", [id.into()]),
        PrincipalId::Group(id) => sql("access_grants.group_id = ?", [id.into()]),
    }
}

/// The grant of a principal on the scope, locked.
pub(super) async fn find(
    mut conn: &Conn,
    scope: &ScopeGrant,
    principal: PrincipalId,
) -> Result<Option<AccessGrantRow>> {
    let row = access_grants::table
        .select(AccessGrantRow::as_select())
        .filter(access_grants::scope_id.eq(scope.id()))
        .filter(of(principal))
        .for_update()
        .first(&mut conn)
        .await
        .optional()?;
    Ok(row)
}

/// Stores a grant on the scope.
pub(super) async fn create(
    mut conn: &Conn,
    scope: &ScopeGrant,
    principal: PrincipalId,
    role: RoleId,
    by: UserId,
) -> Result<AccessGrantRow> {
    let (user, group) = match principal {
        PrincipalId::User(id) => (Some(id), None),
        PrincipalId::Group(id) => (None, Some(id)),
    };
    let row = diesel::insert_into(access_grants::table)
        .values((
            access_grants::id.eq(AccessGrantId::new()),
            access_grants::organization_id.eq(scope.organization),
            access_grants::scope.eq(scope.kind()),
            access_grants::scope_id.eq(scope.id()),
            access_grants::project_id.eq(scope.place().project),
            access_grants::space_id.eq(scope.space()),
            access_grants::user_id.eq(user),
            access_grants::group_id.eq(group),
            access_grants::role_id.eq(role),
            access_grants::created_by.eq(by),
        ))
        .returning(AccessGrantRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Gives a grant on the scope another role.
pub(super) async fn update(
    mut conn: &Conn,
    scope: &ScopeGrant,
    id: AccessGrantId,
    role: RoleId,
    now: DateTime<Utc>,
) -> Result<AccessGrantRow> {
    let grants = access_grants::table
        .filter(access_grants::id.eq(id))
        .filter(access_grants::scope_id.eq(scope.id()));
    let row = diesel::update(grants)
        .set((
            access_grants::role_id.eq(role),
            access_grants::updated_at.eq(now),
        ))
        .returning(AccessGrantRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Deletes a grant on the scope.
pub(super) async fn delete(mut conn: &Conn, scope: &ScopeGrant, id: AccessGrantId) -> Result<()> {
    let grants = access_grants::table
        .filter(access_grants::id.eq(id))
        .filter(access_grants::scope_id.eq(scope.id()));
    diesel::delete(grants).execute(&mut conn).await?;
    Ok(())
}
