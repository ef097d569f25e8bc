//! Users: who sees them, who changes them, and what nobody can do by changing them.

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

#[tokio::test]
async fn an_admin_creates_an_account_that_works() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    group(&app, &tenant, "Night Shift").await;
    let input = json!({ "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "password": PASSWORD,
        "roles": [{ "key": "editor" }], "groups": [{ "key": "night-shift" }], "locale": "en-GB" });
    let answer = run(&app, tenant.admin, CREATE, input).await;
    let made = &answer.done("createUser")["user"];
    assert_eq!(
        (&made["username"], &made["fullName"]),
        (&json!("ada@example.com"), &json!("Ada Lovelace"))
    );
    assert_eq!(
        made["organization"]["id"],
        tenant.id.to_string(),
        "where the caller works"
    );
    assert_eq!(
        made["memberships"]["nodes"],
        json!([{ "role": { "key": "editor" }, "organization": { "id": tenant.id.to_string() } }])
    );
    assert_eq!(
        made["roles"]["nodes"],
        json!([{ "key": "editor", "scope": "ORGANIZATION" }])
    );
    assert_eq!(made["groups"]["nodes"], json!([{ "name": "Night Shift" }]));
    let input = json!({ "login": "ADA@example.com", "password": PASSWORD });
    run(&app, Actor::Anonymous, SIGN_IN, input)
        .await
        .done("signIn");

    let plain = run(&app, tenant.admin, CREATE, json!({ "username": "bob" })).await;
    assert_eq!(
        plain.at("/createUser/user/memberships/nodes/0/role/key"),
        "member"
    );
    let recipient = run(
        &app,
        tenant.admin,
        CREATE,
        json!({ "kind": "RECIPIENT", "email": "reader@example.com" }),
    )
    .await;
    assert_eq!(
        recipient.done("createUser")["user"]["memberships"]["nodes"],
        json!([])
    );
    assert_eq!(
        texts(
            &app,
            "SELECT r.key FROM role_assignments a JOIN roles r ON r.id = a.role_id"
        )
        .await,
        ["hub_user"]
    );
    let input = json!({ "usernames": ["reader@example.com"] });
    run(&app, tenant.admin, DELETE, input)
        .await
        .done("deleteUsers");
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    ours.user(&app, "taken", "member").await;
    let before = state(&app).await;
    let long = "x".repeat(10_000);
    let foreign = theirs.id.to_string();
    for (input, errors) in [
        (json!({}), vec!["REQUIRED username"]),
        (
            json!({ "username": "  ", "email": "not an address" }),
            vec!["INVALID email", "REQUIRED username"],
        ),
        (
            json!({ "username": long, "firstName": "a\u{0}b", "status": "INVITED" }),
            vec!["INVALID username", "INVALID firstName", "INVALID status"],
        ),
        (
            json!({ "username": "TAKEN" }),
            vec!["ALREADY_EXISTS username"],
        ),
        (
            json!({ "username": "taken@EXAMPLE.test" }),
            vec!["ALREADY_EXISTS username"],
        ),
        (
            json!({ "username": "new", "email": "Taken@example.test" }),
            vec!["ALREADY_EXISTS email"],
        ),
        (
            json!({ "username": "new", "password": "short" }),
            vec!["PASSWORD_TOO_WEAK password"],
        ),
        (
            json!({ "username": "new", "password": "x".repeat(129) }),
            vec!["PASSWORD_TOO_WEAK password"],
        ),
        (
            json!({ "username": "new", "password": "ours-new-2026-!" }),
            vec!["PASSWORD_TOO_WEAK password"],
        ),
        (
            json!({ "username": "new", "organizationId": foreign }),
            vec!["NOT_FOUND organizationId"],
        ),
        (
            json!({ "username": "new", "managingOrganizationId": foreign }),
            vec!["NOT_FOUND managingOrganizationId"],
        ),
        (
            json!({ "username": "new", "organizationIds": [foreign] }),
            vec!["NOT_FOUND organizationIds.0"],
        ),
        (
            json!({ "username": "new", "organizationId": "chart_01h455vb4pex5vsknk084sn02q" }),
            vec!["INVALID organizationId"],
        ),
        (
            json!({ "username": "new", "roles": [{ "key": "editor" }, { "key": "viewer" }] }),
            vec!["INVALID roles.1"],
        ),
        (
            json!({ "username": "new", "roles": [{ "key": "no\u{0}where" }] }),
            vec!["NOT_FOUND roles.0"],
        ),
        (
            json!({ "username": "new", "groups": [{ "key": "nowhere" }] }),
            vec!["NOT_FOUND groups.0"],
        ),
        (
            json!({ "username": "new", "kind": "RECIPIENT", "password": PASSWORD, "roles": [{ "key": "viewer" }] }),
            vec!["INVALID roles", "INVALID password"],
        ),
    ] {
        let answer = run(&app, ours.admin, CREATE, input.clone()).await;
        assert_eq!(answer.user_errors("createUser"), errors, "{input:.200}");
    }
    let editor = ours.user(&app, "editor", "editor").await;
    assert_eq!(
        run(&app, editor, CREATE, json!({ "username": "new" }))
            .await
            .user_errors("createUser"),
        ["FORBIDDEN organizationId"]
    );
    assert_eq!(
        run(&app, Actor::Anonymous, CREATE, json!({ "username": "new" }))
            .await
            .code(),
        "UNAUTHENTICATED"
    );
    assert_eq!(
        state(&app).await.len(),
        before.len() + 2,
        "only the editor and their grant came to be"
    );
}

