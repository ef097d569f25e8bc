//! Streams: history first, then live, every status, and no longer than rights last.

use super::stage::{
    UPDATES, next, rest, run, script, selftest, start_by_hand, statuses, subscribe, succeed_by_hand,
};
use crate::support::{Actor, Tenant, TestApp};
use diesel_async::SimpleAsyncConnection as _;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_stream_gives_history_then_live_and_completes() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let id = selftest(&app, &tenant, json!({ "steps": 1 })).await;
    start_by_hand(&app, id).await;
    let variables = json!({ "id": id.to_string() });
    let mut stream = subscribe(&app, tenant.admin, UPDATES, variables.clone()).await;
    let first = next(&mut stream).await.expect("history");
    assert_eq!(first["data"]["jobUpdated"]["version"], 1, "{first}");
    assert_eq!(
        first["data"]["jobUpdated"]["job"]["status"], "QUEUED",
        "as it was then"
    );
    let second = next(&mut stream).await.expect("history");
    assert_eq!(
        second["data"]["jobUpdated"]["status"], "RUNNING",
        "{second}"
    );
    run(
        &app,
        "UPDATE jobs SET progress_done = 1 WHERE id = ?",
        [id.into()],
    )
    .await;
    let third = next(&mut stream).await.expect("live");
    assert_eq!(
        third["data"]["jobUpdated"]["progress"]["done"], 1,
        "{third}"
    );
    succeed_by_hand(&app, id).await;
    let last = rest(&mut stream).await;
    assert_eq!(statuses(&last), [(4, "SUCCEEDED")]);
    let job = &last[0]["data"]["jobUpdated"]["job"];
    assert_eq!(job["result"]["__typename"], "SelftestReport", "{job}");
    assert_eq!(job["createdBy"]["username"], "admin-of-acme", "{job}");

    // Late subscribers: all of it, the rest of it, nothing.
    let mut late = subscribe(&app, tenant.admin, UPDATES, variables).await;
    let all = rest(&mut late).await;
    assert_eq!(
        statuses(&all),
        [
            (1, "QUEUED"),
            (2, "RUNNING"),
            (3, "RUNNING"),
            (4, "SUCCEEDED")
        ]
    );
    for (after, expected) in [(2, 2), (4, 0), (99, 0)] {
        let variables = json!({ "id": id.to_string(), "after": after });
        let mut late = subscribe(&app, tenant.admin, UPDATES, variables).await;
        assert_eq!(rest(&mut late).await.len(), expected, "after {after}");
    }
    // History that is not kept any more is one event.
    run(&app, "DELETE FROM job_events WHERE job_id = ?", [id.into()]).await;
    let variables = json!({ "id": id.to_string() });
    let mut late = subscribe(&app, tenant.admin, UPDATES, variables).await;
    assert_eq!(statuses(&rest(&mut late).await), [(4, "SUCCEEDED")]);
}

#[tokio::test]
async fn events_of_transactions_that_commit_late_are_not_lost() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let slow = selftest(&app, &tenant, json!({})).await;
    let quick = selftest(&app, &tenant, json!({})).await;
    start_by_hand(&app, slow).await;
    start_by_hand(&app, quick).await;
    let variables =
        |id: chartroom::kernel::entity::JobId| json!({ "id": id.to_string(), "after": 2 });
    let mut of_slow = subscribe(&app, tenant.admin, UPDATES, variables(slow)).await;
    let mut of_quick = subscribe(&app, tenant.admin, UPDATES, variables(quick)).await;
    // The slow transaction takes its number first and commits last.
    let mut conn = app.conn().await;
    conn.batch_execute(&format!(
        "BEGIN; UPDATE jobs SET progress_done = 7 WHERE id = '{}'",
        slow.uuid()
    ))
    .await
    .expect("the slow change");
    run(
        &app,
        "UPDATE jobs SET progress_done = 8 WHERE id = ?",
        [quick.into()],
    )
    .await;
    let seen = next(&mut of_quick).await.expect("the quick one");
    assert_eq!(seen["data"]["jobUpdated"]["version"], 3, "{seen}");
    tokio::time::sleep(Duration::from_millis(700)).await;
    conn.batch_execute("COMMIT").await.expect("the commit");
    let seen = next(&mut of_slow).await.expect("the slow one");
    assert_eq!(seen["data"]["jobUpdated"]["progress"]["done"], 7, "{seen}");
}

#[tokio::test]
async fn a_stream_ends_when_rights_do() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let id = selftest(&app, &tenant, json!({})).await;
    let manager = tenant.user(&app, "manager", "admin").await;
    let other = tenant.user(&app, "other", "admin").await;
    let Actor::User(user, _) = other else {
        panic!()
    };
    let variables = json!({ "id": id.to_string() });
    let mut signed_out = subscribe(&app, manager, UPDATES, variables.clone()).await;
    let mut demoted = subscribe(&app, other, UPDATES, variables.clone()).await;
    for stream in [&mut signed_out, &mut demoted] {
        let first = next(stream).await.expect("history");
        assert_eq!(first["data"]["jobUpdated"]["version"], 1, "{first}");
    }
    let feed = "subscription { jobsUpdated { version job { id } } }";
    let mut demoted_feed = subscribe(&app, other, feed, json!({})).await;
    let began = Instant::now();
    let Actor::User(gone, _) = manager else {
        panic!()
    };
    run(
        &app,
        "DELETE FROM sessions WHERE user_id = ?",
        [gone.into()],
    )
    .await;
    run(
        &app,
        "DELETE FROM access_grants WHERE user_id = ?",
        [user.into()],
    )
    .await;
    let end = rest(&mut signed_out).await;
    assert_eq!(end.len(), 1, "{end:?}");
    assert_eq!(end[0]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let end = rest(&mut demoted).await;
    assert_eq!(end.len(), 1, "{end:?}");
    assert_eq!(end[0]["errors"][0]["extensions"]["code"], "FORBIDDEN");
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    // Nothing of a job that is not visible comes through the feed.
    start_by_hand(&app, id).await;
    let silence = tokio::time::timeout(
        Duration::from_secs(2),
        futures_util::StreamExt::next(&mut demoted_feed),
    );
    assert!(
        silence.await.is_err(),
        "the feed shows a job that is not visible"
    );
    // A stranger hears what somebody hears who names a job that does not exist.
    let stranger = Tenant::create(&app, "stranger").await;
    let mut theirs = subscribe(&app, stranger.admin, UPDATES, variables).await;
    let end = rest(&mut theirs).await;
    assert_eq!(
        end[0]["errors"][0]["extensions"]["code"], "NOT_FOUND",
        "{end:?}"
    );
}

