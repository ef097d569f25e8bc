//! The first administrator, and accounts made from the command line.
//!
//! A fresh installation has no accounts and no default passwords. At its start it prints a code
//! that works once, for a quarter of an hour; whoever has it names the first organization and its
//! administrator. After that there is no such code any more, whatever becomes of the accounts.

use super::store::{self, NewAccount};
use crate::{
    authz::{AuditEntry, AuditOutcome, Origin, Record, System, record},
    db::{self, Conn, Database},
    domains::identity::password::{Passwords, Weakness, check},
    kernel::{
        Error, Result,
        entity::{OrganizationId, UserId},
        text,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// How long a code works.
pub const CODE_LIFE: TimeDelta = TimeDelta::minutes(15);
/// Characters of a code: no two look alike.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of a code in all, in groups of five: 100 bits.
const LENGTH: usize = 20;

/// Who administers an organization from now on.
pub struct Administrator<'a> {
    /// Name of the organization; one of that name is used if there is one.
    pub organization: &'a str,
    /// Name to sign in with.
    pub username: &'a str,
    /// Mail address.
    pub email: Option<&'a str>,
    /// Password.
    pub password: &'a str,
    /// Whether they administer the whole installation, too.
    pub is_system_administrator: bool,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The code is wrong, used or too old.
    #[error("this code is wrong or too old; a new one is printed when the server starts")]
    Code,
    /// Setup is over.
    #[error("this installation is set up already")]
    Closed,
    /// A field is wrong.
    #[error("{field}: {message}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The database fails.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// Makes the code for the first administrator, to be printed once; `None` where there are accounts
/// or setup is over. A code made before stops working.
///
/// # Errors
/// The database fails, or there is no randomness.
pub async fn setup_code(db: &Database, now: DateTime<Utc>) -> Result<Option<String>> {
    let mut conn = db.get().await?;
    let system = System::new("make the code for the first administrator");
    let code = generate()?;
    let until = now + CODE_LIFE;
    db::transaction(&mut conn, async |conn: &Conn| -> Result<_> {
        if store::is_set_up(conn, system).await? {
            return Ok(None);
        }
        store::keep_code(conn, system, &hash(&code), until).await?;
        Ok(Some(code))
    })
    .await
}

/// Makes the first organization and its administrator, and ends setup for ever.
///
/// # Errors
/// Why nothing was made.
pub async fn complete_setup(
    db: &Database,
    passwords: &Passwords,
    now: DateTime<Utc>,
    (code, origin): (&str, &Origin),
    administrator: &Administrator<'_>,
) -> Result<UserId, SetupError> {
    let system = System::new("complete the setup");
    let hashed = hash(&code.trim().to_uppercase());
    {
        // Looked at twice: here, so that strangers cannot have passwords hashed, and below, locked.
        let conn = db.get().await?;
        check_code(&conn, system, &hashed, now).await?;
    }
    let new = account(administrator)?;
    let password = passwords.hash(administrator.password).await?;
    let mut conn = db.get().await?;
    db::transaction(&mut conn, async |conn: &Conn| {
        check_code(conn, system, &hashed, now).await?;
        let (organization, user) = store::create_account(conn, system, &new, &password).await?;
        store::end_setup(conn, system, now).await?;
        let entry = entry(organization, user);
        let done = Record {
            viewer: None,
            origin,
            action: "completeSetup",
            outcome: AuditOutcome::Succeeded,
            entry: &entry,
        };
        record(conn, done).await?;
        Ok(user)
    })
    .await
}

/// Makes an administrator of an organization (made, too, if there is none of that name) from the
/// command line, and ends setup for ever.
///
/// # Errors
/// Why nothing was made.
pub async fn create_administrator(
    db: &Database,
    passwords: &Passwords,
    now: DateTime<Utc>,
    administrator: &Administrator<'_>,
) -> Result<UserId, SetupError> {
    let system = System::new("make an administrator from the command line");
    let new = account(administrator)?;
    let password = passwords.hash(administrator.password).await?;
    let origin = Origin {
        request_id: "command-line".to_owned(),
        ..Origin::default()
    };
    let mut conn = db.get().await?;
    db::transaction(&mut conn, async |conn: &Conn| {
        if store::login_is_taken(conn, system, &new).await? {
            let message = "somebody signs in with this username or email address already";
            return Err(field("username", message));
        }
        let (organization, user) = store::create_account(conn, system, &new, &password).await?;
        store::end_setup(conn, system, now).await?;
        let entry = entry(organization, user);
        let done = Record {
            viewer: None,
            origin: &origin,
            action: "createAdministrator",
            outcome: AuditOutcome::Succeeded,
            entry: &entry,
        };
        record(conn, done).await?;
        Ok(user)
    })
    .await
}

fn entry(organization: OrganizationId, user: UserId) -> AuditEntry {
    let mut entry = AuditEntry {
        organization: Some(organization),
        ..AuditEntry::default()
    };
    entry.target(user);
    entry
}

async fn check_code(
    conn: &Conn,
    system: System,
    hashed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), SetupError> {
    if store::is_set_up(conn, system).await? {
        return Err(SetupError::Closed);
    }
    let kept = store::kept_code(conn, system, now).await?;
    match kept {
        Some(kept) if bool::from(kept.as_slice().ct_eq(hashed)) => Ok(()),
        _ => Err(SetupError::Code),
    }
}

fn field(field: &'static str, message: impl Into<String>) -> SetupError {
    SetupError::Field {
        field,
        message: message.into(),
    }
}

fn account(administrator: &Administrator<'_>) -> Result<NewAccount, SetupError> {
    let name = |path, text| text::name(text).map_err(|error| field(path, error.to_string()));
    let organization = name("organization", administrator.organization)?;
    let username = name("username", administrator.username)?;
    let email = administrator.email.map(|email| name("email", email));
    let email = email.transpose()?;
    let fits = |email: &str| email.contains('@') && !email.contains(char::is_whitespace);
    if email.as_deref().is_some_and(|email| !fits(email)) {
        return Err(field(
            "email",
            "must be a mail address such as ada@example.com",
        ));
    }
    let mut own = vec![organization.as_str(), username.as_str()];
    own.extend(email.as_deref());
    check(administrator.password, &own)
        .map_err(|weakness: Weakness| field("password", weakness.to_string()))?;
    Ok(NewAccount {
        organization,
        username,
        email,
        is_system_administrator: administrator.is_system_administrator,
    })
}

fn hash(code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(plain.as_bytes()).to_vec()
}

fn generate() -> Result<String> {
    let mut bytes = [0u8; LENGTH];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| Error::from(anyhow::Error::new(error)))?;
    let mut code = String::with_capacity(LENGTH + 3);
    for (n, byte) in bytes.iter().enumerate() {
        if n > 0 && n % 5 == 0 {
            code.push('-');
        }
        let digit = ALPHABET.get(usize::from(byte % 32)).copied();
        code.push(char::from(digit.unwrap_or(b'2')));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_with_or_without_hyphens() {
        let code = generate().unwrap();
        assert_eq!(code.len(), 23, "{code}");
        assert_eq!(hash(&code), hash(&code.replace('-', "")));
        assert_ne!(hash(&code), hash(&generate().unwrap()));
    }
}
