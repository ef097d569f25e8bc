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
