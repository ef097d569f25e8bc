//! Hundreds of random worlds: what the server shows is what the evaluator says, object by object.

use super::{
    evaluator::{Evaluator, Place},
    rules::{self, Rules, Scope},
    worlds::{self, Principal, Project, User, World},
};
use crate::support::{Actor, TestApp};
use chartroom::{
    authz::{self, Access, Permission, Reached},
    db::{Conn, sql},
    kernel::entity::{
        AccessGrantId, ApiKeyId, ChartId, ChartVersionId, DashboardId, GroupId, OrganizationId,
        OrganizationMembershipId, ProjectId, RoleId, SessionId, Space, SpaceId, UserId,
    },
};
use diesel_async::SimpleAsyncConnection as _;
use rand::{SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Worlds in one database, next to each other.
const TOGETHER: u64 = 40;
/// Users compared of each world.
const USERS: usize = 3;

/// Where it differs: the seed says how to make the world again.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, server: T, expected: T) {
        if server != expected {
            let text = format!("{what}\n    server:    {server:?}\n    evaluator: {expected:?}");
            self.0.push(text);
        }
    }

    #[track_caller]
    fn none(self) {
        let first: Vec<_> = self.0.iter().take(12).cloned().collect();
        let n = self.0.len();
        assert!(self.0.is_empty(), "{n} differences:\n{}", first.join("\n"));
    }
}

macro_rules! quarters {
    ($($name:ident: $from:literal),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let mut figures = Figures::default();
            for block in $from..$from + 2 {
                figures.add(compare_block(block).await);
            }
            println!("{figures:?}");
            assert!(figures.seen > 1000 && figures.hidden > 1000, "the worlds are too plain: {figures:?}");
        }
    )*};
}
quarters! { first_worlds_agree: 0, second_worlds_agree: 2, third_worlds_agree: 4, fourth_worlds_agree: 6 }

#[derive(Debug, Default)]
struct Figures {
    worlds: usize,
    users: usize,
    seen: usize,
    hidden: usize,
    lists: usize,
    places: usize,
}

impl Figures {
    fn add(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.users += other.users;
        self.seen += other.seen;
        self.hidden += other.hidden;
        self.lists += other.lists;
        self.places += other.places;
    }
}

async fn compare_block(block: u64) -> Figures {
    let rules = rules::read();
    let app = TestApp::start().await;
    let first = block * TOGETHER;
    let worlds: Vec<_> = (first..first + TOGETHER)
        .map(|seed| worlds::random(seed, &rules))
        .collect();
    let mut conn = app.conn().await;
    let statements = worlds::statements(&worlds);
    conn.batch_execute(&statements)
        .await
        .expect("the worlds are stored");
    drop(conn);
    let mut differences = Differences::default();
    let mut figures = Figures::default();
    for (n, home) in worlds.iter().enumerate() {
        figures.worlds += 1;
        let mut rng = StdRng::seed_from_u64(home.seed);
        for user in home.users.choose_multiple(&mut rng, USERS) {
            figures.users += 1;
            let evaluator = Evaluator {
                rules: &rules,
                home,
                user,
            };
            let comparison = Comparison {
                app: &app,
                worlds: &worlds,
                neighbour: &worlds[(n + 1) % worlds.len()],
                evaluator,
                actor: actor(home, user),
            };
            comparison.places(&mut differences, &mut figures).await;
            if !user.active {
                comparison.is_refused().await;
                continue;
            }
            comparison.single(&mut differences, &mut figures).await;
            comparison.lists(&mut differences, &mut figures).await;
            comparison.nested(&mut differences, &mut figures).await;
            comparison.openers(&mut differences, &mut figures).await;
        }
    }
    differences.none();
    figures
}

fn actor(home: &World, user: &User) -> Actor {
    let organization = user.member_of.first().unwrap_or(&home.organizations[0]);
    Actor::User(
        UserId::from_uuid(user.id),
        OrganizationId::from_uuid(*organization),
    )
}

