//! Subscriptions over sockets: every status, the rights of now, and nothing held while waiting.

use super::limits::becomes;
use crate::{
    jobs::stage::{run, script, selftest, start_by_hand, succeed_by_hand},
    support::{Actor, Heard, Socket, Tenant, TestApp},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const UPDATES: &str = "subscription ($id: ID!, $after: Int! = 0) { \
    jobUpdated(id: $id, afterVersion: $after) { version status job { createdBy { username } } } }";

async fn follow(socket: &mut Socket, id: &str, query: &str, variables: Value) {
    let payload = json!({ "query": query, "variables": variables });
    socket
        .send(json!({ "id": id, "type": "subscribe", "payload": payload }))
        .await;
}

/// Version and status of the next event.
async fn event(socket: &mut Socket, id: &str) -> (i64, String) {
    let message = socket.message().await;
    assert_eq!(
        (&message["type"], &message["id"]),
        (&json!("next"), &json!(id)),
        "{message}"
    );
    let update = &message["payload"]["data"]["jobUpdated"];
    let status = update["status"]
        .as_str()
        .unwrap_or_else(|| panic!("{message}"));
    (update["version"].as_i64().unwrap(), status.to_owned())
}

fn told(version: i64, status: &str) -> (i64, String) {
    (version, status.to_owned())
}

#[tokio::test]
async fn history_then_live_then_the_end() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await;
    start_by_hand(&app, job).await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    let id = json!({ "id": job.to_string() });
    follow(&mut socket, "all", UPDATES, id.clone()).await;
    assert_eq!(event(&mut socket, "all").await, told(1, "QUEUED"));
    assert_eq!(event(&mut socket, "all").await, told(2, "RUNNING"));
    assert_eq!(
        socket.run("q", "{ __typename }").await["data"]["__typename"],
        "Query"
    );
    run(
        &app,
        "UPDATE jobs SET progress_done = 1 WHERE id = ?",
        [job.into()],
    )
    .await;
    assert_eq!(event(&mut socket, "all").await, told(3, "RUNNING"));
    succeed_by_hand(&app, job).await;
    assert_eq!(event(&mut socket, "all").await, told(4, "SUCCEEDED"));
    assert_eq!(
        socket.message().await,
        json!({ "id": "all", "type": "complete" })
    );
    let from = json!({ "id": job.to_string(), "after": 3 });
    follow(&mut socket, "rest", UPDATES, from).await;
    assert_eq!(event(&mut socket, "rest").await, told(4, "SUCCEEDED"));
    assert_eq!(socket.message().await["type"], "complete");
    let spread = "subscription ($id: ID!) { ...A } fragment A on Subscription { ... { ...B } } \
        fragment B on Subscription { jobUpdated(id: $id, afterVersion: 3) { version status } }";
    follow(&mut socket, "spread", spread, id).await;
    assert_eq!(
        event(&mut socket, "spread").await,
        told(4, "SUCCEEDED"),
        "fragments count"
    );
}

#[tokio::test]
async fn what_cannot_be_followed_is_an_error() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let stranger = Tenant::create(&app, "other").await;
    let job = selftest(&app, &tenant, json!({})).await.to_string();
    let address = app.listen().await;
    let mut socket = app.socket(address, stranger.admin).await;
    let twice = "subscription ($id: ID!) { a: jobUpdated(id: $id) { version } b: jobUpdated(id: $id) { version } }";
    let skipped = "subscription ($id: ID!) { jobUpdated(id: $id) @skip(if: true) { version } }";
    for (query, id, code) in [
        (UPDATES, &*job, "NOT_FOUND"),
        (UPDATES, "chart_nonsense", "INVALID"),
        (twice, &*job, "VALIDATION_FAILED"),
        (skipped, &*job, "VALIDATION_FAILED"),
        ("subscription { __typename }", &*job, "VALIDATION_FAILED"),
    ] {
        follow(&mut socket, "1", query, json!({ "id": id })).await;
        let message = socket.message().await;
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(message["payload"][0]["extensions"]["code"], code, "{query}");
        assert!(message["payload"][0]["extensions"]["requestId"].is_string());
    }
    assert!(
        socket.is_silent(300).await,
        "an error is the last of an operation"
    );
}

