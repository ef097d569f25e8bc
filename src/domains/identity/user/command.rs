//! What the mutations of users do.
//!
//! Three rules beside the permissions: nobody acts on an account that can do more than they can
//! ([`may_take_over`]), nobody hands out what they lack, and the last administrator of an
//! organization stays.

use super::{
    PasswordExpirationPolicy, UserKind, UserRef, UserRow, UserStatus,
    holdings::{plain_member, roles, set_groups, size},
    input::{
        self, CreateUserInput, DeleteUsersInput, SetUserPasswordInput, UnlockUsersInput,
        UpdateUserInput, joined, line, maybe_line,
    },
    may_take_over,
    secret::{NewPassword, names_of},
    store::{self, NewUser, UserChanges},
};
use crate::{
    authz::{Create, Delete, Edit, Grant, ManageMembers, Place, RoleScope, System, built_in_roles},
    domains::access::{group::join_groups, last_admin::LastAdmin, role::built_in_id},
    gql::{Locale, Refusal, Tx, UserErrorCode, UserErrors, bulk_ids},
    kernel::{
        Error, Result, entity,
        entity::{OrganizationId, UserId},
        text,
    },
};
use chrono::{DateTime, Utc};

type CreateUser = Create<entity::User>;

/// Refuses names that somebody else signs in with.
async fn check_names(
    tx: &Tx<'_>,
    username: Option<&str>,
    email: Option<&str>,
    but: Option<UserId>,
) -> Result<(), Refusal> {
    let system = System::new("names to sign in with are unique");
    let (name, address) = store::taken(tx.conn, system, (username, email), but).await?;
    let mut errors = UserErrors::default();
    if name {
        let text = "this username is taken already";
        errors.add(UserErrorCode::AlreadyExists, "username", text);
    }
    if address {
        let text = "this email address is taken already";
        errors.add(UserErrorCode::AlreadyExists, "email", text);
    }
    errors.check()
}

/// What of an input for a new account needs no database.
fn new_user(input: &CreateUserInput, now: DateTime<Utc>, errors: &mut UserErrors) -> NewUser {
    let email = input::email(errors, "email", input.email.as_deref());
    let username = line(errors, "username", input.username.as_deref());
    let username = username.or_else(|| email.clone()).unwrap_or_else(|| {
        let text = "give a username or an email address";
        errors.add(UserErrorCode::Required, "username", text);
        String::new()
    });
    let first_name = line(errors, "firstName", input.first_name.as_deref());
    let last_name = line(errors, "lastName", input.last_name.as_deref());
    let full_name = line(errors, "fullName", input.full_name.as_deref())
        .or_else(|| joined(first_name.as_deref(), last_name.as_deref()))
        .unwrap_or_else(|| username.clone());
    if input.kind == UserKind::Recipient {
        let refused = [
            (
                "roles",
                input.roles.as_ref().is_some_and(|roles| !roles.is_empty()),
            ),
            ("password", input.password.is_some()),
        ];
        for (path, _) in refused.iter().filter(|(_, given)| *given) {
            let text = "a recipient only receives reports and does not sign in";
            errors.add(UserErrorCode::Invalid, path, text);
        }
    }
    NewUser {
        id: UserId::new(),
        kind: input.kind,
        external_id: line(errors, "externalId", input.external_id.as_deref()),
        username,
        email,
        first_name,
        last_name,
        full_name,
        mobile: line(errors, "mobile", input.mobile.as_deref()),
        provider: line(errors, "provider", input.provider.as_deref())
            .unwrap_or_else(|| "local".to_owned()),
        domain_account: line(errors, "domainAccount", input.domain_account.as_deref()),
        locale: input.locale.as_ref().map(|tag| tag.as_str().to_owned()),
        status: input::status(errors, input.status),
        is_technician: input.is_technician.unwrap_or_default(),
        last_login_at: input::signed_in(errors, input.last_login_at, now),
        password_expiration_policy: input
            .password_expiration_policy
            .unwrap_or(PasswordExpirationPolicy::FollowSystem),
        managing_organization_id: None,
    }
}

