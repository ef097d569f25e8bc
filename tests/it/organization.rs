//! Organizations.

use crate::support::{Actor, Answer, Tenant, TestApp};
use chartroom::{
    db::{Bind, sql},
    kernel::entity::{OrganizationId, UserId},
};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const CREATE: &str = "mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) { \
    organization { id name displayName path needsProject } userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { \
    organization { id name displayName description themeId chartColors defaultProject { id } } \
    userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteOrganizationsInput!) { deleteOrganizations(input: $input) { \
    deletedIds userErrors { code message path } } }";
const LIST: &str = "query ($filter: OrganizationFilter, $orderBy: [OrganizationOrder!], $first: Int, $after: String) { \
    organizations(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { \
    nodes { id name path parent { name } } totalCount pageInfo { hasNextPage endCursor } } }";
const ABSENT: &str = "organization_01h455vb4pex5vsknk084sn02q";

async fn run(app: &TestApp, text: &'static str, binds: Vec<Bind>) -> usize {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the statement runs")
}

async fn count(app: &TestApp, text: &'static str, binds: Vec<Bind>) -> i64 {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<BigInt>()
        .get_result(&mut &*conn)
        .await
        .expect("the count")
}

/// An account that belongs nowhere.
async fn stray(app: &TestApp, username: &str) -> Actor {
    let user = UserId::new();
    run(
        app,
        "INSERT INTO users (id, username, full_name) VALUES (?, ?, ?)",
        vec![user.into(), username.into(), username.into()],
    )
    .await;
    Actor::User(user, OrganizationId::new())
}

/// An administrator of the installation, who belongs nowhere.
async fn system_admin(app: &TestApp) -> Actor {
    let actor = stray(app, "root").await;
    make_system_admin(app, actor).await;
    actor
}

async fn make_system_admin(app: &TestApp, actor: Actor) {
    run(
        app,
        "INSERT INTO role_assignments (user_id, role_id) SELECT ?, id FROM roles WHERE key = 'system_admin'",
        vec![id_of(actor).into()],
    )
    .await;
}

fn id_of(actor: Actor) -> UserId {
    match actor {
        Actor::User(user, _) => user,
        Actor::Anonymous => panic!("nobody"),
    }
}

async fn create(app: &TestApp, actor: Actor, input: Value) -> Answer {
    app.gql(actor, CREATE, json!({ "input": input })).await
}

async fn update(app: &TestApp, actor: Actor, input: Value) -> Answer {
    app.gql(actor, UPDATE, json!({ "input": input })).await
}

async fn delete(app: &TestApp, actor: Actor, ids: &[String]) -> Answer {
    app.gql(actor, DELETE, json!({ "input": { "ids": ids } }))
        .await
}

const ALL: &str = "SELECT count(*) FROM organizations";