#[tokio::test]
async fn every_event_is_resolved_anew_and_nothing_is_held_between() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await;
    let address = app.listen().await;
    let mut socket = app.socket(address, tenant.admin).await;
    // More than there are connections to the database.
    for n in 0..30 {
        follow(
            &mut socket,
            &n.to_string(),
            UPDATES,
            json!({ "id": job.to_string() }),
        )
        .await;
    }
    for _ in 0..30 {
        let first = socket.message().await;
        let by = &first["payload"]["data"]["jobUpdated"]["job"]["createdBy"]["username"];
        assert_eq!(by, "admin-of-acme", "{first}");
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let busy = app.db.usage().0;
    assert!(
        busy <= 1,
        "{busy} connections are held by nobody but the hub"
    );
    script(
        &app,
        "UPDATE users SET username = 'renamed' WHERE username = 'admin-of-acme'",
    )
    .await;
    start_by_hand(&app, job).await;
    for _ in 0..30 {
        let second = socket.message().await;
        let by = &second["payload"]["data"]["jobUpdated"]["job"]["createdBy"]["username"];
        assert_eq!(by, "renamed", "{second}");
    }
    for n in 0..30 {
        socket
            .send(json!({ "id": n.to_string(), "type": "complete" }))
            .await;
    }
    becomes(&app, "chartroom_live_operations{transport=\"socket\"}", "0").await;
    becomes(
        &app,
        "chartroom_live_events_total{transport=\"socket\"}",
        "60",
    )
    .await;
    succeed_by_hand(&app, job).await;
    assert!(
        socket.is_silent(800).await,
        "whoever completed hears no more"
    );
}

#[tokio::test]
async fn a_subscription_ends_with_the_rights_to_it() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await.to_string();
    let demoted = tenant.user(&app, "dora", "admin").await;
    let expired = tenant.user(&app, "eric", "admin").await;
    let (Actor::User(dora, _), Actor::User(eric, _)) = (demoted, expired) else {
        panic!("users");
    };
    let address = app.listen().await;
    let mut of_demoted = app.socket(address, demoted).await;
    let mut of_expired = app.socket(address, expired).await;
    for socket in [&mut of_demoted, &mut of_expired] {
        follow(socket, "1", UPDATES, json!({ "id": job })).await;
        assert_eq!(event(socket, "1").await, told(1, "QUEUED"));
    }
    run(
        &app,
        "DELETE FROM role_assignments WHERE user_id = ?",
        [dora.into()],
    )
    .await;
    run(
        &app,
        "DELETE FROM access_grants WHERE user_id = ?",
        [dora.into()],
    )
    .await;
    run(
        &app,
        "DELETE FROM sessions WHERE user_id = ?",
        [eric.into()],
    )
    .await;
    let began = Instant::now();
    let error = of_demoted.message().await;
    assert_eq!(error["type"], "error", "{error}");
    assert_eq!(error["payload"][0]["extensions"]["code"], "FORBIDDEN");
    let who = of_demoted
        .run("2", "{ viewer { user { username } } }")
        .await;
    assert_eq!(
        who["data"]["viewer"]["user"]["username"], "dora",
        "the socket goes on"
    );
    let end = loop {
        // The stream and the socket notice on their own, the one or the other first.
        match of_expired.hear().await {
            Heard::Message(message) => {
                assert_eq!(
                    message["payload"][0]["extensions"]["code"],
                    "UNAUTHENTICATED"
                );
            }
            Heard::Close(code, _) => break code,
        }
    };
    assert_eq!(end, 4403);
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_client_that_comes_back_misses_nothing() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await;
    start_by_hand(&app, job).await;
    let address = app.listen().await;
    let mut seen = Vec::new();
    for step in 1..=6 {
        let mut socket = app.socket(address, tenant.admin).await;
        let after = seen.last().copied().unwrap_or(0);
        let variables = json!({ "id": job.to_string(), "after": after });
        follow(&mut socket, "1", UPDATES, variables).await;
        if step == 6 {
            succeed_by_hand(&app, job).await;
        } else {
            run(
                &app,
                "UPDATE jobs SET attempt = attempt WHERE id = ?",
                [job.into()],
            )
            .await;
            run(&app, "UPDATE jobs SET progress_message = coalesce(progress_message, '') || 'x' WHERE id = ?", [job.into()]).await;
        }
        seen.push(event(&mut socket, "1").await.0);
        drop(socket);
    }
    let mut last = app.socket(address, tenant.admin).await;
    let variables = json!({ "id": job.to_string(), "after": seen.last().unwrap() });
    follow(&mut last, "1", UPDATES, variables).await;
    loop {
        let message = last.message().await;
        if message["type"] == "complete" {
            break;
        }
        seen.push(
            message["payload"]["data"]["jobUpdated"]["version"]
                .as_i64()
                .unwrap(),
        );
    }
    assert_eq!(*seen.last().unwrap(), 8, "{seen:?}");
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}
