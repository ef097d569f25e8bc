//! J2, J3, J4: one end, no gap, and a worker that lost its lease changes nothing.

use super::{
    node::{Node, Orders, Witness, assert_quiet, batch, probe, put, until},
    stage::{run, script},
};
use crate::support::TestApp;
use chartroom::{
    config::JobsConfig,
    db::{Conn, sql},
    jobs::{
        self, Claimed, End, FailureCode, Intent, JobStatus, LogLevel, OnDoubt, Progress,
        StoredError, effects, logs, progress,
    },
    kernel::entity::{JobId, WorkerNodeId},
};
use diesel::sql_types as st;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use std::time::Duration;

async fn claim(conn: &Conn, count: usize) -> Vec<Claimed> {
    let (node, config) = (WorkerNodeId::new(), JobsConfig::for_tests());
    jobs::claim(conn, node, batch(&["PROBE".to_owned()], count), &config)
        .await
        .expect("a claim")
}

/// Takes the job from its worker, as after a death, and gives it to another.
async fn take_over(app: &TestApp, conn: &Conn, id: JobId) -> Claimed {
    run(
        app,
        "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = ?",
        [id.into()],
    )
    .await;
    jobs::rescue(conn, &JobsConfig::for_tests())
        .await
        .expect("a rescue");
    jobs::promote(conn).await.expect("a promotion");
    claim(conn, 1).await.pop().expect("the job again")
}

/// Everything that is stored of a job.
async fn snapshot(conn: &Conn, id: JobId) -> String {
    sql(
        "SELECT concat(\
           (SELECT to_jsonb(j) - 'lease_until' FROM jobs j WHERE j.id = ?), \
           (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.version) FROM job_events e WHERE e.job_id = ?), \
           (SELECT jsonb_agg(to_jsonb(l) ORDER BY l.seq) FROM job_logs l WHERE l.job_id = ?), \
           (SELECT jsonb_agg(to_jsonb(f) ORDER BY f.step) FROM job_effects f WHERE f.job_id = ?))",
        [id.into(), id.into(), id.into(), id.into()],
    )
    .statement::<st::Text>()
    .get_result(&mut &*conn)
    .await
    .expect("the job")
}

#[tokio::test]
async fn a_job_that_comes_while_a_claim_waits_for_its_turn_is_not_lost() {
    let app = TestApp::start().await;
    let (conn, mut other) = (app.conn().await, app.conn().await);
    let waiting = "DO $$ BEGIN WHILE NOT EXISTS (\
        SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
        WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted) \
        LOOP PERFORM pg_sleep(0.01); END LOOP; END $$";
    let lock = "SELECT pg_advisory_lock(7173029442)";
    other.batch_execute(lock).await.expect("its turn");
    let claimed = claim(&conn, 1);
    let put_meanwhile = async {
        script(&app, waiting).await;
        let id = put(&app, &probe(&Orders::default())).await;
        let unlock = "SELECT pg_advisory_unlock(7173029442)";
        other.batch_execute(unlock).await.expect("the next turn");
        id
    };
    let (claimed, id) = tokio::join!(claimed, put_meanwhile);
    let claimed: Vec<JobId> = claimed.iter().map(|job| job.lease.id).collect();
    assert_eq!(claimed, [id]);
}

