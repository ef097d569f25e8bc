//! Statements on users.

use super::{PasswordExpirationPolicy, UserKind, UserRef, UserRow, UserStatus};
use crate::{
    authz::{Create, Delete, Edit, Grant, Place, Resource as _, System, Viewer, Visible},
    db::{Bind, Conn, Fragment, schema::users, sql},
    domains::access::role::RoleRow,
    kernel::{
        Result,
        entity::{
            AccessGrantId, GroupId, Organization, OrganizationId, ProjectId, RoleId, SessionId,
            User, UserId,
        },
    },
};
use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as st};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

/// The visible user that a reference names.
pub(super) async fn find_by_ref(
    mut conn: &Conn,
    visible: &Visible<User>,
    by: &UserRef,
) -> Result<Option<UserId>> {
    let Some(named) = named(by) else {
        return Ok(None);
    };
    let condition = named.and(User::visible(visible.viewer()));
    let id = sql("SELECT users.id FROM users WHERE ", [])
        .with(condition)
        .statement::<st::Uuid>()
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(id)
}

/// The condition that a reference stands for; none for texts that no user can have.
fn named(by: &UserRef) -> Option<Fragment> {
    let (condition, text) = match by {
        UserRef::Id(id) => {
            return id
                .parse::<UserId>()
                .ok()
                .map(|id| sql("users.id = ?", [id.into()]));
        }
        UserRef::Username(name) => ("lower(users.username) = lower(?)", name),
        UserRef::Email(email) => ("lower(users.email) = lower(?)", email),
        UserRef::ExternalId(id) => ("users.external_id = ?", id),
    };
    (!text.contains('\0')).then(|| sql(condition, [text.as_str().into()]))
}

/// An account to be stored.
#[derive(Debug, Insertable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct NewUser {
    pub(super) id: UserId,
    pub(super) kind: UserKind,
    pub(super) external_id: Option<String>,
    pub(super) username: String,
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) full_name: String,
    pub(super) mobile: Option<String>,
    pub(super) provider: String,
    pub(super) domain_account: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) status: UserStatus,
    pub(super) is_technician: bool,
    pub(super) last_login_at: Option<DateTime<Utc>>,
    pub(super) password_expiration_policy: PasswordExpirationPolicy,
    pub(super) managing_organization_id: Option<OrganizationId>,
}

/// What may change of an account. `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Default, AsChangeset)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(super) struct UserChanges {
    pub(super) username: Option<String>,
    pub(super) email: Option<Option<String>>,
    pub(super) is_email_verified: Option<bool>,
    pub(super) first_name: Option<Option<String>>,
    pub(super) last_name: Option<Option<String>>,
    pub(super) full_name: Option<String>,
    pub(super) mobile: Option<Option<String>>,
    pub(super) domain_account: Option<Option<String>>,
    pub(super) locale: Option<Option<String>>,
    pub(super) status: Option<UserStatus>,
    pub(super) is_technician: Option<bool>,
    pub(super) is_tracking_anonymized: Option<bool>,
    pub(super) is_marketing_opted_in: Option<bool>,
    pub(super) last_login_at: Option<Option<DateTime<Utc>>>,
    pub(super) password_expiration_policy: Option<PasswordExpirationPolicy>,
    pub(super) organization_id: Option<OrganizationId>,
    pub(super) managing_organization_id: Option<Option<OrganizationId>>,
    pub(super) default_organization_id: Option<Option<OrganizationId>>,
    pub(super) updated_at: Option<DateTime<Utc>>,
}

