//! Roles: custom ones, and what nobody may put into them.

use crate::support::{Actor, Answer, Tenant, TestApp};
use chartroom::authz::{RoleScope, built_in_roles};
use serde_json::{Value, json};

const CREATE: &str = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { \
    role { id key name scope type isBuiltIn isActive allProjects permissions \
    organization { id } projects { nodes { id } } } userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { \
    role { id name description isActive permissions projects { nodes { id } } } \
    userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteRolesInput!) { deleteRoles(input: $input) { \
    deletedIds userErrors { code message path } } }";
const LIST: &str = "query ($filter: RoleFilter) { roles(filter: $filter, first: 200) { \
    nodes { key scope type } totalCount } }";

async fn run(app: &TestApp, actor: Actor, query: &str, input: Value) -> Answer {
    app.gql(actor, query, json!({ "input": input })).await
}

/// A new role of the tenant by its administrator; its id.
async fn role(
    app: &TestApp,
    tenant: &Tenant,
    name: &str,
    scope: &str,
    permissions: &[&str],
) -> String {
    let input = json!({
        "name": name, "scope": scope, "organizationId": tenant.id.to_string(),
        "permissions": permissions, "isActive": true,
    });
    let answer = run(app, tenant.admin, CREATE, input).await;
    answer.done("createRole");
    answer.text("/createRole/role/id")
}

async fn custom_roles(app: &TestApp, actor: Actor) -> Value {
    let filter = json!({ "filter": { "type": { "eq": "CUSTOM" } } });
    app.gql(actor, LIST, filter)
        .await
        .at("/roles/totalCount")
        .clone()
}

#[tokio::test]
async fn an_admin_makes_changes_and_deletes_a_role() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let input = json!({
        "name": " Chart Maker ", "scope": "PROJECT", "organizationId": tenant.id.to_string(),
        "permissions": ["CHART_EDIT", "SPACE_VIEW", "SPACE_VIEW"], "projectIds": [project], "isActive": true,
    });
    let answer = run(&app, tenant.admin, CREATE, input.clone()).await;
    let made = answer.done("createRole")["role"].clone();
    assert_eq!(made["name"], "Chart Maker");
    assert_eq!(made["key"], "chart-maker", "the key comes from the name");
    assert_eq!(
        (&made["type"], &made["isBuiltIn"]),
        (&json!("CUSTOM"), &json!(false))
    );
    assert_eq!(made["permissions"], json!(["SPACE_VIEW", "CHART_EDIT"]));
    assert_eq!(made["organization"]["id"], tenant.id.to_string());
    assert_eq!(made["projects"]["nodes"], json!([{ "id": project }]));
    let again = run(&app, tenant.admin, CREATE, input).await;
    assert_eq!(
        again.text("/createRole/role/key"),
        "chart-maker-2",
        "names may repeat, keys not"
    );

    let id = made["id"].as_str().unwrap();
    let input = json!({ "id": id, "permissions": ["SPACE_VIEW"], "description": "Looks", "projectIds": [] });
    let answer = run(&app, tenant.admin, UPDATE, input).await;
    let changed = &answer.done("updateRole")["role"];
    assert_eq!(changed["name"], "Chart Maker", "a field left out stays");
    assert_eq!(changed["permissions"], json!(["SPACE_VIEW"]));
    assert_eq!(changed["projects"]["nodes"], json!([]));
    let answer = run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": id, "description": null }),
    )
    .await;
    assert!(
        answer.done("updateRole")["role"]["description"].is_null(),
        "null clears"
    );

    let filter = json!({ "filter": { "projectId": { "eq": project } } });
    let answer = app.gql(tenant.admin, LIST, filter).await;
    assert_eq!(answer.texts("/roles/nodes", "key"), ["chart-maker-2"]);
    let answer = run(&app, tenant.admin, DELETE, json!({ "ids": [id] })).await;
    assert_eq!(answer.done("deleteRoles")["deletedIds"], json!([id]));
    assert_eq!(custom_roles(&app, tenant.admin).await, 1);
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let foreign = theirs.project(&app, "Secret").await;
    let refused = async |change: Value| {
        let mut input = json!({
            "name": "Role", "scope": "PROJECT", "organizationId": ours.id.to_string(),
            "permissions": ["SPACE_VIEW"], "isActive": true,
        });
        for (field, value) in change.as_object().unwrap() {
            input[field] = value.clone();
        }
        run(&app, ours.admin, CREATE, input).await
    };
    let cases = [
        (json!({ "name": " " }), vec!["REQUIRED name"]),
        (
            json!({ "name": "a\u{0}b", "key": "" }),
            vec!["INVALID name", "REQUIRED key"],
        ),
        (
            json!({ "organizationId": null }),
            vec!["REQUIRED organizationId"],
        ),
        (
            json!({ "organizationId": foreign }),
            vec!["INVALID organizationId"],
        ),
        (
            json!({ "organizationId": theirs.id.to_string() }),
            vec!["NOT_FOUND organizationId"],
        ),
        (json!({ "scope": "TENANT" }), vec!["INVALID organizationId"]),
        (
            json!({ "scope": "TENANT", "organizationId": null }),
            vec!["FORBIDDEN scope"],
        ),
        (
            json!({ "scope": "SPACE", "allProjects": true, "projectIds": [foreign] }),
            vec!["INVALID allProjects", "INVALID projectIds"],
        ),
        (
            json!({ "allProjects": true, "projectIds": [foreign] }),
            vec!["INVALID projectIds"],
        ),
        (
            json!({ "projectIds": [foreign, "project_01h455vb4pex5vsknk084sn02q"] }),
            vec!["NOT_FOUND projectIds.0", "NOT_FOUND projectIds.1"],
        ),
        (json!({ "key": "Viewer" }), vec!["ALREADY_EXISTS key"]),
    ];
    for (change, expected) in cases {
        let answer = refused(change.clone()).await;
        assert_eq!(answer.user_errors("createRole"), expected, "{change}");
    }
    let answer =
        refused(json!({ "permissions": ["SPACE_VIEW", "MEMBER_MANAGE", "USER_VIEW"] })).await;
    assert_eq!(answer.user_errors("createRole"), ["INVALID permissions"]);
    let message = answer.text("/createRole/userErrors/0/message");
    assert!(
        message.contains("MEMBER_MANAGE") && message.contains("USER_VIEW"),
        "{message}"
    );
    assert!(!message.contains("SPACE_VIEW"), "{message}");
    assert_eq!(custom_roles(&app, ours.admin).await, 0);
}

