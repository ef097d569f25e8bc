//! New accounts.

use super::{CREATE, DELETE, PASSWORD, SIGN_IN, group, run, state, texts};
use crate::support::{Actor, Tenant, TestApp};
use serde_json::json;

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
