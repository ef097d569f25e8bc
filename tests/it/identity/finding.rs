//! Lists of accounts.

use super::{group, id_of, run};
use crate::support::{Tenant, TestApp};
use serde_json::{Value, json};

#[tokio::test]
async fn filters_find_and_tell_nothing_they_should_not() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Open", false).await;
    let (one, two, three) = (
        tenant.user(&app, "one", "member").await,
        tenant.user(&app, "two", "member").await,
        tenant.user(&app, "three", "member").await,
    );
    tenant.user(&app, "viewer", "viewer").await;
    tenant.grant(&app, &project, one, "viewer").await;
    tenant.grant(&app, &space, two, "viewer").await;
    let secret = group(&app, &tenant, "Secret").await;
    let add = "mutation ($input: AddGroupMembersInput!) { addGroupMembers(input: $input) { userErrors { code path } } }";
    let input = json!({ "groups": [{ "id": secret }], "users": [{ "id": id_of(three) }] });
    run(&app, tenant.admin, add, input)
        .await
        .done("addGroupMembers");
    let list = "query ($filter: UserFilter) { users(filter: $filter, orderBy: [{ field: USERNAME }]) { totalCount nodes { username } } }";
    let find = async |actor, filter: Value| {
        app.gql(actor, list, json!({ "filter": filter }))
            .await
            .texts("/users/nodes", "username")
    };
    let admin = tenant.admin;
    assert_eq!(
        find(admin, json!({ "canViewProjectId": project })).await,
        ["admin-of-acme", "one", "two", "viewer"]
    );
    assert_eq!(
        find(admin, json!({ "groupId": { "eq": secret } })).await,
        ["three"]
    );
    assert_eq!(
        find(admin, json!({ "not": { "groupId": { "eq": secret } } }))
            .await
            .len(),
        4
    );
    assert_eq!(find(admin, json!({ "search": "HRE" })).await, ["three"]);
    assert_eq!(find(admin, json!({ "search": "%" })).await, [""; 0]);
    assert_eq!(find(admin, json!({ "organizationId": { "eq": tenant.id.to_string() }, "username": { "startsWith": "t" } })).await, ["three", "two"]);
    assert_eq!(
        find(admin, json!({ "isActive": { "eq": false } })).await,
        [""; 0]
    );
    let roles = app.ask(admin, "{ roles(filter: { key: { eq: \"viewer\" }, scope: { eq: ORGANIZATION } }) { nodes { id } } }").await;
    assert_eq!(
        find(
            admin,
            json!({ "roleId": { "eq": roles.text("/roles/nodes/0/id") } })
        )
        .await,
        ["viewer"]
    );

    // A plain member sees colleagues, but neither the group nor the project.
    assert_eq!(find(three, json!({})).await.len(), 5);
    let outsider = tenant.user(&app, "outsider", "member").await;
    assert_eq!(
        find(outsider, json!({ "groupId": { "eq": secret } })).await,
        [""; 0]
    );
    assert_eq!(
        find(
            outsider,
            json!({ "not": { "groupId": { "in": [secret] } } })
        )
        .await
        .len(),
        6
    );
    assert_eq!(
        find(outsider, json!({ "or": [{ "canViewProjectId": project }] })).await,
        [""; 0]
    );
    let bad = app
        .gql(
            admin,
            list,
            json!({ "filter": { "groupId": { "eq": "user_x" } } }),
        )
        .await;
    assert_eq!(bad.code(), "INVALID");
}

