//! Opening a session with a password, and what stops guessing.

use super::{
    PASSWORD, SIGN_IN, SIGN_OUT, WHO, change, is_refused, member, run, sign_in, texts, token_of,
    with_token,
};
use crate::support::{Actor, Tenant, TestApp};
use axum::http::{Request, header};
use chartroom::http::Peer;
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test]
async fn signing_in_opens_a_session_and_signing_out_ends_it() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "editor").await;
    for login in ["ada", " ADA ", "Ada@Example.test"] {
        let answer = sign_in(&app, login, PASSWORD).await;
        let made = answer.done("signIn").clone();
        assert_eq!(made["viewer"]["user"]["username"], "ada", "{login}");
        assert_eq!(made["viewer"]["session"]["id"], made["session"]["id"]);
        assert_eq!(made["viewer"]["organization"]["id"], tenant.id.to_string());
    }
    let answer = sign_in(&app, "ada", PASSWORD).await;
    let token = answer.text("/signIn/token");
    assert_eq!(
        answer
            .at("/signIn/viewer/sessions/nodes")
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert!(token.starts_with("crs_"));
    assert_eq!(
        with_token(&app, &token, WHO, json!({}))
            .await
            .text("/viewer/user/username"),
        "ada"
    );

    let dump = texts(
        &app,
        "SELECT s::text FROM sessions s UNION ALL SELECT u::text FROM users u \
         UNION ALL SELECT e::text FROM audit_events e UNION ALL SELECT f::text FROM sign_in_failures f",
    )
    .await;
    assert!(
        !dump
            .iter()
            .any(|row| row.contains(&token) || row.contains(PASSWORD))
    );

    let out = with_token(&app, &token, SIGN_OUT, json!({})).await;
    assert_eq!(
        out.done("signOut")["deletedId"],
        *answer.at("/signIn/session/id")
    );
    assert!(is_refused(&with_token(&app, &token, WHO, json!({})).await));
    let audit = texts(
        &app,
        "SELECT action || ' ' || outcome FROM audit_events ORDER BY at, id",
    )
    .await;
    assert_eq!(
        audit,
        ["signIn SUCCEEDED"; 4]
            .into_iter()
            .chain(["signOut SUCCEEDED"])
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn nobody_learns_which_accounts_exist() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    member(&app, &tenant, "off", "member").await;
    tenant.user(&app, "no-password", "member").await;
    change(
        &app,
        "UPDATE users SET status = 'INACTIVE' WHERE username = 'off'",
        vec![],
    )
    .await;
    let known = sign_in(&app, "ada", "gravel lantern sixty").await;
    assert_eq!(known.user_errors("signIn"), ["CREDENTIALS_INVALID "]);
    let long = "x".repeat(100_000);
    for (login, password) in [
        ("nobody", PASSWORD),
        ("off", PASSWORD),
        ("no-password", PASSWORD),
        ("", PASSWORD),
        ("ada", ""),
        ("ada\u{0}", PASSWORD),
        (&*long, PASSWORD),
        ("ada", &*long),
        ("' OR true --", PASSWORD),
    ] {
        assert_eq!(
            sign_in(&app, login, password).await.body,
            known.body,
            "{login:.20}"
        );
    }
    let denied = texts(&app, "SELECT coalesce(u.username, 'unknown') FROM audit_events e LEFT JOIN users u ON u.id = e.actor_id \
        WHERE e.action = 'signIn' AND e.outcome = 'DENIED' AND e.target_id IS NULL ORDER BY 1").await;
    assert_eq!(denied.len(), 10);
    assert!(
        denied.contains(&"ada".to_owned()),
        "the audit log knows whom it was about"
    );
    let stored = texts(&app, "SELECT account FROM sign_in_failures").await;
    assert!(
        !stored.iter().any(|account| account.contains("OR true")),
        "what people type by mistake is not kept"
    );
}

#[tokio::test]
async fn the_eleventh_guess_is_refused_even_if_it_is_right() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let ada = member(&app, &tenant, "ada", "member").await;
    let before = token_of(&app, "ada").await;
    for n in 0..10 {
        // By either name: both count for the same account.
        let login = if n % 2 == 0 {
            "ada"
        } else {
            "ada@example.test"
        };
        assert_eq!(
            sign_in(&app, login, "wrong guess here")
                .await
                .user_errors("signIn"),
            ["CREDENTIALS_INVALID "]
        );
    }
    let right = sign_in(&app, "ada", PASSWORD).await;
    assert_eq!(right.user_errors("signIn"), ["TOO_MANY_ATTEMPTS "]);
    assert!(right.at("/signIn/token").is_null());
    assert_eq!(
        with_token(&app, &before, WHO, json!({}))
            .await
            .text("/viewer/user/username"),
        "ada",
        "strangers cannot end a session by guessing"
    );
    let Actor::User(id, _) = ada else { panic!() };
    let state = "query ($id: ID!) { user(by: { id: $id }) { isLocked lockedUntil } users(filter: { isLocked: { eq: true } }) { totalCount } }";
    let answer = app
        .gql(tenant.admin, state, json!({ "id": id.to_string() }))
        .await;
    assert_eq!(
        (answer.at("/user/isLocked"), answer.at("/users/totalCount")),
        (&json!(true), &json!(1))
    );

    change(
        &app,
        "UPDATE sign_in_failures SET at = at - interval '15 minutes'",
        vec![],
    )
    .await;
    sign_in(&app, "ada", PASSWORD).await.done("signIn");
    let answer = app
        .gql(tenant.admin, state, json!({ "id": id.to_string() }))
        .await;
    assert_eq!(
        answer.at("/user/isLocked"),
        false,
        "a right password unlocks"
    );

    for _ in 0..10 {
        sign_in(&app, "ada", "wrong guess here").await;
    }
    let unlock = "mutation ($input: UnlockUsersInput!) { unlockUsers(input: $input) { users { isLocked } userErrors { code path } } }";
    let input = json!({ "ids": [id.to_string()] });
    assert_eq!(
        run(&app, ada, unlock, input.clone())
            .await
            .user_errors("unlockUsers"),
        ["FORBIDDEN ids.0"]
    );
    assert_eq!(
        run(&app, tenant.admin, unlock, input)
            .await
            .done("unlockUsers")["users"],
        json!([{ "isLocked": false }])
    );
    sign_in(&app, "ada", PASSWORD).await.done("signIn");
}

