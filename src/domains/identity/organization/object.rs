//! The type `Organization` of the graph.

use super::{OrganizationFilter, OrganizationOrderField, OrganizationRow, loader};
use crate::domains::model::attribute::{UserAttribute, attributes_of};
use crate::{
    authz::Permission,
    domains::{
        access::{
            PrincipalRef,
            group::{Group, GroupFilter, GroupOrder, GroupRow},
        },
        identity::membership::{
            OrganizationMembership, OrganizationMembershipFilter, OrganizationMembershipOrder,
            membership_of, memberships_of,
        },
        platform::audit::{AuditEvent, AuditEventFilter, AuditEventRow, NewestFirst},
        project::project::{Project, ProjectFilter, ProjectOrder, ProjectRow},
    },
    gql::{
        Color, Connection, FilterInput as _, PageArgs, ScopeExt as _, children, direct::direct,
        id_text,
    },
    kernel::{Error, Result},
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// A tenant: holds projects, members, groups and custom roles.
pub struct Organization(pub Arc<OrganizationRow>);

impl From<Arc<OrganizationRow>> for Organization {
    fn from(row: Arc<OrganizationRow>) -> Self {
        Self(row)
    }
}

/// A tenant: holds projects, members, groups and custom roles. Organizations may form a tree;
/// rights on one say nothing about those below it.
#[Object]
impl Organization {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Name, unique on the installation.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Name as shown to people.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// What the organization is.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Theme that front ends use for it; opaque.
    async fn theme_id(&self) -> Option<&str> {
        self.0.theme_id.as_deref()
    }

    /// The organization above; null if there is none or the caller may not see it.
    async fn parent(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.parent_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Names from the top of the tree down, such as `/Jaffle House/Berlin`. Begins below the
    /// nearest ancestor that the caller may not see.
    async fn path(&self, ctx: &Context<'_>) -> Result<String> {
        let path = loader::path_of(ctx, self.0.id).await?;
        Ok(path.map_or_else(|| format!("/{}", self.0.name), |path| path.to_string()))
    }

    /// Organizations directly below, as far as the caller may see them.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Organization>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(OrganizationOrderField, _); 0] = [];
        let link = "organizations.parent_id = p.id";
        children::<OrganizationRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            None::<OrganizationFilter>.condition(viewer)
        })
        .await
    }

    /// Default colour palette of every project in the organization.
    async fn chart_colors(&self) -> Vec<Color> {
        self.0
            .chart_colors
            .iter()
            .map(|color| Color::trusted(color.as_str()))
            .collect()
    }

    /// Project that a user sees at the first login; null if there is none or the caller may not
    /// see it.
    async fn default_project(&self, ctx: &Context<'_>) -> Option<Result<Project>> {
        let row = ctx.by_id::<ProjectRow>(self.0.default_project_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// True while no project exists.
    async fn needs_project(&self, ctx: &Context<'_>) -> Result<bool> {
        loader::needs_project(ctx, self.0.id).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// The projects that the caller may see.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<ProjectOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        let page = PageArgs::new(first, after, last, before);
        let order: Vec<_> = order_by
            .unwrap_or_default()
            .into_iter()
            .map(Into::into)
            .collect();
        let link = "projects.organization_id = p.id";
        children::<ProjectRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }

    /// Users and groups with a role on the organization.
    #[expect(clippy::too_many_arguments, reason = "the arguments of every list")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<OrganizationMembershipFilter>,
        #[graphql(desc = "In which order; by name unless given.")] order_by: Option<
            Vec<OrganizationMembershipOrder>,
        >,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<OrganizationMembership>> {
        let page = PageArgs::new(first, after, last, before);
        let parent = (self.0.id.uuid(), "access_grants.organization_id = p.id");
        memberships_of(ctx, parent, filter, order_by, &page).await
    }

    /// One member; null if the user or group is none, or the caller may not see it.
    async fn member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Names the user or the group.")] principal: PrincipalRef,
    ) -> Result<Option<OrganizationMembership>> {
        let row = membership_of(ctx, self.0.id, principal).await?;
        Ok(row.map(Into::into))
    }

    /// The groups that the caller may see.
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
        let link = "groups.organization_id = p.id";
        children::<GroupRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }

    /// Who did what, newest first; denials too. Needs ORGANIZATION_EDIT.
    async fn audit_log(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] filter: Option<AuditEventFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<AuditEvent>> {
        let viewer = ctx.scope().viewer()?;
        let reads_all = viewer.on_installation().contains(Permission::SystemView);
        if !reads_all && !viewer.can_in(self.0.id, Permission::OrganizationEdit) {
            let text = Permission::OrganizationEdit.refusal();
            return Err(Error::Forbidden(text.into()));
        }
        let page = PageArgs::new(first, after, last, before);
        let order: [(NewestFirst, _); 0] = [];
        let link = "audit_events.organization_id = p.id";
        children::<AuditEventRow, _>(ctx, self.0.id.uuid(), link, &page, &order, |viewer| {
            filter.condition(viewer)
        })
        .await
    }

    /// Attributes of users that models ask for, by name. Needs USER_ATTRIBUTE_VIEW.
    async fn user_attributes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<UserAttribute>> {
        let page = PageArgs::new(first, after, last, before);
        attributes_of(ctx, self.0.id, &page).await
    }
}

direct! { Organization:
    plain {
        id, name, display_name, description, theme_id, chart_colors, created_at, updated_at,
    }
    perhaps { parent: OrganizationRow as Organization = parent_id, default_project: ProjectRow as Project = default_project_id }
}
