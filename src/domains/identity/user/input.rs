//! Inputs of the mutations of users, and what is checked of them without the database.

use super::{PasswordExpirationPolicy, UserKind, UserRef, UserStatus};
use crate::{
    domains::access::{group::GroupRef, role::RoleRef},
    gql::{Locale, UserErrorCode, UserErrors, has_four_digits},
    kernel::text::{self, TextError},
};
use async_graphql::{ID, InputObject, MaybeUndefined};
use chrono::{DateTime, TimeDelta, Utc};

/// Longest mail address.
const EMAIL_MAX: usize = 254;

/// A new account.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// A person who signs in, or one who only receives reports.
    #[graphql(default_with = "UserKind::User")]
    pub kind: UserKind,
    /// Identifier in another system; unique.
    pub external_id: Option<String>,
    /// Name to sign in with, unique on the installation; the mail address unless given.
    pub username: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Display name; made of first and last name, or else the username, unless given.
    pub full_name: Option<String>,
    /// Mail address, unique on the installation.
    pub email: Option<String>,
    /// Mobile phone number.
    pub mobile: Option<String>,
    /// Password: 12 to 128 characters, not a common one. Without one the user cannot sign in yet.
    pub password: Option<String>,
    /// Whether the password expires.
    pub password_expiration_policy: Option<PasswordExpirationPolicy>,
    /// Who authenticates the user; `local` unless given.
    pub provider: Option<String>,
    /// Account in a Windows domain.
    pub domain_account: Option<String>,
    /// Language that the user prefers.
    pub locale: Option<Locale>,
    /// ACTIVE or INACTIVE.
    #[graphql(default_with = "UserStatus::Active")]
    pub status: UserStatus,
    /// A mark for technicians; grants nothing.
    pub is_technician: Option<bool>,
    /// Last sign-in, where the account comes from another system.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Organization in which the account will live; the caller's present one unless given. Needs
    /// USER_CREATE there.
    pub organization_id: Option<ID>,
    /// Organization whose administrators may manage the account. Needs USER_CREATE there.
    pub managing_organization_id: Option<ID>,
    /// Further organizations that the user joins with the role `member`; at most 100. Needs
    /// MEMBER_MANAGE there.
    pub organization_ids: Option<Vec<ID>>,
    /// Groups to join; at most 100. Needs GROUP_EDIT, and everything that is granted to them.
    pub groups: Option<Vec<GroupRef>>,
    /// Roles: one on the organization (`member` unless given), roles of the installation, custom
    /// roles with projects of their own. With nothing that the caller lacks there.
    pub roles: Option<Vec<RoleRef>>,
}

/// A change of an account. Fields left out stay as they are, null clears, lists replace.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// The account. Needs USER_EDIT on the organization that manages it, or else its home, and
    /// everything that the user holds anywhere.
    pub user: UserRef,
    /// New name to sign in with.
    pub username: Option<String>,
    /// New given name.
    pub first_name: MaybeUndefined<String>,
    /// New family name.
    pub last_name: MaybeUndefined<String>,
    /// New display name.
    pub full_name: Option<String>,
    /// New mail address; it counts as unproven.
    pub email: MaybeUndefined<String>,
    /// New mobile phone number.
    pub mobile: MaybeUndefined<String>,
    /// New password; ends the sessions of the user. Not for the caller: see changePassword.
    pub password: Option<String>,
    /// Whether the password expires.
    pub password_expiration_policy: Option<PasswordExpirationPolicy>,
    /// New account in a Windows domain.
    pub domain_account: MaybeUndefined<String>,
    /// New language.
    pub locale: MaybeUndefined<Locale>,
    /// ACTIVE or INACTIVE; another than ACTIVE ends the sessions of the user.
    pub status: Option<UserStatus>,
    /// A mark for technicians; grants nothing.
    pub is_technician: Option<bool>,
    /// Last sign-in, as another system knows it.
    pub last_login_at: MaybeUndefined<DateTime<Utc>>,
    /// New home: an organization that the user belongs to. Needs USER_CREATE there.
    pub organization_id: Option<ID>,
    /// Organization whose administrators may manage the account. Needs USER_CREATE there.
    pub managing_organization_id: MaybeUndefined<ID>,
    /// Groups of the home organization that the user is in from now on. Needs GROUP_EDIT.
    pub groups: Option<Vec<GroupRef>>,
    /// Roles from now on: one on the home organization, roles of the installation, custom roles of
    /// the home organization with projects of their own.
    pub roles: Option<Vec<RoleRef>>,
}

