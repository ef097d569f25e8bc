//! Statements of the setup.

use crate::{
    authz::{RoleScope, System},
    db::{Bind, Conn, sql},
    domains::access::role::built_in_id,
    kernel::{
        Result,
        entity::{AccessGrantId, OrganizationId, UserId},
    },
};
use chrono::{DateTime, Utc};
use diesel::{OptionalExtension as _, sql_types as st};
use diesel_async::RunQueryDsl;

/// An administrator to be stored.
pub(in super::super) struct NewAccount {
    pub(in super::super) organization: String,
    pub(in super::super) username: String,
    pub(in super::super) email: Option<String>,
    pub(in super::super) is_system_administrator: bool,
}

/// Whether setup is over: it was completed, or there are accounts. Locks the installation.
pub(in super::super) async fn is_set_up(mut conn: &Conn, _: System) -> Result<bool> {
    let completed: bool = sql(
        "SELECT setup_completed_at IS NOT NULL FROM installation FOR UPDATE",
        [],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    let inhabited: bool = sql("SELECT EXISTS (SELECT FROM users)", [])
        .statement::<st::Bool>()
        .get_result(&mut conn)
        .await?;
    Ok(completed || inhabited)
}

/// Keeps the hash of a code.
pub(in super::super) async fn keep_code(
    mut conn: &Conn,
    _: System,
    hash: &[u8],
    until: DateTime<Utc>,
) -> Result<()> {
    sql(
        "UPDATE installation SET setup_code_hash = ?, setup_code_expires_at = ?",
        [Bind::Bytes(hash.to_vec()), until.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// The hash of the code that works now.
pub(in super::super) async fn kept_code(
    mut conn: &Conn,
    _: System,
    now: DateTime<Utc>,
) -> Result<Option<Vec<u8>>> {
    let found = sql(
        "SELECT setup_code_hash FROM installation \
         WHERE setup_code_hash IS NOT NULL AND setup_code_expires_at > ?",
        [now.into()],
    )
    .statement::<st::Binary>()
    .get_result(&mut conn)
    .await
    .optional()?;
    Ok(found)
}

/// Ends setup for ever.
pub(in super::super) async fn end_setup(
    mut conn: &Conn,
    _: System,
    now: DateTime<Utc>,
) -> Result<()> {
    sql(
        "UPDATE installation SET setup_code_hash = NULL, setup_code_expires_at = NULL, \
         setup_completed_at = coalesce(setup_completed_at, ?)",
        [now.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    Ok(())
}

/// Whether somebody signs in with one of the names already.
pub(in super::super) async fn login_is_taken(
    mut conn: &Conn,
    _: System,
    new: &NewAccount,
) -> Result<bool> {
    let mut names = vec![new.username.to_lowercase()];
    names.extend(new.email.as_deref().map(str::to_lowercase));
    let taken = sql(
        "SELECT EXISTS (SELECT FROM users u WHERE lower(u.username) = ANY(?) OR lower(u.email) = ANY(?))",
        [Bind::Texts(names.clone()), Bind::Texts(names)],
    )
    .statement::<st::Bool>()
    .get_result(&mut conn)
    .await?;
    Ok(taken)
}

/// Stores an administrator, and their organization unless there is one of that name.
pub(in super::super) async fn create_account(
    mut conn: &Conn,
    _: System,
    new: &NewAccount,
    password_hash: &str,
) -> Result<(OrganizationId, UserId)> {
    let name = new.organization.as_str();
    sql(
        "INSERT INTO organizations (id, name, display_name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [OrganizationId::new().into(), name.into(), name.into()],
    )
    .statement::<()>()
    .execute(&mut conn)
    .await?;
    let organization: OrganizationId = sql(
        "SELECT id FROM organizations WHERE lower(name) = lower(?)",
        [name.into()],
    )
    .statement::<st::Uuid>()
    .get_result(&mut conn)
    .await?;
    let user = UserId::new();
    let username = new.username.as_str();
    let mut statements = vec![
        sql(
            "INSERT INTO users (id, username, email, full_name, organization_id, password_changed_at) \
             VALUES (?, ?, ?, ?, ?, now())",
            [
                user.into(),
                username.into(),
                new.email.clone().into(),
                username.into(),
                organization.into(),
            ],
        ),
        sql(
            "INSERT INTO password_credentials (user_id, hash) VALUES (?, ?)",
            [user.into(), password_hash.into()],
        ),
        sql(
            "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
            [organization.into(), user.into()],
        ),
        sql(
            "INSERT INTO access_grants (id, organization_id, scope, scope_id, user_id, role_id) \
             VALUES (?, ?, 'ORGANIZATION', ?, ?, ?)",
            [
                AccessGrantId::new().into(),
                organization.into(),
                organization.into(),
                user.into(),
                built_in_id(RoleScope::Organization, "admin").into(),
            ],
        ),
    ];
    if new.is_system_administrator {
        statements.push(sql(
            "INSERT INTO role_assignments (user_id, role_id) VALUES (?, ?)",
            [
                user.into(),
                built_in_id(RoleScope::Tenant, "system_admin").into(),
            ],
        ));
    }
    for statement in statements {
        statement.statement::<()>().execute(&mut conn).await?;
    }
    Ok((organization, user))
}

impl From<diesel::result::Error> for super::super::SetupError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Failed(error.into())
    }
}
