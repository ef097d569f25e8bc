//! What somebody may see and do, decided slowly and plainly: written from `docs/permissions.md`,
//! object by object, without a line of the server's own rules.

use super::{
    rules::{Rules, Scope, Set},
    worlds::{Content, Grant, Principal, Project, Role, Space, User, World},
};
use uuid::Uuid;

/// Where something is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Installation,
    Organization(Uuid),
    Project(Uuid, Uuid),
    Space(Uuid),
}

/// The rights of one user.
pub(super) struct Evaluator<'a> {
    pub(super) rules: &'a Rules,
    /// The world in which the user and all that is granted to them is.
    pub(super) home: &'a World,
    pub(super) user: &'a User,
}

impl Evaluator<'_> {
    /// Everything the user may do at a place of the world `of`.
    pub(super) fn at(&self, of: &World, place: Place) -> Set {
        if !self.user.active {
            return Set::new();
        }
        let (organization, project) = match place {
            Place::Installation => (None, None),
            Place::Organization(organization) => (Some(organization), None),
            Place::Project(organization, project) => (Some(organization), Some(project)),
            Place::Space(id) => {
                let space = of.space(id);
                (Some(space.organization), Some(space.project))
            }
        };
        // From the space up to the nearest private one: the spaces whose grants count.
        let mut reaching = Vec::new();
        let mut cut_off = false;
        let mut next = match place {
            Place::Space(id) => Some(id),
            _ => None,
        };
        while let Some(id) = next {
            let space = of.space(id);
            reaching.push(id);
            cut_off = space.private;
            next = if space.private { None } else { space.parent };
        }

        let mut from_above = Set::new();
        let mut from_spaces = Set::new();
        for (user, role) in &self.home.assignments {
            let role = &self.home.roles[*role];
            if *user != self.user.id || !role.active {
                continue;
            }
            if role.scope == Scope::Tenant || self.works_on(role, organization, project) {
                from_above.extend(self.effect(role));
            }
        }
        for grant in self.home.grants.iter().filter(|grant| self.is_mine(grant)) {
            let role = &self.home.roles[grant.role];
            if !role.active {
                continue;
            }
            match grant.scope {
                Scope::Organization if organization == Some(grant.scope_id) => {
                    from_above.extend(self.effect(role));
                }
                Scope::Project if project == Some(grant.scope_id) => {
                    from_above.extend(self.effect(role));
                }
                Scope::Space if reaching.contains(&grant.scope_id) => {
                    from_spaces.extend(self.effect(role));
                }
                _ => {}
            }
        }
        if !cut_off || from_above.contains("SPACE_VIEW_ALL") {
            from_spaces.extend(from_above);
        }
        from_spaces
    }

    /// A custom project role given without a scope: on its projects, to members of its organization.
    fn works_on(&self, role: &Role, organization: Option<Uuid>, project: Option<Uuid>) -> bool {
        let (Some(organization), Some(project)) = (organization, project) else {
            return false;
        };
        role.organization == Some(organization)
            && self.user.member_of.contains(&organization)
            && (role.all_projects || role.projects.contains(&project))
    }

    fn effect(&self, role: &Role) -> impl Iterator<Item = &'static str> {
        let fitting = self.rules.fitting[&role.scope].clone();
        role.permissions
            .clone()
            .into_iter()
            .filter(move |p| fitting.contains(p))
    }

    /// Given to the user, or to an active group the user is in.
    pub(super) fn is_mine(&self, grant: &Grant) -> bool {
        match grant.principal {
            Principal::User(id) => id == self.user.id,
            Principal::Group(id) => self.is_in_active(id),
        }
    }

    fn is_in_active(&self, group: Uuid) -> bool {
        let mut groups = self.home.groups.iter();
        self.user.active
            && groups.any(|g| g.id == group && g.active && g.members.contains(&self.user.id))
    }

    pub(super) fn holds(&self, of: &World, place: Place, permission: &str) -> bool {
        self.at(of, place).contains(permission)
    }

    fn everywhere(&self, permission: &str) -> bool {
        self.holds(self.home, Place::Installation, permission)
    }

    pub(super) fn sees_space(&self, of: &World, id: Uuid) -> bool {
        self.holds(of, Place::Space(id), "SPACE_VIEW")
    }

    pub(super) fn sees_content(&self, of: &World, content: &Content, permission: &str) -> bool {
        self.sees_space(of, content.space)
            && self.holds(of, Place::Space(content.space), permission)
    }

    pub(super) fn sees_project(&self, of: &World, project: &Project) -> bool {
        let held = self.at(of, Place::Project(project.organization, project.id));
        let mut inside = of.spaces.iter().filter(|space| space.project == project.id);
        held.contains("PROJECT_VIEW")
            || held.contains("SPACE_VIEW")
            || inside.any(|space: &Space| self.sees_space(of, space.id))
    }

    pub(super) fn sees_organization(&self, id: Uuid) -> bool {
        let reaching_in = [
            "SYSTEM_VIEW",
            "ORGANIZATION_VIEW",
            "PROJECT_VIEW",
            "SPACE_VIEW",
            "MEMBER_VIEW",
            "USER_VIEW",
        ];
        self.user.active && self.user.member_of.contains(&id)
            || reaching_in
                .iter()
                .any(|permission| self.everywhere(permission))
    }

    pub(super) fn sees_user(&self, of: &World, other: &User) -> bool {
        let on = |organization: Uuid, permission| {
            self.holds(of, Place::Organization(organization), permission)
        };
        other.id == self.user.id
            || self.everywhere("MEMBER_VIEW")
            || self.everywhere("USER_VIEW")
            || other.member_of.iter().any(|o| on(*o, "MEMBER_VIEW"))
            || other.home.is_some_and(|o| on(o, "USER_VIEW"))
    }

    pub(super) fn sees_group(&self, of: &World, id: Uuid, organization: Uuid) -> bool {
        self.is_in_active(id) || self.holds(of, Place::Organization(organization), "GROUP_VIEW")
    }

    pub(super) fn sees_role(&self, role: &Role) -> bool {
        let held = |other: &Role| {
            let assigned = self.home.assignments.iter();
            let assigned = assigned
                .filter(|(user, _)| *user == self.user.id)
                .map(|(_, n)| n);
            let granted = self
                .home
                .grants
                .iter()
                .filter(|g| self.is_mine(g))
                .map(|g| &g.role);
            self.user.active
                && other.active
                && assigned
                    .chain(granted)
                    .any(|n| self.home.roles[*n].id == other.id)
        };
        match role.organization {
            _ if role.built_in => true,
            None => self.everywhere("SYSTEM_VIEW") || held(role),
            Some(organization) => {
                self.user.active && self.user.member_of.contains(&organization)
                    || ["SYSTEM_VIEW", "ROLE_VIEW", "MEMBER_VIEW"]
                        .iter()
                        .any(|permission| self.everywhere(permission))
            }
        }
    }

    pub(super) fn sees_grant(&self, of: &World, grant: &Grant) -> bool {
        // What was given to the account itself stays its own, like its name and its keys.
        let organization = Place::Organization(grant.organization);
        let fellows = self.holds(of, organization, "MEMBER_VIEW");
        let mine = self.is_mine(grant);
        let principal = mine
            || match grant.principal {
                Principal::User(_) => fellows,
                Principal::Group(_) => self.holds(of, organization, "GROUP_VIEW"),
            };
        let scope = match grant.scope {
            Scope::Organization => mine || fellows,
            Scope::Project => {
                let project = of.projects.iter().find(|p| p.id == grant.scope_id);
                self.sees_project(of, project.expect("a project"))
            }
            _ => self.sees_space(of, grant.scope_id),
        };
        principal && scope
    }

    pub(super) fn sees_key(&self, of: &World, owner: Uuid) -> bool {
        let owner = of.users.iter().find(|u| u.id == owner).expect("a user");
        owner.id == self.user.id
            || self.everywhere("API_KEY_MANAGE_ALL")
            || owner
                .home
                .is_some_and(|home| self.holds(of, Place::Organization(home), "API_KEY_MANAGE_ALL"))
    }
}
