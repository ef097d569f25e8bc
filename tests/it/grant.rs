//! Grants: giving and taking access.

use crate::support::{Actor, Tenant, TestApp};
use chartroom::{db::sql, kernel::entity::UserId};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const GRANT: &str = "mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { \
    accessGrant { id isExplicit inheritedFrom { id } role { key } principal { __typename ... on User { id } ... on Group { id } } \
    scope { __typename ... on Organization { id } ... on Project { id } ... on Space { id } } } \
    userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateAccessGrantInput!) { updateAccessGrant(input: $input) { \
    accessGrant { id role { key } } userErrors { code message path } } }";
const REVOKE: &str = "mutation ($input: RevokeAccessInput!) { revokeAccess(input: $input) { \
    deletedId userErrors { code message path } } }";

fn id(actor: Actor) -> UserId {
    let Actor::User(id, _) = actor else {
        panic!("a user")
    };
    id
}

fn input(scope: &str, user: Actor, role: Option<&str>) -> Value {
    let mut input =
        json!({ "scopeId": scope, "principal": { "user": { "id": id(user).to_string() } } });
    if let Some(role) = role {
        input["role"] = json!({ "key": role });
    }
    json!({ "input": input })
}

/// Grants on a project or a space, as `principal: role`.
async fn grants(app: &TestApp, actor: Actor, scope: &str) -> Vec<String> {
    let list = "accessGrants { totalCount nodes { role { key } principal { ... on User { id } ... on Group { id } } } }";
    let query = format!(
        "{{ node(id: \"{scope}\") {{ ... on Project {{ {list} }} ... on Space {{ {list} }} }} }}"
    );
    let answer = app.ask(actor, &query).await;
    let nodes = answer
        .at("/node/accessGrants/nodes")
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(
        *answer.at("/node/accessGrants/totalCount"),
        json!(nodes.len())
    );
    let name = |node: &Value| {
        let principal = node["principal"]["id"].as_str().unwrap();
        format!("{principal}: {}", node["role"]["key"].as_str().unwrap())
    };
    nodes.iter().map(name).collect()
}

async fn group(app: &TestApp, tenant: &Tenant, name: &str, members: &[Actor]) -> String {
    let query = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } userErrors { code message path } } }";
    let members: Vec<_> = members.iter().map(|actor| id(*actor).to_string()).collect();
    let input =
        json!({ "name": name, "organizationId": tenant.id.to_string(), "memberIds": members });
    let answer = app
        .gql(tenant.admin, query, json!({ "input": input }))
        .await;
    answer.done("createGroup");
    answer.text("/createGroup/group/id")
}

