//! What a viewer may see of the paths by which people reach one project or space.

use super::{
    AccessSource, AccessSourceKind, Target,
    filter::SourceFilter,
    highest::{Height, both, effective_on},
    object::ScopeId,
    world::{Held, Reachable, Reached, Via, World},
};
use crate::{
    authz::{Permission, PermissionSet, Place, Viewer},
    domains::access::{
        grant::{AccessGrantRow, GrantScope},
        role::RoleRow,
    },
    kernel::entity::GroupId,
};
use std::sync::Arc;

/// What the viewer may see of the sources at one target.
pub(super) struct Lens<'a> {
    world: &'a World,
    viewer: &'a Viewer,
    target: &'a Target,
    effective: PermissionSet,
    sees_members: bool,
    sees_groups: bool,
}

impl<'a> Lens<'a> {
    pub(super) fn new(world: &'a World, viewer: &'a Viewer, target: &'a Target) -> Self {
        let there = viewer.at(&Place::organization(target.organization()));
        Self {
            world,
            viewer,
            target,
            effective: effective_on(target.place()),
            sees_members: there.contains(Permission::MemberView),
            sees_groups: there.contains(Permission::GroupView),
        }
    }

    /// The roles that have an effect on the target, of one person.
    fn held<'b>(
        &'b self,
        reachable: &'b Reachable,
        reached: &Reached,
    ) -> impl Iterator<Item = &'b Held> {
        reachable
            .held(reached)
            .filter(|held| !both(held.granted, self.effective).is_empty())
    }

    /// The highest role of one person.
    pub(super) fn highest(&self, reachable: &Reachable, reached: &Reached) -> Option<Arc<RoleRow>> {
        let nearness = |scope| match scope {
            None => 0,
            Some(ScopeId::Organization(_)) => 1,
            Some(ScopeId::Project(_)) => 3,
            Some(ScopeId::Space(_)) => 4,
        };
        let highest = self.held(reachable, reached).max_by_key(|held| {
            let all_projects = matches!(
                (held.via, held.scope),
                (Via::Assignment, Some(ScopeId::Organization(_)))
            );
            let nearness = if all_projects {
                2
            } else {
                nearness(held.scope)
            };
            Height::new(self.effective, held.granted, nearness, held.role)
        })?;
        self.world.role(highest.role).cloned()
    }

    /// The paths of one person, as far as the viewer may see them.
    pub(super) fn sources(&self, reachable: &Reachable, reached: &Reached) -> Vec<AccessSource> {
        self.held(reachable, reached)
            .filter_map(|held| {
                let role = self.world.role(held.role)?.clone();
                let grant = self.world.grant(held.via);
                let group = grant
                    .and_then(|grant| grant.group_id)
                    .filter(|id| self.sees_group(*id))
                    .and_then(|id| self.world.group(id))
                    .cloned();
                let grant = grant.filter(|grant| self.sees_grant(grant)).cloned();
                Some(AccessSource {
                    kind: self.kind(held),
                    grant,
                    group,
                    scope: held.scope,
                    role,
                })
            })
            .collect()
    }

    /// Whether the paths of one person pass a filter.
    pub(super) fn passes(
        &self,
        reachable: &Reachable,
        reached: &Reached,
        filter: &SourceFilter,
    ) -> bool {
        if filter.is_trivial() {
            return true;
        }
        let sources = self.sources(reachable, reached);
        let roles: Vec<_> = sources.iter().map(|source| source.role.id).collect();
        let kinds: Vec<_> = sources.iter().map(|source| source.kind).collect();
        let groups: Vec<_> = sources
            .iter()
            .filter_map(|source| source.group.as_ref())
            .map(|row| row.id)
            .collect();
        filter.holds(&roles, &groups, &kinds)
    }

    fn kind(&self, held: &Held) -> AccessSourceKind {
        match (self.world.grant(held.via), held.scope) {
            (None, None) => AccessSourceKind::Tenant,
            (None, Some(_)) => AccessSourceKind::RoleOnProjects,
            (Some(grant), _) if grant.group_id.is_some() => AccessSourceKind::Group,
            (Some(_), Some(scope)) if scope.uuid() == self.target.id() => AccessSourceKind::Direct,
            (Some(_), _) => AccessSourceKind::Inherited,
        }
    }

    fn sees_group(&self, id: GroupId) -> bool {
        self.sees_groups || self.viewer.access.groups.contains(&id)
    }

    /// The policy of grants, for one whose project the viewer sees by seeing the target.
    fn sees_grant(&self, grant: &AccessGrantRow) -> bool {
        let own = grant.user_id == Some(self.viewer.user)
            || grant
                .group_id
                .is_some_and(|id| self.viewer.access.groups.contains(&id));
        let principal = own
            || (grant.user_id.is_some() && self.sees_members)
            || (grant.group_id.is_some() && self.sees_groups);
        let scope = match grant.space_id {
            Some(space) => self
                .target
                .place_above(space)
                .is_some_and(|place| self.viewer.at(&place).contains(Permission::SpaceView)),
            None => grant.scope == GrantScope::Project || own || self.sees_members,
        };
        principal && scope
    }
}
