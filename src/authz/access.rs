//! What one user holds, and where: the grants resolved once per request.

use super::{AsOf, Permission, PermissionSet, Reach, RoleScope};
use crate::{
    db::{Conn, Fragment, sql},
    kernel::{
        Result,
        entity::{GroupId, OrganizationId, ProjectId, RoleId, SpaceId, UserId},
    },
};
use diesel::{
    OptionalExtension as _,
    sql_types::{Array, Bool, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};
use uuid::Uuid;

/// Where a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldScope {
    /// Everywhere.
    Tenant,
    /// On an organization and what is below.
    Organization(OrganizationId),
    /// On every project of an organization, by a role with `allProjects`.
    AllProjects(OrganizationId),
    /// On a project and what is below.
    Project(OrganizationId, ProjectId),
    /// On a space and what is below, up to the next restricted one.
    Space(OrganizationId, ProjectId, SpaceId),
}

/// One role held on one scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Where.
    pub scope: HeldScope,
    /// Which role.
    pub role: RoleId,
    /// What the role grants there.
    pub permissions: PermissionSet,
}

/// Everything a user holds, by own grants and those of active groups.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The roles held.
    pub holdings: Vec<Holding>,
    /// Organizations the user belongs to.
    pub organizations: Vec<OrganizationId>,
    /// Active groups the user is in.
    pub groups: Vec<GroupId>,
    /// When that was so, if it was read at once with whose it is.
    pub(super) as_of: Option<AsOf>,
}

/// Where a thing is, as far as rights go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The organization; none for what belongs to the installation.
    pub organization: Option<OrganizationId>,
    /// The project, if it is in one.
    pub project: Option<ProjectId>,
    /// The spaces whose grants reach it.
    pub spaces: Vec<SpaceId>,
    /// Whether a restricted space cuts off wider grants.
    pub restricted: bool,
}

impl Place {
    /// The installation.
    pub const fn installation() -> Self {
        Self {
            organization: None,
            project: None,
            spaces: Vec::new(),
            restricted: false,
        }
    }

    /// An organization.
    pub fn organization(id: OrganizationId) -> Self {
        Self {
            organization: Some(id),
            ..Self::installation()
        }
    }

    /// A project.
    pub fn project(organization: OrganizationId, id: ProjectId) -> Self {
        Self {
            project: Some(id),
            ..Self::organization(organization)
        }
    }

    /// Where a row is that belongs to a project: of a table with `id`, `organization_id` and
    /// `project_id`. `None` if there is no such row.
    ///
    /// # Errors
    /// The database fails.
    pub async fn of_row_in_project(
        mut conn: &Conn,
        table: &'static str,
        id: Uuid,
    ) -> Result<Option<Self>> {
        let found: Option<(OrganizationId, ProjectId)> =
            sql("SELECT organization_id, project_id FROM ", [])
                .then(table, [])
                .then(" WHERE id = ?", [id.into()])
                .statement::<(SqlUuid, SqlUuid)>()
                .get_result(&mut conn)
                .await
                .optional()?;
        Ok(found.map(|(organization, project)| Self::project(organization, project)))
    }
}

type Row = (
    Uuid,
    String,
    Uuid,
    Vec<String>,
    Option<Uuid>,
    Option<Uuid>,
    Option<Uuid>,
    Option<Uuid>,
    bool,
);
type RowSql = (
    SqlUuid,
    Text,
    SqlUuid,
    Array<Text>,
    Nullable<SqlUuid>,
    Nullable<SqlUuid>,
    Nullable<SqlUuid>,
    Nullable<SqlUuid>,
    Bool,
);

/// What the users that `me` selects hold; `potential` counts groups that are switched off, too.
fn statement(me: Fragment, potential: bool) -> Fragment {
    sql("WITH me AS (", [])
        .with(me)
        .then(include_str!("access.sql"), [potential.into()])
}

