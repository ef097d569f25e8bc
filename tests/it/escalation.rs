//! Nobody gains or gives away what they lack, whatever they try in whatever order.

use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    authz::{Access, Permission, PermissionSet, Place, Resource as _},
    db::sql,
    kernel::entity::{self, UserId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STEPS: usize = 30;

/// Everything that the random steps choose from.
struct World {
    tenant: Tenant,
    projects: Vec<String>,
    spaces: Vec<String>,
    users: Vec<Actor>,
    groups: Vec<String>,
    roles: Vec<(String, String)>,
    custom: Vec<String>,
    /// Scopes that grants are tried on.
    scopes: Vec<String>,
    /// Which kinds of steps are tried.
    steps: Vec<u32>,
}

fn id(actor: Actor) -> UserId {
    let Actor::User(id, _) = actor else {
        panic!("a user")
    };
    id
}

/// Sends a mutation; whether it was done, with its answer.
async fn send(app: &TestApp, actor: Actor, name: &str, node: &str, input: Value) -> Option<Value> {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {node} userErrors {{ code message path }} }} }}"
    );
    let answer = app.gql(actor, &query, json!({ "input": input })).await;
    let payload = answer.at(&format!("/{name}")).clone();
    payload["userErrors"]
        .as_array()
        .unwrap()
        .is_empty()
        .then_some(payload)
}

impl World {
    async fn make(app: &TestApp) -> Self {
        let tenant = Tenant::create(app, "acme").await;
        let mut world = Self {
            tenant,
            projects: Vec::new(),
            spaces: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            roles: Vec::new(),
            custom: Vec::new(),
            scopes: Vec::new(),
            steps: (0..14).collect(),
        };
        for name in ["one", "two"] {
            let project = tenant.project(app, name).await;
            let open = tenant.space(app, &project, None, "open", false).await;
            let private = tenant
                .space(app, &project, Some(&open), "private", true)
                .await;
            let deep = tenant
                .space(app, &project, Some(&private), "deep", false)
                .await;
            world.spaces.extend([open, private, deep]);
            world.projects.push(project);
        }
        for (name, scope, permissions) in [
            (
                "keeper",
                "ORGANIZATION",
                vec![
                    "API_KEY_USE",
                    "ORGANIZATION_VIEW",
                    "MEMBER_VIEW",
                    "MEMBER_MANAGE",
                    "USER_VIEW",
                    "GROUP_VIEW",
                    "GROUP_CREATE",
                    "GROUP_EDIT",
                    "GROUP_DELETE",
                    "ROLE_VIEW",
                    "ROLE_CREATE",
                    "ROLE_EDIT",
                    "ROLE_DELETE",
                    "PROJECT_VIEW",
                    "SPACE_VIEW",
                    "SPACE_EDIT",
                    "CHART_VIEW",
                    "DASHBOARD_VIEW",
                    "COMMENT_VIEW",
                    "SPACE_ACCESS_MANAGE",
                    "PROJECT_ACCESS_MANAGE",
                ],
            ),
            (
                "mighty",
                "ORGANIZATION",
                vec![
                    "ORGANIZATION_EDIT",
                    "MEMBER_MANAGE",
                    "SPACE_VIEW_ALL",
                    "CHART_EDIT",
                ],
            ),
            ("sight", "PROJECT", vec!["SPACE_VIEW_ALL", "SPACE_VIEW"]),
            ("door", "SPACE", vec!["SPACE_VIEW", "SPACE_ACCESS_MANAGE"]),
        ] {
            let input = json!({ "name": name, "scope": scope, "organizationId": tenant.id.to_string(), "permissions": permissions, "isActive": true });
            let made = send(app, tenant.admin, "createRole", "role { id }", input)
                .await
                .unwrap();
            let role = made["role"]["id"].as_str().unwrap().to_owned();
            world.custom.push(role.clone());
        }
        let answer = app
            .ask(tenant.admin, "{ roles(first: 200) { nodes { id scope } } }")
            .await;
        for role in answer.at("/roles/nodes").as_array().unwrap() {
            world.roles.push((
                role["scope"].as_str().unwrap().to_owned(),
                role["id"].as_str().unwrap().to_owned(),
            ));
        }
        for name in ["ann", "bob", "cid"] {
            world.users.push(tenant.user(app, name, "member").await);
        }
        for (name, scope, key) in [
            ("high", tenant.id.to_string(), "mighty"),
            ("low", world.projects[0].clone(), "viewer"),
            ("off", world.spaces[1].clone(), "admin"),
        ] {
            let input = json!({ "name": name, "organizationId": tenant.id.to_string(), "isActive": name != "off" });
            let made = send(app, tenant.admin, "createGroup", "group { id }", input)
                .await
                .unwrap();
            let group = made["group"]["id"].as_str().unwrap().to_owned();
            let input = json!({ "scopeId": scope, "principal": { "group": { "id": group } }, "role": { "key": key } });
            send(
                app,
                tenant.admin,
                "grantAccess",
                "accessGrant { id }",
                input,
            )
            .await
            .unwrap();
            world.groups.push(group);
        }
        world.scopes.push(tenant.id.to_string());
        world
            .scopes
            .extend(world.projects.iter().chain(&world.spaces).cloned());
        world
    }

