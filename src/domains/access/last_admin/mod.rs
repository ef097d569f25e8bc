//! The last administrator of an organization stays.
//!
//! An administrator is an active user with a grant of their own on the organization, whose role is
//! in use and carries `MEMBER_MANAGE` and `ORGANIZATION_EDIT`. Grants to groups do not count: who
//! is in a group changes too easily.
//!
//! Whatever can end that (a lower role, a user switched off or deleted, a changed role, a leaving
//! member) takes a [`LastAdmin`] before it changes anything and asks it afterwards, in the same
//! transaction. The lock makes parallel changes of one organization wait for each other, so that
//! two administrators cannot demote each other at the same moment.

mod store;

use crate::{
    authz::System,
    gql::{Refusal, Tx, UserErrorCode},
    kernel::{Result, entity::OrganizationId},
};

/// The organizations of a running change that had an administrator before it, locked.
#[derive(Debug)]
pub struct LastAdmin {
    administered: Vec<OrganizationId>,
}

impl LastAdmin {
    /// Locks the organizations until the end of the transaction. Call it before the change.
    ///
    /// # Errors
    /// The database fails.
    pub async fn lock(tx: &Tx<'_>, organizations: &[OrganizationId]) -> Result<Self> {
        let system = System::new("the last administrator stays");
        store::lock(tx.conn, system, organizations).await?;
        let administered = store::administered(tx.conn, system, organizations).await?;
        Ok(Self { administered })
    }

    /// Refuses the change if it left one of the organizations without an administrator.
    ///
    /// # Errors
    /// A mistake `LAST_ADMIN` at `path`.
    pub async fn check(self, tx: &Tx<'_>, path: &str) -> Result<(), Refusal> {
        let system = System::new("the last administrator stays");
        let left = store::administered(tx.conn, system, &self.administered).await?;
        if left.len() == self.administered.len() {
            return Ok(());
        }
        Err(Refusal::user(
            UserErrorCode::LastAdmin,
            path,
            "the organization would have no active administrator left; make somebody else one first",
        ))
    }
}