#[tokio::test]
async fn what_one_does_not_see_counts_in_no_filter() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let hidden = tenant.project(&app, "Hidden").await;
    let one = tenant.user(&app, "one", "member").await;
    let outsider = tenant.user(&app, "outsider", "member").await;
    tenant.grant(&app, &hidden, one, "editor").await;
    let secret = group(&app, &tenant, "Secret").await;
    let add = "mutation ($input: AddGroupMembersInput!) { addGroupMembers(input: $input) { userErrors { code path } } }";
    let input = json!({ "groups": [{ "id": secret }], "users": [{ "id": id_of(one) }] });
    run(&app, tenant.admin, add, input)
        .await
        .done("addGroupMembers");
    let find = async |actor, filter: Value| {
        let list = "query ($filter: UserFilter) { users(filter: $filter, orderBy: [{ field: USERNAME }]) { totalCount nodes { username } } }";
        let answer = app.gql(actor, list, json!({ "filter": filter })).await;
        let found = answer.texts("/users/nodes", "username");
        assert_eq!(*answer.at("/users/totalCount"), json!(found.len()));
        found
    };
    let roles =
        "{ roles(filter: { key: { eq: \"editor\" }, scope: { eq: PROJECT } }) { nodes { id } } }";
    let editor = app.ask(tenant.admin, roles).await.text("/roles/nodes/0/id");
    let admin = tenant.admin;
    let all = ["admin-of-acme", "one", "outsider"];
    let cases: [(Value, &[&str], &[&str]); 8] = [
        (json!({ "roleId": { "eq": editor } }), &["one"], &[]),
        (
            json!({ "roleId": { "ne": editor } }),
            &["admin-of-acme", "outsider"],
            &all,
        ),
        (
            json!({ "roleId": { "notIn": [editor] } }),
            &["admin-of-acme", "outsider"],
            &all,
        ),
        (json!({ "groupId": { "in": [secret] } }), &["one"], &[]),
        (json!({ "groupId": { "isNull": false } }), &["one"], &[]),
        (
            json!({ "groupId": { "isNull": true } }),
            &["admin-of-acme", "outsider"],
            &all,
        ),
        (
            json!({ "not": { "groupId": { "ne": secret } } }),
            &["one"],
            &[],
        ),
        (json!({ "organizationId": { "isNull": false } }), &all, &all),
    ];
    for (filter, to_admin, to_outsider) in cases {
        assert_eq!(find(admin, filter.clone()).await, to_admin, "{filter}");
        assert_eq!(
            find(outsider, filter.clone()).await,
            to_outsider,
            "{filter}"
        );
    }
    // The members of a group are filtered by the same rule.
    let members = "query ($id: ID!, $role: ID!) { group(by: { id: $id }) { members(filter: { roleId: { eq: $role } }) { totalCount } } }";
    let mine = group(&app, &tenant, "Mine").await;
    let input = json!({ "groups": [{ "id": mine }], "users": [{ "id": id_of(one) }, { "id": id_of(outsider) }] });
    run(&app, tenant.admin, add, input)
        .await
        .done("addGroupMembers");
    for (actor, count) in [(admin, 1), (outsider, 0)] {
        let variables = json!({ "id": mine, "role": editor });
        let answer = app.gql(actor, members, variables).await;
        assert_eq!(*answer.at("/group/members/totalCount"), json!(count));
    }
}

#[tokio::test]
async fn what_one_does_not_see_is_not_found_by_columns_either() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let (hidden, shown) = (
        tenant.project(&app, "Hidden").await,
        tenant.project(&app, "Shown").await,
    );
    let one = tenant.user(&app, "one", "member").await;
    tenant.grant(&app, &shown, one, "viewer").await;
    let follow = "mutation ($input: UpdateProjectInput!) { updateProject(input: $input) { userErrors { code path } } }";
    let input = json!({ "id": shown, "upstreamProjectId": hidden });
    run(&app, tenant.admin, follow, input)
        .await
        .done("updateProject");
    let parent = tenant.space(&app, &shown, None, "Parent", true).await;
    let child = tenant
        .space(&app, &shown, Some(&parent), "Child", true)
        .await;
    tenant.grant(&app, &child, one, "viewer").await;
    let projects = "query ($filter: ProjectFilter) { projects(filter: $filter) { totalCount nodes { name } } }";
    let spaces = "query ($id: ID!, $filter: SpaceFilter) { project(id: $id) { spaces(filter: $filter) { totalCount nodes { name } } } }";
    let find = async |actor, filter: &Value| {
        let answer = app.gql(actor, projects, json!({ "filter": filter })).await;
        answer.texts("/projects/nodes", "name")
    };
    let within = async |actor, filter: &Value| {
        let variables = json!({ "id": shown, "filter": filter });
        let answer = app.gql(actor, spaces, variables).await;
        let mut names = answer.texts("/project/spaces/nodes", "name");
        names.sort();
        names
    };
    for (of, filter) in [
        ("eq", json!({ "eq": hidden })),
        ("in", json!({ "in": [hidden] })),
        ("isNull", json!({ "isNull": false })),
    ] {
        let filter = json!({ "upstreamProjectId": filter });
        assert_eq!(find(tenant.admin, &filter).await, ["Shown"], "{of}");
        assert_eq!(find(one, &filter).await, [""; 0], "{of}");
        let not = json!({ "not": filter });
        assert_eq!(find(tenant.admin, &not).await, ["Hidden"], "{of}");
        assert_eq!(find(one, &not).await, ["Shown"], "{of}");
    }
    for (of, filter) in [
        ("eq", json!({ "eq": parent })),
        ("isNull", json!({ "isNull": false })),
    ] {
        let filter = json!({ "parentId": filter });
        assert_eq!(within(tenant.admin, &filter).await, ["Child"], "{of}");
        assert_eq!(within(one, &filter).await, [""; 0], "{of}");
    }
    let top = json!({ "parentId": { "isNull": true } });
    assert_eq!(within(tenant.admin, &top).await, ["Parent"]);
    assert_eq!(within(one, &top).await, ["Child"]);
    // The name of who changed it is one that a colleague may see.
    let by = json!({ "updatedBy": { "contains": "admin" } });
    assert_eq!(find(tenant.admin, &by).await.len(), 2);
    let by = json!({ "updatedBy": { "isNull": true } });
    assert_eq!(find(tenant.admin, &by).await, [""; 0]);
}

