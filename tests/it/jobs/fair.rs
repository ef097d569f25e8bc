//! J10: limits and fairness.

use super::{
    node::{Node, Orders, Witness, assert_quiet, batch, probe, put, until},
    stage::{run, script},
};
use crate::support::{Actor, Tenant, TestApp};
use chartroom::{
    config::JobsConfig,
    db::sql,
    jobs::{self, JobStatus, NewJob, Priority},
    kernel::entity::{OrganizationId, WorkerNodeId},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

fn of(tenant: &Tenant) -> NewJob {
    let Actor::User(admin, _) = tenant.admin else {
        panic!("an administrator")
    };
    probe(&Orders::default()).on_behalf_of(admin, Some(tenant.id))
}

async fn flood(app: &TestApp, tenant: &Tenant, count: i32, kind: &str) {
    run(
        app,
        "WITH job AS (\
           INSERT INTO jobs (id, organization_id, kind, status, max_attempts, fairness_key, rank_at) \
           SELECT gen_random_uuid(), ?, ?, 'QUEUED', 5, ?, now() - interval '1 hour' FROM generate_series(1, ?) RETURNING id) \
         INSERT INTO job_inputs SELECT id, 1, '{\"steps\": 2, \"step_millis\": 100, \"failures\": 0, \"effect\": null, \"is_deaf\": false, \"lines\": false}' FROM job",
        [tenant.id.into(), kind.into(), tenant.id.into(), count.into()],
    )
    .await;
}

async fn claim(app: &TestApp, slots: usize, most: u32) -> HashMap<OrganizationId, usize> {
    let config = JobsConfig {
        tenant_running: most,
        ..JobsConfig::for_tests()
    };
    let conn = app.conn().await;
    let kinds = ["PROBE".to_owned(), "GUARDED".to_owned()];
    let claimed = jobs::claim(&conn, WorkerNodeId::new(), batch(&kinds, slots), &config)
        .await
        .expect("a claim");
    let mut by_tenant = HashMap::new();
    for job in claimed {
        *by_tenant
            .entry(job.organization.expect("a tenant"))
            .or_default() += 1;
    }
    by_tenant
}

#[tokio::test]
async fn a_claim_is_shared_by_what_runs_already() {
    let app = TestApp::start().await;
    let (a, b, c) = (
        Tenant::create(&app, "a").await,
        Tenant::create(&app, "b").await,
        Tenant::create(&app, "c").await,
    );
    flood(&app, &a, 100, "PROBE").await;
    flood(&app, &b, 100, "PROBE").await;
    assert_eq!(
        claim(&app, 6, 0).await,
        HashMap::from([(a.id, 3), (b.id, 3)])
    );
    // The newcomer catches up with those who have three.
    flood(&app, &c, 100, "PROBE").await;
    assert_eq!(claim(&app, 3, 0).await, HashMap::from([(c.id, 3)]));
    // A weight is a larger share.
    script(&app, "UPDATE jobs SET status = 'SUCCEEDED', finished_at = now(), lease_token = NULL, lease_until = NULL, worker_id = NULL WHERE status = 'RUNNING'").await;
    run(
        &app,
        "INSERT INTO job_limits (id, organization_id, weight) VALUES (gen_random_uuid(), ?, 4)",
        [a.id.into()],
    )
    .await;
    assert_eq!(
        claim(&app, 6, 0).await,
        HashMap::from([(a.id, 4), (b.id, 1), (c.id, 1)])
    );
}

#[tokio::test]
async fn a_large_backlog_delays_no_other_tenant() {
    let app = TestApp::start().await;
    let (a, b) = (
        Tenant::create(&app, "a").await,
        Tenant::create(&app, "b").await,
    );
    flood(&app, &a, 10_000, "PROBE").await;
    script(&app, "ANALYZE jobs").await;
    let witness = Witness::default();
    let _node = Node::start(&app, &witness, 4);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    let id = put(&app, &of(&b)).await;
    while witness.starts(id) == 0 {
        assert!(asked.elapsed() < Duration::from_secs(10), "starved");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The length of a job (two steps of 100 ms) and a second.
    let took = asked.elapsed();
    assert!(took < Duration::from_millis(1_200), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j10_limits_hold_however_many_claim_at_once() {
    let app = TestApp::start().await;
    let (a, b) = (
        Tenant::create(&app, "a").await,
        Tenant::create(&app, "b").await,
    );
    // Both kinds in turns, so that one is not behind all of the other.
    for _ in 0..20 {
        for tenant in [&a, &b] {
            flood(&app, tenant, 10, "PROBE").await;
            flood(&app, tenant, 10, "GUARDED").await;
        }
    }
    for (organization, kind, most) in [
        (Some(a.id), None, 5),
        (Some(a.id), Some("GUARDED"), 2),
        (None, Some("GUARDED"), 3),
    ] {
        run(
            &app,
            "INSERT INTO job_limits (id, organization_id, kind, most_running) VALUES (gen_random_uuid(), ?, ?, ?)",
            [
                organization.into(),
                kind.map(str::to_owned).into(),
                most.into(),
            ],
        )
        .await;
    }
    // The sample is taken with each change, in its own transaction, behind the claims' back.
    script(
        &app,
        "CREATE TABLE samples (tenant uuid, kind text, n bigint); \
         CREATE FUNCTION sample() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           INSERT INTO samples SELECT fairness_key, kind, count(*) FROM jobs WHERE status = 'RUNNING' GROUP BY 1, 2; \
           RETURN NULL; END $$; \
         CREATE TRIGGER sample AFTER UPDATE OF status ON jobs FOR EACH STATEMENT EXECUTE FUNCTION sample()",
    )
    .await;
    let config = JobsConfig {
        tenant_running: 7,
        ..JobsConfig::for_tests()
    };
    let rounds = (0..4).map(|_| {
        let (db, config) = (app.db.clone(), config.clone());
        tokio::spawn(async move {
            for _ in 0..25 {
                let conn = db.get().await.expect("a connection");
                let kinds = ["PROBE".to_owned(), "GUARDED".to_owned()];
                let claimed = jobs::claim(&conn, WorkerNodeId::new(), batch(&kinds, 3), &config)
                    .await
                    .expect("a claim");
                for job in claimed.into_iter().take(2) {
                    let end = jobs::End::Succeeded(None);
                    jobs::finish(&conn, job.lease, &end, &job.progress, &config)
                        .await
                        .expect("an end");
                }
            }
        })
    });
    for round in futures_util::future::join_all(rounds).await {
        round.expect("no panic");
    }
    // What is left of the room is filled, so that every limit is reached.
    for _ in 0..5 {
        claim(&app, 20, 7).await;
    }
    let conn = app.conn().await;
    let most = async |text: &'static str| -> i64 {
        sql(text, [])
            .statement::<st::BigInt>()
            .get_result(&mut &*conn)
            .await
            .expect("a sample")
    };
    let running: Vec<(OrganizationId, String, i64)> = sql(
        "SELECT fairness_key, kind, count(*) FROM jobs WHERE status = 'RUNNING' GROUP BY 1, 2 ORDER BY 1, 2",
        [],
    )
    .statement::<(st::Uuid, st::Text, st::BigInt)>()
    .load(&mut &*conn)
    .await
    .expect("what runs");
    let of = |tenant: OrganizationId| -> i64 {
        running
            .iter()
            .filter(|row| row.0 == tenant)
            .map(|row| row.2)
            .sum()
    };
    assert_eq!((of(a.id), of(b.id)), (5, 7), "{running:?}");
    let of_lane = most("SELECT max(n) FROM samples WHERE kind = 'GUARDED'").await;
    assert!(of_lane <= 3, "{of_lane}");
    let all = most("SELECT max(n) FROM samples").await;
    assert!(all <= 7, "{all}");
}

#[tokio::test]
async fn priorities_age() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "a").await;
    let mut ids = Vec::new();
    for priority in [
        Priority::Background,
        Priority::Normal,
        Priority::Interactive,
    ] {
        ids.push(put(&app, &of(&tenant).with_priority(priority)).await);
    }
    let next = async || {
        let conn = app.conn().await;
        let claimed = jobs::claim(
            &conn,
            WorkerNodeId::new(),
            batch(&["PROBE".to_owned()], 1),
            &JobsConfig::for_tests(),
        )
        .await
        .expect("a claim");
        claimed.into_iter().next().map(|job| job.lease.id)
    };
    assert_eq!(next().await, Some(ids[2]), "who waits for it comes first");
    // Three minutes later, the background job is worth as much as a fresh normal one, and older.
    run(
        &app,
        "UPDATE jobs SET rank_at = rank_at - interval '3 minutes' WHERE id = ?",
        [ids[0].into()],
    )
    .await;
    assert_eq!(next().await, Some(ids[0]));
    assert_eq!(next().await, Some(ids[1]));
    assert_eq!(next().await, None);
    assert_quiet(&app).await;
    until(&app, ids[1], &[JobStatus::Running]).await;
}