#[tokio::test]
async fn nobody_hands_out_what_they_lack() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let clerk = clerk(&app, &tenant).await;
    let admins = group(&app, &tenant, "Admins").await;
    let grant = "mutation ($input: GrantAccessInput!) { grantAccess(input: $input) { userErrors { code path } } }";
    let input = json!({ "scopeId": tenant.id.to_string(), "principal": { "group": { "id": admins } }, "role": { "key": "admin" } });
    run(&app, tenant.admin, grant, input)
        .await
        .done("grantAccess");
    run(&app, clerk, CREATE, json!({ "username": "newcomer" }))
        .await
        .done("createUser");
    let target = tenant.actor(&app, "newcomer").await;
    let before = state(&app).await;
    for (rest, error) in [
        (
            json!({ "roles": [{ "key": "admin" }] }),
            "FORBIDDEN roles.0",
        ),
        (
            json!({ "roles": [{ "key": "viewer" }] }),
            "FORBIDDEN roles.0",
        ),
        (
            json!({ "roles": [{ "key": "system_admin" }] }),
            "FORBIDDEN roles.0",
        ),
        (
            json!({ "roles": [{ "key": "hub_user" }] }),
            "FORBIDDEN roles.0",
        ),
        (json!({ "groups": [{ "id": admins }] }), "FORBIDDEN groups"),
    ] {
        let mut input = rest.clone();
        input["username"] = json!("another");
        assert_eq!(
            run(&app, clerk, CREATE, input)
                .await
                .user_errors("createUser"),
            [error],
            "create {rest}"
        );
        let mut input = rest.clone();
        input["user"] = json!({ "id": id_of(target) });
        assert_eq!(
            run(&app, clerk, UPDATE, input)
                .await
                .user_errors("updateUser"),
            [error],
            "update {rest}"
        );
        let mut input = rest.clone();
        input["user"] = json!({ "id": id_of(clerk) });
        assert_eq!(
            run(&app, clerk, UPDATE, input)
                .await
                .user_errors("updateUser"),
            [error],
            "oneself {rest}"
        );
    }
    assert_eq!(state(&app).await, before);
    let admin = run(
        &app,
        tenant.admin,
        CREATE,
        json!({ "username": "x", "roles": [{ "key": "system_admin" }] }),
    )
    .await;
    assert_eq!(
        admin.user_errors("createUser"),
        ["FORBIDDEN roles.0"],
        "an organization's admin is none of the installation"
    );
}