#[tokio::test]
async fn nobody_puts_more_into_a_role_than_they_hold() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let keeper = [
        "ORGANIZATION_VIEW",
        "MEMBER_VIEW",
        "ROLE_VIEW",
        "ROLE_CREATE",
        "ROLE_EDIT",
        "ROLE_DELETE",
        "SPACE_VIEW",
    ];
    let own = role(&app, &tenant, "Keeper", "ORGANIZATION", &keeper).await;
    let high = role(&app, &tenant, "High", "ORGANIZATION", &["MEMBER_MANAGE"]).await;
    let user = tenant.user(&app, "keeper", "keeper").await;
    let input = |permissions: &[&str], scope: &str| {
        json!({ "name": "x", "scope": scope, "organizationId": tenant.id.to_string(),
                "permissions": permissions, "isActive": true })
    };
    let answer = run(
        &app,
        user,
        CREATE,
        input(&["MEMBER_MANAGE"], "ORGANIZATION"),
    )
    .await;
    assert_eq!(answer.user_errors("createRole"), ["FORBIDDEN permissions"]);
    let answer = run(&app, user, CREATE, input(&["SPACE_EDIT"], "SPACE")).await;
    assert_eq!(answer.user_errors("createRole"), ["FORBIDDEN permissions"]);
    run(&app, user, CREATE, input(&["SPACE_VIEW"], "SPACE"))
        .await
        .done("createRole");

    let mut more = keeper.to_vec();
    more.push("MEMBER_MANAGE");
    let answer = run(
        &app,
        user,
        UPDATE,
        json!({ "id": own, "permissions": more }),
    )
    .await;
    assert_eq!(answer.user_errors("updateRole"), ["FORBIDDEN permissions"]);
    let answer = run(&app, user, UPDATE, json!({ "id": high, "name": "Mine" })).await;
    assert_eq!(
        answer.user_errors("updateRole"),
        ["FORBIDDEN id"],
        "it carries more than they hold"
    );
    run(&app, user, UPDATE, json!({ "id": own, "name": "Keepers" }))
        .await
        .done("updateRole");

    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let answer = run(&app, viewer, UPDATE, json!({ "id": own, "name": "Mine" })).await;
    assert_eq!(answer.user_errors("updateRole"), ["FORBIDDEN id"]);
    let answer = run(&app, viewer, CREATE, input(&[], "SPACE")).await;
    assert_eq!(
        answer.user_errors("createRole"),
        ["FORBIDDEN organizationId"]
    );
    assert_eq!(
        run(&app, Actor::Anonymous, CREATE, input(&[], "SPACE"))
            .await
            .code(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn adding_to_a_role_counts_as_giving_in_private_spaces_too() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let secret = tenant.space(&app, &project, None, "Secret", true).await;
    // Everything an administrator holds but the sight of private spaces.
    let admin = built_in_roles()
        .into_iter()
        .find(|role| role.key == "admin" && role.scope == RoleScope::Organization);
    let names = admin.unwrap().permissions.names();
    let names: Vec<_> = names
        .iter()
        .map(String::as_str)
        .filter(|name| *name != "SPACE_VIEW_ALL")
        .collect();
    role(&app, &tenant, "Almost", "ORGANIZATION", &names).await;
    let almost = tenant.user(&app, "almost", "almost").await;
    let held = role(&app, &tenant, "Looker", "SPACE", &["SPACE_VIEW"]).await;
    let reader = tenant.user(&app, "reader", "member").await;
    tenant.grant(&app, &secret, reader, "looker").await;

    let change = json!({ "id": held, "permissions": ["SPACE_VIEW", "CHART_EDIT"] });
    let answer = run(&app, almost, UPDATE, change.clone()).await;
    assert_eq!(answer.user_errors("updateRole"), ["FORBIDDEN permissions"]);
    run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": held, "isActive": false }),
    )
    .await
    .done("updateRole");
    let answer = run(
        &app,
        almost,
        UPDATE,
        json!({ "id": held, "isActive": true }),
    )
    .await;
    assert_eq!(answer.user_errors("updateRole"), ["FORBIDDEN isActive"]);
    run(&app, tenant.admin, UPDATE, change)
        .await
        .done("updateRole");
}

