//! Groups.

use crate::support::{Actor, Answer, Tenant, TestApp};
use chartroom::{
    db::{Bind, sql},
    kernel::entity::UserId,
};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const CREATE: &str = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { \
    group { id key name type isActive organization { id } createdBy { id } } userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateGroupInput!) { updateGroup(input: $input) { \
    group { id key name description isActive updatedBy { id } } userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteGroupsInput!) { deleteGroups(input: $input) { \
    deletedIds userErrors { code message path } } }";
const ADD: &str = "mutation ($input: AddGroupMembersInput!) { addGroupMembers(input: $input) { \
    groups { key } users { id } userErrors { code message path } } }";
const REMOVE: &str = "mutation ($input: RemoveGroupMembersInput!) { removeGroupMembers(input: $input) { \
    groups { key } users { id } userErrors { code message path } } }";
const LIST: &str = "query ($filter: GroupFilter, $orderBy: [GroupOrder!], $first: Int, $after: String) { \
    groups(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { \
    nodes { id key name organization { name } roles(first: 5) { nodes { key } totalCount } accessGrants(first: 5) { nodes { role { key } } } } \
    totalCount pageInfo { hasNextPage endCursor } } }";
const MEMBERS: &str = "SELECT count(*) FROM group_members WHERE group_id = ?";

async fn count(app: &TestApp, text: &'static str, binds: Vec<Bind>) -> i64 {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<BigInt>()
        .get_result(&mut &*conn)
        .await
        .expect("the count")
}

async fn members(app: &TestApp, group: &str) -> i64 {
    let id: chartroom::kernel::entity::GroupId = group.parse().expect("an id");
    count(app, MEMBERS, vec![id.into()]).await
}

fn id_of(actor: Actor) -> UserId {
    match actor {
        Actor::User(user, _) => user,
        Actor::Anonymous => panic!("nobody"),
    }
}

fn text_of(actor: Actor) -> String {
    id_of(actor).to_string()
}

async fn send(app: &TestApp, actor: Actor, mutation: &str, input: Value) -> Answer {
    app.gql(actor, mutation, json!({ "input": input })).await
}

async fn group(app: &TestApp, tenant: &Tenant, name: &str, users: &[Actor]) -> String {
    let users: Vec<_> = users.iter().map(|user| text_of(*user)).collect();
    let input =
        json!({ "name": name, "organizationId": tenant.id.to_string(), "memberIds": users });
    let answer = send(app, tenant.admin, CREATE, input).await;
    answer.done("createGroup");
    answer.text("/createGroup/group/id")
}

/// Gives a group a role on a scope, as the administrator.
async fn grant(app: &TestApp, tenant: &Tenant, scope: &str, group: &str, role: &str) {
    let query = "mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { \
                 accessGrant { id } userErrors { code message path } } }";
    let input = json!({ "scopeId": scope, "principal": { "group": { "id": group } }, "role": { "key": role } });
    send(app, tenant.admin, query, input)
        .await
        .done("grantAccess");
}

/// A member who may do anything with groups, and nothing else.
async fn clerk(app: &TestApp, tenant: &Tenant) -> Actor {
    let query = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { \
                 role { id } userErrors { code message path } } }";
    let input = json!({
        "name": "Clerk", "key": "clerk", "scope": "ORGANIZATION", "organizationId": tenant.id.to_string(), "isActive": true,
        "permissions": ["ORGANIZATION_VIEW", "MEMBER_VIEW", "GROUP_VIEW", "GROUP_CREATE", "GROUP_EDIT", "GROUP_DELETE"],
    });
    send(app, tenant.admin, query, input)
        .await
        .done("createRole");
    tenant.user(app, "clerk", "clerk").await
}