#[tokio::test]
async fn whoever_belongs_nowhere_founds_an_organization_and_becomes_its_admin() {
    let app = TestApp::start().await;
    let founder = stray(&app, "founder").await;
    let answer = create(&app, founder, json!({ "name": "  Acme " })).await;
    let made = answer.done("createOrganization")["organization"].clone();
    assert_eq!(made["name"], "Acme");
    assert_eq!(made["displayName"], "Acme", "the name unless given");
    assert_eq!(made["path"], "/Acme");
    assert_eq!(made["needsProject"], true);

    let id = made["id"].as_str().unwrap();
    let query = format!(
        "{{ organization(id: \"{id}\") {{ members {{ nodes {{ principal {{ ... on User {{ id }} }} role {{ key }} }} }} }} }}"
    );
    let answer = app.ask(founder, &query).await;
    let members = answer.at("/organization/members/nodes");
    assert_eq!(
        *members,
        json!([{ "principal": { "id": id_of(founder).to_string() }, "role": { "key": "admin" } }])
    );
    let home = "SELECT count(*) FROM users u JOIN organizations o ON o.id = u.organization_id WHERE u.id = ?";
    assert_eq!(count(&app, home, vec![id_of(founder).into()]).await, 1);
    let audited = "SELECT count(*) FROM audit_events WHERE action = 'createOrganization' \
                   AND outcome = 'SUCCEEDED' AND actor_id = ? AND organization_id IS NOT NULL AND target_id IS NOT NULL";
    assert_eq!(count(&app, audited, vec![id_of(founder).into()]).await, 1);

    let answer = create(&app, founder, json!({ "name": "Second" })).await;
    assert_eq!(
        answer.user_errors("createOrganization"),
        ["ALREADY_IN_ORGANIZATION "]
    );
    assert_eq!(count(&app, ALL, vec![]).await, 1);
    let answer = create(&app, Actor::Anonymous, json!({ "name": "Nobody's" })).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_answer_already_shows_what_the_founder_may_see() {
    let app = TestApp::start().await;
    let founder = stray(&app, "founder").await;
    let query = "mutation { createOrganization(input: { name: \"Acme\" }) { organization { \
                 members { totalCount nodes { organization { name } role { key } } } } userErrors { code } } }";
    let answer = app.ask(founder, query).await;
    let members = answer.at("/createOrganization/organization/members");
    assert_eq!(members["totalCount"], 1);
    assert_eq!(members["nodes"][0]["organization"]["name"], "Acme");
}

#[tokio::test]
async fn two_requests_at_once_found_one_organization() {
    let app = TestApp::start().await;
    let founder = stray(&app, "founder").await;
    let (one, two) = tokio::join!(
        create(&app, founder, json!({ "name": "One" })),
        create(&app, founder, json!({ "name": "Two" })),
    );
    let refused = [one, two]
        .iter()
        .filter(|answer| !answer.user_errors("createOrganization").is_empty())
        .count();
    assert_eq!(refused, 1);
    assert_eq!(count(&app, ALL, vec![]).await, 1);
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let root = system_admin(&app).await;
    Tenant::create(&app, "Acme").await;
    let attempt = async |input: Value| {
        let answer = create(&app, root, input).await;
        answer.user_errors("createOrganization")
    };
    assert_eq!(
        attempt(json!({ "name": "aCME" })).await,
        ["ALREADY_EXISTS name"]
    );
    assert_eq!(attempt(json!({ "name": "a\0b" })).await, ["INVALID name"]);
    assert_eq!(
        attempt(json!({ "name": "x".repeat(10_000) })).await,
        ["INVALID name"]
    );
    let input = json!({
        "name": "", "displayName": " ", "description": "x".repeat(10_001), "themeId": "a\0",
        "parentId": "chart_01h455vb4pex5vsknk084sn02q",
    });
    assert_eq!(
        attempt(input).await,
        [
            "REQUIRED name",
            "REQUIRED displayName",
            "INVALID description",
            "INVALID themeId",
            "INVALID parentId"
        ]
    );
    assert_eq!(
        attempt(json!({ "name": "New", "parentId": ABSENT })).await,
        ["NOT_FOUND parentId"]
    );
    assert_eq!(count(&app, ALL, vec![]).await, 1);
    let stored = "SELECT count(*) FROM organization_members WHERE user_id = ?";
    assert_eq!(count(&app, stored, vec![id_of(root).into()]).await, 0);
}

#[tokio::test]
async fn an_admin_changes_an_organization_and_others_may_not() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let project = tenant.project(&app, "Sales").await;
    let id = tenant.id.to_string();
    let input = json!({
        "id": id, "displayName": "Acme Inc.", "description": "Tools", "themeId": "dark",
        "chartColors": ["#112233", "#445566"], "defaultProjectId": project,
    });
    let answer = update(&app, tenant.admin, input).await;
    let made = answer.done("updateOrganization")["organization"].clone();
    assert_eq!(made["name"], "acme", "a field left out stays");
    assert_eq!(made["displayName"], "Acme Inc.");
    assert_eq!(made["chartColors"], json!(["#112233", "#445566"]));
    assert_eq!(made["defaultProject"]["id"], project.as_str());

    let input = json!({ "id": id, "chartColors": ["#000000"], "description": null, "themeId": null, "defaultProjectId": null });
    let answer = update(&app, tenant.admin, input).await;
    let made = answer.done("updateOrganization")["organization"].clone();
    assert_eq!(made["chartColors"], json!(["#000000"]), "a list replaces");
    assert!(
        made["description"].is_null()
            && made["themeId"].is_null()
            && made["defaultProject"].is_null()
    );

    for (role, refusal) in [
        ("member", "FORBIDDEN id"),
        ("viewer", "FORBIDDEN id"),
        ("editor", "FORBIDDEN id"),
    ] {
        let actor = tenant.user(&app, role, role).await;
        let answer = update(&app, actor, json!({ "id": id, "name": "Mine" })).await;
        assert_eq!(
            answer.user_errors("updateOrganization"),
            [refusal],
            "{role}"
        );
    }
    let foreign = update(&app, other.admin, json!({ "id": id, "name": "Mine" })).await;
    let absent = update(&app, other.admin, json!({ "id": ABSENT, "name": "Mine" })).await;
    assert_eq!(foreign.user_errors("updateOrganization"), ["NOT_FOUND id"]);
    assert_eq!(foreign.body, absent.body);
    let unchanged = "SELECT count(*) FROM organizations WHERE id = ? AND name = 'acme'";
    assert_eq!(count(&app, unchanged, vec![tenant.id.into()]).await, 1);
    let denied = "SELECT count(*) FROM audit_events WHERE action = 'updateOrganization' AND outcome = 'DENIED'";
    assert_eq!(count(&app, denied, vec![]).await, 5);
    let done = "SELECT count(*) FROM audit_events WHERE action = 'updateOrganization' AND outcome = 'SUCCEEDED' \
                AND organization_id = ? AND 'chartColors' = ANY (changes)";
    assert_eq!(count(&app, done, vec![tenant.id.into()]).await, 2);
}

