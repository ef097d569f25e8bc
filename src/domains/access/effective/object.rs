//! The types `EffectiveAccess` and `AccessSource` of the graph.

use crate::{
    authz::{Permission, PermissionSet},
    db::text_enum,
    domains::{
        access::{
            grant::{AccessGrant, AccessGrantRow, AccessScope},
            group::{Group, GroupRow},
            role::{Role, RoleRow},
        },
        content::space::SpaceRow,
        identity::{
            organization::OrganizationRow,
            user::{User, UserRow},
        },
        project::project::ProjectRow,
    },
    gql::{
        ListNode, ScopeExt as _,
        direct::{self, Direct, direct},
    },
    kernel::{
        Result,
        entity::{OrganizationId, ProjectId, SpaceId},
    },
};
use async_graphql::{Context, Object};
use std::sync::Arc;
use uuid::Uuid;

text_enum! {
    /// By which kind of path somebody reaches a project or a space.
    pub enum AccessSourceKind {
        /// A grant to the user on this very scope.
        Direct = "DIRECT",
        /// A grant to a group that the user is in, on this scope or a wider one.
        Group = "GROUP",
        /// A grant to the user on a wider scope: a space above, the project, the organization.
        Inherited = "INHERITED",
        /// A role on the installation.
        Tenant = "TENANT",
        /// A role assigned to the user that names its projects, or holds on all of them.
        RoleOnProjects = "ROLE_ON_PROJECTS",
    }
}

/// A scope by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeId {
    Organization(OrganizationId),
    Project(ProjectId),
    Space(SpaceId),
}

impl ScopeId {
    pub(super) const fn uuid(self) -> Uuid {
        match self {
            Self::Organization(id) => id.uuid(),
            Self::Project(id) => id.uuid(),
            Self::Space(id) => id.uuid(),
        }
    }
}

/// One user who can open the project or space.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) user: Arc<UserRow>,
    pub(super) role: Arc<RoleRow>,
    pub(super) permissions: PermissionSet,
    pub(super) sources: Vec<AccessSource>,
}

/// One user who can open the project or space.
#[derive(Debug, Clone)]
pub struct EffectiveAccess(pub(super) Arc<Entry>);

/// One path by which a user reaches a project or a space.
#[derive(Debug, Clone)]
pub struct AccessSource {
    pub(super) kind: AccessSourceKind,
    pub(super) grant: Option<Arc<AccessGrantRow>>,
    pub(super) group: Option<Arc<GroupRow>>,
    pub(super) scope: Option<ScopeId>,
    pub(super) role: Arc<RoleRow>,
}

impl ListNode for EffectiveAccess {
    const CONNECTION: &'static str = "EffectiveAccessConnection";
    const EDGE: &'static str = "EffectiveAccessEdge";
    const DIRECT: &'static [direct::Field<Self>] = Self::DIRECT;
}

/// One user who can open the project or space, the highest role, and every path by which it is
/// reached.
#[Object]
impl EffectiveAccess {
    /// Who.
    async fn user(&self) -> User {
        self.0.user.clone().into()
    }

    /// The highest role among the sources: the one that carries the most of what has an effect here.
    async fn role(&self) -> Role {
        self.0.role.clone().into()
    }

    /// Everything that the user may do here: the union of all sources.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.iter().collect()
    }

    /// Every path by which the user has rights here.
    async fn sources(&self) -> &[AccessSource] {
        &self.0.sources
    }
}

/// One path by which a user has rights on a project or a space.
#[Object]
impl AccessSource {
    /// What kind of path it is.
    async fn kind(&self) -> AccessSourceKind {
        self.kind
    }

    /// The grant; null for roles that are held without one, or if the caller may not see it.
    async fn grant(&self) -> Option<AccessGrant> {
        self.grant.clone().map(Into::into)
    }

    /// The group, for a grant to one; null if the caller may not see it.
    async fn group(&self) -> Option<Group> {
        self.group.clone().map(Into::into)
    }

    /// Where the role is held; null for the installation, or if the caller may not see it.
    async fn scope(&self, ctx: &Context<'_>) -> Result<Option<AccessScope>> {
        Ok(match self.scope {
            None => None,
            Some(ScopeId::Organization(id)) => ctx
                .by_id::<OrganizationRow>(id)
                .await?
                .map(|row| AccessScope::Organization(row.into())),
            Some(ScopeId::Project(id)) => ctx
                .by_id::<ProjectRow>(id)
                .await?
                .map(|row| AccessScope::Project(row.into())),
            Some(ScopeId::Space(id)) => ctx
                .by_id::<SpaceRow>(id)
                .await?
                .map(|row| AccessScope::Space(row.into())),
        })
    }

    /// The role that is held.
    async fn role(&self) -> Role {
        self.role.clone().into()
    }
}

direct! { EffectiveAccess:
    plain { permissions }
    has { user: User, role: Role }
    lists { sources: AccessSource = |access| &access.0.sources }
}

direct! { AccessSource:
    plain { kind }
    has { role: Role }
    may_have { group: Group }
}

impl Direct for AccessSource {
    const FIELDS: &'static [direct::Field<Self>] = Self::DIRECT;
}
