//! J13, J14, J15: rights of now, lines in order, nothing forgotten too early.

use super::{
    node::{Guarded, Node, Orders, Probe, Witness, assert_quiet, batch, probe, put, until},
    stage::{run, script},
};
use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    db::sql,
    domains::platform::housekeeping::{Purge, PurgePayload},
    jobs::{Handlers, JobStatus, Jobs, NewJob, Worker},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::time::Duration;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

#[tokio::test]
async fn j13_a_job_has_the_rights_of_when_it_runs() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let orders = Orders {
        effect: Some("hook".to_owned()),
        ..Orders::default()
    };
    let witness = Witness::default();
    let mut ids = Vec::new();
    for (name, loss) in [
        ("demoted", "DELETE FROM access_grants WHERE user_id = ?"),
        (
            "deactivated",
            "UPDATE users SET status = 'INACTIVE' WHERE id = ?",
        ),
        ("gone", "DELETE FROM users WHERE id = ?"),
        ("left", "DELETE FROM organization_members WHERE user_id = ?"),
    ] {
        let Actor::User(user, _) = tenant.user(&app, name, "admin").await else {
            panic!("a user")
        };
        let new = NewJob::of::<Guarded>(&orders)
            .expect("a job")
            .on_behalf_of(user, Some(tenant.id));
        ids.push(put(&app, &new).await);
        run(&app, loss, [user.into()]).await;
    }
    let Actor::User(admin, _) = tenant.admin else {
        panic!("a user")
    };
    let new = NewJob::of::<Guarded>(&orders)
        .expect("a job")
        .on_behalf_of(admin, Some(tenant.id));
    let allowed = put(&app, &new).await;
    let _node = Node::start(&app, &witness, 4);
    for id in ids {
        let row = until(&app, id, &[JobStatus::Failed]).await;
        assert_eq!(row.error.expect("an error")["code"], "FORBIDDEN");
        assert_eq!((row.attempt, witness.starts(id)), (1, 0), "not tried again");
    }
    until(&app, allowed, &[JobStatus::Succeeded]).await;
    assert_eq!(witness.see(|seen| seen.effects.len()), 1);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j14_lines_of_attempts_do_not_mix() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let orders = Orders {
        steps: 8,
        step_millis: 60,
        is_deaf: true,
        lines: true,
        ..Orders::default()
    };
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(put(&app, &probe(&orders).with_attempts(50)).await);
    }
    let _nodes = [
        Node::with(&app, &witness, 3, |config| config.poison_after = 100),
        Node::with(&app, &witness, 3, |config| config.poison_after = 100),
    ];
    // Their leases are taken while they write.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        script(
            &app,
            "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE status = 'RUNNING'",
        )
        .await;
    }
    for id in ids {
        until(&app, id, &[JobStatus::Succeeded]).await;
        let conn = app.conn().await;
        let lines: Vec<(i32, i32, String)> = sql(
            "SELECT seq, attempt, message FROM job_logs WHERE job_id = ? ORDER BY seq",
            [id.into()],
        )
        .statement::<(st::Integer, st::Integer, st::Text)>()
        .load(&mut &*conn)
        .await
        .expect("the lines");
        for (n, pair) in lines.windows(2).enumerate() {
            assert_eq!(pair[0].0 + 1, pair[1].0, "{n}: {lines:?}");
            assert!(pair[0].1 <= pair[1].1, "attempts mix: {lines:?}");
        }
        for (_, attempt, message) in &lines {
            assert!(
                message.starts_with(&format!("attempt {attempt} ")),
                "{lines:?}"
            );
        }
        let last = lines.last().expect("lines").1;
        let of_last = lines.iter().filter(|line| line.1 == last).count();
        assert_eq!(of_last, 8, "the last attempt wrote all: {lines:?}");
    }
    assert_quiet(&app).await;
}

#[tokio::test]
async fn a_flood_of_lines_is_bounded() {
    let app = TestApp::start().await;
    let id = put(&app, &probe(&Orders::default())).await;
    let conn = app.conn().await;
    let config = chartroom::config::JobsConfig::for_tests();
    let claimed = chartroom::jobs::claim(
        &conn,
        chartroom::kernel::entity::WorkerNodeId::new(),
        batch(&["PROBE".to_owned()], 1),
        &config,
    )
    .await
    .expect("a claim");
    let long = "x".repeat(100_000) + "\0é";
    let line = chartroom::jobs::logs::Line::new(chartroom::jobs::LogLevel::Info, &long, None);
    assert_eq!(line.message.len(), chartroom::jobs::logs::LINE_BYTES);
    let odd = chartroom::jobs::logs::Line::new(
        chartroom::jobs::LogLevel::Error,
        "a\0b",
        Some(serde_json::json!({ "text": "c\0d" })),
    );
    let written = chartroom::jobs::logs::write(&conn, claimed[0].lease, &[line, odd]).await;
    assert!(written.expect("an answer"), "{id}");
}

#[tokio::test]
async fn j15_a_purge_takes_what_is_past_its_time_and_nothing_else() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let node = Node::start(&app, &witness, 4);
    let mut ends = Vec::new();
    for n in 0..6 {
        let id = put(&app, &probe(&Orders::default()).idempotent(format!("{n}"))).await;
        until(&app, id, &[JobStatus::Succeeded]).await;
        ends.push(id);
    }
    drop(node);
    let waiting = put(
        &app,
        &NewJob::of::<Probe>(&Orders::default()).expect("a job"),
    )
    .await;
    // Three are past their time; one that waits has none; keys of yesterday are forgotten.
    for id in &ends[..3] {
        run(
            &app,
            "UPDATE jobs SET retain_until = now() - interval '1 minute' WHERE id = ?",
            [(*id).into()],
        )
        .await;
    }
    script(
        &app,
        "UPDATE jobs SET created_at = created_at - interval '2 days'",
    )
    .await;
    let purge = put(&app, &NewJob::of::<Purge>(&PurgePayload {}).expect("a job")).await;
    let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
    let config = chartroom::config::JobsConfig::for_tests();
    let jobs = Jobs::new(&app.db, config, &tasks, &stopping);
    let worker = Worker::start(app.db.clone(), jobs, Handlers::default().with(Purge), 1);
    let row = until(&app, purge, &[JobStatus::Succeeded]).await;
    let report = row.result.expect("a report");
    assert_eq!(
        (&report["jobs"], &report["keys"]),
        (&3.into(), &3.into()),
        "{report}"
    );
    assert!(worker.stop().await);
    let conn = app.conn().await;
    let left: Vec<uuid::Uuid> = sql("SELECT id FROM jobs ORDER BY id", [])
        .statement::<st::Uuid>()
        .load(&mut &*conn)
        .await
        .expect("the jobs");
    let mut expected: Vec<_> = ends[3..].iter().map(|id| id.uuid()).collect();
    expected.extend([waiting.uuid(), purge.uuid()]);
    expected.sort();
    assert_eq!(left, expected);
    // A success is kept for a week.
    let kept: f64 = sql(
        "SELECT extract(epoch FROM retain_until - finished_at)::double precision FROM jobs WHERE id = ?",
        [purge.into()],
    )
    .statement::<st::Double>()
    .get_result(&mut &*conn)
    .await
    .expect("the time");
    assert!((kept - 7.0 * 86_400.0).abs() < 1.0, "{kept}");
}