#[tokio::test]
async fn moments_beyond_the_calendar_are_refused() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let list =
        "query ($at: DateTime!) { users(filter: { createdAt: { gt: $at } }) { totalCount } }";
    for at in ["-5000-01-01T00:00:00Z", "+12000-01-01T00:00:00Z"] {
        let answer = app.gql(tenant.admin, list, json!({ "at": at })).await;
        assert_eq!(answer.code(), "INVALID", "{at}: {:#}", answer.body);
    }
    let update = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { userErrors { code path } } }";
    for at in ["-5000-01-01T00:00:00Z", "9999-01-01T00:00:00Z"] {
        let input = json!({ "user": { "id": id_of(tenant.admin) }, "lastLoginAt": at });
        let answer = run(&app, tenant.admin, update, input).await;
        assert_eq!(answer.user_errors("updateUser"), ["INVALID lastLoginAt"]);
    }
}

#[tokio::test]
async fn pages_go_on_behind_those_who_never_signed_in() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    for n in 0..4 {
        tenant.user(&app, &format!("user-{n}"), "member").await;
    }
    let list = "query ($after: String) { users(first: 2, after: $after, orderBy: [{ field: LAST_LOGIN_AT }]) { \
        nodes { username } pageInfo { hasNextPage endCursor } } }";
    let mut found = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = app.gql(tenant.admin, list, json!({ "after": after })).await;
        found.extend(answer.texts("/users/nodes", "username"));
        if *answer.at("/users/pageInfo/hasNextPage") == json!(false) {
            break;
        }
        after = answer.at("/users/pageInfo/endCursor").clone();
    }
    found.sort();
    assert_eq!(
        found,
        ["admin-of-acme", "user-0", "user-1", "user-2", "user-3"]
    );
}

#[tokio::test]
async fn nested_lists_cost_the_same_for_one_and_for_many() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let query = "query ($scope: ID!, $first: Int) { users(first: $first) { nodes { username isLocked organization { name } \
        permissions(scopeId: $scope) memberships(first: 2) { nodes { role { key } } } groups(first: 2) { nodes { name } } \
        roles(first: 2) { nodes { key } } tenantRoles(first: 2) { nodes { key } } accessGrants(first: 2) { nodes { role { key } } } } } }";
    for n in 0..8 {
        tenant.user(&app, &format!("user-{n}"), "viewer").await;
    }
    let ask = async |first: i32| {
        app.gql(
            tenant.admin,
            query,
            json!({ "scope": tenant.id.to_string(), "first": first }),
        )
        .await
    };
    let (two, nine) = (ask(2).await, ask(9).await);
    assert_eq!(nine.at("/users/nodes").as_array().unwrap().len(), 9);
    assert_eq!(
        nine.at("/users/nodes/3/roles/nodes"),
        &json!([{ "key": "viewer" }])
    );
    assert!(
        nine.at("/users/nodes/3/permissions")
            .as_array()
            .unwrap()
            .contains(&json!("CHART_VIEW"))
    );
    assert_eq!(two.statements, nine.statements);
    assert!(nine.statements <= 12, "{} statements", nine.statements);
}
