//! Who the caller is and where they work: two rows that most front ends ask for first, in one statement.

use super::store;
use crate::{
    domains::identity::{organization::OrganizationRow, user::UserRow},
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{Error, Result, entity::UserId},
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

/// The caller's account and, if they work in one that they see, their organization.
#[derive(Clone)]
pub(super) struct Home {
    pub(super) user: Arc<UserRow>,
    pub(super) organization: Option<Arc<OrganizationRow>>,
}

struct Homes;

impl Batch for Homes {
    type Key = UserId;
    type Value = Home;

    async fn load(&self, scope: Arc<Scope>, _: Vec<UserId>) -> Result<HashMap<UserId, Home>> {
        let viewer = scope.viewer()?;
        let conn = scope.conn().await?;
        let Some((user, organization)) = store::home(conn.get()?, viewer).await? else {
            return Ok(HashMap::new());
        };
        let home = Home {
            user: Arc::new(user),
            organization: organization.map(Arc::new),
        };
        Ok(HashMap::from([(viewer.user, home)]))
    }
}

/// The home of the caller.
///
/// # Errors
/// [`Error::NotFound`] if the account is gone.
pub(super) async fn home(ctx: &Context<'_>) -> Result<Home> {
    let scope = ctx.scope();
    let own = scope.viewer()?.user;
    let found = scope.lanes.load(0, || Ok(Homes), own).await?;
    found.ok_or(Error::NotFound)
}
