//! J6, J7, J9: death, failure, cancellation, an orderly stop.

use super::{
    node::{Guarded, Node, Orders, Probe, Witness, assert_quiet, probe, put, until},
    stage::selftest,
};
use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    db::sql,
    jobs::{JobStatus, NewJob},
    kernel::entity::JobId,
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use std::time::{Duration, Instant};

fn long() -> Orders {
    Orders {
        steps: 200,
        step_millis: 50,
        ..Orders::default()
    }
}

#[tokio::test]
async fn j6_a_dead_workers_job_runs_again_soon() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let id = put(&app, &probe(&long())).await;
    let first = Node::start(&app, &witness, 1);
    until(&app, id, &[JobStatus::Running]).await;
    while witness.starts(id) < 1 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let second = Node::start(&app, &witness, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let died = Instant::now();
    first.kill();
    while witness.starts(id) < 2 {
        assert!(
            died.elapsed() < Duration::from_secs(15),
            "nobody took it over"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The lease, an interval of rescue, an interval of polling, and a second for a slow machine.
    let took = died.elapsed();
    assert!(
        took < Duration::from_millis(3_000 + 500 + 300 + 1_000),
        "{took:?}"
    );
    assert!(
        took > Duration::from_millis(1_500),
        "{took:?}: before the lease was over"
    );
    drop(second);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_given_up_and_others_are_not() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let deadly = put(&app, &probe(&long())).await;
    for n in 1..=3 {
        let node = Node::start(&app, &witness, 1);
        while witness.starts(deadly) < n {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        node.kill();
    }
    let harmless = put(&app, &probe(&Orders::default())).await;
    let _node = Node::start(&app, &witness, 1);
    let row = until(&app, deadly, &[JobStatus::Failed]).await;
    assert_eq!(row.error.expect("an error")["code"], "POISON");
    until(&app, harmless, &[JobStatus::Succeeded]).await;
    assert_eq!(witness.starts(deadly), 3);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j7_attempts_end_and_waits_lie_in_their_band() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let orders = Orders {
        failures: 100,
        ..Orders::default()
    };
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(put(&app, &probe(&orders).with_attempts(3)).await);
    }
    let _node = Node::start(&app, &witness, 12);
    for id in &ids {
        let row = until(&app, *id, &[JobStatus::Failed]).await;
        assert_eq!(row.attempt, 3);
        let error = row.error.expect("an error");
        assert_eq!(error["code"], "ATTEMPTS_EXHAUSTED");
        assert_eq!(error["message"], "as told");
    }
    // From a failure to when the next attempt is due; the base is 200 ms here.
    let conn = app.conn().await;
    let waits: Vec<(i32, f64)> = sql(
        "SELECT n.attempt, extract(epoch FROM n.at - w.at)::double precision FROM job_events w \
         JOIN job_events n ON n.job_id = w.job_id AND n.version = w.version + 1 WHERE w.status = 'RETRY_WAIT'",
        [],
    )
    .statement::<(st::Integer, st::Double)>()
    .load(&mut &*conn)
    .await
    .expect("the waits");
    assert_eq!(waits.len(), 24);
    for (attempt, wait) in &waits {
        let base = 0.2 * f64::from(3_i32.pow(u32::try_from(*attempt).expect("small") - 1));
        // Up to a poll interval and a second of a slow machine beyond the band.
        assert!(*wait >= base * 0.5 - 0.02, "{attempt}: {wait}");
        assert!(*wait <= base * 1.5 + 1.3, "{attempt}: {wait}");
    }
    let bands: Vec<f64> = sql(
        "SELECT extract(epoch FROM job_backoff('5 s', n))::double precision FROM generate_series(1, 40) n",
        [],
    )
    .statement::<st::Double>()
    .load(&mut &*conn)
    .await
    .expect("waits");
    for (n, wait) in bands.iter().enumerate() {
        let base = (5.0 * 3_f64.powi(i32::try_from(n).expect("small"))).min(3_600.0);
        assert!((base * 0.5..=base * 1.5).contains(wait), "{n}: {wait}");
    }
    let again: f64 = sql(
        "SELECT extract(epoch FROM job_backoff('5 s', 1))::double precision",
        [],
    )
    .statement::<st::Double>()
    .get_result(&mut &*conn)
    .await
    .expect("a wait");
    assert!((again - bands[0]).abs() > f64::EPSILON, "no jitter");
    drop(conn);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j9_cancelling_a_waiting_job_is_its_end() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let witness = Witness::default();
    let id = selftest(&app, &tenant, json!({})).await;
    let cancel = "mutation ($id: ID!) { cancelJob(input: {id: $id}) { job { status } userErrors { code } } }";
    let variables = json!({ "id": id.to_string() });
    // Who merely belongs to the organization hears of no job.
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let refused = app.gql(viewer, cancel, variables.clone()).await;
    assert_eq!(refused.text("/cancelJob/userErrors/0/code"), "NOT_FOUND");
    let done = app.gql(tenant.admin, cancel, variables.clone()).await;
    assert_eq!(
        done.text("/cancelJob/job/status"),
        "CANCELLED",
        "{}",
        done.body
    );
    // Again is no mistake.
    let again = app.gql(tenant.admin, cancel, variables.clone()).await;
    assert_eq!(again.text("/cancelJob/job/status"), "CANCELLED");
    let _node = Node::start(&app, &witness, 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    until(&app, id, &[JobStatus::Cancelled]).await;
    // Started again, it is a new job, of who asked.
    let retry = "mutation ($id: ID!) { retryJob(input: {id: $id}) { job { id status retryOf { id } } userErrors { code } } }";
    let retried = app.gql(tenant.admin, retry, variables).await;
    assert_eq!(retried.text("/retryJob/job/retryOf/id"), id.to_string());
    let new = json!({ "id": retried.text("/retryJob/job/id") });
    let refused = app.gql(tenant.admin, retry, new).await;
    assert_eq!(refused.text("/retryJob/userErrors/0/code"), "CONFLICT");
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j9_cancelling_a_running_job_stops_it_and_nothing_follows() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let node = Node::start(&app, &witness, 4);
    for is_deaf in [false, true] {
        let orders = Orders {
            is_deaf,
            effect: Some("hook".to_owned()),
            ..long()
        };
        let id = put(&app, &probe(&orders)).await;
        until(&app, id, &[JobStatus::Running]).await;
        let asked = Instant::now();
        let conn = app.conn().await;
        chartroom::jobs::cancel(&conn, id).await.expect("asked");
        drop(conn);
        node.jobs.bell.ring(chartroom::jobs::Channel::Changed);
        until(&app, id, &[JobStatus::Cancelled]).await;
        // A beat; for one that does not listen, the grace of two seconds as well.
        let most = if is_deaf { 5_000 } else { 2_500 };
        let took = asked.elapsed();
        assert!(
            took < Duration::from_millis(most),
            "deaf {is_deaf}: {took:?}"
        );
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(witness.see(|seen| seen.effects.is_empty()));
    assert_quiet(&app).await;
}

async fn attempts(app: &TestApp, id: JobId) -> i32 {
    until(app, id, &[JobStatus::Succeeded]).await.attempt
}

#[tokio::test]
async fn an_orderly_stop_hands_jobs_back() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let Actor::User(admin, _) = tenant.admin else {
        panic!()
    };
    let witness = Witness::default();
    let quick = Orders {
        steps: 10,
        step_millis: 100,
        ..Orders::default()
    };
    let resumable = NewJob::of::<Guarded>(&quick)
        .expect("a job")
        .on_behalf_of(admin, Some(tenant.id));
    let resumable = put(&app, &resumable).await;
    let finishing = put(&app, &probe(&quick)).await;
    let long = put(&app, &NewJob::of::<Probe>(&long()).expect("a job")).await;
    let node = Node::start(&app, &witness, 3);
    for id in [resumable, finishing, long] {
        until(&app, id, &[JobStatus::Running]).await;
    }
    let began = Instant::now();
    assert!(node.stop().await, "everything has a proper end");
    // Two seconds to drain, and a little to store the ends.
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    until(&app, finishing, &[JobStatus::Succeeded]).await;
    let row = until(&app, resumable, &[JobStatus::Queued]).await;
    assert_eq!(row.attempt, 0, "handed back, not counted");
    until(&app, long, &[JobStatus::RetryWait, JobStatus::Queued]).await;
    let _next = Node::start(&app, &witness, 3);
    assert_eq!(attempts(&app, resumable).await, 1);
    assert_eq!(attempts(&app, finishing).await, 1);
    assert_eq!(attempts(&app, long).await, 2);
    assert_quiet(&app).await;
}
