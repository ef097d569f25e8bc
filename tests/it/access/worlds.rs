//! Random worlds: small, strange on purpose, and reproducible from their seed.

use super::rules::{Rules, Scope, Set};
use chartroom::{authz::RoleScope, domains::access::role::built_in_id};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use uuid::Uuid;

/// An account.
pub(super) struct User {
    pub(super) id: Uuid,
    pub(super) home: Option<Uuid>,
    pub(super) active: bool,
    pub(super) member_of: Vec<Uuid>,
}

/// A group.
pub(super) struct Group {
    pub(super) id: Uuid,
    pub(super) organization: Uuid,
    pub(super) active: bool,
    pub(super) members: Vec<Uuid>,
}

/// A role, built in or not.
pub(super) struct Role {
    pub(super) id: Uuid,
    pub(super) organization: Option<Uuid>,
    pub(super) built_in: bool,
    pub(super) scope: Scope,
    pub(super) active: bool,
    pub(super) all_projects: bool,
    pub(super) projects: Vec<Uuid>,
    pub(super) permissions: Set,
}

/// A project.
pub(super) struct Project {
    pub(super) id: Uuid,
    pub(super) organization: Uuid,
}

/// A space.
pub(super) struct Space {
    pub(super) id: Uuid,
    pub(super) organization: Uuid,
    pub(super) project: Uuid,
    pub(super) parent: Option<Uuid>,
    pub(super) private: bool,
}

/// A chart or a dashboard.
pub(super) struct Content {
    pub(super) id: Uuid,
    pub(super) space: Uuid,
}

/// Who holds a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Principal {
    User(Uuid),
    Group(Uuid),
}

/// A role given on a scope.
pub(super) struct Grant {
    pub(super) id: Uuid,
    pub(super) organization: Uuid,
    pub(super) scope: Scope,
    pub(super) scope_id: Uuid,
    pub(super) principal: Principal,
    pub(super) role: usize,
}

/// What belongs to one user: a key or a session.
pub(super) struct Owned {
    pub(super) id: Uuid,
    pub(super) user: Uuid,
}

/// Everything there is, as far as rights go.
#[derive(Default)]
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) organizations: Vec<Uuid>,
    pub(super) users: Vec<User>,
    pub(super) groups: Vec<Group>,
    pub(super) roles: Vec<Role>,
    pub(super) assignments: Vec<(Uuid, usize)>,
    pub(super) projects: Vec<Project>,
    pub(super) spaces: Vec<Space>,
    pub(super) charts: Vec<Content>,
    pub(super) dashboards: Vec<Content>,
    pub(super) grants: Vec<Grant>,
    pub(super) keys: Vec<Owned>,
    pub(super) sessions: Vec<Owned>,
}

impl World {
    /// The space of an id.
    pub(super) fn space(&self, id: Uuid) -> &Space {
        self.spaces.iter().find(|s| s.id == id).expect("a space")
    }

    /// The organization of a project.
    pub(super) fn organization_of(&self, project: Uuid) -> Uuid {
        let found = self.projects.iter().find(|p| p.id == project);
        found.expect("a project").organization
    }

    /// From the root to the space.
    fn path(&self, id: Uuid) -> Vec<&Space> {
        let mut path = vec![self.space(id)];
        while let Some(parent) = path.last().and_then(|space| space.parent) {
            path.push(self.space(parent));
        }
        path.reverse();
        path
    }
}

/// Makes a world from a number.
pub(super) fn random(seed: u64, rules: &Rules) -> World {
    let mut maker = Maker {
        rng: StdRng::seed_from_u64(seed),
        rules,
        world: World {
            seed,
            ..World::default()
        },
    };
    maker.organizations_and_users();
    maker.groups();
    maker.projects_and_spaces();
    maker.roles();
    maker.assignments();
    maker.grants();
    maker.world
}

/// The built-in roles, as the documentation tells of them.
pub(super) fn built_in(rules: &Rules) -> Vec<Role> {
    let roles = rules.roles.iter();
    roles
        .map(|((scope, key), permissions)| {
            let stored = match scope {
                Scope::Tenant => RoleScope::Tenant,
                Scope::Organization => RoleScope::Organization,
                Scope::Project => RoleScope::Project,
                Scope::Space => RoleScope::Space,
            };
            Role {
                id: built_in_id(stored, key).uuid(),
                organization: None,
                built_in: true,
                scope: *scope,
                active: true,
                all_projects: false,
                projects: Vec::new(),
                permissions: permissions.clone(),
            }
        })
        .collect()
}

struct Maker<'a> {
    rng: StdRng,
    rules: &'a Rules,
    world: World,
}

