//! New passwords: hashed before the transaction opens, judged inside it.
//!
//! Hashing waits for a processor, and must not hold a connection meanwhile.

use super::{UserRow, store};
use crate::{
    authz::System,
    domains::identity::password::{self, Passwords},
    gql::{Refusal, ScopeExt as _, Tx, UserErrorCode},
    kernel::{Result, entity::OrganizationId},
};
use async_graphql::Context;

/// A password and its hash.
pub(super) struct NewPassword<'a> {
    text: &'a str,
    hash: String,
}

impl<'a> NewPassword<'a> {
    /// Hashes a password that a signed-in caller sent. One of a bad length is not worth the work.
    pub(super) async fn hash(ctx: &Context<'_>, text: &'a str) -> Result<Self> {
        ctx.scope().viewer()?;
        let length = text.chars().count();
        let fits = (password::SHORTEST..=password::LONGEST).contains(&length);
        let hash = if fits {
            Passwords::of(ctx)?.hash(text).await?
        } else {
            String::new()
        };
        Ok(Self { text, hash })
    }

    /// The hash, if the password is good enough for somebody with these names.
    pub(super) async fn judge(
        &self,
        tx: &Tx<'_>,
        path: &str,
        own: &[&str],
        home: Option<OrganizationId>,
    ) -> Result<&str, Refusal> {
        let system = System::new("an organization's name makes a bad password");
        let organization = store::organization_name(tx.conn, system, home).await?;
        let mut names = own.to_vec();
        names.extend(organization.as_deref());
        password::check(self.text, &names).map_err(|weakness| {
            let text = format!("{path} {weakness}");
            Refusal::user(UserErrorCode::PasswordTooWeak, path, text)
        })?;
        Ok(&self.hash)
    }
}

/// Names by which somebody is known.
pub(super) fn names_of(row: &UserRow) -> Vec<&str> {
    let names = [
        Some(row.username.as_str()),
        row.email.as_deref(),
        row.first_name.as_deref(),
        row.last_name.as_deref(),
        Some(row.full_name.as_str()),
    ];
    names.into_iter().flatten().collect()
}