#[tokio::test]
async fn an_admin_creates_changes_and_deletes_a_group() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let (one, two) = (
        tenant.user(&app, "one", "member").await,
        tenant.user(&app, "two", "member").await,
    );
    let input = json!({ "name": " Night Shift ", "memberIds": [text_of(one)] });
    let answer = send(&app, tenant.admin, CREATE, input).await;
    let made = answer.done("createGroup")["group"].clone();
    assert_eq!(made["key"], "night-shift", "the key comes from the name");
    assert_eq!(made["name"], "Night Shift");
    assert_eq!(made["type"], "LOCAL");
    assert_eq!(made["isActive"], true);
    assert_eq!(
        made["organization"]["id"],
        tenant.id.to_string(),
        "where the caller works"
    );
    assert_eq!(made["createdBy"]["id"], text_of(tenant.admin));
    let id = made["id"].as_str().unwrap().to_owned();
    let answer = send(&app, tenant.admin, CREATE, json!({ "name": "Night shift" })).await;
    assert_eq!(
        answer.done("createGroup")["group"]["key"],
        "night-shift-2",
        "names may be equal"
    );

    let input = json!({ "group": { "key": "NIGHT-shift" }, "name": "Nights", "description": "Late",
        "isActive": false, "memberIds": [text_of(two), text_of(two)] });
    let answer = send(&app, tenant.admin, UPDATE, input).await;
    let made = answer.done("updateGroup")["group"].clone();
    assert_eq!(
        (&made["name"], &made["key"], &made["isActive"]),
        (&json!("Nights"), &json!("night-shift"), &json!(false))
    );
    let present = "SELECT count(*) FROM group_members WHERE user_id = ?";
    assert_eq!(
        count(&app, present, vec![id_of(one).into()]).await,
        0,
        "a list replaces"
    );
    assert_eq!(count(&app, present, vec![id_of(two).into()]).await, 1);
    let input = json!({ "group": { "id": id }, "description": null, "isActive": true, "organizationId": tenant.id.to_string() });
    let answer = send(&app, tenant.admin, UPDATE, input).await;
    let made = answer.done("updateGroup")["group"].clone();
    assert_eq!(
        (&made["name"], &made["description"]),
        (&json!("Nights"), &Value::Null)
    );
    assert_eq!(
        count(&app, present, vec![id_of(two).into()]).await,
        1,
        "a list left out stays"
    );

    let answer = send(&app, tenant.admin, DELETE, json!({ "ids": [id] })).await;
    assert_eq!(answer.done("deleteGroups")["deletedIds"], json!([id]));
    assert_eq!(count(&app, present, vec![id_of(two).into()]).await, 0);
    let audited = "SELECT count(*) FROM audit_events WHERE outcome = 'SUCCEEDED' AND target_id = ? AND organization_id = ?";
    assert_eq!(
        count(&app, audited, vec![id.into(), tenant.id.into()]).await,
        4
    );
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let stranger = other.user(&app, "stranger", "member").await;
    let id = group(&app, &tenant, "Crew", &[]).await;
    let here = tenant.id.to_string();
    let create = async |input: Value| {
        let answer = send(&app, tenant.admin, CREATE, input).await;
        answer.user_errors("createGroup")
    };
    assert_eq!(create(json!({ "name": "a\0b" })).await, ["INVALID name"]);
    assert_eq!(
        create(json!({ "name": "x".repeat(10_000) })).await,
        ["INVALID name"]
    );
    assert_eq!(
        create(json!({ "name": "Other", "key": "CREW" })).await,
        ["ALREADY_EXISTS key"]
    );
    assert_eq!(
        create(json!({ "name": "", "key": " ", "description": "\0", "organizationId": "x", "memberIds": ["y"] })).await,
        ["INVALID organizationId", "REQUIRED name", "REQUIRED key", "INVALID description", "INVALID memberIds.0"]
    );
    assert_eq!(
        create(json!({ "name": "New", "memberIds": [text_of(tenant.admin), text_of(stranger), "user_01h455vb4pex5vsknk084sn02q"] })).await,
        ["NOT_FOUND memberIds.1", "NOT_FOUND memberIds.2"]
    );
    let many = vec![text_of(tenant.admin); 1_001];
    assert_eq!(
        create(json!({ "name": "New", "memberIds": many })).await,
        ["LIMIT_EXCEEDED memberIds"]
    );
    assert_eq!(
        create(json!({ "name": "New", "organizationId": other.id.to_string() })).await,
        ["NOT_FOUND organizationId"]
    );
    assert_eq!(count(&app, "SELECT count(*) FROM groups", vec![]).await, 1);

    let update = async |input: Value| {
        let answer = send(&app, tenant.admin, UPDATE, input).await;
        answer.user_errors("updateGroup")
    };
    let elsewhere = other.id.to_string();
    assert_eq!(
        update(json!({ "group": { "id": id }, "organizationId": elsewhere })).await,
        ["IMMUTABLE organizationId"]
    );
    assert_eq!(
        update(json!({ "group": { "key": "no-such\0" } })).await,
        ["NOT_FOUND group"]
    );
    assert_eq!(
        update(json!({ "group": { "id": id }, "name": " " })).await,
        ["REQUIRED name"]
    );
    let input =
        json!({ "group": { "id": id }, "name": "Changed", "memberIds": [text_of(stranger)] });
    assert_eq!(update(input).await, ["NOT_FOUND memberIds.0"]);
    let unchanged = "SELECT count(*) FROM groups WHERE name = 'Crew'";
    assert_eq!(count(&app, unchanged, vec![]).await, 1);
    assert_eq!(members(&app, &id).await, 0);

    let add = async |input: Value| {
        let answer = send(&app, tenant.admin, ADD, input).await;
        answer.user_errors("addGroupMembers")
    };
    assert_eq!(
        add(json!({ "groups": [], "users": [] })).await,
        ["REQUIRED groups", "REQUIRED users"]
    );
    let input = json!({ "groups": [{ "id": id }], "users": [{ "id": text_of(tenant.admin) }, { "id": text_of(stranger) }] });
    assert_eq!(add(input).await, ["NOT_FOUND users.1"]);
    let input = json!({ "groups": [{ "id": id }, { "key": "none" }], "users": [{ "username": "admin-of-acme" }] });
    assert_eq!(add(input).await, ["NOT_FOUND groups.1"]);
    let input = json!({ "groups": vec![json!({ "id": id }); 101], "users": [{ "id": text_of(tenant.admin) }] });
    assert_eq!(add(input).await, ["LIMIT_EXCEEDED groups"]);
    assert_eq!(members(&app, &id).await, 0, "all or none");
    let answer = send(
        &app,
        tenant.admin,
        CREATE,
        json!({ "name": "x", "organizationId": here, "isActive": null }),
    )
    .await;
    assert!(answer.body["errors"].is_array() || answer.user_errors("createGroup").is_empty());
}

