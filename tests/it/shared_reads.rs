//! Small reads share connections: few of them, none that keeps others waiting, none that is gone.

use crate::support::{Actor, Tenant, TestApp};
use chartroom::db::{Conn, sql};
use diesel::sql_types::{BigInt, Integer};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::future::join_all;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

const PROJECTS: &str = "{ projects { nodes { id } } }";
const ME: &str = "{ viewer { user { id } } }";

/// Connections that a server of tests shares at most: half of what it may have.
const MOST: usize = 4;

/// Which connection that is, for the server of the database.
async fn pid(mut conn: &Conn) -> i32 {
    sql("SELECT pg_backend_pid()", [])
        .statement::<Integer>()
        .get_result(&mut conn)
        .await
        .unwrap()
}

#[tokio::test]
async fn many_reads_go_down_few_connections() {
    let app = TestApp::start().await;
    let mut pids = HashSet::new();
    let mut shares = Vec::new();
    for _ in 0..50 {
        // `None` where the machine is so slow that the first ones seem to hang.
        let Some(share) = app.db.share(None).await else {
            continue;
        };
        pids.insert(pid(share.conn()).await);
        shares.push(share);
    }
    assert!(!shares.is_empty());
    assert!(pids.len() <= MOST, "{} connections", pids.len());
    drop(shares);
    let again = app.db.share(None).await.expect("a connection at rest");
    assert!(pids.contains(&pid(again.conn()).await), "they stay open");
    assert!(app.db.unshared().share(None).await.is_none());
}

#[tokio::test]
async fn statements_are_counted_for_the_request_that_sent_them() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let long = format!(
        r#"{{ projects {{ totalCount nodes {{ id }} }} project(id: "{project}") {{ id spaces {{ nodes {{ id }} }} }} }}"#
    );
    let lone = |query: String| {
        let app = &app;
        async move { app.ask(tenant.admin, &query).await.statements }
    };
    let (one, many) = (lone(ME.to_owned()).await, lone(long.clone()).await);
    assert!(one < many, "{one} and {many}");
    let together = (0..20).map(|n| {
        let query = if n % 2 == 0 {
            ME.to_owned()
        } else {
            long.clone()
        };
        lone(query)
    });
    for (n, statements) in join_all(together).await.into_iter().enumerate() {
        assert_eq!(
            statements,
            if n % 2 == 0 { one } else { many },
            "request {n}"
        );
    }
}

#[tokio::test]
async fn a_read_that_hangs_keeps_nobody_else_waiting() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    app.ask(tenant.admin, ME).await.data();
    let mut lock = app.lock_projects().await;
    // One for each shared connection, however many there are.
    let hanging = join_all((0..=MOST).map(|_| app.ask(tenant.admin, PROJECTS)));
    let quick = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        for _ in 0..5 {
            app.ask(tenant.admin, ME).await.data();
        }
        let took = begun.elapsed();
        lock.batch_execute("ROLLBACK").await.unwrap();
        took
    };
    let (answers, took) = tokio::join!(hanging, quick);
    for answer in answers {
        answer.data();
    }
    // A statement is given up after ten seconds, which is what waiting would take.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn connections_that_are_cut_are_opened_anew() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    app.ask(tenant.admin, ME).await.data();
    let mut alone = app.connect_alone().await;
    let cut: i64 = sql(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
        [],
    )
    .statement::<BigInt>()
    .get_result(&mut alone)
    .await
    .unwrap();
    assert!(cut > 0);
    // What is cut is noticed a moment later.
    let begun = Instant::now();
    while app.ask(tenant.admin, ME).await.body.get("errors").is_some() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it stays broken");
    }
    for _ in 0..5 {
        app.ask(Actor::Anonymous, "{ __typename }").await.data();
        app.ask(tenant.admin, PROJECTS).await.data();
    }
}
