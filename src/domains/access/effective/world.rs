//! Grants, groups and roles in memory, and what they make of a project or a space.

use super::{
    Target,
    object::ScopeId,
    store::{AssignedOn, Assignment, Person},
};
use crate::{
    authz::{Permission, PermissionSet, RoleScope},
    domains::access::{
        grant::{AccessGrantRow, GrantScope},
        group::GroupRow,
        role::RoleRow,
    },
    kernel::entity::{GroupId, OrganizationId, ProjectId, RoleId, UserId},
};
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Place of a person in the list of all people of the world, which is in the order of usernames.
pub(super) type Who = usize;

/// What the statements found, as it comes.
pub(super) struct Facts {
    pub(super) grants: Vec<AccessGrantRow>,
    pub(super) assignments: Vec<Assignment>,
    pub(super) groups: Vec<(GroupRow, Vec<UserId>)>,
    pub(super) roles: Vec<RoleRow>,
    pub(super) people: Vec<Person>,
}

struct RoleFacts {
    row: Arc<RoleRow>,
    carried: PermissionSet,
    on_organization: PermissionSet,
    on_project: PermissionSet,
    on_space: PermissionSet,
}

struct GroupFacts {
    row: Arc<GroupRow>,
    members: Vec<Who>,
}

/// How a role came to somebody.
#[derive(Debug, Clone, Copy)]
pub(super) enum Via {
    /// By a grant: its place in the list of all grants.
    Grant(usize),
    /// By an assignment.
    Assignment,
}

/// One role that somebody holds somewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) via: Via,
    pub(super) role: RoleId,
    pub(super) scope: Option<ScopeId>,
    pub(super) granted: PermissionSet,
}

#[derive(Debug, Default, Clone)]
struct Holder {
    all: PermissionSet,
    held: Vec<Held>,
}

type Holders = HashMap<Who, Holder>;

/// One person who can open a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reached {
    pub(super) who: Who,
    pub(super) permissions: PermissionSet,
    wide_counts: bool,
}

/// Everybody who can open a target, in order of usernames.
pub(super) struct Reachable {
    wide: Arc<Holders>,
    narrow: Holders,
    pub(super) people: Vec<Reached>,
}

/// Everything that the statements found, ready to be asked.
pub(super) struct World {
    pub(super) people: Vec<Person>,
    index: HashMap<UserId, Who>,
    grants: Vec<Arc<AccessGrantRow>>,
    by_scope: HashMap<Uuid, Vec<usize>>,
    assignments: Vec<Assignment>,
    groups: HashMap<GroupId, GroupFacts>,
    roles: HashMap<RoleId, RoleFacts>,
    wide: HashMap<ProjectId, Arc<Holders>>,
}

fn scope_of(grant: &AccessGrantRow) -> ScopeId {
    match (grant.scope, grant.project_id, grant.space_id) {
        (GrantScope::Project, Some(id), _) => ScopeId::Project(id),
        (GrantScope::Space, _, Some(id)) => ScopeId::Space(id),
        _ => ScopeId::Organization(grant.organization_id),
    }
}

impl World {
    pub(super) fn new(facts: Facts) -> Self {
        let Facts {
            grants,
            assignments,
            groups,
            roles,
            mut people,
        } = facts;
        people.sort_unstable_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let index: HashMap<_, _> = people
            .iter()
            .enumerate()
            .map(|(n, person)| (person.id, n))
            .collect();
        let mut by_scope: HashMap<Uuid, Vec<usize>> = HashMap::new();
        for (n, grant) in grants.iter().enumerate() {
            by_scope.entry(scope_of(grant).uuid()).or_default().push(n);
        }
        let groups = groups.into_iter().map(|(row, members)| {
            let members = members
                .iter()
                .filter_map(|id| index.get(id).copied())
                .collect();
            (
                row.id,
                GroupFacts {
                    row: Arc::new(row),
                    members,
                },
            )
        });
        let roles = roles.into_iter().map(|row| {
            let carried = row.permission_set();
            let facts = RoleFacts {
                carried,
                on_organization: carried.fitting(RoleScope::Organization),
                on_project: carried.fitting(RoleScope::Project),
                on_space: carried.fitting(RoleScope::Space),
                row: Arc::new(row),
            };
            (facts.row.id, facts)
        });
        Self {
            groups: groups.collect(),
            roles: roles.collect(),
            grants: grants.into_iter().map(Arc::new).collect(),
            wide: HashMap::new(),
            people,
            index,
            by_scope,
            assignments,
        }
    }

    pub(super) fn grant(&self, via: Via) -> Option<&Arc<AccessGrantRow>> {
        match via {
            Via::Grant(n) => self.grants.get(n),
            Via::Assignment => None,
        }
    }

