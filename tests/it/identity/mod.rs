//! Accounts: making, changing, deleting and finding them.

mod changing;
mod creating;
mod finding;
mod rights;

use crate::support::{Actor, Answer, Tenant, TestApp};
use chartroom::db::sql;
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const PASSWORD: &str = "gravel lantern ninety";

const CREATE: &str = "mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id kind username fullName email status \
    organization { id } memberships { nodes { role { key } organization { id } } } groups { nodes { name } } roles { nodes { key scope } } \
    tenantRoles { nodes { key } } } userErrors { code message path } } }";

const UPDATE: &str = "mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id username fullName email firstName status locale \
    groups { nodes { name } } roles { nodes { key scope } } } userErrors { code message path } } }";

const DELETE: &str = "mutation ($input: DeleteUsersInput!) { deleteUsers(input: $input) { deletedIds userErrors { code message path } } }";

const SET_PASSWORD: &str = "mutation ($input: SetUserPasswordInput!) { setUserPassword(input: $input) { user { id } userErrors { code message path } } }";

const UNLOCK: &str = "mutation ($input: UnlockUsersInput!) { unlockUsers(input: $input) { users { id } userErrors { code message path } } }";

const SIGN_IN: &str =
    "mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code path } } }";

const ABSENT: &str = "user_01h455vb4pex5vsknk084sn02q";

async fn run(app: &TestApp, actor: Actor, query: &str, input: Value) -> Answer {
    app.gql(actor, query, json!({ "input": input })).await
}

fn id_of(actor: Actor) -> String {
    let Actor::User(user, _) = actor else {
        panic!("a user")
    };
    user.to_string()
}

async fn texts(app: &TestApp, text: &'static str) -> Vec<String> {
    let conn = app.conn().await;
    sql(text, [])
        .statement::<st::Text>()
        .load(&mut &*conn)
        .await
        .expect("the query runs")
}

/// Everything about accounts that a refused change must not touch.
async fn state(app: &TestApp) -> Vec<String> {
    texts(app, "SELECT u::text FROM users u UNION ALL SELECT c::text FROM password_credentials c UNION ALL SELECT g::text FROM access_grants g \
        UNION ALL SELECT a::text FROM role_assignments a UNION ALL SELECT m::text FROM group_members m ORDER BY 1").await
}

async fn custom_role(app: &TestApp, tenant: &Tenant, key: &str, permissions: &[&str]) {
    let query = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } userErrors { code path } } }";
    let input = json!({ "name": key, "key": key, "scope": "ORGANIZATION", "organizationId": tenant.id.to_string(),
        "isActive": true, "permissions": permissions });
    run(app, tenant.admin, query, input)
        .await
        .done("createRole");
}

/// A member who may do anything with accounts and groups, and nothing else.
async fn clerk(app: &TestApp, tenant: &Tenant) -> Actor {
    let permissions = [
        "API_KEY_USE",
        "ORGANIZATION_VIEW",
        "MEMBER_VIEW",
        "USER_VIEW",
        "USER_CREATE",
        "USER_EDIT",
        "USER_DELETE",
        "GROUP_VIEW",
        "GROUP_EDIT",
        "ROLE_VIEW",
    ];
    custom_role(app, tenant, "clerk", &permissions).await;
    tenant.user(app, "clerk", "clerk").await
}

async fn group(app: &TestApp, tenant: &Tenant, name: &str) -> String {
    let query = "mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } userErrors { code path } } }";
    let answer = run(app, tenant.admin, query, json!({ "name": name })).await;
    answer.done("createGroup");
    answer.text("/createGroup/group/id")
}
