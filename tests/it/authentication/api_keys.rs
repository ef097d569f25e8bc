//! API keys.

use super::{SIGN_OUT, WHO, change, is_refused, member, run, texts, with_token};
use crate::support::{Tenant, TestApp};
use chartroom::kernel::{Clock as _, SystemClock};
use serde_json::json;

const CREATE_KEY: &str = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret \
    apiKey { id name lastFour isExpired lastUsedAt user { username } } userErrors { code path } } }";

const ROTATE_KEY: &str = "mutation ($input: RotateApiKeyInput!) { rotateApiKey(input: $input) { secret apiKey { id rotatedAt } userErrors { code path } } }";

const UPDATE_KEY: &str = "mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { apiKey { name description } userErrors { code path } } }";

const DELETE_KEYS: &str = "mutation ($input: DeleteApiKeysInput!) { deleteApiKeys(input: $input) { deletedIds userErrors { code path } } }";

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