#[tokio::test]
async fn nobody_takes_over_an_account_that_can_do_more() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let clerk = clerk(&app, &tenant).await;
    let former = tenant.user(&app, "former", "admin").await;
    let input = json!({ "user": { "id": id_of(former) }, "status": "INACTIVE" });
    run(&app, tenant.admin, UPDATE, input)
        .await
        .done("updateUser");
    let before = state(&app).await;
    // The former admin is switched off, but would be an admin again once switched on.
    for target in [tenant.admin, former] {
        let id = id_of(target);
        for (mutation, query, input, path) in [
            (
                "setUserPassword",
                SET_PASSWORD,
                json!({ "userId": id, "newPassword": PASSWORD }),
                "userId",
            ),
            (
                "updateUser",
                UPDATE,
                json!({ "user": { "id": id }, "password": PASSWORD }),
                "user",
            ),
            (
                "updateUser",
                UPDATE,
                json!({ "user": { "id": id }, "email": "clerk@evil.example" }),
                "user",
            ),
            (
                "updateUser",
                UPDATE,
                json!({ "user": { "id": id }, "status": "INACTIVE" }),
                "user",
            ),
            (
                "updateUser",
                UPDATE,
                json!({ "user": { "id": id }, "status": "ACTIVE" }),
                "user",
            ),
            ("deleteUsers", DELETE, json!({ "ids": [id] }), "ids.0"),
        ] {
            let answer = run(&app, clerk, query, input).await;
            assert_eq!(
                answer.user_errors(mutation),
                [format!("FORBIDDEN {path}")],
                "{mutation}"
            );
        }
    }
    assert_eq!(state(&app).await, before);
    let own = json!({ "userId": id_of(clerk), "newPassword": PASSWORD });
    assert_eq!(
        run(&app, clerk, SET_PASSWORD, own)
            .await
            .user_errors("setUserPassword"),
        ["INVALID userId"],
        "one's own password asks for the present one"
    );
    let lesser = tenant.user(&app, "lesser", "member").await;
    run(
        &app,
        clerk,
        SET_PASSWORD,
        json!({ "userId": id_of(lesser), "newPassword": PASSWORD }),
    )
    .await
    .done("setUserPassword");
    run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        json!({ "login": "lesser", "password": PASSWORD }),
    )
    .await
    .done("signIn");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let me = id_of(tenant.admin);
    let delete = "mutation { deleteViewer { deletedId userErrors { code path } } }";
    let off = json!({ "user": { "id": me }, "status": "INACTIVE" });
    let lower = json!({ "user": { "id": me }, "roles": [{ "key": "editor" }] });
    let before = state(&app).await;
    assert_eq!(
        run(&app, tenant.admin, UPDATE, off.clone())
            .await
            .user_errors("updateUser"),
        ["LAST_ADMIN user"]
    );
    assert_eq!(
        run(&app, tenant.admin, UPDATE, lower)
            .await
            .user_errors("updateUser"),
        ["LAST_ADMIN user"]
    );
    assert_eq!(
        app.ask(tenant.admin, delete)
            .await
            .user_errors("deleteViewer"),
        ["LAST_ADMIN "]
    );
    assert_eq!(state(&app).await, before);
    let second = tenant.user(&app, "second", "admin").await;
    run(&app, second, UPDATE, off).await.done("updateUser");
    assert_eq!(
        run(&app, second, DELETE, json!({ "ids": [me] }))
            .await
            .done("deleteUsers")["deletedIds"],
        json!([me])
    );
    assert_eq!(
        run(&app, second, DELETE, json!({ "ids": [id_of(second)] }))
            .await
            .user_errors("deleteUsers"),
        ["INVALID ids.0"]
    );
    assert_eq!(
        app.ask(second, delete).await.user_errors("deleteViewer"),
        ["LAST_ADMIN "]
    );
    let member = tenant.user(&app, "member", "member").await;
    assert_eq!(
        app.ask(member, delete).await.done("deleteViewer")["deletedId"],
        id_of(member)
    );
    assert_eq!(
        app.ask(member, "{ viewer { user { id } } }").await.code(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn accounts_of_another_tenant_answer_like_absent_ones() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let foreign = id_of(theirs.user(&app, "foreign", "member").await);
    let before = state(&app).await;
    let inputs = |id: &str| {
        [
            (
                "updateUser",
                UPDATE,
                json!({ "user": { "id": id }, "fullName": "Mine" }),
            ),
            ("deleteUsers", DELETE, json!({ "ids": [id] })),
            (
                "setUserPassword",
                SET_PASSWORD,
                json!({ "userId": id, "newPassword": PASSWORD }),
            ),
            ("unlockUsers", UNLOCK, json!({ "ids": [id] })),
        ]
    };
    for ((mutation, query, input), (_, _, absent)) in
        inputs(&foreign).into_iter().zip(inputs(ABSENT))
    {
        let answer = run(&app, ours.admin, query, input).await;
        assert!(
            answer.user_errors(mutation)[0].starts_with("NOT_FOUND "),
            "{mutation}"
        );
        assert_eq!(
            answer.body,
            run(&app, ours.admin, query, absent).await.body,
            "{mutation}"
        );
    }
    assert_eq!(state(&app).await, before);
    for by in [
        json!({ "id": foreign }),
        json!({ "username": "foreign" }),
        json!({ "email": "foreign@example.test" }),
        json!({ "externalId": "x\u{0}" }),
    ] {
        let answer = app
            .gql(
                ours.admin,
                "query ($by: UserRef!) { user(by: $by) { id } }",
                json!({ "by": by }),
            )
            .await;
        assert!(answer.at("/user").is_null(), "{by}");
    }
    let list = app
        .ask(ours.admin, "{ users { totalCount nodes { username } } }")
        .await;
    assert_eq!(list.texts("/users/nodes", "username"), ["admin-of-ours"]);
    assert_eq!(list.at("/users/totalCount"), 1);
    assert_eq!(
        app.ask(Actor::Anonymous, "{ users { totalCount } }")
            .await
            .code(),
        "UNAUTHENTICATED"
    );
}

#[tokio::test]
async fn an_account_is_changed_field_by_field() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    for name in ["One", "Two"] {
        group(&app, &tenant, name).await;
    }
    let input = json!({ "username": "ada", "firstName": "Ada", "email": "ada@example.com", "locale": "en", "password": PASSWORD,
        "groups": [{ "key": "one" }], "roles": [{ "key": "viewer" }] });
    let id = run(&app, tenant.admin, CREATE, input)
        .await
        .text("/createUser/user/id");
    let token = run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        json!({ "login": "ada", "password": PASSWORD }),
    )
    .await;
    token.done("signIn");
    let sessions = "SELECT s.id::text FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.username = 'ada'";
    assert_eq!(texts(&app, sessions).await.len(), 1);
    let input = json!({ "user": { "username": "ADA" }, "firstName": null, "fullName": " Countess ", "locale": "de-CH",
        "groups": [{ "key": "two" }], "roles": [{ "key": "editor" }] });
    let answer = run(&app, tenant.admin, UPDATE, input).await;
    let changed = &answer.done("updateUser")["user"];
    assert_eq!(changed["fullName"], "Countess");
    assert_eq!(
        (&changed["firstName"], &changed["locale"]),
        (&Value::Null, &json!("de-CH"))
    );
    assert_eq!(
        changed["email"], "ada@example.com",
        "a field left out stays"
    );
    assert_eq!(changed["groups"]["nodes"], json!([{ "name": "Two" }]));
    assert_eq!(
        changed["roles"]["nodes"],
        json!([{ "key": "editor", "scope": "ORGANIZATION" }])
    );
    assert_eq!(
        texts(&app, sessions).await.len(),
        1,
        "a new name ends no session"
    );
    run(
        &app,
        tenant.admin,
        UPDATE,
        json!({ "user": { "id": id }, "status": "INACTIVE" }),
    )
    .await
    .done("updateUser");
    assert!(
        texts(&app, sessions).await.is_empty(),
        "switching off ends them"
    );
    let back =
        json!({ "user": { "id": id }, "status": "ACTIVE", "password": "velvet otter marching" });
    run(&app, tenant.admin, UPDATE, back)
        .await
        .done("updateUser");
    let old = run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        json!({ "login": "ada", "password": PASSWORD }),
    )
    .await;
    assert_eq!(old.user_errors("signIn"), ["CREDENTIALS_INVALID "]);

    let own = "mutation ($input: UpdateViewerInput!) { updateViewer(input: $input) { viewer { user { fullName mobile isMarketingOptedIn } } userErrors { code path } } }";
    let ada = tenant.actor(&app, "ada").await;
    let answer = run(
        &app,
        ada,
        own,
        json!({ "mobile": "+41 1", "isMarketingOptedIn": true }),
    )
    .await;
    assert_eq!(
        answer.done("updateViewer")["viewer"]["user"],
        json!({ "fullName": "Countess", "mobile": "+41 1", "isMarketingOptedIn": true })
    );
    let answer = run(
        &app,
        ada,
        own,
        json!({ "fullName": "\u{7}", "mobile": "x".repeat(256) }),
    )
    .await;
    assert_eq!(
        answer.user_errors("updateViewer"),
        ["INVALID fullName", "INVALID mobile"]
    );
}