#[tokio::test]
async fn members_come_and_go() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let (one, two) = (
        tenant.user(&app, "one", "member").await,
        tenant.user(&app, "two", "member").await,
    );
    let (a, b) = (
        group(&app, &tenant, "A", &[one]).await,
        group(&app, &tenant, "B", &[]).await,
    );
    let users =
        json!([{ "id": text_of(one) }, { "email": "TWO@example.test" }, { "username": "two" }]);
    let input = json!({ "groups": [{ "id": a }, { "key": "b" }, { "id": a }], "users": users });
    let answer = send(&app, tenant.admin, ADD, input.clone()).await;
    answer.done("addGroupMembers");
    assert_eq!(answer.texts("/addGroupMembers/groups", "key"), ["a", "b"]);
    assert_eq!(members(&app, &a).await, 2);
    assert_eq!(members(&app, &b).await, 2);
    send(&app, tenant.admin, ADD, input)
        .await
        .done("addGroupMembers");
    assert_eq!(members(&app, &a).await, 2, "again is the same");
    let input = json!({ "groups": [{ "id": a }, { "id": b }], "users": [{ "id": text_of(two) }] });
    let answer = send(&app, tenant.admin, REMOVE, input).await;
    answer.done("removeGroupMembers");
    assert_eq!(
        answer.texts("/removeGroupMembers/users", "id"),
        [text_of(two)]
    );
    assert_eq!((members(&app, &a).await, members(&app, &b).await), (1, 1));
}

