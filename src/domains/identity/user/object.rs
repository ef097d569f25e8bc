//! The type `User` of the graph.

use super::{
    PasswordExpirationPolicy, UserDetails, UserKind, UserRow, UserStatus,
    list::{roles_assigned, roles_held},
    permissions_at,
};
use crate::domains::model::attribute::{UserAttributeAssignment, assignments_of};
use crate::{
    authz::Permission,
    domains::{
        access::{
            grant::{AccessGrant, AccessGrantFilter, access_grants_of},
            group::{Group, GroupFilter, GroupOrder, GroupRow},
            role::{Role, RoleFilter, RoleOrder, RoleOrderField, RoleRow},
        },
        identity::{
            membership::{OrganizationMembership, OrganizationMembershipFilter, memberships_of},
            organization::{Organization, OrganizationRow},
        },
    },
    gql::{
        Connection, FilterInput as _, Locale, PageArgs, ScopeExt as _, children, direct::direct,
        id_text,
    },
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A person who has an account.
pub struct User(pub Arc<UserRow>);

impl From<Arc<UserRow>> for User {
    fn from(row: Arc<UserRow>) -> Self {
        Self(row)
    }
}

/// A person who has an account. Accounts belong to the installation; what they may do comes from
/// roles in organizations, projects and spaces.
#[Object]
impl User {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// What kind of account it is.
    async fn kind(&self) -> UserKind {
        self.0.kind
    }

    /// Identifier chosen at creation or kept from another system; unique.
    async fn external_id(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.details(ctx).await?.external_id.clone())
    }

    /// Name to sign in with, unique on the installation.
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// Mail address, unique on the installation; also good to sign in with.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Whether it is proven that the address belongs to the user.
    async fn is_email_verified(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.is_email_verified)
    }

    /// Given name.
    async fn first_name(&self) -> Option<&str> {
        self.0.first_name.as_deref()
    }

    /// Family name.
    async fn last_name(&self) -> Option<&str> {
        self.0.last_name.as_deref()
    }

    /// Display name; made of first and last name unless set.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// Mobile phone number.
    async fn mobile(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.details(ctx).await?.mobile.clone())
    }

    /// Name of the provider that authenticates the user; `local` for a password kept here.
    async fn provider(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.details(ctx).await?.provider.clone())
    }

    /// Account in a Windows domain.
    async fn domain_account(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.details(ctx).await?.domain_account.clone())
    }

    /// Language that the user prefers.
    async fn locale(&self, ctx: &Context<'_>) -> Result<Option<Locale>> {
        let details = self.details(ctx).await?;
        Ok(details.locale.as_deref().map(Locale::trusted))
    }

    /// Whether the account can be used.
    async fn status(&self) -> UserStatus {
        self.0.status
    }

    /// Whether signing in is locked now, after too many wrong passwords. Sessions and API keys go
    /// on working.
    async fn is_locked(&self, ctx: &Context<'_>) -> Result<bool> {
        let now = ctx.scope().clock.now();
        let until = self.details(ctx).await?.locked_until;
        Ok(until.is_some_and(|until| until > now))
    }

    /// Until when signing in is locked.
    async fn locked_until(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        let now = ctx.scope().clock.now();
        let until = self.details(ctx).await?.locked_until;
        Ok(until.filter(|until| *until > now))
    }

    /// A mark for technicians; grants nothing.
    async fn is_technician(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.is_technician)
    }

    /// Whether the first steps after joining are done.
    async fn is_setup_complete(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.is_setup_complete)
    }

    /// Whether usage is recorded without the name.
    async fn is_tracking_anonymized(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.is_tracking_anonymized)
    }

    /// Whether the user wants product mail.
    async fn is_marketing_opted_in(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.details(ctx).await?.is_marketing_opted_in)
    }

    /// When the user signed in last.
    async fn last_login_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.details(ctx).await?.last_login_at)
    }

    /// When the password was changed last.
    async fn password_changed_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime<Utc>>> {
        Ok(self.details(ctx).await?.password_changed_at)
    }

    /// Whether the password expires.
    async fn password_expiration_policy(
        &self,
        ctx: &Context<'_>,
    ) -> Result<PasswordExpirationPolicy> {
        Ok(self.details(ctx).await?.password_expiration_policy)
    }

    /// When the account was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When the account was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// Organization in which the account lives; null if there is none or the caller may not see it.
    async fn organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Organization whose administrators may manage the account; null if there is none or the
    /// caller may not see it.
    async fn managing_organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let id = match self.details(ctx).await {
            Ok(details) => details.managing_organization_id?,
            Err(error) => return Some(Err(error)),
        };
        let row = ctx.by_id::<OrganizationRow>(id).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Organizations that the user has a role on, as far as the caller may see them.
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
        let parent = (self.0.id.uuid(), "access_grants.user_id = p.id");
        memberships_of(ctx, parent, filter, None, &page).await
    }

    /// Groups that the user is in, as far as the caller may see them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn groups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<GroupFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<GroupOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Group>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        let link = "EXISTS (SELECT FROM group_members m \
                    WHERE m.group_id = groups.id AND m.user_id = p.id)";
        children::<GroupRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }

    /// Roles that the user holds by grants or assignments of their own, as far as the caller may
    /// see those.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<RoleFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<Vec<RoleOrder>>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Role>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        children::<RoleRow, _>(ctx, self.0.id.uuid(), "TRUE", &page, &order, |viewer| {
            Ok(roles_held(viewer).and(filter.condition(viewer)?))
        })
        .await
    }

    /// Roles that the user holds on the installation as a whole. Those of others are shown to
    /// holders of SYSTEM_VIEW only.
    async fn tenant_roles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Role>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(RoleOrderField, _); 0] = [];
        let link = "roles.scope = 'TENANT'";
        children::<RoleRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            Ok(roles_assigned(viewer))
        })
        .await
    }

    /// What the user may do: on the organization, project or space given, or without one on the
    /// installation, which needs SYSTEM_VIEW for others than the caller.
    async fn permissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of an organization, project or space.")] scope_id: Option<ID>,
    ) -> Result<Vec<Permission>> {
        permissions_at(ctx, self.0.id, scope_id).await
    }

    /// What is granted to the user, as far as the caller may see it.
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
        let link = "access_grants.user_id = p.id";
        access_grants_of(ctx, self.0.id.uuid(), link, filter.as_ref(), &page).await
    }

    /// What models know of the user, by attribute, as far as the caller holds USER_ATTRIBUTE_VIEW on
    /// its organization.
    async fn attributes(&self, ctx: &Context<'_>) -> Result<Vec<UserAttributeAssignment>> {
        assignments_of(ctx, self.0.id).await
    }
}

impl User {
    /// The less common part of the account. Batched.
    async fn details(&self, ctx: &Context<'_>) -> Result<Arc<UserDetails>> {
        let details = ctx.by_id::<UserDetails>(self.0.id).await?;
        details.ok_or(Error::NotFound)
    }
}

direct! { User:
    plain {
        id, kind, username, email, first_name, last_name, full_name, status, created_at, updated_at,
    }
    later {
        external_id, is_email_verified, mobile, provider, domain_account, locale, is_locked,
        locked_until, is_technician, is_setup_complete, is_tracking_anonymized,
        is_marketing_opted_in, last_login_at, password_changed_at, password_expiration_policy,
    }
    perhaps { organization: OrganizationRow as Organization = organization_id } maybe { managing_organization: Organization }
}
