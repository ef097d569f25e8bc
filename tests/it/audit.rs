//! The audit log.

use crate::support::{Actor, Tenant, TestApp};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const LOG: &str = "query ($id: ID!, $filter: AuditEventFilter, $first: Int, $after: String) { organization(id: $id) { \
    auditLog(filter: $filter, first: $first, after: $after) { totalCount \
    nodes { id at actor { id } apiKey { id } action outcome target { __typename id } targetId changes address userAgent requestId } \
    pageInfo { hasNextPage endCursor } } } }";
const UPDATE: &str = "mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { userErrors { code } } }";
const DELETE: &str = "mutation ($input: DeleteProjectsInput!) { deleteProjects(input: $input) { userErrors { code } } }";

fn user_id(actor: Actor) -> String {
    match actor {
        Actor::User(user, _) => user.to_string(),
        Actor::Anonymous => panic!("nobody"),
    }
}

async fn actions(app: &TestApp, tenant: &Tenant, filter: Value) -> Vec<String> {
    let variables = json!({ "id": tenant.id.to_string(), "filter": filter });
    let answer = app.gql(tenant.admin, LOG, variables).await;
    answer.texts("/organization/auditLog/nodes", "action")
}

#[tokio::test]
async fn it_tells_who_did_what_newest_first_denials_too() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let viewer = tenant.user(&app, "vera", "viewer").await;
    let (kept, gone) = (
        tenant.project(&app, "Kept").await,
        tenant.project(&app, "Gone").await,
    );
    let input = json!({ "id": kept, "description": "a secret plan" });
    app.gql(tenant.admin, UPDATE, json!({ "input": input }))
        .await
        .data();
    app.gql(
        viewer,
        UPDATE,
        json!({ "input": { "id": kept, "name": "Mine" } }),
    )
    .await
    .data();
    app.gql(tenant.admin, DELETE, json!({ "input": { "ids": [gone] } }))
        .await
        .data();

    let answer = app
        .gql(tenant.admin, LOG, json!({ "id": tenant.id.to_string() }))
        .await;
    let path = "/organization/auditLog";
    assert_eq!(
        answer.texts(&format!("{path}/nodes"), "action"),
        [
            "deleteProjects",
            "updateProject",
            "updateProject",
            "createProject",
            "createProject"
        ]
    );
    assert_eq!(answer.at(&format!("{path}/totalCount")), 5);
    let node = |n: usize| answer.at(&format!("{path}/nodes/{n}")).clone();
    assert_eq!(node(0)["targetId"], gone.as_str());
    assert!(node(0)["target"].is_null(), "it is gone");
    assert_eq!(node(1)["outcome"], "DENIED");
    assert_eq!(node(1)["actor"]["id"], user_id(viewer));
    assert_eq!(node(2)["outcome"], "SUCCEEDED");
    assert_eq!(
        node(2)["target"],
        json!({ "__typename": "Project", "id": kept })
    );
    assert_eq!(node(2)["changes"], json!(["description"]));
    assert!(!node(2)["requestId"].as_str().unwrap().is_empty());
    assert!(
        !answer.body.to_string().contains("a secret plan"),
        "names of fields, never values"
    );
    assert!(
        answer.statements <= 6,
        "targets and actors in one statement each: {}",
        answer.statements
    );

    let id = node(2)["id"].as_str().unwrap().to_owned();
    let query = format!("{{ node(id: \"{id}\") {{ ... on AuditEvent {{ action }} }} }}");
    assert_eq!(
        app.ask(tenant.admin, &query).await.text("/node/action"),
        "updateProject"
    );
    assert!(app.ask(viewer, &query).await.at("/node").is_null());
}