impl Maker<'_> {
    fn id(&mut self) -> Uuid {
        let bytes: [u8; 16] = self.rng.random();
        uuid::Builder::from_bytes(bytes)
            .with_version(uuid::Version::SortRand)
            .into_uuid()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn organizations_and_users(&mut self) {
        for _ in 0..self.rng.random_range(1..=2) {
            let id = self.id();
            self.world.organizations.push(id);
        }
        for _ in 0..self.rng.random_range(3..=6) {
            let id = self.id();
            let home = self.world.organizations.choose(&mut self.rng).copied();
            let mut member_of = Vec::new();
            for organization in self.world.organizations.clone() {
                if home == Some(organization) && self.chance(90) || self.chance(25) {
                    member_of.push(organization);
                }
            }
            let active = self.chance(88);
            self.world.users.push(User {
                id,
                home: home.filter(|_| !id.as_u128().is_multiple_of(7)),
                active,
                member_of,
            });
            if self.chance(30) {
                let key = self.id();
                self.world.keys.push(Owned { id: key, user: id });
                let session = self.id();
                self.world.sessions.push(Owned {
                    id: session,
                    user: id,
                });
            }
        }
    }

    fn groups(&mut self) {
        for _ in 0..self.rng.random_range(0..=4) {
            let id = self.id();
            let organization = *self.world.organizations.choose(&mut self.rng).expect("one");
            let candidates: Vec<_> = self.members(organization);
            let members = candidates
                .into_iter()
                .filter(|_| self.rng.random_bool(0.5))
                .collect();
            let active = self.chance(70);
            self.world.groups.push(Group {
                id,
                organization,
                active,
                members,
            });
        }
    }

    fn members(&self, organization: Uuid) -> Vec<Uuid> {
        let users = self.world.users.iter();
        users
            .filter(|user| user.member_of.contains(&organization))
            .map(|user| user.id)
            .collect()
    }

    fn projects_and_spaces(&mut self) {
        for _ in 0..self.rng.random_range(1..=3) {
            let id = self.id();
            let organization = *self.world.organizations.choose(&mut self.rng).expect("one");
            self.world.projects.push(Project { id, organization });
            let mut inside: Vec<Uuid> = Vec::new();
            for _ in 0..self.rng.random_range(0..=6) {
                let space = self.id();
                let parent = inside
                    .choose(&mut self.rng)
                    .copied()
                    .filter(|_| !space.as_u128().is_multiple_of(4));
                let private = self.chance(30);
                inside.push(space);
                self.world.spaces.push(Space {
                    id: space,
                    organization,
                    project: id,
                    parent,
                    private,
                });
                if self.chance(60) {
                    let id = self.id();
                    self.world.charts.push(Content { id, space });
                }
                if self.chance(50) {
                    let id = self.id();
                    self.world.dashboards.push(Content { id, space });
                }
            }
        }
    }

    fn roles(&mut self) {
        self.world.roles = built_in(self.rules);
        for _ in 0..self.rng.random_range(1..=5) {
            let id = self.id();
            let scope = *[
                Scope::Tenant,
                Scope::Organization,
                Scope::Project,
                Scope::Project,
                Scope::Space,
            ]
            .choose(&mut self.rng)
            .expect("one");
            let owner = *self.world.organizations.choose(&mut self.rng).expect("one");
            // Also what does not fit the scope: it must have no effect.
            let all: Vec<_> = self.rules.fitting[&Scope::Tenant].iter().copied().collect();
            let density = self.rng.random_range(0.02..0.5);
            let mut permissions: Set = all
                .into_iter()
                .filter(|_| self.rng.random_bool(density))
                .collect();
            for usual in ["PROJECT_VIEW", "SPACE_VIEW", "CHART_VIEW", "SPACE_VIEW_ALL"] {
                if self.chance(40) {
                    permissions.insert(usual);
                }
            }
            let all_projects = scope == Scope::Project && self.chance(40);
            let projects = match scope {
                Scope::Project if !all_projects => self.some_projects(owner),
                _ => Vec::new(),
            };
            let active = self.chance(85);
            self.world.roles.push(Role {
                id,
                organization: (scope != Scope::Tenant).then_some(owner),
                built_in: false,
                scope,
                active,
                all_projects,
                projects,
                permissions,
            });
        }
    }

    fn some_projects(&mut self, organization: Uuid) -> Vec<Uuid> {
        let projects = self.world.projects.iter();
        projects
            .filter(|project| project.organization == organization && self.rng.random_bool(0.6))
            .map(|project| project.id)
            .collect()
    }

    fn assignments(&mut self) {
        for n in 0..self.world.roles.len() {
            let role = &self.world.roles[n];
            let percent = match (role.scope, role.built_in) {
                (Scope::Tenant, true) => 2,
                (Scope::Tenant, false) => 12,
                (Scope::Project, false) => 40,
                _ => 0,
            };
            for user in 0..self.world.users.len() {
                if self.chance(percent) {
                    let user = self.world.users[user].id;
                    self.world.assignments.push((user, n));
                }
            }
        }
    }

    fn grants(&mut self) {
        let mut taken = std::collections::BTreeSet::new();
        for _ in 0..self.rng.random_range(4..=20) {
            let scope = *[
                Scope::Organization,
                Scope::Organization,
                Scope::Project,
                Scope::Space,
                Scope::Space,
            ]
            .choose(&mut self.rng)
            .expect("one");
            let place = match scope {
                Scope::Organization => {
                    let id = *self.world.organizations.choose(&mut self.rng).expect("one");
                    Some((id, id))
                }
                Scope::Project => {
                    let project = self.world.projects.choose(&mut self.rng);
                    project.map(|project| (project.organization, project.id))
                }
                _ => {
                    let space = self.world.spaces.choose(&mut self.rng);
                    space.map(|space| (space.organization, space.id))
                }
            };
            let Some((organization, scope_id)) = place else {
                continue;
            };
            let Some(principal) = self.principal(organization) else {
                continue;
            };
            let fitting: Vec<_> = (0..self.world.roles.len())
                .filter(|n| {
                    let role = &self.world.roles[*n];
                    role.scope == scope && role.organization.is_none_or(|o| o == organization)
                })
                .collect();
            let role = *fitting.choose(&mut self.rng).expect("a role");
            if taken.insert((scope_id, principal)) {
                let id = self.id();
                self.world.grants.push(Grant {
                    id,
                    organization,
                    scope,
                    scope_id,
                    principal,
                    role,
                });
            }
        }
    }

    fn principal(&mut self, organization: Uuid) -> Option<Principal> {
        let groups = self.world.groups.iter();
        let groups: Vec<_> = groups
            .filter(|group| group.organization == organization)
            .map(|group| Principal::Group(group.id))
            .collect();
        let users: Vec<_> = self
            .members(organization)
            .into_iter()
            .map(Principal::User)
            .collect();
        if !groups.is_empty() && self.chance(40) {
            return groups.choose(&mut self.rng).copied();
        }
        users.choose(&mut self.rng).copied()
    }
}

