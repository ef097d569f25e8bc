//! Passwords, the login form, the first administrator.

use super::{PASSWORD, WHO, change, is_refused, member, sign_in, texts, token_of, with_token};
use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    authz::Origin,
    domains::identity::{
        authentication::{
            Administrator, SetupError, complete_setup, create_administrator, setup_code,
        },
        password::{Cost, Passwords},
    },
    kernel::{Clock as _, SystemClock},
};
use serde_json::json;

const CHANGE: &str = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { viewer { user { passwordChangedAt } } userErrors { code path } } }";

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    let (one, two) = (token_of(&app, "ada").await, token_of(&app, "ada").await);
    let input = |old: &str, new: &str, again: &str| json!({ "input": { "oldPassword": old, "newPassword": new, "newPasswordConfirm": again } });
    let good = "velvet otter marching";
    for (old, new, again, errors) in [
        (
            "wrong guess here",
            good,
            good,
            vec!["PASSWORD_INCORRECT oldPassword"],
        ),
        (
            PASSWORD,
            good,
            "velvet otter",
            vec!["PASSWORD_MISMATCH newPasswordConfirm"],
        ),
        (PASSWORD, PASSWORD, PASSWORD, vec!["INVALID newPassword"]),
        (
            PASSWORD,
            "short",
            "short",
            vec!["PASSWORD_TOO_WEAK newPassword"],
        ),
        (
            PASSWORD,
            "password12345",
            "password12345",
            vec!["PASSWORD_TOO_WEAK newPassword"],
        ),
        (
            PASSWORD,
            "acme-ada-2026!",
            "acme-ada-2026!",
            vec!["PASSWORD_TOO_WEAK newPassword"],
        ),
    ] {
        let answer = with_token(&app, &one, CHANGE, input(old, new, again)).await;
        assert_eq!(answer.user_errors("changePassword"), errors, "{new}");
    }
    let anonymous = app
        .gql(Actor::Anonymous, CHANGE, input(PASSWORD, good, good))
        .await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
    with_token(&app, &two, WHO, json!({})).await.data();
    with_token(&app, &one, CHANGE, input(PASSWORD, good, good))
        .await
        .done("changePassword");
    assert!(
        is_refused(&with_token(&app, &two, WHO, json!({})).await),
        "other sessions end"
    );
    with_token(&app, &one, WHO, json!({})).await.data();
    assert_eq!(
        sign_in(&app, "ada", PASSWORD).await.user_errors("signIn"),
        ["CREDENTIALS_INVALID "]
    );
    sign_in(&app, "ada", good).await.done("signIn");

    for _ in 0..10 {
        with_token(
            &app,
            &one,
            CHANGE,
            input("wrong guess here", PASSWORD, PASSWORD),
        )
        .await;
    }
    let answer = with_token(&app, &one, CHANGE, input(good, PASSWORD, PASSWORD)).await;
    assert_eq!(
        answer.user_errors("changePassword"),
        ["TOO_MANY_ATTEMPTS oldPassword"],
        "a stolen session finds no password"
    );
}

#[tokio::test]
async fn the_login_form_hears_the_same_of_every_address() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    let query = "query ($email: String) { loginOptions(email: $email) { methods forceRedirect redirectUrl } viewer { user { id } } }";
    let known = app
        .gql(
            Actor::Anonymous,
            query,
            json!({ "email": "ada@example.test" }),
        )
        .await;
    assert_eq!(known.at("/loginOptions/methods"), &json!(["EMAIL"]));
    assert!(known.at("/viewer").is_null());
    assert_eq!(
        known.body,
        app.gql(Actor::Anonymous, query, json!({ "email": "x" }))
            .await
            .body
    );
}

fn administrator(password: &str) -> Administrator<'_> {
    Administrator {
        organization: "First",
        username: "root-of-all",
        email: Some("root@example.test"),
        password,
        is_system_administrator: true,
    }
}

#[tokio::test]
async fn the_first_administrator_comes_by_a_code_that_works_once() {
    let app = TestApp::start().await;
    let passwords = Passwords::new(Cost::TEST);
    let (now, origin) = (SystemClock.now(), Origin::default());
    let old = setup_code(&app.db, now).await.unwrap().expect("a code");
    let code = setup_code(&app.db, now)
        .await
        .unwrap()
        .expect("another code");
    let complete = async |code: &str, now, password: &str| {
        complete_setup(
            &app.db,
            &passwords,
            now,
            (code, &origin),
            &administrator(password),
        )
        .await
    };
    let late = now + chrono::TimeDelta::minutes(15);
    assert!(
        matches!(complete(&old, now, PASSWORD).await, Err(SetupError::Code)),
        "a newer one replaced it"
    );
    assert!(matches!(
        complete("", now, PASSWORD).await,
        Err(SetupError::Code)
    ));
    assert!(
        matches!(complete(&code, late, PASSWORD).await, Err(SetupError::Code)),
        "too late"
    );
    assert!(matches!(
        complete(&code, now, "root-of-all-1").await,
        Err(SetupError::Field {
            field: "password",
            ..
        })
    ));
    assert!(texts(&app, "SELECT username FROM users").await.is_empty());
    let dump = texts(&app, "SELECT i::text FROM installation i").await;
    assert!(!dump[0].contains(&code));

    complete(&code.to_lowercase(), now, PASSWORD)
        .await
        .expect("an administrator");
    assert!(matches!(
        complete(&code, now, PASSWORD).await,
        Err(SetupError::Closed)
    ));
    let answer = sign_in(&app, "root@example.test", PASSWORD).await;
    assert!(
        answer
            .at("/signIn/viewer/permissions")
            .as_array()
            .unwrap()
            .contains(&json!("SYSTEM_CREATE"))
    );
    change(&app, "DELETE FROM users", vec![]).await;
    assert_eq!(
        setup_code(&app.db, now).await.unwrap(),
        None,
        "gone for ever"
    );

    let made = create_administrator(&app.db, &passwords, now, &administrator(PASSWORD)).await;
    made.expect("the command line can make one");
    let taken = create_administrator(&app.db, &passwords, now, &administrator(PASSWORD)).await;
    assert!(matches!(
        taken,
        Err(SetupError::Field {
            field: "username",
            ..
        })
    ));
    assert_eq!(
        texts(&app, "SELECT name FROM organizations").await,
        ["First"]
    );
}
