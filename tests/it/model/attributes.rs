//! Attributes of users, as administrators keep them.

use crate::support::{Actor, Tenant, TestApp};
use serde_json::json;

const CREATE: &str = "mutation ($input: CreateUserAttributeInput!) { createUserAttribute(input: $input) { \
    userAttribute { id name defaultValue users { user { username } value } groups { group { key } value } } userErrors { code path message } } }";

#[tokio::test]
async fn attributes_have_values_for_users_and_groups() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let user = tenant.user(&app, "u", "member").await;
    let Actor::User(id, _) = user else {
        panic!("a user")
    };
    let group = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } userErrors { code path message } } }";
    let input = json!({ "name": "North", "organizationId": tenant.id.to_string() });
    let group = app
        .gql(tenant.admin, group, json!({ "input": input }))
        .await;
    let group = group.text("/createGroup/group/id");
    let input = json!({
        "organizationId": tenant.id.to_string(), "name": "region", "defaultValue": "none",
        "users": [{ "user": { "username": "u" }, "value": "north" }, { "user": { "id": id.to_string() }, "value": "south" }],
        "groups": [{ "group": { "id": group }, "value": "north" }],
    });
    let made = app
        .gql(tenant.admin, CREATE, json!({ "input": input.clone() }))
        .await;
    made.done("createUserAttribute");
    let users = made.texts("/createUserAttribute/userAttribute/users", "value");
    assert_eq!(users, ["north", "south"]);
    let twice = app
        .gql(tenant.admin, CREATE, json!({ "input": input }))
        .await;
    assert_eq!(
        twice.text("/createUserAttribute/userErrors/0/code"),
        "ALREADY_EXISTS"
    );
    let wrong = json!({ "organizationId": tenant.id.to_string(), "name": "a-b", "users": [], "groups": [] });
    let wrong = app
        .gql(tenant.admin, CREATE, json!({ "input": wrong }))
        .await;
    assert_eq!(
        wrong.at("/createUserAttribute/userErrors/0/path"),
        &json!(["name"])
    );
    let list = "query ($id: ID!, $user: ID!) { organization(id: $id) { userAttributes { totalCount nodes { name } } } \
        user(by: { id: $user }) { attributes { attribute { name } values } } }";
    let variables = json!({ "id": tenant.id.to_string(), "user": id.to_string() });
    let seen = app.gql(tenant.admin, list, variables.clone()).await;
    assert_eq!(seen.at("/organization/userAttributes/totalCount"), 1);
    assert_eq!(
        seen.at("/user/attributes"),
        &json!([{ "attribute": { "name": "region" }, "values": ["north", "south"] }])
    );
    let seen = app.gql(user, list, variables.clone()).await;
    assert_eq!(seen.at("/organization/userAttributes/totalCount"), 0);
    assert_eq!(seen.at("/user/attributes"), &json!([]));
    let attribute = made.text("/createUserAttribute/userAttribute/id");
    let update = "mutation ($input: UpdateUserAttributeInput!) { updateUserAttribute(input: $input) { \
        userAttribute { defaultValue users { value } } userErrors { code path message } } }";
    let input = json!({ "id": attribute, "name": "region", "defaultValue": null, "users": [], "groups": [] });
    let changed = app
        .gql(tenant.admin, update, json!({ "input": input }))
        .await;
    assert_eq!(
        changed.at("/updateUserAttribute/userAttribute"),
        &json!({ "defaultValue": null, "users": [] })
    );
    let seen = app.gql(tenant.admin, list, variables).await;
    assert_eq!(seen.at("/user/attributes"), &json!([]));
    let delete = "mutation ($input: DeleteUserAttributesInput!) { deleteUserAttributes(input: $input) { deletedIds userErrors { code path message } } }";
    let other = Tenant::create(&app, "b").await;
    let refused = app
        .gql(
            other.admin,
            delete,
            json!({ "input": { "ids": [attribute] } }),
        )
        .await;
    assert_eq!(
        refused.text("/deleteUserAttributes/userErrors/0/code"),
        "NOT_FOUND"
    );
    app.gql(
        tenant.admin,
        delete,
        json!({ "input": { "ids": [attribute] } }),
    )
    .await
    .done("deleteUserAttributes");
}