pub(super) async fn create(
    tx: &Tx<'_>,
    input: &CreateUserInput,
    password: Option<&NewPassword<'_>>,
) -> Result<UserRow, Refusal> {
    let mut errors = UserErrors::default();
    let mut new = new_user(input, tx.now, &mut errors);
    let home = input.organization_id.as_ref();
    let home = home.map_or(tx.viewer.organization, |id| {
        Some(errors.id("organizationId", id))
    });
    let managing = input.managing_organization_id.as_ref();
    let managing: Option<OrganizationId> =
        managing.map(|id| errors.id("managingOrganizationId", id));
    if home.is_none() {
        let text = "you work in no organization: give organizationId";
        errors.add(UserErrorCode::Required, "organizationId", text);
    }
    errors.check()?;
    let home = home.ok_or_else(|| Error::fault("no home"))?;
    tx.audit(|entry| {
        entry.organization = Some(home);
        entry.target(new.id);
    });
    let grant = tx
        .authorize::<CreateUser, entity::Organization>("organizationId", home)
        .await?;
    if let Some(managing) = managing {
        let path = "managingOrganizationId";
        tx.authorize::<CreateUser, entity::Organization>(path, managing)
            .await?;
        new.managing_organization_id = Some(managing);
    }
    let others = other_organizations(tx, input, home).await?;
    let held = roles(tx, home, input.roles.as_deref().unwrap_or_default()).await?;
    check_names(tx, Some(&new.username), new.email.as_deref(), None).await?;
    let row = store::create(tx.conn, &grant, &new).await?;
    let (pair, by) = ((home, row.id), tx.viewer.user);
    if row.kind == UserKind::Recipient {
        let hub = built_in_id(RoleScope::Tenant, "hub_user");
        store::assign_roles(tx.conn, &grant, pair, &[hub]).await?;
    } else {
        let role = match held.member {
            Some(role) => role,
            None => may_make_member(tx, "roles", home).map(|()| plain_member())?,
        };
        store::set_member_role(tx.conn, &grant, pair, role, by).await?;
        store::assign_roles(tx.conn, &grant, pair, &held.assigned).await?;
    }
    for other in others {
        let pair = (other.id(), row.id);
        store::set_member_role(tx.conn, &other, pair, plain_member(), by).await?;
    }
    let groups = input.groups.as_deref().unwrap_or_default();
    size(tx, "groups", groups.len())?;
    join_groups(tx, groups, row.id).await?;
    if let Some(password) = password {
        let system = System::new("the first password of an account that was just made");
        let own = system.grant::<Edit, entity::User>(row.id, grant.place().clone());
        let hash = password
            .judge(tx, "password", &names_of(&row), Some(home))
            .await?;
        store::set_password(tx.conn, &own, hash, tx.now, None).await?;
    }
    Ok(row)
}

/// Refuses to make members where the viewer lacks what members have.
fn may_make_member(tx: &Tx<'_>, path: &str, organization: OrganizationId) -> Result<(), Refusal> {
    let roles = built_in_roles();
    let member = roles
        .iter()
        .find(|role| role.key == "member" && role.scope == RoleScope::Organization)
        .ok_or_else(|| Error::fault("no role for members"))?;
    tx.viewer
        .may_hand_out(member.permissions, &Place::organization(organization))
        .map_err(|error| Refusal::user(UserErrorCode::Forbidden, path, error.to_string()))
}

/// The further organizations that a new user joins.
async fn other_organizations(
    tx: &Tx<'_>,
    input: &CreateUserInput,
    home: OrganizationId,
) -> Result<Vec<Grant<ManageMembers, entity::Organization>>, Refusal> {
    let Some(ids) = input
        .organization_ids
        .as_deref()
        .filter(|ids| !ids.is_empty())
    else {
        return Ok(Vec::new());
    };
    if input.kind == UserKind::Recipient {
        let text = "a recipient belongs to one organization";
        return Err(Refusal::user(
            UserErrorCode::Invalid,
            "organizationIds",
            text,
        ));
    }
    let ids = bulk_ids::<entity::Organization>(tx, "organizationIds", ids)?;
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.into_iter().enumerate().filter(|(_, id)| *id != home) {
        let path = format!("organizationIds.{n}");
        grants.push(tx.authorize::<ManageMembers, _>(&path, id).await?);
        may_make_member(tx, &path, id)?;
    }
    Ok(grants)
}