/// The statements that store worlds, many rows each.
pub(super) fn statements(worlds: &[World]) -> String {
    let mut sql = String::new();
    let mut rows = |head: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            sql.push_str(&format!("INSERT INTO {head} VALUES {};\n", rows.join(", ")));
        }
    };
    let all = |rows: fn(&World) -> Vec<String>| worlds.iter().flat_map(rows).collect::<Vec<_>>();
    rows(
        "organizations (id, name, display_name)",
        all(|w| {
            w.organizations
                .iter()
                .map(|id| format!("('{id}', 'o-{id}', 'o')"))
                .collect()
        }),
    );
    rows(
        "users (id, username, full_name, status, organization_id)",
        all(|w| {
            let row = |u: &User| {
                let status = if u.active { "ACTIVE" } else { "INACTIVE" };
                format!(
                    "('{0}', 'u-{0}', 'u', '{status}', {1})",
                    u.id,
                    nullable(u.home)
                )
            };
            w.users.iter().map(row).collect()
        }),
    );
    rows(
        "organization_members (organization_id, user_id)",
        all(|w| {
            let row = |u: &User| -> Vec<String> {
                u.member_of
                    .iter()
                    .map(|o| format!("('{o}', '{}')", u.id))
                    .collect()
            };
            w.users.iter().flat_map(row).collect()
        }),
    );
    rows(
        "groups (id, organization_id, key, name, is_active)",
        all(|w| {
            let row = |g: &Group| {
                format!(
                    "('{0}', '{1}', 'g-{0}', 'g', {2})",
                    g.id, g.organization, g.active
                )
            };
            w.groups.iter().map(row).collect()
        }),
    );
    rows(
        "group_members (organization_id, group_id, user_id)",
        all(|w| {
            let row = |g: &Group| -> Vec<String> {
                g.members
                    .iter()
                    .map(|u| format!("('{}', '{}', '{u}')", g.organization, g.id))
                    .collect()
            };
            w.groups.iter().flat_map(row).collect()
        }),
    );
    rows(
        "projects (id, organization_id, name)",
        all(|w| {
            w.projects
                .iter()
                .map(|p| format!("('{0}', '{1}', 'p-{0}')", p.id, p.organization))
                .collect()
        }),
    );
    rows(
        "spaces (id, organization_id, project_id, parent_id, name, slug, is_private, path, grant_path, is_restricted)",
        all(|w| w.spaces.iter().map(|s| space_row(w, s)).collect()),
    );
    rows(
        "dashboards (id, organization_id, project_id, space_id, slug, name)",
        all(|w| {
            let row = |c: &Content| {
                let s = w.space(c.space);
                format!(
                    "('{0}', '{1}', '{2}', '{3}', 'd-{0}', 'd')",
                    c.id, s.organization, s.project, s.id
                )
            };
            w.dashboards.iter().map(row).collect()
        }),
    );
    rows(
        "charts (id, organization_id, project_id, space_id, slug, name, kind, explore_name, metric_query, config, version_id)",
        all(|w| {
            let row = |c: &Content| {
                let s = w.space(c.space);
                format!(
                    "('{0}', '{1}', '{2}', '{3}', 'c-{0}', 'c', 'TABLE', 'orders', '{{}}', '{{}}', '{0}')",
                    c.id, s.organization, s.project, s.id
                )
            };
            w.charts.iter().map(row).collect()
        }),
    );
    rows(
        "roles (id, organization_id, key, name, scope, is_active, all_projects, permissions)",
        all(|w| {
            w.roles
                .iter()
                .filter(|r| !r.built_in)
                .map(role_row)
                .collect()
        }),
    );
    rows(
        "role_projects (organization_id, role_id, project_id)",
        all(|w| {
            let row = |r: &Role| -> Vec<String> {
                r.projects
                    .iter()
                    .map(|p| format!("('{}', '{}', '{p}')", w.organization_of(*p), r.id))
                    .collect()
            };
            w.roles.iter().flat_map(row).collect()
        }),
    );
    rows(
        "role_assignments (user_id, role_id)",
        all(|w| {
            w.assignments
                .iter()
                .map(|(u, r)| format!("('{u}', '{}')", w.roles[*r].id))
                .collect()
        }),
    );
    rows(
        "access_grants (id, organization_id, scope, scope_id, project_id, space_id, user_id, group_id, role_id)",
        all(|w| w.grants.iter().map(|g| grant_row(w, g)).collect()),
    );
    rows(
        "api_keys (id, user_id, name, secret_hash, last_four)",
        all(|w| {
            w.keys
                .iter()
                .map(|k| format!("('{0}', '{1}', 'k', '{0}', 'abcd')", k.id, k.user))
                .collect()
        }),
    );
    rows(
        "sessions (id, user_id, token_hash, expires_at)",
        all(|w| {
            w.sessions
                .iter()
                .map(|s| {
                    format!(
                        "('{0}', '{1}', '{0}', now() + interval '1 day')",
                        s.id, s.user
                    )
                })
                .collect()
        }),
    );
    sql
}

