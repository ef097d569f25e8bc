//! J1, J8: asking for work.

use super::{
    node::{Node, Orders, Witness, assert_quiet, probe, put, until},
    stage::{run, selftest},
};
use crate::support::{Tenant, TestApp};
use chartroom::{
    db::{Conn, sql, transaction},
    jobs::{self, Enqueued, JobStatus, NewJob},
    kernel::{Error, entity::JobId},
};
use diesel_async::RunQueryDsl as _;
use serde_json::json;
use std::{collections::HashSet, time::Duration};

async fn count(app: &TestApp) -> i64 {
    let conn = app.conn().await;
    sql("SELECT count(*) FROM jobs", [])
        .statement::<diesel::sql_types::BigInt>()
        .get_result(&mut &*conn)
        .await
        .expect("a count")
}

#[tokio::test]
async fn j1_a_job_is_there_if_and_only_if_its_transaction_is() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let mut conn = app.conn().await;
    let rolled_back = probe(&Orders::default());
    let result: Result<(), Error> = transaction(&mut conn, async |conn: &Conn| {
        jobs::enqueue(conn, &rolled_back, 10).await?;
        Err(Error::NotFound)
    })
    .await;
    assert!(result.is_err());
    assert_eq!(count(&app).await, 0);
    let kept = probe(&Orders::default());
    let id: JobId = transaction(&mut conn, async |conn: &Conn| -> Result<JobId, Error> {
        match jobs::enqueue(conn, &kept, 10).await? {
            Enqueued::New(id) => Ok(id),
            other => panic!("{other:?}"),
        }
    })
    .await
    .expect("committed");
    drop(conn);
    let _node = Node::start(&app, &witness, 2);
    until(&app, id, &[JobStatus::Succeeded]).await;
    assert_eq!(witness.see(|seen| seen.starts.len()), 1);
    assert_quiet(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j8_one_key_is_one_job_whoever_asks_at_once() {
    let app = TestApp::start().await;
    let kinds: [fn(usize) -> NewJob; 2] = [
        |n| probe(&Orders::default()).idempotent(format!("key-{n}")),
        |n| probe(&Orders::default()).unique(format!("key-{n}")),
    ];
    for make in kinds {
        run(&app, "DELETE FROM jobs", []).await;
        for n in 0..3 {
            let asked = (0..50).map(|_| {
                let db = app.db.clone();
                let new = make(n);
                tokio::spawn(async move {
                    let conn = db.get().await.expect("a connection");
                    jobs::enqueue(&conn, &new, 1_000).await.expect("an answer")
                })
            });
            let answers = futures_util::future::join_all(asked).await;
            let mut news = 0;
            let ids: HashSet<JobId> = answers
                .into_iter()
                .map(|answer| match answer.expect("no panic") {
                    Enqueued::New(id) => {
                        news += 1;
                        id
                    }
                    Enqueued::Existing(id) => id,
                    Enqueued::QueueFull => panic!("the queue is not full"),
                })
                .collect();
            assert_eq!((ids.len(), news), (1, 1));
        }
        assert_eq!(count(&app).await, 3);
    }
}

#[tokio::test]
async fn j8_a_unique_key_is_free_again_after_the_end() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let first = put(&app, &probe(&Orders::default()).unique("one")).await;
    let node = Node::start(&app, &witness, 1);
    until(&app, first, &[JobStatus::Succeeded]).await;
    node.kill();
    let second = put(&app, &probe(&Orders::default()).unique("one")).await;
    assert_ne!(first, second);
    // Of an idempotency key, the answer stays the same.
    let first = put(&app, &probe(&Orders::default()).idempotent("two")).await;
    run(
        &app,
        "UPDATE jobs SET status = 'CANCELLED', finished_at = now() WHERE id = ?",
        [first.into()],
    )
    .await;
    let again = put(&app, &probe(&Orders::default()).idempotent("two")).await;
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_full_queue_refuses_and_says_so() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    selftest(&app, &tenant, json!({})).await;
    let conn = app.conn().await;
    let full = jobs::enqueue(&conn, &probe(&Orders::default()), 0).await;
    assert_eq!(full.expect("an answer"), Enqueued::QueueFull);
    drop(conn);
    run(
        &app,
        "INSERT INTO jobs (id, organization_id, kind, status, max_attempts, fairness_key) \
         SELECT gen_random_uuid(), ?, 'SELFTEST', 'QUEUED', 5, ? FROM generate_series(1, 10000)",
        [tenant.id.into(), tenant.id.into()],
    )
    .await;
    let query = "mutation { runSelftest(input: {}) { job { id } userErrors { code message } } }";
    let answer = app.ask(tenant.admin, query).await;
    assert_eq!(
        answer.text("/runSelftest/userErrors/0/code"),
        "QUEUE_FULL",
        "{}",
        answer.body
    );
    // Another tenant's queue is another queue.
    let other = Tenant::create(&app, "other").await;
    selftest(&app, &other, json!({})).await;
}

#[tokio::test]
async fn a_job_for_later_waits_and_one_past_its_deadline_expires() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let _node = Node::start(&app, &witness, 2);
    let later = put(
        &app,
        &probe(&Orders::default()).after(Duration::from_secs(2)),
    )
    .await;
    let row = until(&app, later, &[JobStatus::Scheduled]).await;
    assert_eq!(row.version, 1);
    let never = put(
        &app,
        &probe(&Orders::default())
            .after(Duration::from_mins(1))
            .within(Duration::from_secs(1)),
    )
    .await;
    until(&app, never, &[JobStatus::Expired]).await;
    until(&app, later, &[JobStatus::Succeeded]).await;
    assert_eq!(witness.starts(never), 0);
    // One that runs over its time is stopped.
    let long = Orders {
        steps: 100,
        step_millis: 100,
        ..Orders::default()
    };
    let slow = put(&app, &probe(&long).within(Duration::from_secs(1))).await;
    until(&app, slow, &[JobStatus::Running]).await;
    let row = until(&app, slow, &[JobStatus::Expired]).await;
    assert_eq!(row.error.expect("an error")["code"], "EXPIRED");
    assert_quiet(&app).await;
}