#[tokio::test]
async fn a_feed_gives_each_event_once_and_in_order() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let feed = "subscription { jobsUpdated(filter: {kind: {eq: SELFTEST}}) { version status job { id } } }";
    let mut stream = subscribe(&app, tenant.admin, feed, json!({})).await;
    // The first look of the feed.
    let first = tokio::time::timeout(
        Duration::from_millis(500),
        futures_util::StreamExt::next(&mut stream),
    );
    assert!(first.await.is_err());
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(selftest(&app, &tenant, json!({})).await);
    }
    for id in &ids {
        start_by_hand(&app, *id).await;
        succeed_by_hand(&app, *id).await;
    }
    let mut seen = Vec::new();
    for _ in 0..9 {
        let update = next(&mut stream).await.expect("an update");
        let update = &update["data"]["jobsUpdated"];
        let id = update["job"]["id"].as_str().expect("an id").to_owned();
        seen.push((id, update["version"].as_i64().expect("a version")));
    }
    for id in ids {
        let versions: Vec<_> = seen
            .iter()
            .filter(|(of, _)| *of == id.to_string())
            .map(|(_, version)| *version)
            .collect();
        assert_eq!(versions, [1, 2, 3], "{seen:?}");
    }
}

#[tokio::test]
async fn lines_come_as_they_are_written() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let id = selftest(&app, &tenant, json!({})).await;
    start_by_hand(&app, id).await;
    let line =
        "INSERT INTO job_logs (job_id, seq, attempt, level, message) VALUES (?, ?, 1, 'INFO', ?)";
    run(&app, line, [id.into(), 1.into(), "one".into()]).await;
    let query = "subscription ($id: ID!, $after: Int! = 0) { jobLogAppended(id: $id, afterSeq: $after) { seq level message } }";
    let variables = json!({ "id": id.to_string() });
    let mut stream = subscribe(&app, tenant.admin, query, variables).await;
    let first = next(&mut stream).await.expect("a line");
    assert_eq!(first["data"]["jobLogAppended"]["message"], "one", "{first}");
    run(&app, line, [id.into(), 2.into(), "two".into()]).await;
    let second = next(&mut stream).await.expect("a line");
    assert_eq!(second["data"]["jobLogAppended"]["seq"], 2, "{second}");
    run(&app, line, [id.into(), 3.into(), "three".into()]).await;
    succeed_by_hand(&app, id).await;
    assert_eq!(rest(&mut stream).await.len(), 1);
}

#[tokio::test]
async fn whoever_sees_a_job_in_sql_sees_it_in_streams() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let other = Tenant::create(&app, "other").await;
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let Actor::User(viewer_id, _) = viewer else {
        panic!()
    };
    let of_admin = selftest(&app, &tenant, json!({})).await;
    let of_viewer = selftest(&app, &tenant, json!({})).await;
    run(
        &app,
        "UPDATE jobs SET created_by_id = ?, run_as_id = NULL WHERE id = ?",
        [viewer_id.into(), of_viewer.into()],
    )
    .await;
    let of_nobody = selftest(&app, &tenant, json!({})).await;
    script(&app, &format!("UPDATE jobs SET organization_id = NULL, created_by_id = NULL, run_as_id = NULL WHERE id = '{}'", of_nobody.uuid())).await;
    let left = tenant.user(&app, "left", "viewer").await;
    let Actor::User(left_id, _) = left else {
        panic!()
    };
    let of_left = selftest(&app, &tenant, json!({})).await;
    run(
        &app,
        "UPDATE jobs SET created_by_id = ? WHERE id = ?",
        [left_id.into(), of_left.into()],
    )
    .await;
    run(
        &app,
        "DELETE FROM organization_members WHERE user_id = ?",
        [left_id.into()],
    )
    .await;
    let cases = [of_admin, of_viewer, of_nobody, of_left];
    for (actor, sees) in [
        (tenant.admin, [true, true, false, true]),
        (viewer, [false, true, false, false]),
        (left, [false, false, false, false]),
        (other.admin, [false, false, false, false]),
    ] {
        for (id, sees) in cases.iter().zip(sees) {
            let read = app
                .gql(
                    actor,
                    "query ($id: ID!) { job(id: $id) { id } }",
                    json!({ "id": id.to_string() }),
                )
                .await;
            assert_eq!(
                read.body["data"]["job"].is_object(),
                sees,
                "{actor:?} {id} {}",
                read.body
            );
            let mut stream = subscribe(&app, actor, UPDATES, json!({ "id": id.to_string() })).await;
            let first = next(&mut stream).await.expect("an answer");
            assert_eq!(first["data"].is_object(), sees, "{actor:?} {id} {first}");
        }
    }
}