#[tokio::test]
async fn deleting_is_all_or_nothing() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let (one, two) = (
        tenant.user(&app, "one", "member").await,
        tenant.user(&app, "two", "member").await,
    );
    let mixed = json!({ "ids": [id_of(one), ABSENT], "usernames": ["two"] });
    assert_eq!(
        run(&app, tenant.admin, DELETE, mixed)
            .await
            .user_errors("deleteUsers"),
        ["NOT_FOUND ids.1"]
    );
    assert_eq!(
        run(&app, tenant.admin, DELETE, json!({}))
            .await
            .user_errors("deleteUsers"),
        ["REQUIRED ids"]
    );
    assert_eq!(
        texts(&app, "SELECT username FROM users ORDER BY 1").await,
        ["admin-of-acme", "one", "two"]
    );
    let both = json!({ "ids": [id_of(one)], "usernames": ["TWO", "one"] });
    let answer = run(&app, tenant.admin, DELETE, both).await;
    assert_eq!(
        answer.done("deleteUsers")["deletedIds"],
        json!([id_of(one), id_of(two)])
    );
    assert_eq!(
        texts(&app, "SELECT username FROM users").await,
        ["admin-of-acme"]
    );
    let many: Vec<_> = (0..101).map(|_| ABSENT).collect();
    assert_eq!(
        run(&app, tenant.admin, DELETE, json!({ "ids": many }))
            .await
            .user_errors("deleteUsers"),
        ["LIMIT_EXCEEDED ids"]
    );
}

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