    fn role(&self, random: &mut StdRng, scope: &str) -> Value {
        let kind = match scope.split('_').next() {
            Some("organization") => "ORGANIZATION",
            Some("project") => "PROJECT",
            _ => "SPACE",
        };
        let fitting: Vec<_> = self
            .roles
            .iter()
            .filter(|(scope, _)| scope == kind)
            .collect();
        json!({ "id": fitting.choose(random).unwrap().1 })
    }

    fn scope(&self, random: &mut StdRng) -> String {
        self.scopes.choose(random).unwrap().clone()
    }

    fn user(&self, random: &mut StdRng) -> String {
        id(*self.users.choose(random).unwrap()).to_string()
    }

    fn principal(&self, random: &mut StdRng) -> Value {
        if random.random_bool(0.6) {
            return json!({ "user": { "id": self.user(random) } });
        }
        json!({ "group": { "id": self.groups.choose(random).unwrap() } })
    }

    /// One random step by the actor; whether it was done.
    async fn step(&mut self, app: &TestApp, actor: Actor, random: &mut StdRng) -> bool {
        let group = json!({ "id": self.groups.choose(random).unwrap() });
        let (scope, user, principal) = (
            self.scope(random),
            self.user(random),
            self.principal(random),
        );
        let role = self.role(random, &scope);
        let custom = self.custom.choose(random).unwrap().clone();
        let permissions: Vec<_> = Permission::ALL
            .choose_multiple(random, 3)
            .chain([&Permission::SpaceView])
            .map(|permission| permission.as_str())
            .collect();
        let kind = *["ORGANIZATION", "PROJECT", "SPACE"].choose(random).unwrap();
        let organization = self.tenant.id.to_string();
        let (name, node, input) = match self.steps.choose(random).unwrap() {
            0 | 1 => (
                "grantAccess",
                "accessGrant { id }",
                json!({ "scopeId": scope, "principal": principal, "role": role }),
            ),
            2 => (
                "updateAccessGrant",
                "accessGrant { id }",
                json!({ "scopeId": scope, "principal": principal, "role": role }),
            ),
            3 => (
                "revokeAccess",
                "deletedId",
                json!({ "scopeId": scope, "principal": principal }),
            ),
            4 => (
                "createRole",
                "role { id scope }",
                json!({ "name": "new", "scope": kind, "organizationId": organization,
                "permissions": ["SPACE_VIEW"], "isActive": true, "allProjects": kind == "PROJECT" }),
            ),
            5 => (
                "createRole",
                "role { id scope }",
                json!({ "name": "new", "scope": kind, "organizationId": organization,
                "permissions": permissions, "isActive": true }),
            ),
            6 => (
                "updateRole",
                "role { id }",
                json!({ "id": custom, "permissions": permissions }),
            ),
            7 => (
                "updateRole",
                "role { id }",
                json!({ "id": custom, "isActive": random.random_bool(0.5) }),
            ),
            8 => (
                "addGroupMembers",
                "groups { id }",
                json!({ "groups": [group], "users": [{ "id": user }] }),
            ),
            9 => (
                "removeGroupMembers",
                "groups { id }",
                json!({ "groups": [group], "users": [{ "id": user }] }),
            ),
            10 => (
                "updateGroup",
                "group { id }",
                json!({ "group": group, "isActive": true, "memberIds": [user] }),
            ),
            11 => (
                "createGroup",
                "group { id }",
                json!({ "name": "new", "organizationId": organization, "memberIds": [user] }),
            ),
            12 => (
                "updateOrganizationMembership",
                "membership { id }",
                json!({ "organizationId": organization, "userId": user, "role": self.role(random, &organization) }),
            ),
            _ => (
                "updateSpace",
                "space { id }",
                json!({ "id": self.scopes.iter().filter(|id| id.starts_with("space_")).collect::<Vec<_>>().choose(random).unwrap(), "isPrivate": random.random_bool(0.5) }),
            ),
        };
        let Some(done) = send(app, actor, name, node, input).await else {
            return false;
        };
        let made = |field: &str| done[field]["id"].as_str().map(str::to_owned);
        match name {
            "createRole" => {
                let role = made("role").unwrap();
                self.custom.push(role.clone());
                self.roles.push((kind.to_owned(), role));
            }
            "createGroup" => self.groups.extend(made("group")),
            _ => {}
        }
        true
    }