#[tokio::test]
async fn mistakes_in_a_change_are_told_by_field() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let foreign = other.project(&app, "Secret").await;
    let id = tenant.id.to_string();
    let attempt = async |actor: Actor, input: Value| {
        let answer = update(&app, actor, input).await;
        answer.user_errors("updateOrganization")
    };
    let colors = vec!["#112233"; 101];
    let input = json!({ "id": id, "chartColors": colors });
    assert_eq!(
        attempt(tenant.admin, input).await,
        ["LIMIT_EXCEEDED chartColors"]
    );
    let input = json!({ "id": id, "name": "OTHER" });
    assert_eq!(attempt(tenant.admin, input).await, ["ALREADY_EXISTS name"]);
    let input = json!({ "id": id, "name": "a\0", "displayName": "x".repeat(10_000) });
    assert_eq!(
        attempt(tenant.admin, input).await,
        ["INVALID name", "INVALID displayName"]
    );
    let input = json!({ "id": id, "defaultProjectId": foreign });
    assert_eq!(
        attempt(tenant.admin, input).await,
        ["NOT_FOUND defaultProjectId"]
    );
    let root = system_admin(&app).await;
    let input = json!({ "id": id, "defaultProjectId": foreign });
    assert_eq!(
        attempt(root, input).await,
        ["INVALID defaultProjectId"],
        "seen, but of another organization"
    );
    let answer = update(
        &app,
        tenant.admin,
        json!({ "id": id, "chartColors": ["red"] }),
    )
    .await;
    assert_eq!(answer.code(), "INVALID");
}