impl Access {
    /// Reads what a user holds now.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(conn: &Conn, user: UserId) -> Result<Self> {
        let me = sql(
            "SELECT u.id FROM users u WHERE u.id = ? AND u.status = 'ACTIVE'",
            [user.into()],
        );
        let mut found = Self::read(conn, me, false).await?;
        Ok(found.remove(&user).unwrap_or_default())
    }

    /// Reads what users hold now, in one statement. Who holds nothing is left out.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load_many(conn: &Conn, users: &[UserId]) -> Result<HashMap<UserId, Self>> {
        let me = sql(
            "SELECT u.id FROM users u WHERE u.id = ANY(?) AND u.status = 'ACTIVE'",
            [users.into()],
        );
        Self::read(conn, me, false).await
    }

    /// Reads what users would hold if they, their groups and their roles were all switched on:
    /// what counts before somebody may take over, or switch on, an account.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load_potential(conn: &Conn, users: &[UserId]) -> Result<HashMap<UserId, Self>> {
        let me = sql(
            "SELECT u.id FROM users u WHERE u.id = ANY(?)",
            [users.into()],
        );
        Self::read(conn, me, true).await
    }

    /// Reads who is behind a credential and what they hold now, in one statement; `None` if the
    /// credential is not good.
    ///
    /// `me` selects the columns `id`, `wanted`, `preferred` and `home` of one user at most.
    pub(super) async fn load_caller(
        mut conn: &Conn,
        me: Fragment,
    ) -> Result<Option<(UserId, Self, Vec<OrganizationId>)>> {
        let statement = statement(me, false).then(
            " UNION ALL SELECT me.id, 'CALLER', me.id, ARRAY[pg_current_snapshot()::text], \
             me.wanted, me.preferred, me.home, NULL, true FROM me",
            [],
        );
        let now = Instant::now();
        let rows: Vec<Row> = statement.statement::<RowSql>().load(&mut conn).await?;
        let mut access = Self::default();
        let mut caller = None;
        for row in rows {
            if row.1 == "CALLER" {
                let wanted = [row.4, row.5, row.6].into_iter().flatten();
                let snapshot = row.3.into_iter().next();
                access.as_of = snapshot.map(|snapshot| AsOf::new(snapshot, now));
                caller = Some((
                    UserId::from_uuid(row.0),
                    wanted.map(OrganizationId::from_uuid).collect(),
                ));
            } else {
                access.take(row, false);
            }
        }
        Ok(caller.map(|(user, wanted)| (user, access, wanted)))
    }

    async fn read(mut conn: &Conn, me: Fragment, potential: bool) -> Result<HashMap<UserId, Self>> {
        let statement = statement(me, potential).statement::<RowSql>();
        let rows: Vec<Row> = statement.load(&mut conn).await?;
        let mut found: HashMap<UserId, Self> = HashMap::new();
        for row in rows {
            found
                .entry(UserId::from_uuid(row.0))
                .or_default()
                .take(row, potential);
        }
        Ok(found)
    }

    fn take(&mut self, row: Row, potential: bool) {
        let (_, kind, role, names, organization, project, space, group, active) = row;
        let organization = organization.map(OrganizationId::from_uuid);
        let project = project.map(ProjectId::from_uuid);
        match (kind.as_str(), organization) {
            ("MEMBER", Some(organization)) => return self.organizations.push(organization),
            ("GROUP", _) => return self.groups.extend(group.map(GroupId::from_uuid)),
            _ => {}
        }
        if !active && !potential {
            return;
        }
        let (scope, fits) = match (kind.as_str(), organization, project, space) {
            ("TENANT", ..) => (HeldScope::Tenant, RoleScope::Tenant),
            ("ORGANIZATION", Some(o), ..) => (HeldScope::Organization(o), RoleScope::Organization),
            ("ALL_PROJECTS", Some(o), ..) => (HeldScope::AllProjects(o), RoleScope::Project),
            ("PROJECT", Some(o), Some(p), _) => (HeldScope::Project(o, p), RoleScope::Project),
            ("SPACE", Some(o), Some(p), Some(s)) => (
                HeldScope::Space(o, p, SpaceId::from_uuid(s)),
                RoleScope::Space,
            ),
            _ => return,
        };
        let permissions = PermissionSet::from_names(names.iter().map(String::as_str)).fitting(fits);
        self.holdings.push(Holding {
            scope,
            role: RoleId::from_uuid(role),
            permissions,
        });
    }

    /// What the user may do at a place: the union of every grant that reaches it.
    pub fn at(&self, place: &Place) -> PermissionSet {
        let mut wide = PermissionSet::NONE;
        let mut narrow = PermissionSet::NONE;
        for holding in &self.holdings {
            match holding.scope {
                HeldScope::Tenant => wide = wide.union(holding.permissions),
                HeldScope::Organization(o) if place.organization == Some(o) => {
                    wide = wide.union(holding.permissions);
                }
                HeldScope::AllProjects(o)
                    if place.organization == Some(o) && place.project.is_some() =>
                {
                    wide = wide.union(holding.permissions);
                }
                HeldScope::Project(_, p) if place.project == Some(p) => {
                    wide = wide.union(holding.permissions);
                }
                HeldScope::Space(_, _, s) if place.spaces.contains(&s) => {
                    narrow = narrow.union(holding.permissions);
                }
                _ => {}
            }
        }
        if place.restricted && !wide.contains(Permission::SpaceViewAll) {
            return narrow;
        }
        wide.union(narrow)
    }

    /// Whether there is a place where `other` may do what this user may not.
    ///
    /// Nobody may take over (by a new password, for example) an account that can do more.
    pub fn lacks_something_of(&self, other: &Self) -> bool {
        other.holdings.iter().any(|holding| {
            let (wide, restricted) = match holding.scope {
                HeldScope::Tenant => (Place::installation(), false),
                HeldScope::Organization(o) => (Place::organization(o), false),
                // A project that no grant names: what is held on all of them.
                HeldScope::AllProjects(o) => {
                    (Place::project(o, ProjectId::from_uuid(Uuid::nil())), false)
                }
                HeldScope::Project(o, p) => (Place::project(o, p), false),
                HeldScope::Space(o, p, s) => (
                    Place {
                        spaces: vec![s],
                        ..Place::project(o, p)
                    },
                    true,
                ),
            };
            let held = self.at(&Place { restricted, ..wide });
            !holding.permissions.without(held).is_empty()
        })
    }

    /// Where the user holds a permission: what policies in SQL are made from.
    pub fn reach(&self, permission: Permission) -> Reach {
        let mut tenant = PermissionSet::NONE;
        // (permissions on the organization itself, the same with those of allProjects roles)
        let mut organizations: BTreeMap<OrganizationId, (PermissionSet, PermissionSet)> =
            BTreeMap::new();
        let mut projects: BTreeMap<ProjectId, (OrganizationId, PermissionSet)> = BTreeMap::new();
        let mut reach = Reach::default();
        for holding in &self.holdings {
            let granted = holding.permissions;
            match holding.scope {
                HeldScope::Tenant => tenant = tenant.union(granted),
                HeldScope::Organization(o) => {
                    let (own, below) = organizations.entry(o).or_default();
                    *own = own.union(granted);
                    *below = below.union(granted);
                }
                HeldScope::AllProjects(o) => {
                    let (_, below) = organizations.entry(o).or_default();
                    *below = below.union(granted);
                }
                HeldScope::Project(o, p) => {
                    let (_, held) = projects.entry(p).or_insert((o, PermissionSet::NONE));
                    *held = held.union(granted);
                }
                HeldScope::Space(_, p, s) => {
                    if granted.contains(permission) {
                        reach.spaces.push(s.uuid());
                    }
                    if granted.contains(Permission::SpaceView) {
                        reach.projects_of_spaces.push(p.uuid());
                    }
                }
            }
        }
        reach.everywhere = tenant.contains(permission);
        reach.everywhere_restricted = reach.everywhere && tenant.contains(Permission::SpaceViewAll);
        for (id, (own, below)) in &organizations {
            let (own, below) = (tenant.union(*own), tenant.union(*below));
            if own.contains(permission) {
                reach.organizations.push(id.uuid());
            }
            if below.contains(permission) {
                reach.organizations_below.push(id.uuid());
                if below.contains(Permission::SpaceViewAll) {
                    reach.organizations_restricted.push(id.uuid());
                }
            }
        }
        for (id, (organization, held)) in &projects {
            let above = organizations
                .get(organization)
                .map_or(tenant, |(_, b)| tenant.union(*b));
            let held = above.union(*held);
            if held.contains(permission) {
                reach.projects.push(id.uuid());
                if held.contains(Permission::SpaceViewAll) {
                    reach.projects_restricted.push(id.uuid());
                }
            }
        }
        reach
    }
}