#[tokio::test]
async fn what_others_may_do_on_the_installation_is_not_told() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let member = tenant.user(&app, "member", "member").await;
    let query = "query ($id: ID!) { user(by: { id: $id }) { permissions } }";
    let other = app
        .gql(member, query, json!({ "id": id_of(tenant.admin) }))
        .await;
    assert_eq!(other.code(), "FORBIDDEN");
    let own = app.gql(member, query, json!({ "id": id_of(member) })).await;
    assert_eq!(own.at("/user/permissions"), &json!([]));
    let viewer = "query ($scope: ID) { viewer { permissions(scopeId: $scope) shareableRoles { nodes { key scope } } memberships { nodes { organization { id } } } } }";
    let answer = app
        .gql(member, viewer, json!({ "scope": tenant.id.to_string() }))
        .await;
    assert_eq!(
        answer.at("/viewer/permissions"),
        &json!(["API_KEY_USE", "ORGANIZATION_VIEW", "MEMBER_VIEW"])
    );
    assert_eq!(
        answer.at("/viewer/shareableRoles/nodes"),
        &json!([{ "key": "member", "scope": "ORGANIZATION" }])
    );
    assert_eq!(
        answer.at("/viewer/memberships/nodes"),
        &json!([{ "organization": { "id": tenant.id.to_string() } }])
    );
    for scope in [
        "organization_01h455vb4pex5vsknk084sn02q",
        "chart_01h455vb4pex5vsknk084sn02q",
    ] {
        let answer = app.gql(member, viewer, json!({ "scope": scope })).await;
        assert!(["NOT_FOUND", "INVALID"].contains(&answer.code()), "{scope}");
    }
}
