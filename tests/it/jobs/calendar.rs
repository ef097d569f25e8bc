//! J11: every due time fires once, whoever looks, and what was missed is caught up as the policy says.

use super::{
    node::{Node, Orders, Probe, Witness, assert_quiet},
    stage::{run, script},
};
use crate::support::TestApp;
use chartroom::{
    db::sql,
    jobs::schedule::{self, CatchUp, NewSchedule, Overlap},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::time::Duration;

async fn schedule(app: &TestApp, name: &str, cron: &str, catch_up: CatchUp, overlap: Overlap) {
    let conn = app.conn().await;
    let new = NewSchedule {
        name,
        cron,
        time_zone: "Europe/Berlin",
        catch_up,
        overlap,
    };
    schedule::ensure::<Probe>(&conn, &new, &Orders::default())
        .await
        .expect("stored");
}

/// What became of the due times of a schedule: outcome and how many.
async fn fires(app: &TestApp, name: &str) -> Vec<(String, i64)> {
    let conn = app.conn().await;
    sql(
        "SELECT f.outcome, count(*) FROM job_fires f JOIN job_schedules s ON s.id = f.schedule_id \
         WHERE s.name = ? GROUP BY 1 ORDER BY 1",
        [name.into()],
    )
    .statement::<(st::Text, st::BigInt)>()
    .load(&mut &*conn)
    .await
    .expect("the fires")
}

async fn jobs(app: &TestApp) -> i64 {
    let conn = app.conn().await;
    sql("SELECT count(*) FROM jobs", [])
        .statement::<st::BigInt>()
        .get_result(&mut &*conn)
        .await
        .expect("a count")
}

/// Moves the clock of the queue.
async fn jump(app: &TestApp, to: &str) {
    let text = format!(
        "CREATE OR REPLACE FUNCTION job_now() RETURNS timestamptz LANGUAGE sql STABLE AS \
         $$ SELECT timestamptz '{to}' $$"
    );
    script(app, &text).await;
}

#[tokio::test]
async fn j11_three_nodes_fire_each_due_time_once() {
    let app = TestApp::start().await;
    for n in 0..5 {
        schedule(
            &app,
            &format!("s{n}"),
            "* * * * *",
            CatchUp::All,
            Overlap::Allow,
        )
        .await;
    }
    // Ten minutes of due times, all at once, for three nodes at once.
    run(
        &app,
        "UPDATE job_schedules SET next_due_at = date_trunc('minute', now()) - interval '9 minutes'",
        [],
    )
    .await;
    let witness = Witness::default();
    let _nodes = [
        Node::start(&app, &witness, 4),
        Node::start(&app, &witness, 4),
        Node::start(&app, &witness, 4),
    ];
    tokio::time::sleep(Duration::from_secs(3)).await;
    for n in 0..5 {
        let fired = fires(&app, &format!("s{n}")).await;
        assert_eq!(fired.len(), 1, "{fired:?}");
        assert_eq!(fired[0].0, "ENQUEUED");
        // One more if the minute changed meanwhile.
        assert!((10..=11).contains(&fired[0].1), "{fired:?}");
    }
    let (all, fired) = (jobs(&app).await, {
        let mut sum = 0;
        for n in 0..5 {
            sum += fires(&app, &format!("s{n}")).await[0].1;
        }
        sum
    });
    assert_eq!(all, fired, "a job for each");
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j11_an_outage_is_caught_up_as_the_policy_says() {
    let app = TestApp::start().await;
    for (name, catch_up) in [
        ("latest", CatchUp::Latest),
        ("all", CatchUp::All),
        ("none", CatchUp::None),
    ] {
        schedule(&app, name, "*/10 * * * *", catch_up, Overlap::Allow).await;
    }
    // Down from 09:55 to 13:05: 19 due times.
    run(
        &app,
        "UPDATE job_schedules SET next_due_at = '2026-06-01T10:00:00Z'",
        [],
    )
    .await;
    jump(&app, "2026-06-01T13:05:00Z").await;
    let witness = Witness::default();
    let _node = Node::start(&app, &witness, 4);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let found = |outcome: &str, n: i64| (outcome.to_owned(), n);
    assert_eq!(
        fires(&app, "latest").await,
        [found("ENQUEUED", 1), found("MISSED", 18)]
    );
    assert_eq!(fires(&app, "all").await, [found("ENQUEUED", 19)]);
    assert_eq!(fires(&app, "none").await, [found("MISSED", 19)]);
}

#[tokio::test]
async fn j11_both_changes_of_the_clocks_fire_once() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    schedule(
        &app,
        "nightly",
        "30 2 * * *",
        CatchUp::Latest,
        Overlap::Allow,
    )
    .await;
    // In spring 02:30 does not exist, in autumn it comes twice; the days before and after are plain.
    let mut seen = 0;
    for (before, after) in [
        ("2026-03-28T22:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-24T22:00:00Z", "2026-10-25T22:30:00Z"),
    ] {
        script(&app, "DELETE FROM job_fires").await;
        run(&app, "UPDATE job_schedules SET next_due_at = NULL", []).await;
        jump(&app, before).await;
        let node = Node::start(&app, &witness, 1);
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert!(fires(&app, "nightly").await.is_empty(), "{before}");
        // Through the night in steps of half an hour.
        let mut at: chrono::DateTime<chrono::Utc> = before.parse().expect("a time");
        let end: chrono::DateTime<chrono::Utc> = after.parse().expect("a time");
        while at < end {
            at += chrono::TimeDelta::minutes(120);
            jump(&app, &at.to_rfc3339()).await;
            tokio::time::sleep(Duration::from_millis(350)).await;
        }
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(
            fires(&app, "nightly").await,
            [("ENQUEUED".to_owned(), 1)],
            "{after}"
        );
        node.kill();
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[tokio::test]
async fn a_run_that_is_not_done_is_not_run_twice() {
    let app = TestApp::start().await;
    schedule(&app, "long", "* * * * *", CatchUp::Latest, Overlap::Skip).await;
    run(
        &app,
        "UPDATE job_schedules SET next_due_at = '2026-06-01T10:00:00Z'",
        [],
    )
    .await;
    jump(&app, "2026-06-01T10:00:30Z").await;
    // Nobody runs jobs here: a node without slots fires only.
    let witness = Witness::default();
    let _node = Node::start(&app, &witness, 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let found = |outcome: &str, n: i64| (outcome.to_owned(), n);
    assert_eq!(fires(&app, "long").await, [found("ENQUEUED", 1)]);
    jump(&app, "2026-06-01T10:01:30Z").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        fires(&app, "long").await,
        [found("ENQUEUED", 1), found("OVERLAPPED", 1)]
    );
    assert_eq!(jobs(&app).await, 1);
}
