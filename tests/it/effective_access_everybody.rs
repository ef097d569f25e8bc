//! Effective access says of everybody what is said to each: on random worlds.

use crate::{
    effective_access::{entries, group, id, run},
    support::{Actor, Tenant, TestApp},
};
use chartroom::{
    authz::{Access, Permission, Resource as _},
    db::{Bind, Conn, sql},
    kernel::entity::{self, GroupId, OrganizationId, ProjectId, SpaceId, UserId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::Value;
use std::collections::BTreeMap;

/// Roles, users, groups, spaces, grants and assignments at random.
struct RandomWorld {
    tenants: Vec<Tenant>,
    users: Vec<Actor>,
    projects: Vec<String>,
    spaces: Vec<String>,
}

const CUSTOM: [(&str, &str, bool, &[&str]); 9] = [
    (
        "ORGANIZATION",
        "o-space",
        true,
        &["SPACE_VIEW", "SPACE_VIEW_ALL"],
    ),
    (
        "ORGANIZATION",
        "o-chart",
        true,
        &["CHART_EDIT", "MEMBER_VIEW"],
    ),
    ("PROJECT", "p-all", true, &["SPACE_VIEW_ALL"]),
    ("PROJECT", "p-view", true, &["PROJECT_VIEW"]),
    ("PROJECT", "p-space", true, &["SPACE_VIEW"]),
    ("PROJECT", "p-off", false, &["PROJECT_VIEW", "SPACE_VIEW"]),
    ("SPACE", "s-view", true, &["SPACE_VIEW"]),
    ("SPACE", "s-edit", true, &["CHART_EDIT"]),
    ("SPACE", "s-off", false, &["SPACE_VIEW"]),
];

impl RandomWorld {
    async fn make(app: &TestApp, random: &mut StdRng) -> Self {
        let mut world = Self {
            tenants: Vec::new(),
            users: Vec::new(),
            projects: Vec::new(),
            spaces: Vec::new(),
        };
        for name in ["red", "blue"] {
            let tenant = Tenant::create(app, name).await;
            world.users.push(tenant.admin);
            world.fill(app, random, &tenant, name).await;
            world.tenants.push(tenant);
        }
        let conn = app.conn().await;
        for (key, permissions) in [("t-space", "{SPACE_VIEW}"), ("t-chart", "{CHART_VIEW}")] {
            run(&conn, "INSERT INTO roles (id, key, name, scope, permissions) VALUES (gen_random_uuid(), ?, ?, 'TENANT', ?::text[])",
                vec![key.into(), key.into(), permissions.into()]).await;
        }
        let assign = "INSERT INTO role_assignments (user_id, role_id) SELECT ?, id FROM roles WHERE key = ? ON CONFLICT DO NOTHING";
        for _ in 0..8 {
            let user = id(*world.users.choose(random).unwrap());
            let role = *["t-space", "t-chart", "hub_user", "r-all", "r-some"]
                .choose(random)
                .unwrap();
            run(&conn, assign, vec![user.into(), role.into()]).await;
        }
        run(
            &conn,
            assign,
            vec![id(world.tenants[0].admin).into(), "system_admin".into()],
        )
        .await;
        world
    }

    async fn fill(&mut self, app: &TestApp, random: &mut StdRng, tenant: &Tenant, name: &str) {
        self.roles(app, tenant).await;
        let keys = [
            "member", "member", "member", "viewer", "editor", "admin", "o-space", "o-chart",
        ];
        let mut users = Vec::new();
        for n in 0..6 {
            users.push(
                tenant
                    .user(app, &format!("{name}{n}"), keys.choose(random).unwrap())
                    .await,
            );
        }
        let mut groups = Vec::new();
        for n in 0..3 {
            let members: Vec<_> = users
                .iter()
                .copied()
                .filter(|_| random.random_bool(0.4))
                .collect();
            groups.push(group(app, tenant, &format!("{name}-g{n}"), &members).await);
        }
        let mut scopes = vec![("ORGANIZATION", tenant.id.to_string())];
        for n in 0..2 {
            let project = tenant.project(app, &format!("{name}-p{n}")).await;
            let mut inside: Vec<String> = Vec::new();
            for s in 0..5 {
                let parent = inside
                    .choose(random)
                    .filter(|_| random.random_bool(0.8))
                    .cloned();
                let private = random.random_bool(0.3);
                inside.push(
                    tenant
                        .space(app, &project, parent.as_deref(), &format!("s{s}"), private)
                        .await,
                );
            }
            scopes.push(("PROJECT", project.clone()));
            scopes.extend(inside.iter().map(|space| ("SPACE", space.clone())));
            self.projects.push(project);
            self.spaces.extend(inside);
        }
        let conn = app.conn().await;
        run(
            &conn,
            "UPDATE groups SET is_active = false WHERE id = ?",
            vec![groups[2].into()],
        )
        .await;
        run(
            &conn,
            "UPDATE users SET status = 'INACTIVE' WHERE id = ?",
            vec![id(users[5]).into()],
        )
        .await;
        run(&conn, "INSERT INTO role_projects (organization_id, role_id, project_id) \
            SELECT r.organization_id, r.id, p.id FROM roles r JOIN projects p ON p.organization_id = r.organization_id \
            WHERE r.key = 'r-some' AND p.id = ?", vec![self.projects.last().unwrap().parse::<ProjectId>().unwrap().into()]).await;
        for _ in 0..24 {
            let (kind, scope) = scopes.choose(random).unwrap();
            let (user, group) = if random.random_bool(0.5) {
                (Some(id(*users.choose(random).unwrap())), None)
            } else {
                (None, Some(*groups.choose(random).unwrap()))
            };
            random_grant(&conn, random, tenant.id, (kind, scope), (user, group)).await;
        }
        self.users.extend(users);
    }

    async fn roles(&self, app: &TestApp, tenant: &Tenant) {
        let conn = app.conn().await;
        let insert = "INSERT INTO roles (id, organization_id, scope, key, name, is_active, permissions, all_projects) \
            VALUES (gen_random_uuid(), ?, ?, ?, ?, ?, ?, ?)";
        let more: [(&str, &str, bool, &[&str]); 2] = [
            ("PROJECT", "r-all", true, &["SPACE_VIEW", "SPACE_VIEW_ALL"]),
            ("PROJECT", "r-some", true, &["PROJECT_VIEW", "CHART_EDIT"]),
        ];
        for (scope, key, active, permissions) in CUSTOM.into_iter().chain(more) {
            let permissions = permissions.iter().map(|name| (*name).to_owned()).collect();
            let binds = vec![
                tenant.id.into(),
                scope.into(),
                key.into(),
                key.into(),
                active.into(),
                Bind::Texts(permissions),
                (key == "r-all").into(),
            ];
            run(&conn, insert, binds).await;
        }
    }
}

async fn random_grant(
    conn: &Conn,
    random: &mut StdRng,
    organization: OrganizationId,
    (kind, scope): (&str, &str),
    (user, group): (Option<UserId>, Option<GroupId>),
) {
    let roles: Vec<uuid::Uuid> = sql("SELECT id FROM roles WHERE scope = ? AND (organization_id IS NULL OR organization_id = ?) ORDER BY key, id",
        [kind.into(), organization.into()]).statement::<st::Uuid>().load(&mut &*conn).await.unwrap();
    let role = *roles.choose(random).unwrap();
    let space = scope
        .parse::<SpaceId>()
        .ok()
        .map(chartroom::kernel::Id::uuid);
    let project = scope
        .parse::<ProjectId>()
        .ok()
        .map(chartroom::kernel::Id::uuid);
    run(conn, "INSERT INTO access_grants (id, organization_id, scope, scope_id, project_id, space_id, user_id, group_id, role_id) \
         SELECT gen_random_uuid(), ?, ?, coalesce(s.id, s.project_id, s.organization_id), \
                coalesce(s.project_id, (SELECT project_id FROM spaces WHERE id = s.id)), s.id, ?, ?, ? \
         FROM (SELECT ?::uuid AS id, ?::uuid AS project_id, ?::uuid AS organization_id) s ON CONFLICT DO NOTHING",
        vec![organization.into(), kind.into(), user.into(), group.into(), role.into(), space.into(), project.into(), organization.into()]).await;
}

fn names(value: &Value) -> Vec<String> {
    value["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn it_says_of_everybody_what_is_said_to_each() {
    for seed in 0..3 {
        let app = TestApp::start().await;
        let world = RandomWorld::make(&app, &mut StdRng::seed_from_u64(seed)).await;
        let mut accesses = BTreeMap::new();
        for user in &world.users {
            let access = Access::load(&*app.conn().await, id(*user)).await.unwrap();
            accesses.insert(id(*user).to_string(), (*user, access));
        }
        let mut checked = 0;
        let targets = world
            .spaces
            .iter()
            .map(|id| ("space", id))
            .chain(world.projects.iter().map(|id| ("project", id)));
        for (field, target) in targets {
            let place = match field {
                "space" => entity::Space::place(&*app.conn().await, target.parse().unwrap()).await,
                _ => entity::Project::place(&*app.conn().await, target.parse().unwrap()).await,
            }
            .unwrap()
            .unwrap();
            let opens = if field == "space" {
                Permission::SpaceView
            } else {
                Permission::ProjectView
            };
            let seen = entries(&app, world.tenants[0].admin, field, target)
                .await
                .expect("an administrator of the system sees everything");
            for (user, (actor, access)) in &accesses {
                let expected = access.at(&place);
                assert_eq!(
                    seen.contains_key(user),
                    expected.contains(opens),
                    "seed {seed}, {user} on {target}"
                );
                let Some(entry) = seen.get(user) else {
                    continue;
                };
                assert_eq!(
                    names(entry),
                    expected.names(),
                    "seed {seed}, {user} on {target}"
                );
                checked += 1;
                if field == "space" {
                    let query = format!("{{ space(id: \"{target}\") {{ viewerRole {{ id }} }} }}");
                    let answer = app.ask(*actor, &query).await;
                    assert_eq!(
                        *answer.at("/space/viewerRole/id"),
                        entry["role"]["id"],
                        "seed {seed}, {user} on {target}"
                    );
                }
            }
            assert_eq!(
                seen.keys()
                    .filter(|user| !accesses.contains_key(*user))
                    .count(),
                0
            );
        }
        assert!(
            checked > 50,
            "seed {seed}: the world is too small to say anything ({checked})"
        );
        let app = &app;
        // Who is switched off belongs nowhere, and cannot ask.
        let active = |user: &&Actor| !accesses[&id(**user).to_string()].1.organizations.is_empty();
        for actor in world.users.iter().filter(active).step_by(2).take(4) {
            what_is_shown_is_visible(app, &world, *actor).await;
        }
    }
}

/// Grants and groups are shown to exactly those who can load them by id.
async fn what_is_shown_is_visible(app: &TestApp, world: &RandomWorld, actor: Actor) {
    for space in &world.spaces {
        let Some(theirs) = entries(app, actor, "space", space).await else {
            continue;
        };
        let all = entries(app, world.tenants[0].admin, "space", space)
            .await
            .unwrap();
        for (user, entry) in &theirs {
            let full = all[user]["sources"].as_array().unwrap();
            let sources = entry["sources"].as_array().unwrap();
            assert_eq!(sources.len(), full.len());
            for field in ["grant", "group"] {
                let pairs = full
                    .iter()
                    .zip(sources)
                    .filter(|(full, _)| !full[field].is_null());
                for (full, shown) in pairs {
                    let id = full[field]["id"].as_str().unwrap();
                    let node = app
                        .ask(actor, &format!("{{ node(id: \"{id}\") {{ id }} }}"))
                        .await;
                    assert_eq!(
                        node.at("/node").is_null(),
                        shown[field].is_null(),
                        "{field} {id} on {space}"
                    );
                }
            }
        }
    }
}