#[tokio::test]
async fn it_is_filtered_and_paged() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let viewer = tenant.user(&app, "vera", "viewer").await;
    let project = tenant.project(&app, "Sales").await;
    app.gql(
        viewer,
        UPDATE,
        json!({ "input": { "id": project, "name": "Mine" } }),
    )
    .await
    .data();
    let by = json!({ "actorId": { "eq": user_id(viewer) } });
    assert_eq!(actions(&app, &tenant, by).await, ["updateProject"]);
    assert_eq!(
        actions(&app, &tenant, json!({ "outcome": { "eq": "SUCCEEDED" } })).await,
        ["createProject"]
    );
    assert_eq!(
        actions(
            &app,
            &tenant,
            json!({ "action": { "startsWith": "update" } })
        )
        .await,
        ["updateProject"]
    );
    assert_eq!(
        actions(&app, &tenant, json!({ "targetId": { "eq": project } }))
            .await
            .len(),
        2
    );
    assert_eq!(
        actions(&app, &tenant, json!({ "targetId": { "ne": project } })).await,
        [""; 0]
    );
    assert_eq!(
        actions(&app, &tenant, json!({ "at": { "withinLast": "PT1H" } }))
            .await
            .len(),
        2
    );
    assert_eq!(
        actions(
            &app,
            &tenant,
            json!({ "at": { "lt": "2020-01-01T00:00:00Z" } })
        )
        .await,
        [""; 0]
    );
    let variables = json!({ "id": tenant.id.to_string(), "filter": { "targetId": { "eq": "x" } } });
    assert_eq!(
        app.gql(tenant.admin, LOG, variables).await.code(),
        "INVALID"
    );
    let variables = json!({ "id": tenant.id.to_string(), "first": 1 });
    let answer = app.gql(tenant.admin, LOG, variables).await;
    assert_eq!(
        answer.texts("/organization/auditLog/nodes", "action"),
        ["updateProject"]
    );
    let after = answer.text("/organization/auditLog/pageInfo/endCursor");
    let variables = json!({ "id": tenant.id.to_string(), "first": 1, "after": after });
    let answer = app.gql(tenant.admin, LOG, variables).await;
    assert_eq!(
        answer.texts("/organization/auditLog/nodes", "action"),
        ["createProject"]
    );
    assert_eq!(
        answer.at("/organization/auditLog/pageInfo/hasNextPage"),
        false
    );
}

#[tokio::test]
async fn only_those_who_may_edit_the_organization_read_it() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    tenant.project(&app, "Sales").await;
    for role in ["member", "viewer", "editor", "developer"] {
        let actor = tenant.user(&app, role, role).await;
        let answer = app
            .gql(actor, LOG, json!({ "id": tenant.id.to_string() }))
            .await;
        assert_eq!(answer.code(), "FORBIDDEN", "{role}");
    }
    let answer = app
        .gql(other.admin, LOG, json!({ "id": tenant.id.to_string() }))
        .await;
    assert!(answer.at("/organization").is_null());
    let answer = app
        .gql(other.admin, LOG, json!({ "id": other.id.to_string() }))
        .await;
    assert_eq!(
        answer.at("/organization/auditLog/totalCount"),
        0,
        "nothing of others"
    );
}

#[tokio::test]
async fn a_bulk_change_is_told_to_each_organization_apart() {
    let app = TestApp::start().await;
    let (one, two) = (
        Tenant::create(&app, "one").await,
        Tenant::create(&app, "two").await,
    );
    let Actor::User(boss, _) = one.admin else {
        panic!("a user")
    };
    let conn = app.conn().await;
    for statement in [
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        "INSERT INTO access_grants (id, organization_id, scope, scope_id, user_id, role_id) \
         SELECT gen_random_uuid(), o.id, 'ORGANIZATION', o.id, u.id, r.id FROM organizations o, users u, roles r \
         WHERE o.id = ? AND u.id = ? AND r.key = 'admin' AND r.scope = 'ORGANIZATION'",
    ] {
        let run = chartroom::db::sql(statement, [two.id.into(), boss.into()]);
        run.statement::<()>()
            .execute(&mut &*conn)
            .await
            .expect("the membership");
    }
    drop(conn);
    let create = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } userErrors { code } } }";
    let delete = "mutation ($input: DeleteGroupsInput!) { deleteGroups(input: $input) { deletedIds userErrors { code } } }";
    let mut ids = Vec::new();
    for tenant in [&one, &two] {
        let input = json!({ "name": "Crew", "organizationId": tenant.id.to_string() });
        ids.push(
            app.gql(one.admin, create, json!({ "input": input }))
                .await
                .text("/createGroup/group/id"),
        );
    }
    app.gql(one.admin, delete, json!({ "input": { "ids": ids } }))
        .await
        .done("deleteGroups");
    for (tenant, id) in [(&one, &ids[0]), (&two, &ids[1])] {
        let filter = json!({ "action": { "eq": "deleteGroups" } });
        let variables = json!({ "id": tenant.id.to_string(), "filter": filter });
        let answer = app.gql(tenant.admin, LOG, variables).await;
        assert_eq!(
            answer.texts("/organization/auditLog/nodes", "targetId"),
            [id.as_str()]
        );
    }
}