#[tokio::test]
async fn access_is_given_changed_and_taken() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Board", false).await;
    let ann = tenant.user(&app, "ann", "member").await;
    let people = group(&app, &tenant, "People", &[ann]).await;

    let answer = app
        .gql(tenant.admin, GRANT, input(&project, ann, Some("viewer")))
        .await;
    let made = answer.done("grantAccess")["accessGrant"].clone();
    assert_eq!(
        made["principal"],
        json!({ "__typename": "User", "id": id(ann).to_string() })
    );
    assert_eq!(
        made["scope"],
        json!({ "__typename": "Project", "id": project })
    );
    assert_eq!(
        (&made["isExplicit"], &made["inheritedFrom"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        grants(&app, tenant.admin, &project).await,
        [format!("{}: viewer", id(ann))]
    );
    let by_mail = format!(
        "{{ project(id: \"{project}\") {{ accessGrant(principal: {{ user: {{ email: \"ANN@example.test\" }} }}) {{ id }} \
        none: accessGrant(principal: {{ group: {{ key: \"people\" }} }}) {{ id }} }} }}"
    );
    let answer = app.ask(ann, &by_mail).await;
    assert_eq!(
        *answer.at("/project/accessGrant/id"),
        made["id"],
        "one sees what one was given"
    );
    assert!(answer.at("/project/none").is_null());

    let to_group = json!({ "input": { "scopeId": space, "principal": { "group": { "id": people } }, "role": { "key": "editor" } } });
    let answer = app.gql(tenant.admin, GRANT, to_group).await;
    assert_eq!(
        answer.done("grantAccess")["accessGrant"]["scope"]["__typename"],
        "Space"
    );
    assert_eq!(
        grants(&app, tenant.admin, &space).await,
        [format!("{people}: editor")]
    );
    let filter = format!(
        "{{ node(id: \"{space}\") {{ ... on Space {{ \
        group: accessGrants(filter: {{ principalType: {{ eq: GROUP }}, principalId: {{ eq: \"{people}\" }}, name: {{ eq: \"People\" }} }}) {{ totalCount }} \
        user: accessGrants(filter: {{ principalType: {{ eq: USER }} }}) {{ totalCount }} }} }} }}"
    );
    let answer = app.ask(tenant.admin, &filter).await;
    assert_eq!(
        (
            answer.at("/node/group/totalCount"),
            answer.at("/node/user/totalCount")
        ),
        (&json!(1), &json!(0))
    );

    app.gql(tenant.admin, UPDATE, input(&project, ann, Some("editor")))
        .await
        .done("updateAccessGrant");
    assert_eq!(
        grants(&app, tenant.admin, &project).await,
        [format!("{}: editor", id(ann))]
    );
    let answer = app
        .gql(tenant.admin, REVOKE, input(&project, ann, None))
        .await;
    assert_eq!(answer.done("revokeAccess")["deletedId"], made["id"]);
    assert_eq!(
        grants(&app, tenant.admin, &project).await,
        Vec::<String>::new()
    );
    let see = format!(
        "{{ project(id: \"{project}\") {{ name }} space(id: \"{space}\") {{ name viewerRole {{ key }} }} }}"
    );
    let answer = app.ask(ann, &see).await;
    assert_eq!(
        answer.text("/space/viewerRole/key"),
        "editor",
        "the group's grant stays"
    );
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let project = ours.project(&app, "Sales").await;
    let foreign = theirs.project(&app, "Secret").await;
    let ann = ours.user(&app, "ann", "member").await;
    let eve = theirs.user(&app, "eve", "member").await;
    let refused = async |scope: &str, user: Actor, role: &str| {
        app.gql(ours.admin, GRANT, input(scope, user, Some(role)))
            .await
            .user_errors("grantAccess")
    };
    let answer = app
        .gql(
            ours.admin,
            GRANT,
            input("chart_01h455vb4pex5vsknk084sn02q", ann, Some("viewer")),
        )
        .await;
    assert_eq!(answer.user_errors("grantAccess"), ["INVALID scopeId"]);
    let message = answer.text("/grantAccess/userErrors/0/message");
    for prefix in ["organization_", "project_", "space_"] {
        assert!(message.contains(prefix), "{message}");
    }
    assert_eq!(refused("", ann, "viewer").await, ["INVALID scopeId"]);
    assert_eq!(
        refused(&foreign, ann, "viewer").await,
        ["NOT_FOUND scopeId"]
    );
    assert_eq!(
        refused("project_01h455vb4pex5vsknk084sn02q", ann, "viewer").await,
        ["NOT_FOUND scopeId"]
    );
    assert_eq!(
        refused(&project, eve, "member").await,
        ["NOT_FOUND principal.user", "NOT_FOUND role"]
    );
    assert_eq!(
        refused(&ours.id.to_string(), eve, "member").await,
        ["NOT_FOUND principal.user"]
    );
    assert_eq!(refused(&project, ann, "a\u{0}b").await, ["NOT_FOUND role"]);
    for mutation in [
        (UPDATE, "updateAccessGrant", Some("viewer")),
        (REVOKE, "revokeAccess", None),
    ] {
        let answer = app
            .gql(ours.admin, mutation.0, input(&project, ann, mutation.2))
            .await;
        assert_eq!(answer.user_errors(mutation.1), ["NOT_FOUND principal"]);
    }
    assert_eq!(
        grants(&app, ours.admin, &project).await,
        Vec::<String>::new()
    );
    ours.grant(&app, &project, ann, "viewer").await;
    assert_eq!(
        refused(&project, ann, "editor").await,
        ["ALREADY_EXISTS principal"]
    );
    assert_eq!(
        grants(&app, ours.admin, &project).await,
        [format!("{}: viewer", id(ann))]
    );
    let anonymous = app
        .gql(
            Actor::Anonymous,
            GRANT,
            input(&project, ann, Some("viewer")),
        )
        .await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn nobody_gives_or_takes_more_than_they_hold() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Board", true).await;
    let query = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { userErrors { code message path } } }";
    for (name, permissions) in [
        ("Doorkeeper", vec!["SPACE_VIEW", "SPACE_ACCESS_MANAGE"]),
        ("Guest", vec!["SPACE_VIEW"]),
    ] {
        let role = json!({ "name": name, "scope": "SPACE", "organizationId": tenant.id.to_string(), "permissions": permissions, "isActive": true });
        app.gql(tenant.admin, query, json!({ "input": role }))
            .await
            .done("createRole");
    }
    let door = tenant.user(&app, "door", "member").await;
    let chief = tenant.user(&app, "chief", "member").await;
    let ann = tenant.user(&app, "ann", "member").await;
    tenant.grant(&app, &space, door, "doorkeeper").await;
    tenant.grant(&app, &space, chief, "admin").await;

    let give = async |role: &str| {
        app.gql(door, GRANT, input(&space, ann, Some(role)))
            .await
            .user_errors("grantAccess")
    };
    assert_eq!(
        give("viewer").await,
        ["FORBIDDEN role"],
        "it carries CHART_VIEW, which they lack"
    );
    assert_eq!(give("guest").await, Vec::<String>::new());
    let answer = app
        .gql(door, UPDATE, input(&space, ann, Some("editor")))
        .await;
    assert_eq!(answer.user_errors("updateAccessGrant"), ["FORBIDDEN role"]);
    let answer = app
        .gql(door, UPDATE, input(&space, chief, Some("guest")))
        .await;
    assert_eq!(
        answer.user_errors("updateAccessGrant"),
        ["FORBIDDEN principal"]
    );
    let answer = app.gql(door, REVOKE, input(&space, chief, None)).await;
    assert_eq!(answer.user_errors("revokeAccess"), ["FORBIDDEN principal"]);
    app.gql(door, REVOKE, input(&space, ann, None))
        .await
        .done("revokeAccess");
    let answer = app.gql(ann, GRANT, input(&space, ann, Some("guest"))).await;
    assert_eq!(
        answer.user_errors("grantAccess"),
        ["NOT_FOUND scopeId"],
        "they cannot even see it"
    );
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let answer = app
        .gql(viewer, GRANT, input(&project, ann, Some("viewer")))
        .await;
    assert_eq!(answer.user_errors("grantAccess"), ["FORBIDDEN scopeId"]);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let organization = tenant.id.to_string();
    let answer = app
        .gql(
            tenant.admin,
            REVOKE,
            input(&organization, tenant.admin, None),
        )
        .await;
    assert_eq!(answer.user_errors("revokeAccess"), ["LAST_ADMIN principal"]);
    let answer = app
        .gql(
            tenant.admin,
            UPDATE,
            input(&organization, tenant.admin, Some("editor")),
        )
        .await;
    assert_eq!(answer.user_errors("updateAccessGrant"), ["LAST_ADMIN role"]);
    let second = tenant.user(&app, "second", "admin").await;
    app.gql(
        second,
        UPDATE,
        input(&organization, tenant.admin, Some("editor")),
    )
    .await
    .done("updateAccessGrant");
    let answer = app
        .gql(second, REVOKE, input(&organization, second, None))
        .await;
    assert_eq!(answer.user_errors("revokeAccess"), ["LAST_ADMIN principal"]);
}

