//! The type `Viewer` of the graph.

use super::home::home;
use crate::{
    authz::{self, Credential, Permission, Place},
    domains::{
        access::role::{Role, RoleOrderField, RoleRow, shareable},
        identity::{
            api_key::{ApiKey, ApiKeyFilter, ApiKeyOrder, ApiKeyRow},
            membership::{OrganizationMembership, OrganizationMembershipFilter, memberships_of},
            organization::Organization,
            session::{NewestFirst, Session, SessionRow},
            user::{User, permissions_at},
        },
        warehouse::credentials::{ByName, WarehouseCredentials, WarehouseCredentialsRow},
    },
    gql::{
        Connection, FilterInput as _, PageArgs, ScopeExt as _, children,
        direct::{self, Direct, direct},
        list,
    },
    kernel::Result,
};
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

/// The caller.
pub struct Viewer(pub Arc<authz::Viewer>);

/// The caller: who they are, where they work, what they may do, and what is theirs.
#[Object]
impl Viewer {
    /// The account.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        Ok(home(ctx).await?.user.into())
    }

    /// The session of this request; null for a request with an API key.
    async fn session(&self, ctx: &Context<'_>) -> Option<Result<Session>> {
        let Credential::Session(id) = self.0.credential else {
            return None;
        };
        let row = ctx.by_id::<SessionRow>(id).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// The organization that the caller is working in now; null for a user without one.
    async fn organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let home = home(ctx).await;
        home.map(|home| home.organization.map(Into::into))
            .transpose()
    }

    /// The organizations that the caller has a role on; `isDefault` tells which one is entered at
    /// sign-in.
    async fn memberships(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<OrganizationMembershipFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<OrganizationMembership>> {
        let page = PageArgs::new(first, after, last, before);
        let parent = (self.0.user.uuid(), "access_grants.user_id = p.id");
        memberships_of(ctx, parent, filter, None, &page).await
    }

    /// Roles with which the caller may share: those of the present organization, and built-in ones,
    /// that carry nothing which the caller lacks there.
    async fn shareable_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Role>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(RoleOrderField, _); 0] = [];
        let place = self.0.organization.map(Place::organization);
        let held = place.map_or_else(authz::PermissionSet::default, |place| self.0.at(&place));
        let condition = shareable(self.0.organization, held);
        list::<RoleRow, _>(ctx, &page, &order, condition).await
    }

    /// What the caller may do: on the installation, or on the organization, project or space given.
    async fn permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of an organization, project or space.")] scope_id: Option<ID>,
    ) -> Result<Vec<Permission>> {
        permissions_at(ctx, self.0.user, scope_id).await
    }

    /// Sessions that the caller is signed in with, the newest first.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Session>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(NewestFirst, _); 0] = [];
        let link = "sessions.user_id = p.id";
        children::<SessionRow, _>(ctx, self.0.user.uuid(), link, &page, &order, |_| {
            Ok(crate::db::Fragment::yes())
        })
        .await
    }

    /// Credentials of the caller for warehouses, by name.
    async fn warehouse_credentials(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<WarehouseCredentials>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(ByName, _); 0] = [];
        let link = "warehouse_credentials.user_id = p.id";
        let user = self.0.user.uuid();
        children::<WarehouseCredentialsRow, _>(ctx, user, link, &page, &order, |_| {
            Ok(crate::db::Fragment::yes())
        })
        .await
    }

    /// API keys of the caller.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn api_keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ApiKeyFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<ApiKeyOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<ApiKey>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        let link = "api_keys.user_id = p.id";
        children::<ApiKeyRow, _>(ctx, self.0.user.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }
}

direct! { Viewer:
    plain {}
    one { user: User }
    maybe { session: Session, organization: Organization }
}

impl Direct for Viewer {
    const FIELDS: &'static [direct::Field<Self>] = Self::DIRECT;
}
