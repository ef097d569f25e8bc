//! The row of `users` and the enums stored in it.

use crate::{
    db::{schema::users, text_enum},
    kernel::entity::{OrganizationId, UserId},
};
use chrono::{DateTime, Utc};
use diesel::{pg::Pg, prelude::*};

text_enum! {
    /// What kind of account it is.
    pub enum UserKind {
        /// A person who signs in.
        User = "USER",
        /// A person who only receives reports.
        Recipient = "RECIPIENT",
    }
}

text_enum! {
    /// Whether an account can be used.
    pub enum UserStatus {
        /// It can be used.
        Active = "ACTIVE",
        /// It is switched off; sessions and keys do not work.
        Inactive = "INACTIVE",
        /// An invitation waits to be accepted.
        Invited = "INVITED",
    }
}

text_enum! {
    /// Whether a password expires.
    pub enum PasswordExpirationPolicy {
        /// As the installation says.
        FollowSystem = "FOLLOW_SYSTEM",
        /// Never.
        NeverExpire = "NEVER_EXPIRE",
    }
}

/// An account: who somebody is. What few lists show of one is in [`UserDetails`].
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct UserRow {
    /// Id.
    pub id: UserId,
    /// What kind of account it is.
    pub kind: UserKind,
    /// Unique name to sign in with.
    pub username: String,
    /// Mail address, unique.
    pub email: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Display name.
    pub full_name: String,
    /// Whether the account can be used.
    pub status: UserStatus,
    /// Home organization.
    pub organization_id: Option<OrganizationId>,
    /// Creation.
    pub created_at: DateTime<Utc>,
    /// Last change.
    pub updated_at: DateTime<Utc>,
}

/// The rest of an account, read only where asked for: authors stand in every list.
#[expect(clippy::struct_excessive_bools, reason = "as many as the table has")]
#[derive(Debug, Clone, Queryable, Selectable, Identifiable)]
#[diesel(table_name = users, check_for_backend(Pg))]
pub struct UserDetails {
    /// Id.
    pub id: UserId,
    /// Identifier in another system.
    pub external_id: Option<String>,
    /// Whether the address is proven.
    pub is_email_verified: bool,
    /// Mobile phone number.
    pub mobile: Option<String>,
    /// Who authenticates the user; `local` for a password here.
    pub provider: String,
    /// Account in a Windows domain.
    pub domain_account: Option<String>,
    /// Language tag.
    pub locale: Option<String>,
    /// Locked until then.
    pub locked_until: Option<DateTime<Utc>>,
    /// A mark without permissions.
    pub is_technician: bool,
    /// Whether the first steps are done.
    pub is_setup_complete: bool,
    /// Whether usage is recorded without the name.
    pub is_tracking_anonymized: bool,
    /// Whether product mail is welcome.
    pub is_marketing_opted_in: bool,
    /// Last sign-in.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Last change of the password.
    pub password_changed_at: Option<DateTime<Utc>>,
    /// Whether the password expires.
    pub password_expiration_policy: PasswordExpirationPolicy,
    /// Organization whose administrators may manage the user.
    pub managing_organization_id: Option<OrganizationId>,
    /// Organization entered at sign-in.
    pub default_organization_id: Option<OrganizationId>,
}