#[tokio::test]
async fn only_those_with_the_permission_change_groups() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    let crew = group(&app, &tenant, "Crew", &[]).await;
    // Members and viewers do not see groups they are not in; editors do, but may not change them.
    for (role, code) in [
        ("member", "NOT_FOUND"),
        ("viewer", "NOT_FOUND"),
        ("editor", "FORBIDDEN"),
    ] {
        let actor = tenant.user(&app, role, role).await;
        let answer = send(&app, actor, CREATE, json!({ "name": "Mine" })).await;
        assert_eq!(
            answer.user_errors("createGroup"),
            ["FORBIDDEN organizationId"],
            "{role}"
        );
        let answer = send(
            &app,
            actor,
            UPDATE,
            json!({ "group": { "id": crew }, "name": "Mine" }),
        )
        .await;
        assert_eq!(
            answer.user_errors("updateGroup"),
            [format!("{code} group")],
            "{role}"
        );
        let answer = send(&app, actor, DELETE, json!({ "ids": [crew] })).await;
        assert_eq!(
            answer.user_errors("deleteGroups"),
            [format!("{code} ids.0")],
            "{role}"
        );
        let input = json!({ "groups": [{ "id": crew }], "users": [{ "id": text_of(actor) }] });
        let answer = send(&app, actor, ADD, input.clone()).await;
        assert_eq!(
            answer.user_errors("addGroupMembers"),
            [format!("{code} groups.0")],
            "{role}"
        );
        let answer = send(&app, actor, REMOVE, input).await;
        assert_eq!(
            answer.user_errors("removeGroupMembers"),
            [format!("{code} groups.0")],
            "{role}"
        );
    }
    let absent = "group_01h455vb4pex5vsknk084sn02q";
    let mut answers = Vec::new();
    for id in [crew.as_str(), absent] {
        let query =
            format!("{{ group(by: {{ id: \"{id}\" }}) {{ name }} node(id: \"{id}\") {{ id }} }}");
        answers.push((
            app.ask(other.admin, &query).await.body,
            send(
                &app,
                other.admin,
                UPDATE,
                json!({ "group": { "id": id }, "name": "Mine" }),
            )
            .await
            .body,
            send(&app, other.admin, DELETE, json!({ "ids": [id] }))
                .await
                .body,
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0["data"], json!({ "group": null, "node": null }));
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM groups WHERE name = 'Crew'",
            vec![]
        )
        .await,
        1
    );
    assert_eq!(members(&app, &crew).await, 0);
    let denied = "SELECT count(*) FROM audit_events WHERE outcome = 'DENIED'";
    assert_eq!(count(&app, denied, vec![]).await, 19);
}

