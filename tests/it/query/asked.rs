//! What asking for a run stores: the job, the run and the audit row, or nothing but the refusal.

use super::stage::Stage;
use crate::jobs::stage;
use chartroom::db::sql;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const ASK: &str = "mutation ($input: RunQueryInput!) { runQuery(input: $input) { \
    job { id status } queryRun { id } userErrors { code message path } } }";

impl Stage {
    /// The audit events of runs, the newest first.
    async fn log(&self) -> Value {
        let log = "query ($id: ID!) { organization(id: $id) { auditLog(first: 50) { nodes { \
            action outcome targetId actor { username } } } } }";
        let of = json!({ "id": self.tenant.id.to_string() });
        let answer = self.app.gql(self.tenant.admin, log, of).await;
        let mut nodes = answer.at("/organization/auditLog/nodes").clone();
        let nodes = nodes.as_array_mut().expect("events");
        nodes.retain(|event| event["action"] == "runQuery");
        json!(nodes)
    }
}

#[tokio::test]
async fn a_run_comes_with_its_job_and_its_audit_row() {
    let stage = Stage::new().await;
    let input = json!({ "input": { "source": stage.query(json!({})) } });
    // The statements of the first answer read the models too.
    for _ in 0..2 {
        stage.app.gql(stage.tenant.admin, ASK, input.clone()).await;
    }
    let asked = stage.app.gql(stage.tenant.admin, ASK, input).await;
    assert_eq!(
        *asked.at("/runQuery/userErrors"),
        json!([]),
        "{}",
        asked.body
    );
    asked.text("/runQuery/queryRun/id");
    // The caller with the beginning; the project, and whether they see it; models and what they know of the
    // caller; job, run and audit row; the end; job and run as they are shown.
    assert_eq!(asked.statements, 10);
    let log = stage.log().await;
    let event = json!({ "action": "runQuery", "outcome": "SUCCEEDED", "targetId": stage.project,
        "actor": { "username": log[0]["actor"]["username"] } });
    assert_eq!(log, json!([event, event, event]));
    assert!(event["actor"]["username"].is_string());
}

#[tokio::test]
async fn a_full_queue_refuses_a_run_and_keeps_nothing_of_it() {
    let stage = Stage::new().await;
    let tenant = stage.tenant.id;
    stage::run(
        &stage.app,
        "INSERT INTO jobs (id, organization_id, kind, status, run_at, max_attempts, fairness_key) \
         SELECT gen_random_uuid(), ?, 'SELFTEST', 'SCHEDULED', now() + interval '1 day', 5, ? \
         FROM generate_series(1, 10000)",
        [tenant.into(), tenant.into()],
    )
    .await;
    let input = json!({ "input": { "source": stage.query(json!({})) } });
    let asked = stage.app.gql(stage.tenant.admin, ASK, input).await;
    assert_eq!(asked.text("/runQuery/userErrors/0/code"), "QUEUE_FULL");
    assert_eq!(*asked.at("/runQuery/queryRun"), Value::Null);
    let log = stage.log().await;
    assert_eq!(log.as_array().map(Vec::len), Some(1), "{log}");
    assert_eq!(log[0]["outcome"], "FAILED");
    let conn = stage.app.conn().await;
    let runs: i64 = sql("SELECT count(*) FROM query_runs", [])
        .statement::<BigInt>()
        .get_result(&mut &*conn)
        .await
        .expect("a count");
    assert_eq!(runs, 0);
}
