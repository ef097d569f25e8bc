//! J12, J16: every status reaches every subscriber, on whichever node, through reconnects; and with
//! NOTIFY off, only later.

use super::{
    node::{Node, Orders, Witness, assert_quiet, probe, put, until},
    stage::{script, selftest, start_by_hand, subscribe_at, succeed_by_hand},
};
use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    app::App,
    config::{HttpConfig, JobsConfig},
    db::{Database, DatabaseConfig, sql},
    jobs::{JobStatus, Jobs, NewJob},
    kernel::{Secret, SystemClock, entity::JobId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use futures_util::StreamExt as _;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const UPDATES: &str = "subscription ($id: ID!, $after: Int! = 0) { \
    jobUpdated(id: $id, afterVersion: $after) { version status attempt job { status version } } }";

/// Another node that serves the API on the same database.
fn api(app: &TestApp, notify: bool) -> Arc<App> {
    let db = Database::new(DatabaseConfig {
        url: app.database_url(),
        max_connections: 8,
        wait_timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(10),
    })
    .expect("a pool");
    let jobs = JobsConfig {
        notify,
        ..JobsConfig::for_tests()
    };
    let outside = app.app.outside.clone();
    let clock = Arc::new(SystemClock);
    App::new(HttpConfig::for_tests(), jobs, outside, db, clock).expect("a server")
}

/// Follows a job to its end, cutting the line a few times; what was seen.
async fn follow(
    nodes: Vec<Arc<App>>,
    token: String,
    id: JobId,
    seed: u64,
) -> Vec<(i64, String, i64)> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut seen: Vec<(i64, String, i64)> = Vec::new();
    let mut cuts = 4;
    'again: loop {
        let node = &nodes[random.random_range(0..nodes.len())];
        let after = seen.last().map_or(0, |last| last.0);
        let variables = json!({ "id": id.to_string(), "after": after });
        let mut stream = subscribe_at(node, Secret::parse(&token), UPDATES, variables).await;
        let mut left = random.random_range(1..4);
        loop {
            let answer = timeout(Duration::from_secs(30), stream.next());
            let Some(answer) = answer.await.expect("something in time") else {
                return seen;
            };
            let update = &answer["data"]["jobUpdated"];
            let version = update["version"]
                .as_i64()
                .unwrap_or_else(|| panic!("{answer}"));
            assert_eq!(update["job"]["version"], version, "the job as it was then");
            assert_eq!(update["job"]["status"], update["status"]);
            let status = update["status"].as_str().expect("a status").to_owned();
            seen.push((
                version,
                status,
                update["attempt"].as_i64().expect("a number"),
            ));
            left -= 1;
            if left == 0 && cuts > 0 {
                cuts -= 1;
                continue 'again;
            }
        }
    }
}

