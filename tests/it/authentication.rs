//! Signing in and out, sessions, API keys, passwords, the first administrator.

use crate::support::{Actor, Answer, Tenant, TestApp};
use axum::{
    body::to_bytes,
    http::{Request, header},
};
use chartroom::{
    authz::Origin,
    db::{Bind, sql},
    domains::identity::{
        authentication::{
            Administrator, SetupError, complete_setup, create_administrator, setup_code,
        },
        password::{Cost, Passwords},
    },
    http::Peer,
    kernel::{Clock as _, SystemClock},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use futures_util::future::join_all;
use serde_json::{Value, json};

const PASSWORD: &str = "gravel lantern ninety";
const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { token session { id expiresAt } \
    viewer { user { id username } session { id } organization { id } sessions { nodes { id } } permissions } \
    userErrors { code message path } } }";
const SIGN_OUT: &str = "mutation { signOut { deletedId userErrors { code path } } }";
const REVOKE: &str = "mutation ($input: RevokeSessionsInput!) { revokeSessions(input: $input) { deletedIds userErrors { code path } } }";
const WHO: &str = "{ viewer { user { username } organization { id } } }";
const CREATE_KEY: &str = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret \
    apiKey { id name lastFour isExpired lastUsedAt user { username } } userErrors { code path } } }";
const ROTATE_KEY: &str = "mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret apiKey { id rotatedAt } userErrors { code path } } }";
const UPDATE_KEY: &str = "mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { apiKey { name description } userErrors { code path } } }";
const DELETE_KEYS: &str = "mutation ($input: DeleteApiKeysInput!) { deleteApiKeys(input: $input) { deletedIds userErrors { code path } } }";
const CHANGE: &str = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { viewer { user { passwordChangedAt } } userErrors { code path } } }";

async fn run(app: &TestApp, actor: Actor, query: &str, input: Value) -> Answer {
    app.gql(actor, query, json!({ "input": input })).await
}

/// Sends an operation with a token of one's own.
async fn with_token(app: &TestApp, token: &str, query: &str, variables: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables });
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body.to_string().into())
        .unwrap();
    let response = Box::pin(app.send(request)).await;
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer {
        body: serde_json::from_slice(&body).unwrap(),
        statements: 0,
    }
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> Answer {
    run(
        app,
        Actor::Anonymous,
        SIGN_IN,
        json!({ "login": login, "password": password }),
    )
    .await
}

/// The token of a sign-in that works.
async fn token_of(app: &TestApp, login: &str) -> String {
    let answer = sign_in(app, login, PASSWORD).await;
    answer.done("signIn");
    answer.text("/signIn/token")
}

async fn change(app: &TestApp, text: &'static str, binds: Vec<Bind>) {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the statement runs");
}

async fn texts(app: &TestApp, text: &'static str) -> Vec<String> {
    let conn = app.conn().await;
    sql(text, [])
        .statement::<st::Text>()
        .load(&mut &*conn)
        .await
        .expect("the query runs")
}

/// A member with [`PASSWORD`].
async fn member(app: &TestApp, tenant: &Tenant, username: &str, role: &str) -> Actor {
    let actor = tenant.user(app, username, role).await;
    let hash = Passwords::new(Cost::TEST).hash(PASSWORD).await.unwrap();
    change(
        app,
        "INSERT INTO password_credentials (user_id, hash) SELECT id, ? FROM users WHERE username = ?",
        vec![hash.into(), username.into()],
    )
    .await;
    actor
}

fn is_refused(answer: &Answer) -> bool {
    answer.body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
}

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

#[tokio::test]
async fn sessions_end_by_idleness_age_and_with_the_account() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    for end in [
        "UPDATE sessions SET last_used_at = now() - interval '12 hours 1 second'",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE users SET status = 'INACTIVE' WHERE username = 'ada'",
    ] {
        let token = token_of(&app, "ada").await;
        change(&app, end, vec![]).await;
        assert!(
            is_refused(&with_token(&app, &token, WHO, json!({})).await),
            "{end}"
        );
        // A mutation never relies on what was remembered of a token.
    }
    change(
        &app,
        "UPDATE users SET status = 'ACTIVE' WHERE username = 'ada'",
        vec![],
    )
    .await;
    let token = token_of(&app, "ada").await;
    with_token(&app, &token, WHO, json!({})).await.data();
    change(
        &app,
        "UPDATE users SET status = 'INACTIVE' WHERE username = 'ada'",
        vec![],
    )
    .await;
    assert!(
        is_refused(&with_token(&app, &token, SIGN_OUT, json!({})).await),
        "mutations look at once"
    );
}