#[tokio::test]
async fn built_in_roles_stay_and_held_ones_are_in_use() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let answer = app
        .ask(
            tenant.admin,
            "{ roles(filter: { key: { eq: \"admin\" }, scope: { eq: SPACE } }) { nodes { id } } }",
        )
        .await;
    let built_in = answer.text("/roles/nodes/0/id");
    let answer = run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": built_in, "name": "Boss" }),
    )
    .await;
    assert_eq!(answer.user_errors("updateRole"), ["BUILT_IN id"]);

    let held = role(
        &app,
        &tenant,
        "Held",
        "ORGANIZATION",
        &["ORGANIZATION_VIEW"],
    )
    .await;
    let free = role(&app, &tenant, "Free", "ORGANIZATION", &[]).await;
    tenant.user(&app, "holder", "held").await;
    let answer = run(
        &app,
        tenant.admin,
        DELETE,
        json!({ "ids": [free, built_in, held] }),
    )
    .await;
    assert_eq!(
        answer.user_errors("deleteRoles"),
        ["BUILT_IN ids.1", "IN_USE ids.2"]
    );
    assert_eq!(custom_roles(&app, tenant.admin).await, 2, "all or nothing");
}

#[tokio::test]
async fn foreign_roles_answer_like_absent_ones() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let foreign = role(&app, &theirs, "Secret", "ORGANIZATION", &["MEMBER_VIEW"]).await;
    let mut answers = Vec::new();
    for id in [foreign.as_str(), "role_01h455vb4pex5vsknk084sn02q"] {
        let node = app
            .ask(ours.admin, &format!("{{ node(id: \"{id}\") {{ id }} }}"))
            .await
            .body;
        let update = run(
            &app,
            ours.admin,
            UPDATE,
            json!({ "id": id, "name": "Mine" }),
        )
        .await
        .body;
        let delete = run(&app, ours.admin, DELETE, json!({ "ids": [id] }))
            .await
            .body;
        answers.push((node, update, delete));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0].1["data"]["updateRole"]["userErrors"][0]["code"],
        "NOT_FOUND"
    );
    assert_eq!(custom_roles(&app, ours.admin).await, 0);
    assert_eq!(custom_roles(&app, theirs.admin).await, 1);
}