    pub(super) fn role(&self, id: RoleId) -> Option<&Arc<RoleRow>> {
        self.roles.get(&id).map(|role| &role.row)
    }

    pub(super) fn group(&self, id: GroupId) -> Option<&Arc<GroupRow>> {
        self.groups.get(&id).map(|group| &group.row)
    }

    /// The roles, for the loaders.
    pub(super) fn role_rows(&self) -> impl Iterator<Item = &Arc<RoleRow>> {
        self.roles.values().map(|role| &role.row)
    }

    /// The groups, for the loaders.
    pub(super) fn group_rows(&self) -> impl Iterator<Item = &Arc<GroupRow>> {
        self.groups.values().map(|group| &group.row)
    }

    /// Gives everybody what the grants on a scope give them.
    fn take(&self, holders: &mut Holders, scope: ScopeId) {
        for n in self
            .by_scope
            .get(&scope.uuid())
            .into_iter()
            .flatten()
            .copied()
        {
            let Some(grant) = self.grants.get(n) else {
                continue;
            };
            let Some(role) = self.roles.get(&grant.role_id) else {
                continue;
            };
            let granted = match scope {
                ScopeId::Organization(_) => role.on_organization,
                ScopeId::Project(_) => role.on_project,
                ScopeId::Space(_) => role.on_space,
            };
            let held = Held {
                via: Via::Grant(n),
                role: grant.role_id,
                scope: Some(scope),
                granted,
            };
            let user = grant.user_id.and_then(|id| self.index.get(&id));
            let group = grant.group_id.and_then(|id| self.groups.get(&id));
            for who in user
                .into_iter()
                .chain(group.into_iter().flat_map(|g| &g.members))
            {
                holders.entry(*who).or_default().add(held);
            }
        }
    }

    /// What everybody holds on a project by grants wider than a space.
    fn wide(&mut self, organization: OrganizationId, project: ProjectId) -> Arc<Holders> {
        if let Some(wide) = self.wide.get(&project) {
            return wide.clone();
        }
        let mut holders = Holders::new();
        self.take(&mut holders, ScopeId::Organization(organization));
        self.take(&mut holders, ScopeId::Project(project));
        for assignment in &self.assignments {
            let (Some(who), Some(role)) = (
                self.index.get(&assignment.user),
                self.roles.get(&assignment.role),
            ) else {
                continue;
            };
            let (scope, granted) = match assignment.on {
                AssignedOn::Installation => (None, role.carried),
                AssignedOn::AllProjects(id) if id == organization => {
                    (Some(ScopeId::Organization(id)), role.on_project)
                }
                AssignedOn::Project(id) if id == project => {
                    (Some(ScopeId::Project(id)), role.on_project)
                }
                AssignedOn::AllProjects(_) | AssignedOn::Project(_) => continue,
            };
            let held = Held {
                via: Via::Assignment,
                role: assignment.role,
                scope,
                granted,
            };
            holders.entry(*who).or_default().add(held);
        }
        let wide = Arc::new(holders);
        self.wide.insert(project, wide.clone());
        wide
    }

    /// Everybody who can open a target.
    pub(super) fn reach(&mut self, target: &Target) -> Reachable {
        let wide = self.wide(target.organization(), target.project());
        let mut narrow = Holders::new();
        for space in &target.place().spaces {
            self.take(&mut narrow, ScopeId::Space(*space));
        }
        let mut all: Vec<Who> = wide.keys().chain(narrow.keys()).copied().collect();
        all.sort_unstable();
        all.dedup();
        let held = |holders: &Holders, who| holders.get(who).map_or(PermissionSet::NONE, |h| h.all);
        let restricted = target.place().restricted;
        let opens = target.opens();
        let people = all.iter().filter_map(|who| {
            let wide = held(&wide, who);
            let wide_counts = !restricted || wide.contains(Permission::SpaceViewAll);
            let narrow = held(&narrow, who);
            let permissions = if wide_counts {
                wide.union(narrow)
            } else {
                narrow
            };
            permissions.contains(opens).then_some(Reached {
                who: *who,
                permissions,
                wide_counts,
            })
        });
        let people = people.collect();
        Reachable {
            wide,
            narrow,
            people,
        }
    }
}

impl Reachable {
    /// What makes up the rights of one person.
    pub(super) fn held(&self, reached: &Reached) -> impl Iterator<Item = &Held> {
        let wide = self.wide.get(&reached.who).filter(|_| reached.wide_counts);
        let narrow = self.narrow.get(&reached.who);
        wide.into_iter()
            .chain(narrow)
            .flat_map(|holder| &holder.held)
    }
}

impl Holder {
    fn add(&mut self, held: Held) {
        self.all = self.all.union(held.granted);
        self.held.push(held);
    }
}