    /// What everybody may do everywhere, by user and place.
    async fn rights(&self, app: &TestApp) -> BTreeMap<(UserId, String), PermissionSet> {
        let conn = app.conn().await;
        let mut places = vec![(
            self.tenant.id.to_string(),
            Place::organization(self.tenant.id),
        )];
        for project in &self.projects {
            let place = entity::Project::place(&conn, project.parse().unwrap())
                .await
                .unwrap();
            places.push((project.clone(), place.unwrap()));
        }
        for space in &self.spaces {
            let place = entity::Space::place(&conn, space.parse().unwrap())
                .await
                .unwrap();
            places.push((space.clone(), place.unwrap()));
        }
        let users: Vec<UserId> = sql("SELECT id FROM users ORDER BY id", [])
            .statement::<st::Uuid>()
            .load(&mut &*conn)
            .await
            .unwrap();
        let mut rights = BTreeMap::new();
        for user in users {
            let access = Access::load(&conn, user).await.unwrap();
            for (name, place) in &places {
                rights.insert((user, name.clone()), access.at(place));
            }
        }
        rights
    }

    /// The project that holds a space; anything else itself.
    async fn around(&self, app: &TestApp, scope: &str) -> String {
        let Ok(space) = scope.parse() else {
            return scope.to_owned();
        };
        let place = entity::Space::place(&*app.conn().await, space)
            .await
            .unwrap()
            .unwrap();
        place.project.unwrap().to_string()
    }
}

async fn play(seed: u64, arrange: impl AsyncFn(&TestApp, &mut World) -> Actor) -> usize {
    let app = TestApp::start().await;
    let mut random = StdRng::seed_from_u64(seed);
    let mut world = World::make(&app).await;
    let actor = arrange(&app, &mut world).await;
    world.users.push(actor);
    let before = world.rights(&app).await;
    let mut done = 0;
    for step in 0..STEPS {
        done += usize::from(world.step(&app, actor, &mut random).await);
        for ((user, scope), now) in world.rights(&app).await {
            let own = before[&(id(actor), scope.clone())];
            let mut allowed = before[&(user, scope.clone())].union(own);
            if user != id(actor) {
                // Whoever is let into a private space brings along what they hold around it.
                let around = world.around(&app, &scope).await;
                allowed = allowed.union(before[&(user, around)]);
            }
            let gained = now.without(allowed);
            assert!(
                gained.is_empty(),
                "seed {seed}, step {step}: {user} gained {:?} on {scope}",
                gained.names()
            );
        }
    }
    done
}

#[tokio::test]
async fn a_keeper_of_identities_never_gains_nor_gives_more_than_they_hold() {
    let mut done = 0;
    for seed in 0..4 {
        done += play(seed, async |app, world| {
            world.tenant.user(app, "keeper", "keeper").await
        })
        .await;
    }
    assert!(
        done > 20,
        "hardly anything was allowed ({done}), so the test says little"
    );
}

#[tokio::test]
async fn managers_of_one_place_stay_there() {
    let mut done = 0;
    for seed in 10..13 {
        done += play(seed, async |app, world| {
            let actor = world.tenant.user(app, "local", "member").await;
            world
                .tenant
                .grant(app, &world.projects[0], actor, "editor")
                .await;
            world
                .tenant
                .grant(app, &world.spaces[4], actor, "door")
                .await;
            world.scopes = vec![world.spaces[0].clone(), world.spaces[4].clone()];
            world.steps = vec![0, 1, 2, 3, 13];
            actor
        })
        .await;
    }
    assert!(
        done > 2,
        "hardly anything was allowed ({done}), so the test says little"
    );
}