#[tokio::test]
async fn adding_a_member_hands_out_what_the_group_holds() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Vault", true).await;
    let clerk = clerk(&app, &tenant).await;
    let friend = tenant.user(&app, "friend", "member").await;
    let (bare, strong) = (
        group(&app, &tenant, "Bare", &[]).await,
        group(&app, &tenant, "Strong", &[]).await,
    );
    let add = async |group: &str, user: Actor| {
        let input = json!({ "groups": [{ "id": group }], "users": [{ "id": text_of(user) }] });
        let answer = send(&app, clerk, ADD, input).await;
        answer.user_errors("addGroupMembers")
    };
    assert_eq!(
        add(&bare, friend).await,
        [""; 0],
        "a group without grants gives nothing"
    );
    for (scope, role) in [
        (tenant.id.to_string(), "admin"),
        (project.clone(), "viewer"),
        (space, "viewer"),
    ] {
        let name = format!("strong by {scope}");
        let strong = group(&app, &tenant, &name, &[]).await;
        grant(&app, &tenant, &scope, &strong, role).await;
        assert_eq!(add(&strong, friend).await, ["FORBIDDEN groups"], "{name}");
        assert_eq!(
            add(&strong, clerk).await,
            ["FORBIDDEN groups"],
            "{name}: not oneself either"
        );
        let input = json!({ "group": { "id": strong }, "memberIds": [text_of(clerk)] });
        let answer = send(&app, clerk, UPDATE, input).await;
        assert_eq!(
            answer.user_errors("updateGroup"),
            ["FORBIDDEN memberIds"],
            "{name}"
        );
        assert_eq!(members(&app, &strong).await, 0);
        // Switched off it gives nothing now, but would when switched on.
        send(
            &app,
            clerk,
            UPDATE,
            json!({ "group": { "id": strong }, "isActive": false }),
        )
        .await
        .done("updateGroup");
        assert_eq!(
            add(&strong, friend).await,
            ["FORBIDDEN groups"],
            "{name}: inactive"
        );
        let answer = send(
            &app,
            clerk,
            UPDATE,
            json!({ "group": { "id": strong }, "isActive": true, "name": "x" }),
        )
        .await;
        assert_eq!(
            answer.user_errors("updateGroup"),
            ["FORBIDDEN isActive"],
            "{name}"
        );
        send(
            &app,
            tenant.admin,
            UPDATE,
            json!({ "group": { "id": strong }, "isActive": true }),
        )
        .await
        .done("updateGroup");
    }
    // Who is in already may stay, and go.
    grant(&app, &tenant, &project, &strong, "editor").await;
    let input = json!({ "groups": [{ "id": strong }], "users": [{ "id": text_of(friend) }] });
    send(&app, tenant.admin, ADD, input.clone())
        .await
        .done("addGroupMembers");
    send(&app, clerk, ADD, input.clone())
        .await
        .done("addGroupMembers");
    let same = json!({ "group": { "id": strong }, "memberIds": [text_of(friend)], "name": "Same" });
    send(&app, clerk, UPDATE, same).await.done("updateGroup");
    let query = format!("{{ project(id: \"{project}\") {{ name }} }}");
    assert_eq!(app.ask(friend, &query).await.text("/project/name"), "Sales");
    send(&app, clerk, REMOVE, input)
        .await
        .done("removeGroupMembers");
    assert!(
        app.ask(friend, &query).await.at("/project").is_null(),
        "gone with the next request"
    );
}