/// Stores an account that lives in the organization of the grant, and belongs to it.
pub(super) async fn create(
    mut conn: &Conn,
    home: &Grant<Create<User>, Organization>,
    new: &NewUser,
) -> Result<UserRow> {
    let row = diesel::insert_into(users::table)
        .values((new, users::organization_id.eq(home.id())))
        .returning(UserRow::as_returning())
        .get_result(&mut conn)
        .await?;
    sql(
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        [home.id().into(), new.id.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(row)
}

/// Changes the account of the grant.
pub(super) async fn update(
    mut conn: &Conn,
    user: &Grant<Edit, User>,
    changes: &UserChanges,
) -> Result<UserRow> {
    let row = diesel::update(users::table.filter(users::id.eq(user.id())))
        .set(changes)
        .returning(UserRow::as_returning())
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// The account of the grant, locked.
pub(super) async fn get<A>(mut conn: &Conn, user: &Grant<A, User>) -> Result<UserRow> {
    let row = users::table
        .select(UserRow::as_select())
        .filter(users::id.eq(user.id()))
        .for_no_key_update()
        .get_result(&mut conn)
        .await?;
    Ok(row)
}

/// Which of a username and a mail address somebody else signs in with, of either kind.
pub(super) async fn taken(
    mut conn: &Conn,
    _: System,
    names: (Option<&str>, Option<&str>),
    but: Option<UserId>,
) -> Result<(bool, bool)> {
    let none = "";
    let username = names.0.unwrap_or(none);
    let email = names.1.unwrap_or(none);
    let found = sql(
        "SELECT \
         EXISTS (SELECT FROM users u WHERE lower(u.username) = lower(?) AND u.id IS DISTINCT FROM ?) \
         OR EXISTS (SELECT FROM users u WHERE lower(u.email) = lower(?) AND u.id IS DISTINCT FROM ?), \
         EXISTS (SELECT FROM users u WHERE lower(u.email) = lower(?) AND u.id IS DISTINCT FROM ?) \
         OR EXISTS (SELECT FROM users u WHERE lower(u.username) = lower(?) AND u.id IS DISTINCT FROM ?)",
        [
            username.into(),
            but.into(),
            username.into(),
            but.into(),
            email.into(),
            but.into(),
            email.into(),
            but.into(),
        ],
    )
    .statement::<(st::Bool, st::Bool)>()
    .get_result(&mut conn)
    .await?;
    Ok(found)
}

/// Gives the account of the grant a password, and ends what was open with the old one: sessions
/// but one, counted failures, a lock.
pub(super) async fn set_password<A>(
    mut conn: &Conn,
    user: &Grant<A, User>,
    hash: &str,
    now: DateTime<Utc>,
    but: Option<SessionId>,
) -> Result<()> {
    sql(
        "INSERT INTO password_credentials (user_id, hash, changed_at) VALUES (?, ?, ?) \
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at",
        [user.id().into(), hash.into(), now.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "UPDATE users SET password_changed_at = ?, updated_at = ? WHERE id = ?",
        [now.into(), now.into(), user.id().into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    unlock(conn, &[user]).await?;
    end_sessions(conn, user, but).await
}

/// Ends the sessions of the account of the grant but one.
pub(super) async fn end_sessions<A>(
    mut conn: &Conn,
    user: &Grant<A, User>,
    but: Option<SessionId>,
) -> Result<()> {
    sql(
        "DELETE FROM sessions WHERE user_id = ? AND id IS DISTINCT FROM ?",
        [user.id().into(), but.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Lets the accounts of the grants sign in again, whatever they failed at before.
pub(super) async fn unlock<A>(mut conn: &Conn, users: &[&Grant<A, User>]) -> Result<()> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id()).collect();
    let accounts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    sql(
        "UPDATE users SET locked_until = NULL WHERE id = ANY(?)",
        [Bind::from(ids)],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "DELETE FROM sign_in_failures WHERE account = ANY(?)",
        [Bind::Texts(accounts)],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Deletes the accounts of the grants, with their sessions, keys, memberships and grants.
pub(super) async fn delete(mut conn: &Conn, grants: &[Grant<Delete, User>]) -> Result<()> {
    let ids: Vec<_> = grants.iter().map(Grant::id).collect();
    diesel::delete(users::table.filter(users::id.eq_any(ids)))
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// The organizations that users belong to.
pub(super) async fn organizations_of(
    mut conn: &Conn,
    _: System,
    users: &[UserId],
) -> Result<Vec<OrganizationId>> {
    let found = sql(
        "SELECT DISTINCT organization_id FROM organization_members WHERE user_id = ANY(?) ORDER BY 1",
        [users.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}

/// Name of an organization, which makes a bad password.
pub(super) async fn organization_name(
    mut conn: &Conn,
    _: System,
    id: Option<OrganizationId>,
) -> Result<Option<String>> {
    let found = sql("SELECT name FROM organizations WHERE id = ?", [id.into()])
        .statement::<st::Text>()
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(found)
}

/// Where an assigned role holds: on the installation, on all projects of its owner, or on the
/// projects that it names. Locks the role, so that nothing is added meanwhile. `None` if it was deleted meanwhile.
pub(super) async fn places_of_role(
    mut conn: &Conn,
    _: &Viewer,
    role: &RoleRow,
) -> Result<Option<Vec<Place>>> {
    let locked = sql(
        "SELECT id FROM roles WHERE id = ? FOR SHARE",
        [role.id.into()],
    )
    .statement::<st::Uuid>()
    .execute(&mut conn)
    .await?;
    if locked == 0 {
        return Ok(None);
    }
    let Some(owner) = role.organization_id else {
        return Ok(Some(vec![Place::installation()]));
    };
    if role.all_projects {
        let any = ProjectId::from_uuid(Uuid::nil());
        return Ok(Some(vec![Place::project(owner, any)]));
    }
    let projects: Vec<ProjectId> = sql(
        "SELECT project_id FROM role_projects WHERE role_id = ?",
        [role.id.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    let places = projects
        .into_iter()
        .map(|project| Place::project(owner, project));
    Ok(Some(places.collect()))
}

/// Gives the account of the grant a role on an organization that it belongs to, instead of the one
/// it has there.
pub(super) async fn set_member_role<A, R>(
    mut conn: &Conn,
    _: &Grant<A, R>,
    (organization, user): (OrganizationId, UserId),
    role: RoleId,
    by: UserId,
) -> Result<()> {
    sql(
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?) \
         ON CONFLICT DO NOTHING",
        [organization.into(), user.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "INSERT INTO access_grants (id, organization_id, scope, scope_id, user_id, role_id, created_by) \
         VALUES (?, ?, 'ORGANIZATION', ?, ?, ?, ?) \
         ON CONFLICT (scope_id, user_id) WHERE user_id IS NOT NULL \
         DO UPDATE SET role_id = excluded.role_id, updated_at = now()",
        [
            AccessGrantId::new().into(),
            organization.into(),
            organization.into(),
            user.into(),
            role.into(),
            by.into(),
        ],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Assigns roles to a user of the grant, of the installation and of one organization, instead of
/// those assigned before.
pub(super) async fn assign_roles<A, R>(
    mut conn: &Conn,
    _: &Grant<A, R>,
    (organization, user): (OrganizationId, UserId),
    roles: &[RoleId],
) -> Result<()> {
    sql(
        "DELETE FROM role_assignments a USING roles r WHERE r.id = a.role_id AND a.user_id = ? \
         AND (r.organization_id IS NULL OR r.organization_id = ?) AND r.id <> ALL(?)",
        [user.into(), organization.into(), roles.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    sql(
        "INSERT INTO role_assignments (user_id, role_id) SELECT ?, r.id FROM roles r \
         WHERE r.id = ANY(?) ON CONFLICT DO NOTHING",
        [user.into(), roles.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// The groups of an organization that the user of the grant is in.
pub(super) async fn groups_of<A, R>(
    mut conn: &Conn,
    _: &Grant<A, R>,
    (organization, user): (OrganizationId, UserId),
) -> Result<Vec<GroupId>> {
    let found = sql(
        "SELECT group_id FROM group_members WHERE organization_id = ? AND user_id = ?",
        [organization.into(), user.into()],
    )
    .statement::<st::Uuid>()
    .load(&mut conn)
    .await?;
    Ok(found)
}
