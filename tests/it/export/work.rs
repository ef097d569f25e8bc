//! How files are made: in chunks, by one attempt, with the rights of then.

use super::url;
use crate::{query::stage::Stage, support::Actor};
use axum::http::StatusCode;
use chartroom::db::sql;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use std::time::Duration;

/// Two kilobytes every two milliseconds: a chunk each second.
const SLOW: &str = "SELECT n, pg_sleep(0.002)::text || repeat('x', 2000) AS text FROM generate_series(1, 5000) AS n";

impl Stage {
    async fn until_chunks(&self) {
        while self.stored().await.1 == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_large_file_comes_in_chunks_as_it_was_written() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let many =
        "SELECT n, md5(n::text) AS a, md5(n::text || 'b') AS b FROM generate_series(1, 60000) AS n";
    let all = json!({ "csvLimit": null });
    let job = stage
        .export(admin, stage.sql_source(many), all.clone())
        .await;
    let (files, chunks) = stage.stored().await;
    assert_eq!(files, 1);
    assert!(chunks > 3, "{chunks} chunks");
    let file = stage.fetch(url(&job)).await;
    let lines = file.lines();
    assert_eq!(lines.len(), 60_001);
    assert!(lines.iter().skip(1).zip(1..).all(|(line, n)| {
        let mut parts = line.split(',');
        parts.next() == Some(&n.to_string()) && parts.all(|hash| hash.len() == 32)
    }));
    let xlsx = json!({ "csvLimit": null, "format": "XLSX" });
    let some = many.replace("60000", "4000");
    let file = stage.exported(admin, stage.sql_source(&some), xlsx).await;
    let mut book: calamine::Xlsx<_> =
        calamine::Reader::new(std::io::Cursor::new(file.body)).expect("a workbook");
    let sheet = calamine::Reader::worksheet_range_at(&mut book, 0);
    assert_eq!(sheet.expect("a sheet").expect("cells").height(), 4_001);
    // Nothing stays beside the database.
    let directory = std::env::temp_dir().join("chartroom-tests");
    let left = std::fs::read_dir(directory).expect("the directory").count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_cancelled_export_stops_and_leaves_nothing() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let asked = stage
        .ask_export(admin, stage.sql_source(SLOW), json!({}))
        .await;
    let id = asked.text("/exportQueryResults/job/id");
    stage.until_chunks().await;
    let job = stage.job(admin, &id).await;
    assert_eq!(
        (&job["status"], &job["result"]),
        (&json!("RUNNING"), &Value::Null)
    );
    assert!(
        job["progress"]["done"].as_i64().expect("a number") > 0,
        "{job}"
    );
    let cancel = "mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { status } userErrors { code } } }";
    stage
        .app
        .gql(admin, cancel, json!({ "id": id }))
        .await
        .done("cancelJob");
    assert_eq!(stage.ended(admin, &id).await["status"], "CANCELLED");
    assert_eq!(stage.stored().await, (0, 0));
    while stage.warehouse.running().await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_second_attempt_begins_anew() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let slow = SLOW.replace("5000", "1500");
    let asked = stage
        .ask_export(admin, stage.sql_source(&slow), json!({}))
        .await;
    let id = asked.text("/exportQueryResults/job/id");
    stage.until_chunks().await;
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1";
    let warehouse = stage.warehouse.admin().await;
    warehouse
        .query_one(kill, &[&stage.warehouse.name])
        .await
        .expect("killed");
    let job = stage.ended(admin, &id).await;
    assert_eq!(
        (&job["status"], &job["attempt"]),
        (&json!("SUCCEEDED"), &json!(2)),
        "{job}"
    );
    let file = stage.fetch(url(&job)).await;
    assert_eq!(file.lines().len(), 1_501);
    assert_eq!(stage.stored().await.0, 1);
    let size = usize::try_from(job["result"]["download"]["size"].as_i64().expect("a size"));
    assert_eq!(size.expect("a size"), file.body.len());
}

#[tokio::test]
async fn rights_are_those_of_when_it_runs() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let dora = stage.tenant.user(app, "dora", "developer").await;
    let Actor::User(user, _) = dora else {
        panic!("a user")
    };
    // The first attempt fails while the right is there, the second has lost it.
    let asked = stage
        .ask_export(dora, stage.sql_source(SLOW), json!({}))
        .await;
    let id = asked.text("/exportQueryResults/job/id");
    stage.until_chunks().await;
    let conn = app.conn().await;
    sql(
        "UPDATE access_grants SET role_id = (SELECT id FROM roles WHERE key = 'viewer' AND scope = 'ORGANIZATION' \
         AND organization_id IS NULL) WHERE user_id = ?",
        [user.into()],
    )
    .statement::<()>()
    .execute(&mut &*conn)
    .await
    .expect("less rights");
    drop(conn);
    let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1";
    let warehouse = stage.warehouse.admin().await;
    warehouse
        .query_one(kill, &[&stage.warehouse.name])
        .await
        .expect("killed");
    let job = stage.ended(dora, &id).await;
    assert_eq!(
        (&job["status"], &job["error"]["code"]),
        (&json!("FAILED"), &json!("FORBIDDEN")),
        "{job}"
    );
    assert_eq!(stage.stored().await, (0, 0));
    // Neither is the file of an export that a warehouse refuses left behind.
    let admin = stage.tenant.admin;
    let source = stage.sql_source("SELECT 1 / (n - 3000) AS x FROM generate_series(1, 5000) AS n");
    let job = stage.export(admin, source, json!({})).await;
    assert_eq!(job["error"]["code"], "WAREHOUSE_ERROR", "{job}");
    assert_eq!(stage.stored().await, (0, 0));
    assert_eq!(
        stage.fetch("/downloads/").await.status,
        StatusCode::NOT_FOUND
    );
}