#[tokio::test]
async fn the_tree_is_shown_as_far_as_the_caller_sees_it() {
    let app = TestApp::start().await;
    let root = system_admin(&app).await;
    let top = Tenant::create(&app, "Jaffle House").await;
    let mut parent = top.id.to_string();
    for name in ["Berlin", "Mitte"] {
        let answer = create(&app, root, json!({ "name": name, "parentId": parent })).await;
        answer.done("createOrganization");
        parent = answer.text("/createOrganization/organization/id");
    }
    let answer = app.gql(root, LIST, json!({})).await;
    assert_eq!(
        answer.texts("/organizations/nodes", "path"),
        [
            "/Jaffle House/Berlin",
            "/Jaffle House",
            "/Jaffle House/Berlin/Mitte"
        ]
    );
    assert!(
        answer.statements <= 6,
        "paths and parents in one statement each: {}",
        answer.statements
    );

    let mitte: OrganizationId = parent.parse().unwrap();
    let local = Tenant {
        id: mitte,
        admin: root,
    }
    .user(&app, "local", "admin")
    .await;
    let answer = app.gql(local, LIST, json!({})).await;
    assert_eq!(answer.at("/organizations/totalCount"), 1);
    assert_eq!(
        *answer.at("/organizations/nodes/0/path"),
        "/Mitte",
        "names of others stay hidden"
    );
    assert!(answer.at("/organizations/nodes/0/parent").is_null());

    let query = format!(
        "{{ organization(id: \"{}\") {{ children {{ nodes {{ name }} totalCount }} }} }}",
        top.id
    );
    let answer = app.ask(root, &query).await;
    assert_eq!(
        answer.texts("/organization/children/nodes", "name"),
        ["Berlin"]
    );
    let answer = app.ask(top.admin, &query).await;
    assert_eq!(
        answer.at("/organization/children/totalCount"),
        0,
        "rights do not flow down the tree"
    );
    let input = json!({ "name": "Below", "parentId": top.id.to_string() });
    let stray = stray(&app, "stray").await;
    let answer = create(&app, stray, input).await;
    assert_eq!(
        answer.user_errors("createOrganization"),
        ["NOT_FOUND parentId"]
    );
}

#[tokio::test]
async fn organizations_are_filtered_ordered_and_paged() {
    let app = TestApp::start().await;
    let root = system_admin(&app).await;
    for name in ["b", "a", "c"] {
        create(
            &app,
            root,
            json!({ "name": name, "displayName": format!("The {name}") }),
        )
        .await
        .done("createOrganization");
    }
    let answer = app.gql(root, LIST, json!({ "first": 2 })).await;
    assert_eq!(answer.texts("/organizations/nodes", "name"), ["a", "b"]);
    assert_eq!(answer.at("/organizations/totalCount"), 3);
    let cursor = answer.text("/organizations/pageInfo/endCursor");
    let answer = app
        .gql(root, LIST, json!({ "first": 2, "after": cursor }))
        .await;
    assert_eq!(answer.texts("/organizations/nodes", "name"), ["c"]);
    assert_eq!(answer.at("/organizations/pageInfo/hasNextPage"), false);
    for field in ["NAME", "DISPLAY_NAME", "DESCRIPTION", "CREATED_AT"] {
        let order = json!([{ "field": field, "direction": "DESC" }]);
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let variables = json!({ "orderBy": order, "first": 1, "after": after });
            let answer = app.gql(root, LIST, variables).await;
            seen.extend(answer.texts("/organizations/nodes", "name"));
            if answer.at("/organizations/pageInfo/hasNextPage") == false {
                break;
            }
            after = answer.at("/organizations/pageInfo/endCursor").clone();
        }
        seen.sort();
        assert_eq!(seen, ["a", "b", "c"], "{field}: each once");
    }
    let filter =
        json!({ "or": [{ "name": { "eq": "a" } }, { "displayName": { "endsWith": "C" } }] });
    let answer = app.gql(root, LIST, json!({ "filter": filter })).await;
    assert_eq!(answer.texts("/organizations/nodes", "name"), ["a", "c"]);
    let answer = app
        .gql(
            root,
            LIST,
            json!({ "filter": { "name": { "contains": "\0" } } }),
        )
        .await;
    assert_eq!(answer.code(), "INVALID");
}