#[tokio::test]
async fn uses_are_noted_once_a_minute() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    member(&app, &tenant, "ada", "member").await;
    let token = token_of(&app, "ada").await;
    let age = "SELECT (last_used_at > now() - interval '30 seconds')::text FROM sessions";
    for (ago, noted) in [
        (
            "UPDATE sessions SET last_used_at = now() - interval '50 seconds'",
            "false",
        ),
        (
            "UPDATE sessions SET last_used_at = now() - interval '70 seconds'",
            "true",
        ),
    ] {
        change(&app, ago, vec![]).await;
        app.app.authenticator.forget_all();
        with_token(&app, &token, WHO, json!({})).await.data();
        assert_eq!(texts(&app, age).await, [noted]);
    }
}

#[tokio::test]
async fn one_works_in_an_organization_one_belongs_to() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let ada = member(&app, &ours, "ada", "member").await;
    let input = |id: &str| json!({ "login": "ada", "password": PASSWORD, "organizationId": id });
    let foreign = run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        input(&theirs.id.to_string()),
    )
    .await;
    assert_eq!(foreign.user_errors("signIn"), ["NOT_FOUND organizationId"]);
    let nowhere = run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        input("organization_01h455vb4pex5vsknk084sn02q"),
    )
    .await;
    assert_eq!(foreign.body, nowhere.body);
    let bad = run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        input("user_01h455vb4pex5vsknk084sn02q"),
    )
    .await;
    assert_eq!(bad.user_errors("signIn"), ["INVALID organizationId"]);

    let Actor::User(id, _) = ada else { panic!() };
    change(
        &app,
        "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
        vec![theirs.id.into(), id.into()],
    )
    .await;
    run(
        &app,
        Actor::Anonymous,
        SIGN_IN,
        input(&theirs.id.to_string()),
    )
    .await
    .done("signIn");
    let set = "mutation ($input: SetDefaultOrganizationInput!) { setDefaultOrganization(input: $input) { viewer { user { id } } userErrors { code path } } }";
    run(
        &app,
        ada,
        set,
        json!({ "organizationId": theirs.id.to_string() }),
    )
    .await
    .done("setDefaultOrganization");
    let token = token_of(&app, "ada").await;
    let who = with_token(&app, &token, WHO, json!({})).await;
    change(
        &app,
        "DELETE FROM organization_members WHERE organization_id = ?",
        vec![theirs.id.into()],
    )
    .await;
    app.app.authenticator.forget_all();
    assert_eq!(
        with_token(&app, &token, WHO, json!({}))
            .await
            .text("/viewer/organization/id"),
        ours.id.to_string(),
        "a session follows its user out of an organization"
    );
    assert_eq!(who.text("/viewer/organization/id"), theirs.id.to_string());
    let answer = run(
        &app,
        ada,
        set,
        json!({ "organizationId": theirs.id.to_string() }),
    )
    .await;
    assert_eq!(
        answer.user_errors("setDefaultOrganization"),
        ["NOT_FOUND organizationId"]
    );
}

