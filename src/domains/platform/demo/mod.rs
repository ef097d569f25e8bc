//! The demo: the coffee-shop chain *Jaffle House*, from the files in `playground/demo`.
//!
//! Ids and times are the same everywhere, so that samples and tests can name what is in it.

mod data;
mod models;
mod rows;
mod store;
mod warehouse;

pub use models::FILES;
pub use warehouse::load_warehouse;

use crate::{
    authz::System,
    db::{Conn, transaction},
    kernel::{Error, Id, entity},
};
use data::Demo;

/// The accounts one can sign in with: username, mail address, password.
pub const ACCOUNTS: [(&str, &str, &str); 3] = [
    ("admin", "admin@demo.test", "demo-admin-password"),
    ("editor", "editor@demo.test", "demo-editor-password"),
    ("viewer", "viewer@demo.test", "demo-viewer-password"),
];

/// What became of loading the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loading {
    /// It was loaded now.
    Loaded,
    /// It was there.
    There,
    /// It was loaded before, and somebody has deleted its organization.
    Deleted,
}

/// Loads the demo unless it is there, or was. `hash` hashes a password.
///
/// # Errors
/// The files in the binary are wrong, or the database fails.
pub async fn load<H>(conn: &mut Conn, hash: H) -> anyhow::Result<Loading>
where
    H: AsyncFn(&str) -> anyhow::Result<String>,
{
    let system = System::new("loading the demo");
    let demo = Demo::read()?;
    let people = demo.people.users.iter().map(|user| {
        let key = format!("user/{}", user.username);
        Id::<entity::User>::deterministic(user.created_at, &key)
    });
    let people: Vec<_> = people.collect();
    let ids = people.iter().map(|id| id.uuid()).collect();
    let (organization, anybody) =
        store::left(conn, system, rows::organization_id(&demo), ids).await?;
    match (organization, anybody) {
        (true, _) => return Ok(Loading::There),
        (false, true) => return Ok(Loading::Deleted),
        (false, false) => {}
    }
    let mut passwords = Vec::new();
    for (user, id) in demo.people.users.iter().zip(people) {
        if let Some(password) = &user.password {
            passwords.push((id, hash(password).await?));
        }
    }
    let built_in = store::built_in(conn, system).await?;
    let rows = rows::Maker::rows(&demo, &built_in)?;
    transaction(conn, async |conn: &Conn| {
        store::insert(conn, system, rows).await?;
        for (user, hash) in passwords {
            store::set_password(conn, system, user, hash).await?;
        }
        Ok::<_, Error>(())
    })
    .await?;
    Ok(Loading::Loaded)
}