struct Comparison<'a> {
    app: &'a TestApp,
    worlds: &'a [World],
    neighbour: &'a World,
    evaluator: Evaluator<'a>,
    actor: Actor,
}

impl Comparison<'_> {
    fn label(&self, what: &str) -> String {
        format!(
            "world {}, user {}: {what}",
            self.evaluator.home.seed, self.evaluator.user.id
        )
    }

    /// Somebody who was switched off is nobody, whatever they hold.
    async fn is_refused(&self) {
        let answer = self
            .app
            .ask(self.actor, "{ projects { totalCount } }")
            .await;
        assert_eq!(answer.code(), "UNAUTHENTICATED", "{}", answer.body);
    }

    /// `node(id)` of every object of the own world and of another one.
    async fn single(&self, differences: &mut Differences, figures: &mut Figures) {
        let mut expected = objects(&self.evaluator, self.evaluator.home);
        expected.extend(objects(&self.evaluator, self.neighbour));
        for part in expected.chunks(100) {
            let ids: Vec<_> = part.iter().map(|(id, _)| id.as_str()).collect();
            let query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }";
            let answer = self.app.gql(self.actor, query, json!({ "ids": ids })).await;
            let nodes = answer.at("/nodes").as_array().expect("a list").clone();
            assert_eq!(nodes.len(), ids.len());
            for (node, (id, visible)) in nodes.iter().zip(part) {
                if *visible {
                    figures.seen += 1;
                } else {
                    figures.hidden += 1;
                }
                let wanted = if *visible {
                    json!({ "id": id })
                } else {
                    Value::Null
                };
                differences.compare(&self.label(&format!("node {id}")), node.clone(), wanted);
            }
        }
    }

    /// What may be done, permission by permission, at every space, project and organization.
    async fn places(&self, differences: &mut Differences, figures: &mut Figures) {
        let conn = self.app.conn().await;
        let user = UserId::from_uuid(self.evaluator.user.id);
        let access = Access::load(&conn, user).await.expect("access");
        for world in [self.evaluator.home, self.neighbour] {
            let mut places = vec![(Place::Installation, authz::Place::installation())];
            for id in &world.organizations {
                let place = authz::Place::organization(OrganizationId::from_uuid(*id));
                places.push((Place::Organization(*id), place));
            }
            for project in &world.projects {
                let organization = OrganizationId::from_uuid(project.organization);
                let place = authz::Place::project(organization, ProjectId::from_uuid(project.id));
                places.push((Place::Project(project.organization, project.id), place));
            }
            for space in &world.spaces {
                let id = SpaceId::from_uuid(space.id);
                let place = <chartroom::kernel::entity::Space as authz::Resource>::place(&conn, id)
                    .await
                    .expect("the statement runs")
                    .expect("a place");
                places.push((Place::Space(space.id), place));
            }
            for (place, server) in places {
                figures.places += 1;
                let held: BTreeSet<_> = access.at(&server).names().into_iter().collect();
                let expected: BTreeSet<_> = self
                    .evaluator
                    .at(world, place)
                    .iter()
                    .map(|name| (*name).to_owned())
                    .collect();
                differences.compare(&self.label(&format!("rights at {place:?}")), held, expected);
            }
            self.reached(&conn, &access, world, differences).await;
        }
    }

    /// In which spaces the condition in SQL finds a permission: what a statement that asks for the right
    /// itself goes by.
    async fn reached(
        &self,
        conn: &Conn,
        access: &Access,
        world: &World,
        differences: &mut Differences,
    ) {
        for (permission, name) in [
            (Permission::ChartCreate, "CHART_CREATE"),
            (Permission::DashboardCreate, "DASHBOARD_CREATE"),
            (Permission::SpaceEdit, "SPACE_EDIT"),
            (Permission::SpaceAccessManage, "SPACE_ACCESS_MANAGE"),
        ] {
            let reach = access.reach(permission);
            let ids: Vec<Uuid> = world.spaces.iter().map(|space| space.id).collect();
            let condition = <Space as Reached>::reached(&reach);
            let statement = sql("SELECT id FROM spaces WHERE id = ANY(?) AND ", [ids.into()])
                .with(condition)
                .statement::<diesel::sql_types::Uuid>();
            let mut conn = conn;
            let reached: Vec<Uuid> = diesel_async::RunQueryDsl::load(statement, &mut conn)
                .await
                .expect("the spaces");
            let spaces = world.spaces.iter().filter(|space| {
                let held = self.evaluator.at(world, Place::Space(space.id));
                held.iter().any(|held| *held == name)
            });
            differences.compare(
                &self.label(&format!("spaces reached with {name}")),
                reached.into_iter().collect::<BTreeSet<_>>(),
                spaces.map(|space| space.id).collect(),
            );
        }
    }

    /// The lists of the root: whole, counted, and page by page.
    async fn lists(&self, differences: &mut Differences, figures: &mut Figures) {
        let seed = usize::try_from(self.evaluator.user.id.as_u128() % 97).expect("small");
        for (n, (field, expected)) in self.root_lists().into_iter().enumerate() {
            figures.lists += 1;
            let size = if (seed + n).is_multiple_of(3) && expected.len() < 40 {
                3
            } else {
                200
            };
            let mut found = Vec::new();
            let mut after = Value::Null;
            loop {
                let query = format!(
                    "query ($first: Int, $after: String) {{ {field}(first: $first, after: $after) \
                     {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}"
                );
                let variables = json!({ "first": size, "after": after });
                let answer = self.app.gql(self.actor, &query, variables).await;
                let count = answer.at(&format!("/{field}/totalCount")).clone();
                differences.compare(
                    &self.label(&format!("{field} totalCount")),
                    count,
                    json!(expected.len()),
                );
                found.extend(answer.texts(&format!("/{field}/nodes"), "id"));
                if answer.at(&format!("/{field}/pageInfo/hasNextPage")) != &json!(true) {
                    break;
                }
                after = answer.at(&format!("/{field}/pageInfo/endCursor")).clone();
                assert!(found.len() < 10_000, "{field} does not end");
            }
            let distinct: BTreeSet<_> = found.iter().cloned().collect();
            differences.compare(
                &self.label(&format!("{field} twice")),
                found.len(),
                distinct.len(),
            );
            differences.compare(
                &self.label(&format!("{field} by {size}")),
                distinct,
                expected,
            );
        }
    }

    /// Visible ids by root list, over all worlds of the database.
    fn root_lists(&self) -> Vec<(&'static str, BTreeSet<String>)> {
        let mut sets: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for world in self.worlds {
            for (id, visible) in objects(&self.evaluator, world) {
                let kind = id.split('_').next().expect("a prefix");
                for (prefix, field) in ROOT_LISTS {
                    if kind == *prefix && visible {
                        sets.entry(field).or_default().insert(id.clone());
                    }
                }
            }
        }
        let lists = ROOT_LISTS.iter();
        lists
            .map(|(_, field)| (*field, sets.remove(field).unwrap_or_default()))
            .collect()
    }

    /// Who can open a space and what they may do there, as far as the user may see accounts.
    async fn openers(&self, differences: &mut Differences, figures: &mut Figures) {
        let (home, evaluator) = (self.evaluator.home, &self.evaluator);
        let mut visible = home
            .spaces
            .iter()
            .filter(|s| evaluator.sees_space(home, s.id));
        let Some(space) = visible.next_back() else {
            return;
        };
        figures.lists += 1;
        let mut expected = BTreeMap::new();
        for world in self.worlds {
            for user in world
                .users
                .iter()
                .filter(|user| evaluator.sees_user(world, user))
            {
                let other = Evaluator {
                    rules: evaluator.rules,
                    home: world,
                    user,
                };
                let held = other.at(home, Place::Space(space.id));
                if held.contains("SPACE_VIEW") {
                    let held: BTreeSet<_> = held.iter().map(|name| (*name).to_owned()).collect();
                    expected.insert(UserId::from_uuid(user.id).to_string(), held);
                }
            }
        }
        let query = "query ($id: ID!) { space(id: $id) { effectiveAccess(first: 200) \
             { totalCount nodes { user { id } permissions } } } }";
        let id = SpaceId::from_uuid(space.id).to_string();
        let answer = self.app.gql(self.actor, query, json!({ "id": id })).await;
        let nodes = answer.at("/space/effectiveAccess/nodes");
        let found: BTreeMap<_, BTreeSet<String>> = nodes
            .as_array()
            .expect("a list")
            .iter()
            .map(|node| {
                let user = node["user"]["id"].as_str().expect("an id").to_owned();
                let held = serde_json::from_value(node["permissions"].clone());
                (user, held.expect("names"))
            })
            .collect();
        let label = self.label(&format!("effectiveAccess of {id}"));
        let count = answer.at("/space/effectiveAccess/totalCount").clone();
        differences.compare(&label, count, json!(expected.len()));
        differences.compare(&label, found, expected);
    }

    /// Lists inside: what is in each project and space of the own world.
    async fn nested(&self, differences: &mut Differences, figures: &mut Figures) {
        let home = self.evaluator.home;
        let ids: Vec<_> = (home
            .projects
            .iter()
            .map(|p| ProjectId::from_uuid(p.id).to_string()))
        .chain(
            home.organizations
                .iter()
                .map(|o| OrganizationId::from_uuid(*o).to_string()),
        )
        .collect();
        for id in &ids {
            // One at a time: together they would cost more than a request may.
            let query = if id.starts_with("project_") {
                INSIDE_PROJECT
            } else {
                INSIDE_ORGANIZATION
            };
            let answer = self.app.gql(self.actor, query, json!({ "id": id })).await;
            let node = answer.at("/node");
            if node.is_null() {
                continue;
            }
            for (pointer, expected) in self.expected_inside(id) {
                figures.lists += 1;
                let label = self.label(&format!("{pointer} of {id}"));
                let connection = node
                    .pointer(&pointer)
                    .unwrap_or_else(|| panic!("{label} in {node}"));
                let found: BTreeSet<String> = ids_of(connection);
                differences.compare(
                    &label,
                    connection["totalCount"].clone(),
                    json!(expected.len()),
                );
                differences.compare(&label, found, expected);
            }
        }
        let spaces: Vec<_> = home
            .spaces
            .iter()
            .map(|s| SpaceId::from_uuid(s.id).to_string())
            .collect();
        for part in spaces.chunks(20) {
            let answer = self
                .app
                .gql(self.actor, INSIDE_SPACES, json!({ "ids": part }))
                .await;
            for node in answer.at("/nodes").as_array().expect("a list") {
                let Some(id) = node["id"].as_str() else {
                    continue;
                };
                for (pointer, expected) in self.expected_in_space(id) {
                    figures.lists += 1;
                    let label = self.label(&format!("{pointer} of {id}"));
                    let connection = node
                        .pointer(pointer)
                        .unwrap_or_else(|| panic!("{label} in {node}"));
                    differences.compare(
                        &label,
                        connection["totalCount"].clone(),
                        json!(expected.len()),
                    );
                    differences.compare(&label, ids_of(connection), expected);
                }
            }
        }
    }

    fn expected_in_space(&self, id: &str) -> Vec<(&'static str, BTreeSet<String>)> {
        let (home, evaluator) = (self.evaluator.home, &self.evaluator);
        let is = |uuid: Uuid| SpaceId::from_uuid(uuid).to_string() == id;
        let children = home
            .spaces
            .iter()
            .filter(|s| s.parent.is_some_and(is) && evaluator.sees_space(home, s.id));
        let charts = home
            .charts
            .iter()
            .filter(|c| is(c.space) && evaluator.sees_content(home, c, "CHART_VIEW"));
        let dashboards = home
            .dashboards
            .iter()
            .filter(|c| is(c.space) && evaluator.sees_content(home, c, "DASHBOARD_VIEW"));
        let grants = home.grants.iter().filter(|grant| {
            grant.scope == Scope::Space && is(grant.scope_id) && evaluator.sees_grant(home, grant)
        });
        vec![
            (
                "/children",
                children
                    .map(|s| SpaceId::from_uuid(s.id).to_string())
                    .collect(),
            ),
            (
                "/charts",
                charts
                    .map(|c| ChartId::from_uuid(c.id).to_string())
                    .collect(),
            ),
            (
                "/dashboards",
                dashboards
                    .map(|c| DashboardId::from_uuid(c.id).to_string())
                    .collect(),
            ),
            (
                "/accessGrants",
                grants
                    .map(|g| AccessGrantId::from_uuid(g.id).to_string())
                    .collect(),
            ),
        ]
    }

    fn expected_inside(&self, id: &str) -> Vec<(String, BTreeSet<String>)> {
        let (home, evaluator) = (self.evaluator.home, &self.evaluator);
        let grants = |scope: Scope| {
            home.grants
                .iter()
                .filter(move |grant| grant.scope == scope && evaluator.sees_grant(home, grant))
        };
        if id.starts_with("project_") {
            let is = |project: &Uuid| ProjectId::from_uuid(*project).to_string() == id;
            let spaces = home.spaces.iter();
            let spaces = spaces
                .filter(|space| is(&space.project) && evaluator.sees_space(home, space.id))
                .map(|space| SpaceId::from_uuid(space.id).to_string());
            let grants = grants(Scope::Project)
                .filter(|grant| is(&grant.scope_id))
                .map(|grant| AccessGrantId::from_uuid(grant.id).to_string());
            return vec![
                ("/spaces".to_owned(), spaces.collect()),
                ("/accessGrants".to_owned(), grants.collect()),
            ];
        }
        let is = |organization: &Uuid| OrganizationId::from_uuid(*organization).to_string() == id;
        let projects = home.projects.iter();
        let projects = projects
            .filter(|project: &&Project| {
                is(&project.organization) && evaluator.sees_project(home, project)
            })
            .map(|project| ProjectId::from_uuid(project.id).to_string());
        let groups = home.groups.iter();
        let groups = groups
            .filter(|group| {
                is(&group.organization) && evaluator.sees_group(home, group.id, group.organization)
            })
            .map(|group| GroupId::from_uuid(group.id).to_string());
        let members = grants(Scope::Organization)
            .filter(|grant| is(&grant.scope_id))
            .filter(|grant| matches!(grant.principal, Principal::User(_) | Principal::Group(_)))
            .map(|grant| OrganizationMembershipId::from_uuid(grant.id).to_string());
        vec![
            ("/projects".to_owned(), projects.collect()),
            ("/groups".to_owned(), groups.collect()),
            ("/members".to_owned(), members.collect()),
        ]
    }
}