#[tokio::test]
async fn groups_are_listed_filtered_ordered_and_paged() {
    let app = TestApp::start().await;
    let (tenant, other) = (
        Tenant::create(&app, "acme").await,
        Tenant::create(&app, "other").await,
    );
    group(&app, &other, "Theirs", &[]).await;
    let project = tenant.project(&app, "Sales").await;
    let user = tenant.user(&app, "vera", "viewer").await;
    let (a, _, c) = (
        group(&app, &tenant, "Alpha", &[]).await,
        group(&app, &tenant, "Beta", &[user]).await,
        group(&app, &tenant, "Gamma", &[user, tenant.admin]).await,
    );
    grant(&app, &tenant, &tenant.id.to_string(), &a, "viewer").await;
    grant(&app, &tenant, &project, &a, "editor").await;
    grant(&app, &tenant, &project, &c, "viewer").await;

    let answer = app.gql(tenant.admin, LIST, json!({})).await;
    assert_eq!(
        answer.texts("/groups/nodes", "name"),
        ["Alpha", "Beta", "Gamma"]
    );
    assert_eq!(answer.at("/groups/totalCount"), 3);
    assert_eq!(
        answer.texts("/groups/nodes/0/roles/nodes", "key"),
        ["editor", "viewer"]
    );
    assert_eq!(answer.at("/groups/nodes/0/roles/totalCount"), 2);
    assert_eq!(
        answer
            .at("/groups/nodes/0/accessGrants/nodes")
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(
        answer.statements <= 7,
        "no statement per group: {}",
        answer.statements
    );
    let answer = app.gql(user, LIST, json!({})).await;
    assert_eq!(
        answer.texts("/groups/nodes", "name"),
        ["Beta", "Gamma"],
        "one's own, without GROUP_VIEW"
    );

    let query = "{ groups { nodes { members(first: 5) { nodes { fullName } totalCount } } } }";
    let answer = app.ask(tenant.admin, query).await;
    assert_eq!(
        answer.texts("/groups/nodes/2/members/nodes", "fullName"),
        ["admin-of-acme", "vera"]
    );
    assert_eq!(answer.at("/groups/nodes/0/members/totalCount"), 0);
    assert!(
        answer.statements <= 6,
        "no statement per group: {}",
        answer.statements
    );
    let order = json!([{ "field": "MEMBER_COUNT", "direction": "DESC" }]);
    let answer = app
        .gql(tenant.admin, LIST, json!({ "orderBy": order }))
        .await;
    assert_eq!(
        answer.texts("/groups/nodes", "name"),
        ["Gamma", "Beta", "Alpha"]
    );
    for field in [
        "NAME",
        "TYPE",
        "ORGANIZATION_NAME",
        "MEMBER_COUNT",
        "CREATED_AT",
        "UPDATED_AT",
    ] {
        let mut seen = Vec::new();
        let mut after = Value::Null;
        loop {
            let order = json!([{ "field": field, "direction": "ASC" }]);
            let answer = app
                .gql(
                    tenant.admin,
                    LIST,
                    json!({ "orderBy": order, "first": 1, "after": after }),
                )
                .await;
            seen.extend(answer.texts("/groups/nodes", "name"));
            if answer.at("/groups/pageInfo/hasNextPage") == false {
                break;
            }
            after = answer.at("/groups/pageInfo/endCursor").clone();
        }
        seen.sort();
        assert_eq!(seen, ["Alpha", "Beta", "Gamma"], "{field}");
    }
    let filtered = async |filter: Value| {
        let answer = app
            .gql(tenant.admin, LIST, json!({ "filter": filter }))
            .await;
        answer.texts("/groups/nodes", "name")
    };
    assert_eq!(filtered(json!({ "search": "amm" })).await, ["Gamma"]);
    assert_eq!(
        filtered(json!({ "key": { "in": ["alpha", "theirs"] } })).await,
        ["Alpha"]
    );
    assert_eq!(
        filtered(json!({ "type": { "eq": "DIRECTORY" } })).await,
        [""; 0]
    );
    assert_eq!(
        filtered(json!({ "isActive": { "eq": true }, "not": { "name": { "eq": "Beta" } } })).await,
        ["Alpha", "Gamma"]
    );
    assert_eq!(
        filtered(json!({ "organizationId": { "eq": other.id.to_string() } })).await,
        [""; 0]
    );
    let query = format!(
        "{{ organization(id: \"{}\") {{ groups(filter: {{ search: \"beta\" }}) {{ nodes {{ name }} }} }} \
        group(by: {{ key: \"GAMMA\" }}) {{ name }} }}",
        tenant.id
    );
    let answer = app.ask(tenant.admin, &query).await;
    assert_eq!(answer.texts("/organization/groups/nodes", "name"), ["Beta"]);
    assert_eq!(answer.text("/group/name"), "Gamma");
    assert_eq!(
        app.gql(Actor::Anonymous, LIST, json!({})).await.code(),
        "UNAUTHENTICATED"
    );
}