/// What of a change needs no database.
fn changes(tx: &Tx<'_>, input: &UpdateUserInput, errors: &mut UserErrors) -> UserChanges {
    let email = input
        .email
        .as_opt_ref()
        .map(|text| input::email(errors, "email", text.map(String::as_str)));
    let locale = input.locale.as_opt_ref();
    UserChanges {
        username: input
            .username
            .as_deref()
            .map(|name| errors.text("username", text::name(name))),
        is_email_verified: email.as_ref().map(|_| false),
        email,
        first_name: maybe_line(errors, "firstName", &input.first_name),
        last_name: maybe_line(errors, "lastName", &input.last_name),
        full_name: input
            .full_name
            .as_deref()
            .map(|name| errors.text("fullName", text::name(name))),
        mobile: maybe_line(errors, "mobile", &input.mobile),
        domain_account: maybe_line(errors, "domainAccount", &input.domain_account),
        locale: locale.map(|tag: Option<&Locale>| tag.map(|tag| tag.as_str().to_owned())),
        status: input.status.map(|status| input::status(errors, status)),
        is_technician: input.is_technician,
        last_login_at: input
            .last_login_at
            .as_opt_ref()
            .map(|at: Option<&_>| input::signed_in(errors, at.copied(), tx.now)),
        password_expiration_policy: input.password_expiration_policy,
        managing_organization_id: errors
            .maybe_id("managingOrganizationId", &input.managing_organization_id),
        organization_id: input
            .organization_id
            .as_ref()
            .map(|id| errors.id("organizationId", id)),
        updated_at: Some(tx.now),
        ..UserChanges::default()
    }
}

fn audit_changes(tx: &Tx<'_>, input: &UpdateUserInput, changes: &UserChanges) {
    tx.audit(|entry| {
        entry.changed("username", changes.username.is_some());
        entry.changed("email", changes.email.is_some());
        entry.changed("firstName", changes.first_name.is_some());
        entry.changed("lastName", changes.last_name.is_some());
        entry.changed("fullName", changes.full_name.is_some());
        entry.changed("mobile", changes.mobile.is_some());
        entry.changed("domainAccount", changes.domain_account.is_some());
        entry.changed("locale", changes.locale.is_some());
        entry.changed("status", changes.status.is_some());
        entry.changed("isTechnician", changes.is_technician.is_some());
        entry.changed("password", input.password.is_some());
        entry.changed("organizationId", changes.organization_id.is_some());
        entry.changed(
            "managingOrganizationId",
            changes.managing_organization_id.is_some(),
        );
        entry.changed("groups", input.groups.is_some());
        entry.changed("roles", input.roles.is_some());
    });
}

/// Locks the organizations of users before they lose something.
async fn lock_organizations(tx: &Tx<'_>, users: &[UserId]) -> Result<LastAdmin, Refusal> {
    let system = System::new("the last administrator stays");
    let organizations = store::organizations_of(tx.conn, system, users).await?;
    Ok(LastAdmin::lock(tx, &organizations).await?)
}

/// Proof that the viewer may change an account, and holds everything that it holds.
async fn editable(
    tx: &Tx<'_>,
    path: &str,
    user: UserId,
) -> Result<Grant<Edit, entity::User>, Refusal> {
    tx.audit(|entry| entry.target(user));
    let grant = tx.authorize::<Edit, entity::User>(path, user).await?;
    tx.audit(|entry| entry.organization = grant.place().organization);
    may_take_over(tx, &[user], |_| path.to_owned()).await?;
    Ok(grant)
}