#[tokio::test]
async fn sessions_are_revoked_by_their_user_and_by_administrators() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let ada = member(&app, &ours, "ada", "member").await;
    let (one, two, three) = (
        token_of(&app, "ada").await,
        token_of(&app, "ada").await,
        token_of(&app, "ada").await,
    );
    let list = with_token(
        &app,
        &three,
        "{ viewer { session { id } sessions { nodes { id } } } }",
        json!({}),
    )
    .await;
    let sessions = list.texts("/viewer/sessions/nodes", "id");
    assert_eq!(sessions.len(), 3);
    assert_eq!(
        sessions[0],
        list.text("/viewer/session/id"),
        "the newest first"
    );

    let foreign = json!({ "input": { "ids": [sessions[2]] } });
    let answer = app.gql(ours.admin, REVOKE, foreign.clone()).await;
    assert_eq!(
        answer.user_errors("revokeSessions"),
        ["NOT_FOUND ids.0"],
        "sessions of others are nobody's business"
    );
    with_token(&app, &two, REVOKE, foreign)
        .await
        .done("revokeSessions");
    assert!(is_refused(&with_token(&app, &one, WHO, json!({})).await));
    let bulk = json!({ "input": { "ids": [sessions[1], sessions[2]] } });
    let answer = with_token(&app, &three, REVOKE, bulk).await;
    assert_eq!(answer.user_errors("revokeSessions"), ["NOT_FOUND ids.1"]);
    with_token(&app, &two, WHO, json!({})).await.data();

    let own = json!({ "input": { "user": { "username": "ada" } } });
    let ended = with_token(&app, &three, REVOKE, own).await;
    assert_eq!(
        ended.done("revokeSessions")["deletedIds"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    with_token(&app, &three, WHO, json!({})).await.data();
    let Actor::User(id, _) = ada else { panic!() };
    let of_ada = json!({ "user": { "id": id.to_string() } });
    let nobody = json!({ "user": { "id": "user_01h455vb4pex5vsknk084sn02q" } });
    let foreign = run(&app, theirs.admin, REVOKE, of_ada.clone()).await;
    assert_eq!(foreign.user_errors("revokeSessions"), ["NOT_FOUND user"]);
    assert_eq!(
        foreign.body,
        run(&app, theirs.admin, REVOKE, nobody).await.body
    );
    let peer = member(&app, &ours, "bob", "editor").await;
    assert_eq!(
        run(&app, peer, REVOKE, of_ada.clone())
            .await
            .user_errors("revokeSessions"),
        ["FORBIDDEN user"]
    );
    run(&app, ours.admin, REVOKE, of_ada)
        .await
        .done("revokeSessions");
    assert!(is_refused(&with_token(&app, &three, WHO, json!({})).await));
    assert_eq!(
        run(&app, ada, REVOKE, json!({}))
            .await
            .user_errors("revokeSessions"),
        ["REQUIRED ids"]
    );
}

#[tokio::test]
async fn api_keys_act_with_the_rights_of_now() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let ada = member(&app, &tenant, "ada", "member").await;
    let in_a_month = (SystemClock.now() + chrono::TimeDelta::days(30)).to_rfc3339();
    let input = json!({ "name": " Nightly ", "expiresAt": in_a_month });
    let made = run(&app, ada, CREATE_KEY, input).await;
    let key = made.done("createApiKey")["apiKey"].clone();
    assert_eq!(
        (&key["name"], &key["isExpired"], &key["user"]["username"]),
        (&json!("Nightly"), &json!(false), &json!("ada"))
    );
    let secret = made.text("/createApiKey/secret");
    assert!(secret.starts_with("crk_") && secret.ends_with(key["lastFour"].as_str().unwrap()));
    assert_eq!(
        with_token(&app, &secret, WHO, json!({}))
            .await
            .text("/viewer/user/username"),
        "ada"
    );
    assert_eq!(
        with_token(&app, &secret, SIGN_OUT, json!({}))
            .await
            .user_errors("signOut"),
        ["INVALID "]
    );
    let used = app
        .ask(ada, "{ viewer { apiKeys { nodes { lastUsedAt } } } }")
        .await;
    assert!(used.at("/viewer/apiKeys/nodes/0/lastUsedAt").is_string());

    let mut altered = secret.clone();
    let last = if altered.pop() == Some('a') { 'b' } else { 'a' };
    altered.push(last);
    assert!(
        is_refused(&with_token(&app, &altered, WHO, json!({})).await),
        "a wrong checksum"
    );

    let input = json!({ "id": key["id"], "expiresAt": in_a_month });
    let rotated = run(&app, ada, ROTATE_KEY, input).await;
    assert_eq!(rotated.done("rotateApiKey")["apiKey"]["id"], key["id"]);
    let new = rotated.text("/rotateApiKey/secret");
    assert!(
        is_refused(&with_token(&app, &secret, WHO, json!({})).await),
        "the old secret is dead"
    );
    with_token(&app, &new, WHO, json!({})).await.data();

    change(
        &app,
        "DELETE FROM access_grants g USING users u WHERE u.id = g.user_id AND u.username = 'ada'",
        vec![],
    )
    .await;
    app.app.authenticator.forget_all();
    assert!(
        is_refused(&with_token(&app, &new, WHO, json!({})).await),
        "without API_KEY_USE no key works"
    );
    let again = run(
        &app,
        ada,
        CREATE_KEY,
        json!({ "name": "x", "expiresAt": in_a_month }),
    )
    .await;
    assert_eq!(again.user_errors("createApiKey"), ["FORBIDDEN "]);
}