/// Kinds of objects with a list at the root.
const ROOT_LISTS: &[(&str, &str)] = &[
    ("organization", "organizations"),
    ("project", "projects"),
    ("user", "users"),
    ("apikey", "apiKeys"),
    ("group", "groups"),
    ("role", "roles"),
];

const INSIDE_PROJECT: &str = "query ($id: ID!) { node(id: $id) { id ... on Project { \
    spaces(first: 200) { totalCount nodes { id } } \
    accessGrants(first: 200) { totalCount nodes { id } } } } }";

const INSIDE_ORGANIZATION: &str = "query ($id: ID!) { node(id: $id) { id ... on Organization { \
    projects(first: 200) { totalCount nodes { id } } \
    groups(first: 200) { totalCount nodes { id } } \
    members(first: 200) { totalCount nodes { id } } } } }";

const INSIDE_SPACES: &str = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Space { \
    children(first: 50) { totalCount nodes { id } } \
    charts(first: 50) { totalCount nodes { id } } \
    dashboards(first: 50) { totalCount nodes { id } } \
    accessGrants(first: 50) { totalCount nodes { id } } } } }";

fn ids_of(connection: &Value) -> BTreeSet<String> {
    let nodes = connection["nodes"].as_array().expect("nodes");
    nodes
        .iter()
        .map(|node| node["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// Every object of a world, and whether the user sees it.
fn objects(evaluator: &Evaluator<'_>, of: &World) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    for id in &of.organizations {
        found.push((
            OrganizationId::from_uuid(*id).to_string(),
            evaluator.sees_organization(*id),
        ));
    }
    for user in &of.users {
        found.push((
            UserId::from_uuid(user.id).to_string(),
            evaluator.sees_user(of, user),
        ));
    }
    for group in &of.groups {
        let visible = evaluator.sees_group(of, group.id, group.organization);
        found.push((GroupId::from_uuid(group.id).to_string(), visible));
    }
    for role in &of.roles {
        found.push((
            RoleId::from_uuid(role.id).to_string(),
            evaluator.sees_role(role),
        ));
    }
    for project in &of.projects {
        let visible = evaluator.sees_project(of, project);
        found.push((ProjectId::from_uuid(project.id).to_string(), visible));
    }
    for space in &of.spaces {
        let visible = evaluator.sees_space(of, space.id);
        found.push((SpaceId::from_uuid(space.id).to_string(), visible));
    }
    for chart in &of.charts {
        let visible = evaluator.sees_content(of, chart, "CHART_VIEW");
        found.push((ChartId::from_uuid(chart.id).to_string(), visible));
        found.push((ChartVersionId::from_uuid(chart.id).to_string(), visible));
    }
    for dashboard in &of.dashboards {
        let visible = evaluator.sees_content(of, dashboard, "DASHBOARD_VIEW");
        found.push((DashboardId::from_uuid(dashboard.id).to_string(), visible));
    }
    for grant in &of.grants {
        let visible = evaluator.sees_grant(of, grant);
        found.push((AccessGrantId::from_uuid(grant.id).to_string(), visible));
        let membership = visible && grant.scope == Scope::Organization;
        found.push((
            OrganizationMembershipId::from_uuid(grant.id).to_string(),
            membership,
        ));
    }
    for key in &of.keys {
        let visible = evaluator.sees_key(of, key.user);
        found.push((ApiKeyId::from_uuid(key.id).to_string(), visible));
    }
    for session in &of.sessions {
        let visible = session.user == evaluator.user.id;
        found.push((SessionId::from_uuid(session.id).to_string(), visible));
    }
    found
}

/// The generator makes what the comparison is meant to reach.
#[test]
fn the_worlds_are_strange_enough() {
    let rules: Rules = rules::read();
    let worlds: Vec<_> = (0..TOGETHER)
        .map(|seed| worlds::random(seed, &rules))
        .collect();
    let any = |what: fn(&World) -> bool| worlds.iter().filter(|world| what(world)).count() > 2;
    assert!(any(|w| w.users.iter().any(|u| !u.active)));
    assert!(any(|w| w
        .groups
        .iter()
        .any(|g| !g.active && !g.members.is_empty())));
    assert!(any(|w| w.roles.iter().any(|r| !r.active)));
    assert!(any(|w| w.roles.iter().any(|r| r.all_projects)));
    assert!(any(|w| w.roles.iter().any(|r| !r.projects.is_empty())));
    assert!(any(|w| w
        .grants
        .iter()
        .any(|g| matches!(g.principal, Principal::Group(_)))));
    assert!(any(|w| w
        .assignments
        .iter()
        .any(|(_, n)| w.roles[*n].scope == Scope::Tenant)));
    // A private space inside a private space, with a grant on each.
    assert!(any(|w| w.spaces.iter().any(|s| {
        s.private && s.parent.is_some_and(|parent| w.space(parent).private)
    })));
}