pub(super) async fn update(
    tx: &Tx<'_>,
    input: &UpdateUserInput,
    password: Option<&NewPassword<'_>>,
) -> Result<UserRow, Refusal> {
    let mut errors = UserErrors::default();
    let changes = changes(tx, input, &mut errors);
    errors.check()?;
    let user = input.user.resolve(tx, "user").await?;
    audit_changes(tx, input, &changes);
    let grant = editable(tx, "user", user).await?;
    let last_admin = lock_organizations(tx, &[user]).await?;
    let before = store::get(tx.conn, &grant).await?;
    may_move(tx, &changes, user).await?;
    let email = changes.email.as_ref().and_then(|email| email.as_deref());
    check_names(tx, changes.username.as_deref(), email, Some(user)).await?;
    if let Some(password) = password {
        other_than_viewer(tx, "password", user)?;
        sign_in_allowed(&before, "password")?;
        let hash = password
            .judge(tx, "password", &names_of(&before), before.organization_id)
            .await?;
        store::set_password(tx.conn, &grant, hash, tx.now, None).await?;
    }
    let row = store::update(tx.conn, &grant, &changes).await?;
    set_holdings(tx, &grant, input, &row).await?;
    if row.status != UserStatus::Active {
        store::end_sessions(tx.conn, &grant, None).await?;
    }
    last_admin.check(tx, "user").await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(row)
}

/// Refuses homes and managers that the viewer may not give an account to.
async fn may_move(tx: &Tx<'_>, changes: &UserChanges, user: UserId) -> Result<(), Refusal> {
    let system = System::new("a user's home is among their organizations");
    if let Some(home) = changes.organization_id {
        let path = "organizationId";
        tx.authorize::<CreateUser, entity::Organization>(path, home)
            .await?;
        let own = store::organizations_of(tx.conn, system, &[user]).await?;
        if !own.contains(&home) {
            let text = "the user does not belong to this organization";
            return Err(Refusal::user(UserErrorCode::Invalid, path, text));
        }
    }
    if let Some(Some(managing)) = changes.managing_organization_id {
        let path = "managingOrganizationId";
        tx.authorize::<CreateUser, entity::Organization>(path, managing)
            .await?;
    }
    Ok(())
}

async fn set_holdings(
    tx: &Tx<'_>,
    grant: &Grant<Edit, entity::User>,
    input: &UpdateUserInput,
    row: &UserRow,
) -> Result<(), Refusal> {
    if input.roles.is_none() && input.groups.is_none() {
        return Ok(());
    }
    let Some(home) = row.organization_id else {
        let text = "the user has no home organization, in which roles and groups would be";
        return Err(Refusal::user(
            UserErrorCode::Invalid,
            "organizationId",
            text,
        ));
    };
    if let Some(refs) = &input.roles {
        if row.kind == UserKind::Recipient {
            let text = "a recipient only receives reports and does not sign in";
            return Err(Refusal::user(UserErrorCode::Invalid, "roles", text));
        }
        let held = roles(tx, home, refs).await?;
        let role = held.member.unwrap_or_else(plain_member);
        let pair = (home, row.id);
        store::set_member_role(tx.conn, grant, pair, role, tx.viewer.user).await?;
        store::assign_roles(tx.conn, grant, pair, &held.assigned).await?;
    }
    if let Some(groups) = &input.groups {
        set_groups(tx, grant, (home, row.id), groups).await?;
    }
    Ok(())
}

fn other_than_viewer(tx: &Tx<'_>, path: &str, user: UserId) -> Result<(), Refusal> {
    if user != tx.viewer.user {
        return Ok(());
    }
    let text = "change your own password with changePassword, which asks for the present one";
    Err(Refusal::user(UserErrorCode::Invalid, path, text))
}

fn sign_in_allowed(row: &UserRow, path: &str) -> Result<(), Refusal> {
    if row.kind == UserKind::User {
        return Ok(());
    }
    let text = "a recipient only receives reports and does not sign in";
    Err(Refusal::user(UserErrorCode::Invalid, path, text))
}