/// Signs in from an address.
async fn sign_in_from(app: &TestApp, address: &str, password: &str) -> Value {
    let input = json!({ "input": { "login": "ada", "password": password } });
    let body = json!({ "query": SIGN_IN, "variables": input }).to_string();
    let request = app
        .request(Actor::Anonymous)
        .await
        .extension(Peer(format!("{address}:4711").parse().unwrap()));
    let reply = app.reply(request, body).await;
    reply.json()["data"]["signIn"]["userErrors"][0]["code"].clone()
}

/// Guesses at many accounts, from one address or at one organization, end too.
#[tokio::test]
async fn guesses_spread_over_accounts_are_counted_together() {
    let of_address = "INSERT INTO sign_in_failures (account, address, at) \
         SELECT 'account ' || n, '192.0.2.1', now() - interval '30 minutes' \
         FROM generate_series(1, 98) AS n";
    let of_organization = "INSERT INTO sign_in_failures (account, organization_id, at) \
         SELECT 'account ' || n, organization_id, now() - interval '30 minutes' \
         FROM generate_series(1, 998) AS n, users WHERE username = 'ada'";
    for failures in [of_address, of_organization] {
        let app = TestApp::start().await;
        let tenant = Tenant::create(&app, "acme").await;
        member(&app, &tenant, "ada", "member").await;
        change(&app, failures, vec![]).await;
        for _ in 0..2 {
            let wrong = sign_in_from(&app, "192.0.2.1", "wrong guess here").await;
            assert_eq!(wrong, "CREDENTIALS_INVALID");
        }
        let right = sign_in_from(&app, "192.0.2.1", PASSWORD).await;
        assert_eq!(right, "TOO_MANY_ATTEMPTS");
        let elsewhere = sign_in_from(&app, "192.0.2.2", PASSWORD).await;
        let expected = if failures == of_address {
            Value::Null
        } else {
            json!("TOO_MANY_ATTEMPTS")
        };
        assert_eq!(elsewhere, expected);
        let later = "UPDATE sign_in_failures SET at = at - interval '1 hour'";
        change(&app, later, vec![]).await;
        assert_eq!(sign_in_from(&app, "192.0.2.1", PASSWORD).await, Value::Null);
    }
}

#[tokio::test]
async fn parallel_guesses_do_not_outrun_the_limit() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    for login in ["ada", "nobody"] {
        let answers = join_all((0..24).map(|_| sign_in(&app, login, "wrong guess here"))).await;
        let mut judged = 0;
        for answer in answers {
            match answer.user_errors("signIn").as_slice() {
                [error] if error == "CREDENTIALS_INVALID " => judged += 1,
                errors => assert_eq!(errors, ["TOO_MANY_ATTEMPTS "]),
            }
        }
        assert_eq!(judged, 10, "{login}");
    }
}

/// A browser's session goes with the cookie that the new one overwrites; a program keeps its own.
#[tokio::test]
async fn signing_in_again_ends_the_session_of_the_cookie() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "editor").await;
    let input = json!({ "input": { "login": "ada", "password": PASSWORD } });
    let body = json!({ "query": SIGN_IN, "variables": input }).to_string();
    for (is_cookie, old_works) in [(true, false), (false, true)] {
        let old = token_of(&app, "ada").await;
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::HOST, "chartroom.test")
            .header("x-chartroom-csrf", "1");
        let request = if is_cookie {
            request.header(header::COOKIE, format!("__Host-chartroom={old}"))
        } else {
            request.header(header::AUTHORIZATION, format!("Bearer {old}"))
        };
        let reply = app.reply(request, body.clone()).await;
        let new = reply.json()["data"]["signIn"]["token"].clone();
        let new = new.as_str().unwrap_or_else(|| panic!("{reply:?}"));
        assert_ne!(new, old);
        assert!(!is_refused(&with_token(&app, new, WHO, json!({})).await));
        let after = with_token(&app, &old, WHO, json!({})).await;
        assert_eq!(is_refused(&after), !old_works, "cookie: {is_cookie}");
    }
}

#[tokio::test]
async fn old_hashes_are_replaced_at_the_next_sign_in() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    let hash = "SELECT hash FROM password_credentials";
    assert!(texts(&app, hash).await[0].starts_with("$argon2id$v=19$m=8,"));
    sign_in(&app, "ada", "wrong guess here").await;
    assert!(texts(&app, hash).await[0].starts_with("$argon2id$v=19$m=8,"));
    sign_in(&app, "ada", PASSWORD).await.done("signIn");
    assert!(texts(&app, hash).await[0].starts_with("$argon2id$v=19$m=47104,t=1,p=1$"));
    sign_in(&app, "ada", PASSWORD).await.done("signIn");
}
