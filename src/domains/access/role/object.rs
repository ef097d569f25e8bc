//! The type `Role` of the graph.

use super::{RoleRow, RoleType, policy::holds_parent_role};
use crate::{
    authz::{Permission, RoleScope},
    domains::{
        identity::{
            organization::{Organization, OrganizationRow},
            user::{User, UserFilter, UserOrderField, UserRow},
        },
        project::project::{Project, ProjectFilter, ProjectOrderField, ProjectRow},
    },
    gql::{
        Connection, FilterInput as _, PageArgs, ScopeExt as _, children, direct::direct, id_text,
    },
    kernel::Result,
};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Projects on which a role holds without a grant: those it names, or all of its owner.
const PROJECTS: &str = "EXISTS (SELECT FROM roles r WHERE r.id = p.id AND (\
    (r.all_projects AND r.organization_id = projects.organization_id) \
    OR (NOT r.all_projects AND EXISTS (SELECT FROM role_projects rp WHERE rp.role_id = r.id AND rp.project_id = projects.id))))";

/// A named set of permissions, granted on one kind of scope.
pub struct Role(pub Arc<RoleRow>);

impl From<Arc<RoleRow>> for Role {
    fn from(row: Arc<RoleRow>) -> Self {
        Self(row)
    }
}

/// A named set of permissions, granted on one kind of scope. Built-in roles are the same in every
/// organization; custom ones belong to one, or to the installation.
#[Object]
impl Role {
    /// Globally unique id.
    pub async fn id(&self) -> ID {
        id_text(self.0.id)
    }

    /// Key, unique among the roles of one owner and scope; names the role in inputs.
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// Name as shown.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the role is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Where the role can be granted.
    async fn scope(&self) -> RoleScope {
        self.0.scope
    }

    /// Whether it came with the product or was made here.
    #[graphql(name = "type")]
    async fn role_type(&self) -> RoleType {
        if self.0.is_built_in {
            RoleType::BuiltIn
        } else {
            RoleType::Custom
        }
    }

    /// Whether it came with the product; such roles cannot be changed.
    async fn is_built_in(&self) -> bool {
        self.0.is_built_in
    }

    /// Whether it grants anything. An inactive role stays where it is granted, without effect.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// The organization that owns a custom role; null for built-in roles and those of the
    /// installation.
    async fn organization(&self, ctx: &Context<'_>) -> Option<Result<Organization>> {
        let row = ctx.by_id::<OrganizationRow>(self.0.organization_id?).await;
        row.map(|row| row.map(Into::into)).transpose()
    }

    /// Whether it holds on every project of its owner for the users it is assigned to.
    async fn all_projects(&self) -> bool {
        self.0.all_projects
    }

    /// Projects on which it holds for the users it is assigned to, as far as the caller may see
    /// them: those it names or, with `allProjects`, all of its owner.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<Project>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(ProjectOrderField, _); 0] = [];
        children::<ProjectRow, _>(ctx, self.0.id.uuid(), PROJECTS, &page, &order, |viewer| {
            None::<ProjectFilter>.condition(viewer)
        })
        .await
    }

    /// What it grants.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permission_set().iter().collect()
    }

    /// Users who hold it themselves, by a grant or an assignment, where the caller may know: with
    /// ROLE_VIEW on the organization where it is held, for roles of the installation with
    /// SYSTEM_VIEW. Others see nobody here.
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which ones.")] filter: Option<UserFilter>,
        #[graphql(desc = "How many from the start; at most 200.")] first: Option<i32>,
        #[graphql(desc = "Only those behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end; at most 200.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Result<Connection<User>> {
        let page = PageArgs::new(first, after, last, before);
        let order: [(UserOrderField, _); 0] = [];
        children::<UserRow, _>(ctx, self.0.id.uuid(), "TRUE", &page, &order, |viewer| {
            Ok(holds_parent_role(viewer).and(filter.condition(viewer)?))
        })
        .await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

direct! { Role:
    plain {
        id, key, name, description, scope, role_type as "type", is_built_in, is_active, all_projects,
        permissions, created_at, updated_at,
    }
    perhaps { organization: OrganizationRow as Organization = organization_id }
}
