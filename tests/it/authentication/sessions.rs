//! How long a session lasts, where it works, who ends it.

use super::{
    PASSWORD, REVOKE, SIGN_IN, SIGN_OUT, WHO, change, is_refused, member, run, texts, token_of,
    with_token,
};
use crate::support::{Actor, Tenant, TestApp};
use serde_json::json;

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