/// Accounts to delete.
#[derive(Debug, InputObject)]
pub struct DeleteUsersInput {
    /// Their ids.
    pub ids: Option<Vec<ID>>,
    /// Their usernames. At most 100 of both together; one that fails keeps all.
    pub usernames: Option<Vec<String>>,
}

/// A new password for somebody else.
#[derive(InputObject)]
pub struct SetUserPasswordInput {
    /// The user. Needs USER_EDIT, and everything that the user holds anywhere.
    pub user_id: ID,
    /// The password: 12 to 128 characters, not a common one.
    pub new_password: String,
}

/// Accounts that may sign in again.
#[derive(Debug, InputObject)]
pub struct UnlockUsersInput {
    /// The users, at most 100. Needs USER_EDIT on each; one that fails keeps all.
    pub ids: Vec<ID>,
}

/// A change of the caller's profile. Fields left out stay as they are.
#[derive(Debug, InputObject)]
pub struct UpdateViewerInput {
    /// New given name; null clears it.
    pub first_name: MaybeUndefined<String>,
    /// New family name; null clears it.
    pub last_name: MaybeUndefined<String>,
    /// New display name.
    pub full_name: Option<String>,
    /// New mobile phone number; null clears it.
    pub mobile: MaybeUndefined<String>,
    /// New language; null clears it.
    pub locale: MaybeUndefined<Locale>,
    /// Whether usage is recorded without the name.
    pub is_tracking_anonymized: Option<bool>,
    /// Whether product mail is welcome.
    pub is_marketing_opted_in: Option<bool>,
}

/// A new password for the caller.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The present password.
    pub old_password: String,
    /// The new one: 12 to 128 characters, not a common one.
    pub new_password: String,
    /// The new one again.
    pub new_password_confirm: String,
}

/// The organization that the caller enters at sign-in.
#[derive(Debug, InputObject)]
pub struct SetDefaultOrganizationInput {
    /// One that the caller belongs to; null for none in particular.
    pub organization_id: Option<ID>,
}

/// A text of one line; nothing but white space counts as none.
pub(super) fn line(errors: &mut UserErrors, path: &str, text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    if text.is_empty() {
        return None;
    }
    errors.text(path, text::line(text, text::NAME_MAX));
    Some(text.to_owned())
}

/// The same for a field that may be left out or cleared by null.
pub(super) fn maybe_line(
    errors: &mut UserErrors,
    path: &str,
    text: &MaybeUndefined<String>,
) -> Option<Option<String>> {
    text.as_opt_ref()
        .map(|text| line(errors, path, text.map(String::as_str)))
}

/// A mail address: something on both sides of one `@`, no white space.
pub(super) fn email(errors: &mut UserErrors, path: &str, text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    if text.is_empty() {
        return None;
    }
    if let Err(error) = text::line(text, EMAIL_MAX) {
        errors.text(path, Err::<(), TextError>(error));
        return None;
    }
    let parts = text.split_once('@');
    let fits = parts.is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    if !fits || text.chars().any(char::is_whitespace) {
        let text = format!("{path} must be a mail address such as ada@example.com");
        errors.add(UserErrorCode::Invalid, path, text);
        return None;
    }
    Some(text.to_owned())
}

/// ACTIVE or INACTIVE; only an invitation makes an account INVITED.
pub(super) fn status(errors: &mut UserErrors, status: UserStatus) -> UserStatus {
    if status == UserStatus::Invited {
        let text = "only an invitation makes an account INVITED";
        errors.add(UserErrorCode::Invalid, "status", text);
    }
    status
}

/// A display name from the parts of a name.
pub(super) fn joined(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = [first, last].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// When a user signed in last, elsewhere: not after tomorrow, since clocks differ.
pub(super) fn signed_in(
    errors: &mut UserErrors,
    at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let latest = now + TimeDelta::days(1);
    if at.is_some_and(|at| !has_four_digits(at) || at > latest) {
        let text = "must be a moment in the past, in the year 1 or later";
        errors.add(UserErrorCode::Invalid, "lastLoginAt", text);
        return None;
    }
    at
}