#[tokio::test]
async fn leaving_an_organization_takes_along_what_was_held_inside() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Board", false).await;
    let ann = tenant.user(&app, "ann", "member").await;
    tenant.grant(&app, &project, ann, "viewer").await;
    tenant.grant(&app, &space, ann, "editor").await;
    group(&app, &tenant, "People", &[ann]).await;
    app.gql(
        tenant.admin,
        REVOKE,
        input(&tenant.id.to_string(), ann, None),
    )
    .await
    .done("revokeAccess");
    assert_eq!(
        grants(&app, tenant.admin, &project).await,
        Vec::<String>::new()
    );
    assert_eq!(
        grants(&app, tenant.admin, &space).await,
        Vec::<String>::new()
    );
    let conn = app.conn().await;
    let left: i64 = sql("SELECT count(*) FROM group_members", [])
        .statement::<st::BigInt>()
        .get_result(&mut &*conn)
        .await
        .unwrap();
    assert_eq!(left, 0);
    drop(conn);
    assert!(
        app.ask(ann, &format!("{{ project(id: \"{project}\") {{ id }} }}"))
            .await
            .at("/project")
            .is_null()
    );

    // The account still lives here, so its administrator can bring it back.
    app.gql(
        tenant.admin,
        GRANT,
        input(&tenant.id.to_string(), ann, Some("member")),
    )
    .await
    .done("grantAccess");
    assert_eq!(
        grants(&app, tenant.admin, &project).await,
        Vec::<String>::new(),
        "and nothing comes back with it"
    );
}

#[tokio::test]
async fn knowing_somebody_elsewhere_is_not_enough_to_bring_them_in() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let eve = theirs.user(&app, "eve", "member").await;
    // Our administrator is a member over there, and so sees who is.
    let conn = app.conn().await;
    for text in [
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        "INSERT INTO access_grants (id, scope, organization_id, user_id, scope_id, role_id) \
         SELECT gen_random_uuid(), 'ORGANIZATION', o.id, u.id, o.id, r.id FROM organizations o, users u, roles r \
         WHERE o.id = ? AND u.id = ? AND r.scope = 'ORGANIZATION' AND r.key = 'member'",
    ] {
        sql(text, [theirs.id.into(), id(ours.admin).into()])
            .statement::<()>()
            .execute(&mut &*conn)
            .await
            .unwrap();
    }
    drop(conn);
    let seen = app
        .ask(
            ours.admin,
            &format!("{{ node(id: \"{}\") {{ id }} }}", id(eve)),
        )
        .await;
    assert!(!seen.at("/node").is_null());
    let answer = app
        .gql(
            ours.admin,
            GRANT,
            input(&ours.id.to_string(), eve, Some("member")),
        )
        .await;
    assert_eq!(
        answer.user_errors("grantAccess"),
        ["NOT_FOUND principal.user"]
    );
}