#[tokio::test]
async fn j4_a_fenced_worker_changes_nothing() {
    let app = TestApp::start().await;
    let id = put(&app, &probe(&Orders::default())).await;
    let conn = app.conn().await;
    let zombie = claim(&conn, 1).await.pop().expect("the job");
    let owner = take_over(&app, &conn, id).await;
    assert_ne!(zombie.lease.token, owner.lease.token);
    let before = snapshot(&conn, id).await;
    let config = JobsConfig::for_tests();
    let error = StoredError {
        code: FailureCode::Internal,
        message: "late".to_owned(),
        details: None,
    };
    let done = Progress {
        done: 99,
        ..Progress::default()
    };
    for end in [
        End::Succeeded(None),
        End::Retry(error.clone()),
        End::Failed(error.clone()),
        End::Cancelled,
        End::Expired,
        End::HandedBack,
        End::Declined,
    ] {
        let finished = jobs::finish(&conn, zombie.lease, &end, &done, &config).await;
        assert!(!finished.expect("an answer"), "{end:?}");
    }
    assert!(
        !progress::report(&conn, zombie.lease, &done)
            .await
            .expect("an answer")
    );
    let line = logs::Line::new(LogLevel::Info, "late", None);
    assert!(
        !logs::write(&conn, zombie.lease, &[line])
            .await
            .expect("an answer")
    );
    let intent = effects::intend(&conn, zombie.lease, "step", OnDoubt::Repeat).await;
    assert_eq!(intent.expect("an answer"), Intent::Refused);
    let beat = jobs::beat(&conn, WorkerNodeId::new(), &[zombie.lease], config.lease).await;
    assert!(beat.expect("an answer").is_empty(), "the zombie is told");
    assert_eq!(snapshot(&conn, id).await, before);
    // The owner is not disturbed.
    let finished = jobs::finish(&conn, owner.lease, &End::Succeeded(None), &done, &config).await;
    assert!(finished.expect("an answer"));
    drop(conn);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j2_one_end_whatever_comes_late() {
    let app = TestApp::start().await;
    let config = JobsConfig::for_tests();
    let done = Progress::default();
    for n in 0..20 {
        let id = put(&app, &probe(&Orders::default())).await;
        let conn = app.conn().await;
        let zombie = claim(&conn, 1).await.pop().expect("the job");
        let owner = take_over(&app, &conn, id).await;
        // Both come to an end, in either order; only the owner's is one.
        let ends = [(zombie.lease, false), (owner.lease, true)];
        let order = if n % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            let (lease, is_owner) = ends[which];
            let finished = jobs::finish(&conn, lease, &End::Succeeded(None), &done, &config).await;
            assert_eq!(finished.expect("an answer"), is_owner);
            // Saying it twice changes nothing either.
            let again = jobs::finish(&conn, lease, &End::Cancelled, &done, &config).await;
            assert!(!again.expect("an answer"));
        }
    }
    let conn = app.conn().await;
    let ends: i64 = sql(
        "SELECT count(*) FROM job_events WHERE status IN ('SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED')",
        [],
    )
    .statement::<st::BigInt>()
    .get_result(&mut &*conn)
    .await
    .expect("a count");
    assert_eq!(ends, 20);
    drop(conn);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j2_forced_rescues_of_living_jobs_end_each_once() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let mut ids = Vec::new();
    for _ in 0..40 {
        let orders = Orders {
            steps: 2,
            step_millis: 150,
            effect: Some("hook".to_owned()),
            is_deaf: true,
            ..Orders::default()
        };
        ids.push(put(&app, &probe(&orders).with_attempts(50)).await);
    }
    let nodes = [
        Node::with(&app, &witness, 8, |config| config.poison_after = 100),
        Node::with(&app, &witness, 8, |config| config.poison_after = 100),
    ];
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        script(
            &app,
            "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE status = 'RUNNING'",
        )
        .await;
    }
    for id in &ids {
        until(&app, *id, &[JobStatus::Succeeded]).await;
    }
    let (kinds, most) = witness.see(|seen| {
        let most = seen.effects.values().copied().max();
        (seen.effects.len(), most.unwrap_or_default())
    });
    assert_eq!(kinds, ids.len(), "one key for each job");
    assert!(most <= 9, "an effect per attempt at most: {most}");
    drop(nodes);
    assert_quiet(&app).await;
}

#[tokio::test]
async fn j3_only_legal_moves_can_be_stored() {
    let app = TestApp::start().await;
    let conn = app.conn().await;
    let stored: String = sql(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'job_events_legal_move'",
        [],
    )
    .statement::<st::Text>()
    .get_result(&mut &*conn)
    .await
    .expect("the constraint");
    for from in JobStatus::ALL {
        for to in JobStatus::ALL {
            let pair = format!("'{}>{}'", from.as_str(), to.as_str());
            assert_eq!(
                stored.contains(&pair),
                from.may_become(*to),
                "{pair}: the code and the table differ"
            );
        }
    }
    for from in JobStatus::ALL {
        assert_eq!(
            stored.contains(&format!("'>{}'", from.as_str())),
            matches!(from, JobStatus::Scheduled | JobStatus::Queued),
            "where a job begins"
        );
    }
}

#[tokio::test]
async fn j3_versions_have_no_gap_under_load() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let mut ids = Vec::new();
    for n in 0..60 {
        let orders = Orders {
            steps: 3,
            step_millis: 30,
            failures: n % 3,
            ..Orders::default()
        };
        ids.push(put(&app, &probe(&orders)).await);
    }
    let nodes = [
        Node::start(&app, &witness, 6),
        Node::start(&app, &witness, 6),
    ];
    for id in ids {
        until(&app, id, &[JobStatus::Succeeded]).await;
    }
    assert_quiet(&app).await;
    assert_ne!(nodes[0].id(), nodes[1].id());
}

#[tokio::test]
async fn j5_effects_are_known_by_one_key_and_mail_is_never_sent_twice() {
    let app = TestApp::start().await;
    let witness = Witness::default();
    let orders = |kind: &str| Orders {
        effect: Some(kind.to_owned()),
        ..Orders::default()
    };
    // The worker dies between the intent and the note that it was done.
    let hook = put(&app, &probe(&orders("slow"))).await;
    let mail = put(&app, &probe(&orders("mail"))).await;
    let node = Node::start(&app, &witness, 2);
    while witness.see(|seen| seen.effects.len()) < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    node.kill();
    let _next = Node::start(&app, &witness, 2);
    until(&app, hook, &[JobStatus::Succeeded]).await;
    until(&app, mail, &[JobStatus::Succeeded]).await;
    let effects = witness.see(|seen| seen.effects.clone());
    assert_eq!(
        effects[&format!("{hook}-slow")],
        2,
        "the receiver knows it by its key"
    );
    assert_eq!(effects[&format!("{mail}-mail")], 1, "nobody gets it twice");
    assert_eq!(effects.len(), 2);
    assert_eq!(witness.see(|seen| seen.uncertain), 1);
    let conn = app.conn().await;
    let state: String = sql(
        "SELECT state FROM job_effects WHERE job_id = ?",
        [mail.into()],
    )
    .statement::<st::Text>()
    .get_result(&mut &*conn)
    .await
    .expect("the note");
    assert_eq!(state, "UNCERTAIN");
    drop(conn);
    assert_quiet(&app).await;
}
