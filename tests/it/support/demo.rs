//! The organization of the demo.

use super::{Actor, TestApp};
use chartroom::{
    db::sql,
    domains::{
        identity::password::{Cost, Passwords},
        platform::demo,
    },
    kernel::entity::{OrganizationId, UserId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;

impl TestApp {
    /// A server with the demo, without its warehouse.
    pub(crate) async fn with_demo() -> Self {
        let app = Self::start().await;
        assert!(app.load_demo().await);
        app
    }

    /// Loads the demo; false if it is there.
    pub(crate) async fn load_demo(&self) -> bool {
        let passwords = Passwords::new(Cost::TEST);
        let mut conn = self.conn().await;
        demo::load(&mut conn, async |password: &str| {
            Ok(passwords.hash(password).await?)
        })
        .await
        .expect("the demo loads")
            == demo::Loading::Loaded
    }

    /// Somebody who is there by this name, signed in to their organization.
    pub(crate) async fn somebody(&self, username: &str) -> Actor {
        let conn = self.conn().await;
        let (user, organization): (uuid::Uuid, uuid::Uuid) = sql(
            "SELECT id, organization_id FROM users WHERE username = ?",
            [username.into()],
        )
        .statement::<(st::Uuid, st::Uuid)>()
        .get_result(&mut &*conn)
        .await
        .expect(username);
        Actor::User(
            UserId::from_uuid(user),
            OrganizationId::from_uuid(organization),
        )
    }
}