#[tokio::test]
async fn a_changed_role_leaves_an_administrator() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let admin = built_in_roles()
        .into_iter()
        .find(|role| role.key == "admin" && role.scope == RoleScope::Organization);
    let names = admin.unwrap().permissions.names();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let boss = role(&app, &tenant, "Boss", "ORGANIZATION", &names).await;
    let Actor::User(user, _) = tenant.admin else {
        unreachable!()
    };
    let input = json!({ "scopeId": tenant.id.to_string(), "principal": { "user": { "id": user.to_string() } }, "role": { "id": boss } });
    let update = "mutation ($input: UpdateAccessGrantInput!) { updateAccessGrant(input: $input) { userErrors { code message path } } }";
    run(&app, tenant.admin, update, input)
        .await
        .done("updateAccessGrant");

    let fewer: Vec<_> = names
        .iter()
        .filter(|name| **name != "MEMBER_MANAGE")
        .collect();
    let answer = run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": boss, "permissions": fewer }),
    )
    .await;
    assert_eq!(answer.user_errors("updateRole"), ["LAST_ADMIN permissions"]);
    let answer = run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": boss, "isActive": false }),
    )
    .await;
    assert_eq!(answer.user_errors("updateRole"), ["LAST_ADMIN isActive"]);
    let fewer: Vec<_> = names.iter().filter(|name| **name != "TAG_MANAGE").collect();
    run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "id": boss, "permissions": fewer }),
    )
    .await
    .done("updateRole");
}

#[tokio::test]
async fn who_holds_a_role_is_for_those_with_role_view() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let other = Tenant::create(&app, "other").await;
    let held = role(
        &app,
        &tenant,
        "Held",
        "ORGANIZATION",
        &["ORGANIZATION_VIEW", "MEMBER_VIEW"],
    )
    .await;
    let holder = tenant.user(&app, "holder", "held").await;
    let Actor::User(id, _) = holder else {
        unreachable!()
    };
    let query = format!(
        "{{ node(id: \"{held}\") {{ ... on Role {{ users {{ totalCount nodes {{ id }} }} }} }} }}"
    );
    let answer = app.ask(tenant.admin, &query).await;
    assert_eq!(
        *answer.at("/node/users"),
        json!({ "totalCount": 1, "nodes": [{ "id": id.to_string() }] })
    );
    let answer = app.ask(holder, &query).await;
    assert_eq!(
        *answer.at("/node/users"),
        json!({ "totalCount": 0, "nodes": [] })
    );
    let built_in = "{ roles(filter: { key: { eq: \"admin\" }, scope: { eq: ORGANIZATION } }) { nodes { users { totalCount } } } }";
    let answer = app.ask(other.admin, built_in).await;
    assert_eq!(
        *answer.at("/roles/nodes/0/users/totalCount"),
        json!(1),
        "each tenant sees its own"
    );
}