#[tokio::test]
async fn expired_keys_do_not_work_and_dates_are_bounded() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let ada = member(&app, &tenant, "ada", "member").await;
    for days in [-1, 0, 367] {
        let at = (SystemClock.now() + chrono::TimeDelta::days(days)).to_rfc3339();
        let answer = run(
            &app,
            ada,
            CREATE_KEY,
            json!({ "name": "\u{0}", "expiresAt": at }),
        )
        .await;
        assert_eq!(
            answer.user_errors("createApiKey"),
            ["INVALID name", "INVALID expiresAt"],
            "{days}"
        );
    }
    assert!(
        texts(&app, "SELECT id::text FROM api_keys")
            .await
            .is_empty()
    );
    let at = (SystemClock.now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let secret = run(
        &app,
        ada,
        CREATE_KEY,
        json!({ "name": "x", "expiresAt": at }),
    )
    .await
    .text("/createApiKey/secret");
    change(&app, "UPDATE api_keys SET expires_at = now()", vec![]).await;
    assert!(is_refused(&with_token(&app, &secret, WHO, json!({})).await));
    let filter =
        "{ apiKeys(filter: { isExpired: { eq: true } }) { totalCount nodes { isExpired } } }";
    assert_eq!(
        app.ask(ada, filter).await.at("/apiKeys/nodes"),
        &json!([{ "isExpired": true }])
    );
}

#[tokio::test]
async fn keys_of_others_are_out_of_reach() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let (ada, bob) = (
        member(&app, &ours, "ada", "editor").await,
        member(&app, &ours, "bob", "editor").await,
    );
    let at = (SystemClock.now() + chrono::TimeDelta::days(1)).to_rfc3339();
    let made = run(
        &app,
        ada,
        CREATE_KEY,
        json!({ "name": "mine", "expiresAt": at }),
    )
    .await;
    let (id, secret) = (
        made.text("/createApiKey/apiKey/id"),
        made.text("/createApiKey/secret"),
    );
    let absent = "apikey_01h455vb4pex5vsknk084sn02q";
    for actor in [bob, theirs.admin] {
        for (mutation, query, rest) in [
            ("updateApiKey", UPDATE_KEY, json!({ "name": "yours" })),
            ("rotateApiKey", ROTATE_KEY, json!({ "expiresAt": at })),
        ] {
            let input = |id: &str| {
                let mut input = rest.clone();
                input["id"] = json!(id);
                input
            };
            let foreign = run(&app, actor, query, input(&id)).await;
            assert_eq!(foreign.user_errors(mutation), ["NOT_FOUND id"]);
            assert_eq!(
                foreign.body,
                run(&app, actor, query, input(absent)).await.body
            );
        }
        let foreign = run(&app, actor, DELETE_KEYS, json!({ "ids": [id] })).await;
        assert_eq!(foreign.user_errors("deleteApiKeys"), ["NOT_FOUND ids.0"]);
        assert_eq!(
            foreign.body,
            run(&app, actor, DELETE_KEYS, json!({ "ids": [absent] }))
                .await
                .body
        );
        assert_eq!(
            app.ask(actor, "{ apiKeys { totalCount } }")
                .await
                .at("/apiKeys/totalCount"),
            0
        );
    }
    let rename = json!({ "id": id, "name": "yours" });
    assert_eq!(
        run(&app, ours.admin, UPDATE_KEY, rename)
            .await
            .user_errors("updateApiKey"),
        ["NOT_FOUND id"],
        "administrators delete keys, they do not take them over"
    );
    with_token(&app, &secret, WHO, json!({})).await.data();
    let answer = run(
        &app,
        ada,
        UPDATE_KEY,
        json!({ "id": id, "name": "ours", "description": "Nightly" }),
    )
    .await;
    assert_eq!(
        answer.done("updateApiKey")["apiKey"],
        json!({ "name": "ours", "description": "Nightly" })
    );
    run(&app, ours.admin, DELETE_KEYS, json!({ "ids": [id] }))
        .await
        .done("deleteApiKeys");
    assert!(is_refused(&with_token(&app, &secret, WHO, json!({})).await));
}

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