fn nullable(id: Option<Uuid>) -> String {
    id.map_or("NULL".to_owned(), |id| format!("'{id}'"))
}

fn array<'a>(ids: impl IntoIterator<Item = &'a &'a Space>) -> String {
    let ids: Vec<_> = ids.into_iter().map(|space| space.id.to_string()).collect();
    format!("'{{{}}}'", ids.join(","))
}

/// `grant_path` and `is_restricted` as the comment on the table explains them.
fn space_row(world: &World, space: &Space) -> String {
    let path = world.path(space.id);
    let cut = path.iter().rposition(|space| space.private);
    format!(
        "('{0}', '{1}', '{2}', {3}, 's', 's-{0}', {4}, {5}, {6}, {7})",
        space.id,
        space.organization,
        space.project,
        nullable(space.parent),
        space.private,
        array(&path),
        array(&path[cut.unwrap_or(0)..]),
        cut.is_some()
    )
}

fn role_row(role: &Role) -> String {
    let permissions: Vec<_> = role.permissions.iter().copied().collect();
    format!(
        "('{0}', {1}, 'r-{0}', 'r', '{2}', {3}, {4}, '{{{5}}}')",
        role.id,
        nullable(role.organization),
        role.scope.text(),
        role.active,
        role.all_projects,
        permissions.join(",")
    )
}

fn grant_row(world: &World, grant: &Grant) -> String {
    let (project, space) = match grant.scope {
        Scope::Project => (Some(grant.scope_id), None),
        Scope::Space => (
            Some(world.space(grant.scope_id).project),
            Some(grant.scope_id),
        ),
        _ => (None, None),
    };
    let (user, group) = match grant.principal {
        Principal::User(id) => (Some(id), None),
        Principal::Group(id) => (None, Some(id)),
    };
    format!(
        "('{}', '{}', '{}', '{}', {}, {}, {}, {}, '{}')",
        grant.id,
        grant.organization,
        grant.scope.text(),
        grant.scope_id,
        nullable(project),
        nullable(space),
        nullable(user),
        nullable(group),
        world.roles[grant.role].id
    )
}