pub(super) async fn set_password(
    tx: &Tx<'_>,
    input: &SetUserPasswordInput,
    password: &NewPassword<'_>,
) -> Result<UserRow, Refusal> {
    let mut errors = UserErrors::default();
    let user = errors.id("userId", &input.user_id);
    errors.check()?;
    let grant = editable(tx, "userId", user).await?;
    other_than_viewer(tx, "userId", user)?;
    let row = store::get(tx.conn, &grant).await?;
    sign_in_allowed(&row, "userId")?;
    let hash = password
        .judge(tx, "newPassword", &names_of(&row), row.organization_id)
        .await?;
    store::set_password(tx.conn, &grant, hash, tx.now, None).await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(store::get(tx.conn, &grant).await?)
}

pub(super) async fn unlock(tx: &Tx<'_>, input: &UnlockUsersInput) -> Result<Vec<UserRow>, Refusal> {
    let ids = bulk_ids::<entity::User>(tx, "ids", &input.ids)?;
    tx.audit(|entry| ids.iter().for_each(|id| entry.target(*id)));
    let mut grants = Vec::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        let grant = tx
            .authorize::<Edit, entity::User>(&format!("ids.{n}"), *id)
            .await?;
        tx.audit(|entry| entry.place(*id, grant.place().organization));
        grants.push(grant);
    }
    store::unlock(tx.conn, &grants.iter().collect::<Vec<_>>()).await?;
    let mut rows = Vec::with_capacity(grants.len());
    for grant in &grants {
        rows.push(store::get(tx.conn, grant).await?);
    }
    Ok(rows)
}

pub(super) async fn delete(tx: &Tx<'_>, input: &DeleteUsersInput) -> Result<Vec<UserId>, Refusal> {
    let ids = input.ids.as_deref().unwrap_or_default();
    let usernames = input.usernames.as_deref().unwrap_or_default();
    size(tx, "ids", ids.len() + usernames.len())?;
    let mut named: Vec<(UserId, String)> = Vec::new();
    if usernames.is_empty() || !ids.is_empty() {
        let ids = bulk_ids::<entity::User>(tx, "ids", ids)?;
        named.extend(
            ids.into_iter()
                .enumerate()
                .map(|(n, id)| (id, format!("ids.{n}"))),
        );
    }
    for (n, username) in usernames.iter().enumerate() {
        let path = format!("usernames.{n}");
        let id = UserRef::Username(username.clone())
            .resolve(tx, &path)
            .await?;
        if named.iter().all(|(other, _)| *other != id) {
            named.push((id, path));
        }
    }
    tx.audit(|entry| named.iter().for_each(|(id, _)| entry.target(*id)));
    let users: Vec<UserId> = named.iter().map(|(id, _)| *id).collect();
    let mut grants: Vec<Grant<Delete, entity::User>> = Vec::with_capacity(named.len());
    for (id, path) in &named {
        if *id == tx.viewer.user {
            let text = "delete your own account with deleteViewer";
            return Err(Refusal::user(UserErrorCode::Invalid, path, text));
        }
        let grant = tx.authorize::<Delete, _>(path, *id).await?;
        tx.audit(|entry| entry.place(*id, grant.place().organization));
        grants.push(grant);
    }
    let path = |n: usize| {
        named
            .get(n)
            .map_or_else(String::new, |(_, path)| path.clone())
    };
    may_take_over(tx, &users, path).await?;
    let last_admin = lock_organizations(tx, &users).await?;
    store::delete(tx.conn, &grants).await?;
    last_admin.check(tx, "ids").await?;
    tx.scope.note(|notes| notes.changed_rights = true);
    Ok(users)
}

/// Deletes the viewer's own account.
pub(super) async fn delete_own(tx: &Tx<'_>) -> Result<UserId, Refusal> {
    let user = tx.viewer.user;
    tx.audit(|entry| entry.target(user));
    let grant = tx.viewer.own::<Delete, _>(tx.conn, user, user).await?;
    let last_admin = lock_organizations(tx, &[user]).await?;
    store::delete(tx.conn, &[grant]).await?;
    last_admin.check(tx, "").await?;
    tx.scope.note(|notes| {
        notes.changed_rights = true;
        notes.signed_out = true;
    });
    Ok(user)
}
