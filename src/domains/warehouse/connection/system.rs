//! Connections that the server itself makes.

use super::{
    row::slot,
    store::{self, NewConnection},
};
use crate::{
    authz::{Edit, Grant},
    db::Conn,
    kernel::{Error, Result, entity::Project},
    services::{
        vault::Vault,
        warehouse::{DEMO_HOST, Settings},
    },
};
use secrecy::SecretString;

/// Connects the project of a grant of the server with the demo's warehouse, unless somebody has
/// connected it with another one.
///
/// # Errors
/// Outages.
pub async fn connect_as_system(
    conn: &Conn,
    vault: &Vault,
    project: &Grant<Edit, Project>,
    settings: &Settings,
    password: &SecretString,
) -> Result<()> {
    if let Some((row, _)) = store::with_secret(conn, project).await? {
        let (Settings::Postgres(present) | Settings::Redshift(present)) = row.settings()?;
        if present.host != DEMO_HOST {
            return Ok(());
        }
    }
    let organization = project.place().organization.ok_or(Error::NotFound)?;
    let slot = slot(organization, project.id());
    let sealed = vault.seal(conn, &slot, password).await?;
    let new = NewConnection {
        organization,
        settings,
        secret: Some(Some(sealed)),
        start_of_week: None,
        by: None,
        at: None,
    };
    store::put(conn, project, new).await
}
