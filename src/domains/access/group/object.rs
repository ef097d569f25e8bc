//! The type `Group` of the graph.

use super::{GroupRow, GroupType, list::granted_to_group};
use crate::{
    domains::{
        access::{
            grant::{AccessGrant, AccessGrantFilter, access_grants_of},
            role::{Role, RoleFilter, RoleOrderField, RoleRow},
        },
        identity::{
            organization::{Organization, OrganizationRow},
            user::{User, UserFilter, UserOrder, UserRow},
        },
    },
    gql::{
        Connection, FilterInput as _, PageArgs, ScopeExt as _, children, direct::direct, id_text,
    },
    kernel::Result,
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A set of members of one organization.
pub struct Group(pub Arc<GroupRow>);

impl From<Arc<GroupRow>> for Group {
    fn from(row: Arc<GroupRow>) -> Self {
        Self(row)
    }
}

/// A set of members of one organization. What is granted to the group reaches its members while
/// the group is active.
#[Object]
impl Group {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Key, unique within the organization.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the group is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Whether its members are kept here or come from a user directory.
    #[graphql(name = "type")]
    async fn group_type(&self) -> GroupType {
        self.0.group_type
    }

    /// Whether what is granted to it counts.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The organization whose members it gathers.
    async fn organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Users in the group, as far as the caller may see them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<UserFilter>,
        #[graphql(desc = "In which order.")] order_by: Option<Vec<UserOrder>>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        let link =
            "EXISTS (SELECT FROM group_members m WHERE m.group_id = p.id AND m.user_id = users.id)";
        children::<UserRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }

    /// Roles granted to the group anywhere, as far as the caller may see the grants.
    async fn roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<RoleFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Role>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(RoleOrderField, _); 0] = [];
        children::<RoleRow, _>(ctx, self.0.id.uuid(), "TRUE", &page, &order, |viewer| {
            Ok(granted_to_group(viewer).and(filter.condition(viewer)?))
        })
        .await
    }

    /// What is granted to the group, as far as the caller may see it.
    async fn access_grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<AccessGrantFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<AccessGrant>> {
        let page = PageArgs::new(first, after, last, before);
        let link = "access_grants.group_id = p.id";
        access_grants_of(ctx, self.0.id.uuid(), link, filter.as_ref(), &page).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who created it; null if the account is gone or not visible.
    async fn created_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.created_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Who changed it last; null if the account is gone or not visible.
    async fn updated_by(&self, ctx: &Context<'_>) -> Option<Result<User>> {
        let row = ctx.by_id::<UserRow>(self.0.updated_by?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }
}

direct! { Group:
    plain {
        id, key, name, description, group_type as "type", is_active, created_at, updated_at,
    }
    perhaps {
        organization: OrganizationRow as Organization = organization_id,
        created_by: UserRow as User = created_by,
        updated_by: UserRow as User = updated_by,
    }
}
