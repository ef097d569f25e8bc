//! The types `UserAttribute` and those of its values.

use super::{
    UserAttributeRow,
    loader::{held_by, values_of},
};
use crate::{
    domains::{
        access::group::{Group, GroupRow},
        identity::{
            organization::{Organization, OrganizationRow},
            user::{User, UserRow},
        },
    },
    gql::{ScopeExt as _, id_text},
    kernel::{Error, Result, entity::UserId},
};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use std::sync::Arc;

/// A named fact about users that models ask for: who may use a field, which rows there are.
pub struct UserAttribute(pub Arc<UserAttributeRow>);

impl From<Arc<UserAttributeRow>> for UserAttribute {
    fn from(row: Arc<UserAttributeRow>) -> Self {
        Self(row)
    }
}

/// A named fact about users that models ask for: who may use a field, which rows there are.
#[Object]
impl UserAttribute {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name, unique in the organization; what models call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// The value of users who have none, of their own or by a group.
    async fn default_value(&self) -> Option<&str> {
        self.0.default_value.as_deref()
    }

    /// The organization.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Organization> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id).await?;
        Ok(row.ok_or(Error::NotFound)?.into())
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Values given to users, as far as the caller may see these. A user may have several.
    async fn users(&self, ctx: &Context<'_>) -> Result<Vec<UserAttributeUserValue>> {
        let values = values_of(ctx, self.0.id).await?;
        let shown = values.users.iter().map(|(user, value)| async {
            let row = ctx.by_id::<UserRow>(*user).await?;
            Ok::<_, Error>(row.map(|row| UserAttributeUserValue {
                user: row.into(),
                value: value.clone(),
            }))
        });
        Ok(try_join_all(shown).await?.into_iter().flatten().collect())
    }

    /// Values given to the members of groups, as far as the caller may see these. They hold while the
    /// group is active.
    async fn groups(&self, ctx: &Context<'_>) -> Result<Vec<UserAttributeGroupValue>> {
        let values = values_of(ctx, self.0.id).await?;
        let shown = values.groups.iter().map(|(group, value)| async {
            let row = ctx.by_id::<GroupRow>(*group).await?;
            Ok::<_, Error>(row.map(|row| UserAttributeGroupValue {
                group: row.into(),
                value: value.clone(),
            }))
        });
        Ok(try_join_all(shown).await?.into_iter().flatten().collect())
    }
}

/// A value of an attribute for a user.
#[derive(SimpleObject)]
pub struct UserAttributeUserValue {
    /// The user.
    user: User,
    /// The value.
    value: String,
}

/// A value of an attribute for the members of a group.
#[derive(SimpleObject)]
pub struct UserAttributeGroupValue {
    /// The group.
    group: Group,
    /// The value.
    value: String,
}

/// What a user has of an attribute.
#[derive(SimpleObject)]
pub struct UserAttributeAssignment {
    /// The attribute.
    attribute: UserAttribute,
    /// The values that hold: the user's own and those of their active groups, else the default.
    values: Vec<String>,
}

/// The attributes of a user in all organizations, as far as the caller may see these.
///
/// # Errors
/// Lack of sign-in, outages.
pub async fn assignments_of(
    ctx: &Context<'_>,
    user: UserId,
) -> Result<Vec<UserAttributeAssignment>> {
    let held = held_by(ctx, user).await?;
    Ok(held
        .iter()
        .map(|(row, values)| UserAttributeAssignment {
            attribute: UserAttribute(Arc::new(row.clone())),
            values: values.clone(),
        })
        .collect())
}
