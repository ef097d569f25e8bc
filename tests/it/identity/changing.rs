//! Changing and deleting accounts.

use super::{ABSENT, CREATE, DELETE, PASSWORD, SIGN_IN, UPDATE, group, id_of, run, texts};
use crate::support::{Actor, Tenant, TestApp};
use serde_json::{Value, json};

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
