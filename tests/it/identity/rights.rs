//! Who may do what to whose account.

use super::{
    ABSENT, CREATE, DELETE, PASSWORD, SET_PASSWORD, SIGN_IN, UNLOCK, UPDATE, clerk, group, id_of,
    run, state,
};
use crate::support::{Actor, Tenant, TestApp};
use serde_json::json;

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