#[tokio::test]
async fn deleting_takes_along_who_lives_there_and_nobody_else() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let project = tenant.project(&app, "Sales").await;
    tenant.user(&app, "local", "editor").await;
    let both = tenant.user(&app, "both", "viewer").await;
    let operator = tenant.user(&app, "operator", "viewer").await;
    make_system_admin(&app, operator).await;
    run(
        &app,
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        vec![other.id.into(), id_of(both).into()],
    )
    .await;
    let role = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } userErrors { code message path } } }";
    let input = json!({ "name": "Reader", "key": "reader", "scope": "PROJECT", "organizationId": tenant.id.to_string(),
        "permissions": ["PROJECT_VIEW"], "isActive": true });
    app.gql(tenant.admin, role, json!({ "input": input }))
        .await
        .done("createRole");
    tenant.grant(&app, &project, both, "reader").await;

    let editor = tenant.user(&app, "ed", "editor").await;
    let answer = delete(&app, editor, &[tenant.id.to_string()]).await;
    assert_eq!(
        answer.user_errors("deleteOrganizations"),
        ["FORBIDDEN ids.0"]
    );
    let answer = delete(
        &app,
        tenant.admin,
        &[tenant.id.to_string(), other.id.to_string()],
    )
    .await;
    assert_eq!(
        answer.user_errors("deleteOrganizations"),
        ["NOT_FOUND ids.1"],
        "all or none"
    );
    assert_eq!(count(&app, ALL, vec![]).await, 2);

    let answer = delete(&app, tenant.admin, &[tenant.id.to_string()]).await;
    assert_eq!(
        answer.done("deleteOrganizations")["deletedIds"],
        json!([tenant.id.to_string()])
    );
    assert_eq!(count(&app, ALL, vec![]).await, 1);
    let left = "SELECT count(*) FROM users WHERE username = ANY(?)";
    let names = |names: &[&str]| {
        vec![Bind::Texts(
            names.iter().map(|name| (*name).to_owned()).collect(),
        )]
    };
    assert_eq!(
        count(&app, left, names(&["admin-of-acme", "local", "ed"])).await,
        0
    );
    assert_eq!(
        count(&app, left, names(&["both", "operator", "admin-of-other"])).await,
        3
    );
    let moved = "SELECT count(*) FROM users WHERE id = ? AND organization_id = ?";
    assert_eq!(
        count(&app, moved, vec![id_of(both).into(), other.id.into()]).await,
        1
    );
    let audited = "SELECT count(*) FROM audit_events WHERE action = 'deleteOrganizations' AND outcome = 'SUCCEEDED' \
                   AND organization_id IS NULL AND actor_id = ? AND target_id = ?";
    assert_eq!(
        count(
            &app,
            audited,
            vec![id_of(tenant.admin).into(), tenant.id.to_string().into()]
        )
        .await,
        1,
        "the log says who did it, also where the actor lived there"
    );
}

#[tokio::test]
async fn an_organization_with_others_below_stays() {
    let app = TestApp::start().await;
    let root = system_admin(&app).await;
    let top = Tenant::create(&app, "top").await;
    let answer = create(
        &app,
        root,
        json!({ "name": "below", "parentId": top.id.to_string() }),
    )
    .await;
    answer.done("createOrganization");
    let below = answer.text("/createOrganization/organization/id");
    let answer = delete(&app, root, &[top.id.to_string()]).await;
    assert_eq!(answer.user_errors("deleteOrganizations"), ["IN_USE ids.0"]);
    assert_eq!(count(&app, ALL, vec![]).await, 2);
    let answer = delete(&app, root, &[top.id.to_string(), below]).await;
    answer.done("deleteOrganizations");
    assert_eq!(count(&app, ALL, vec![]).await, 0, "a whole tree at once");
}

#[tokio::test]
async fn a_foreign_organization_answers_like_an_absent_one() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let foreign = theirs.id.to_string();
    let mut answers = Vec::new();
    for id in [foreign.as_str(), ABSENT] {
        let query =
            format!("{{ organization(id: \"{id}\") {{ name }} node(id: \"{id}\") {{ id }} }}");
        let read = app.ask(ours.admin, &query).await.body;
        let removed = delete(&app, ours.admin, &[id.to_owned()]).await.body;
        answers.push((read, removed));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0].0["data"],
        json!({ "organization": null, "node": null })
    );
    let answer = app.gql(ours.admin, LIST, json!({})).await;
    assert_eq!(answer.texts("/organizations/nodes", "name"), ["ours"]);
    let answer = app.gql(Actor::Anonymous, LIST, json!({})).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
}
