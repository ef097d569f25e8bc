//! Batches: values of attributes, and what users have.

use super::{UserAttributeRow, store};
use crate::{
    authz::View,
    gql::{Batch, Scope, ScopeExt as _},
    kernel::{
        Result, entity,
        entity::{GroupId, UserAttributeId, UserId},
    },
};
use async_graphql::Context;
use std::{collections::HashMap, sync::Arc};

/// Values of an attribute.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) users: Vec<(UserId, String)>,
    pub(super) groups: Vec<(GroupId, String)>,
}

struct OfAttributes;

impl Batch for OfAttributes {
    type Key = UserAttributeId;
    type Value = Arc<Values>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<UserAttributeId>,
    ) -> Result<HashMap<UserAttributeId, Arc<Values>>> {
        let visible = scope.visible::<entity::UserAttribute, View>()?;
        let conn = scope.conn().await?;
        let mut found: HashMap<_, Values> = HashMap::new();
        for (attribute, user, group, value) in store::values(conn.get()?, &visible, &keys).await? {
            let values = found.entry(attribute).or_default();
            values.users.extend(user.map(|user| (user, value.clone())));
            values.groups.extend(group.map(|group| (group, value)));
        }
        Ok(found
            .into_iter()
            .map(|(id, values)| (id, Arc::new(values)))
            .collect())
    }
}

/// An attribute and the values that a user has of it.
pub(super) type Held = (UserAttributeRow, Vec<String>);

struct OfUsers;

impl Batch for OfUsers {
    type Key = UserId;
    type Value = Arc<Vec<Held>>;

    async fn load(
        &self,
        scope: Arc<Scope>,
        keys: Vec<UserId>,
    ) -> Result<HashMap<UserId, Self::Value>> {
        let visible = scope.visible::<entity::UserAttribute, View>()?;
        let conn = scope.conn().await?;
        let mut found: HashMap<UserId, Vec<Held>> = HashMap::new();
        for (user, row, values) in store::held(conn.get()?, &visible, &keys).await? {
            found.entry(user).or_default().push((row, values));
        }
        Ok(found
            .into_iter()
            .map(|(id, held)| (id, Arc::new(held)))
            .collect())
    }
}

/// The values of an attribute, by whom they are given to.
pub(super) async fn values_of(ctx: &Context<'_>, id: UserAttributeId) -> Result<Arc<Values>> {
    let found = ctx.scope().lanes.load(0, || Ok(OfAttributes), id).await?;
    Ok(found.unwrap_or_default())
}

/// The attributes of a user that the caller sees, with the values that hold.
pub(super) async fn held_by(ctx: &Context<'_>, user: UserId) -> Result<Arc<Vec<Held>>> {
    let found = ctx.scope().lanes.load(0, || Ok(OfUsers), user).await?;
    Ok(found.unwrap_or_default())
}