async fn all_see_everything(notify: bool) {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let Actor::User(admin, _) = tenant.admin else {
        panic!("a user")
    };
    let token = app.token(tenant.admin).await;
    let nodes = vec![api(&app, notify), api(&app, notify)];
    let witness = Witness::default();
    let worker = Node::with(&app, &witness, 6, |config| config.notify = notify);
    let mut ids = Vec::new();
    let mut followers = Vec::new();
    for n in 0..10_i32 {
        let orders = Orders {
            steps: 4,
            step_millis: 60,
            failures: n % 3,
            ..Orders::default()
        };
        let new: NewJob = probe(&orders).on_behalf_of(admin, Some(tenant.id));
        let id = put(&app, &new).await;
        ids.push(id);
        for k in 0..3_u64 {
            let seed = u64::from(n.unsigned_abs()) * 10 + k;
            followers.push((
                id,
                tokio::spawn(follow(nodes.clone(), token.clone(), id, seed)),
            ));
        }
    }
    for (id, follower) in followers {
        let seen = follower.await.expect("no panic");
        let conn = app.conn().await;
        let stored: Vec<(i32, String, i32)> = sql(
            "SELECT version, status, attempt FROM job_events WHERE job_id = ? ORDER BY version",
            [id.into()],
        )
        .statement::<(st::Integer, st::Text, st::Integer)>()
        .load(&mut &*conn)
        .await
        .expect("the events");
        assert!(
            seen.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "{seen:?}"
        );
        let mut statuses: Vec<(&str, i64)> = Vec::new();
        for (_, status, attempt) in &seen {
            if statuses.last() != Some(&(status.as_str(), *attempt)) {
                statuses.push((status, *attempt));
            }
        }
        let mut expected: Vec<(&str, i64)> = Vec::new();
        for (_, status, attempt) in &stored {
            let step = (status.as_str(), i64::from(*attempt));
            if expected.last() != Some(&step) {
                expected.push(step);
            }
        }
        assert_eq!(statuses, expected, "{id}: {seen:?}");
        assert_eq!(
            seen.last().map(|last| last.0),
            stored.last().map(|last| i64::from(last.0)),
            "the end"
        );
    }
    for id in ids {
        until(&app, id, &[JobStatus::Succeeded]).await;
    }
    drop(worker);
    assert_quiet(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j12_every_subscriber_sees_every_status_through_reconnects() {
    all_see_everything(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j16_the_same_without_notify() {
    all_see_everything(false).await;
}

#[tokio::test]
async fn who_comes_while_the_hub_looks_is_told_too() {
    let app = TestApp::start().await;
    let (old, new) = (
        put(&app, &probe(&Orders::default())).await,
        put(&app, &probe(&Orders::default())).await,
    );
    // One connection: while the test has it, the hub waits in the middle of a look.
    let db = Database::new(DatabaseConfig {
        url: app.database_url(),
        max_connections: 1,
        wait_timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(10),
    })
    .expect("a pool");
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let jobs = Jobs::new(&db, JobsConfig::for_tests(), &tasks, &stopping);
    let mut first = jobs.hub.watch(old);
    timeout(Duration::from_secs(5), first.changed())
        .await
        .expect("the first look");
    let taken = db.get().await.expect("the connection");
    // Longer than the interval of polling: the next look is waiting by now.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut late = jobs.hub.watch(new);
    start_by_hand(&app, new).await;
    drop(taken);
    timeout(Duration::from_secs(5), late.changed())
        .await
        .expect("news for who came late");
    let seen = late.after(1).await.expect("read").expect("there");
    assert_eq!(seen.row.status, JobStatus::Running);
    stopping.cancel();
}

#[tokio::test]
async fn j16_without_notify_things_are_a_poll_interval_late() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let Actor::User(admin, _) = tenant.admin else {
        panic!("a user")
    };
    let token = app.token(tenant.admin).await;
    let node = api(&app, false);
    let witness = Witness::default();
    let worker = Node::with(&app, &witness, 2, |config| config.notify = false);
    tokio::time::sleep(Duration::from_millis(500)).await;
    for _ in 0..5 {
        let asked = Instant::now();
        let new = probe(&Orders::default()).on_behalf_of(admin, Some(tenant.id));
        let id = put(&app, &new).await;
        let variables = json!({ "id": id.to_string() });
        let mut stream = subscribe_at(&node, Secret::parse(&token), UPDATES, variables).await;
        while let Some(answer) = timeout(Duration::from_secs(10), stream.next())
            .await
            .expect("in time")
        {
            assert!(answer["errors"].is_null(), "{answer}");
        }
        // Picked up within an interval, seen within another; half a second for each as promised.
        let took = asked.elapsed();
        assert!(took < Duration::from_millis(2 * (300 + 500)), "{took:?}");
    }
    drop(worker);
    assert_quiet(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j16_losing_the_listening_connection_again_and_again_loses_nothing() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let Actor::User(admin, _) = tenant.admin else {
        panic!("a user")
    };
    let token = app.token(tenant.admin).await;
    let nodes = vec![api(&app, true)];
    let witness = Witness::default();
    let _worker = Node::start(&app, &witness, 4);
    let mut followers = Vec::new();
    for n in 0..8_u64 {
        let orders = Orders {
            steps: 10,
            step_millis: 150,
            ..Orders::default()
        };
        let new = probe(&orders).on_behalf_of(admin, Some(tenant.id));
        let id = put(&app, &new).await;
        followers.push(tokio::spawn(follow(nodes.clone(), token.clone(), id, n)));
    }
    for _ in 0..8 {
        script(&app, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'").await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    for follower in followers {
        let seen = follower.await.expect("no panic");
        assert_eq!(seen.last().expect("an end").1, "SUCCEEDED");
    }
    assert_quiet(&app).await;
}

#[tokio::test]
async fn the_hub_looks_once_for_all_watchers() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let Actor::User(admin, _) = tenant.admin else {
        panic!("a user")
    };
    let token = app.token(tenant.admin).await;
    let node = api(&app, true);
    let new = probe(&Orders::default()).on_behalf_of(admin, Some(tenant.id));
    let id = put(&app, &new).await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        let variables = json!({ "id": id.to_string() });
        let mut stream = subscribe_at(&node, Secret::parse(&token), UPDATES, variables).await;
        stream.next().await.expect("history");
        streams.push(stream);
    }
    assert_eq!(node.jobs.hub.figures().jobs, 1);
    let before = node.jobs.hub.figures().looks;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let looks = node.jobs.hub.figures().looks - before;
    assert!(looks <= 20, "{looks} looks in two seconds");
    drop(streams);
    // It rests when nobody watches.
    tokio::time::sleep(Duration::from_millis(800)).await;
    let before = node.jobs.hub.figures().looks;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(node.jobs.hub.figures().looks, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_far_ahead_is_waited_for_quietly() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let job = selftest(&app, &tenant, json!({})).await;
    start_by_hand(&app, job).await;
    let token = app.token(tenant.admin).await;
    let follow = async |after: i32| {
        let variables = json!({ "id": job.to_string(), "after": after });
        subscribe_at(&app.app, Secret::parse(&token), UPDATES, variables).await
    };
    // The first one has the events in memory.
    let mut near = follow(0).await;
    for version in [1, 2] {
        let event = near.next().await.expect("an event");
        assert_eq!(event["data"]["jobUpdated"]["version"], version, "{event}");
    }
    let mut far = follow(i32::MAX).await;
    succeed_by_hand(&app, job).await;
    let event = near.next().await.expect("an event");
    assert_eq!(
        event["data"]["jobUpdated"]["status"], "SUCCEEDED",
        "{event}"
    );
    let end = timeout(Duration::from_secs(10), far.next()).await;
    let end = end.expect("it ends with the job");
    assert!(end.is_none(), "{end:?}");
}
