//! The form that `setExplores` takes, as the document has it.

use super::stage::Stage;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_of_the_document_can_be_asked() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/semantic-layer.md");
    let document = std::fs::read_to_string(path).expect("the document");
    let block = document
        .split("```json explore\n")
        .nth(1)
        .expect("the example");
    let block = block.split("```").next().expect("an end");
    let explore: Value = serde_json::from_str(block).expect("JSON");
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let set = "mutation ($input: SetExploresInput!) { setExplores(input: $input) { job { id } userErrors { code message path } } }";
    let given = async |explore: &Value| {
        let input = json!({ "projectId": stage.project, "explores": [explore] });
        stage.app.gql(admin, set, json!({ "input": input })).await
    };
    let answer = given(&explore).await;
    answer.done("setExplores");
    let id = answer.text("/setExplores/job/id");
    let job = "query ($id: ID!) { job(id: $id) { status error { message } } }";
    loop {
        let found = stage.app.gql(admin, job, json!({ "id": id })).await;
        match found.text("/job/status").as_str() {
            "SUCCEEDED" => break,
            "QUEUED" | "RUNNING" => tokio::time::sleep(Duration::from_millis(20)).await,
            _ => panic!("{:#}", found.body),
        }
    }
    let source = stage.query(json!({
        "exploreName": "sales", "dimensions": ["orders_status", "orders_placed_at_year"],
        "metrics": ["orders_revenue"] }));
    let ran = stage.run(admin, source).await;
    assert_eq!(
        ran.at("/runQuery/queryRun/table/rows"),
        &json!([["open", "2026-01-01", 2750], ["paid", "2026-01-01", 2805]])
    );
    // A field that refers to itself would take down whoever writes out its SQL.
    let mut circle = explore.clone();
    let metrics = &mut circle["tables"]["orders"]["metrics"];
    metrics["revenue"]["type"] = json!("NUMBER");
    metrics["revenue"]["sql"] = json!([{ "field": { "table": "orders", "name": "revenue" } }]);
    assert_eq!(
        given(&circle).await.user_errors("setExplores"),
        ["INVALID explores.0.tables.orders.metrics.revenue.sql"]
    );
    let check = "mutation ($input: ValidateProjectInput!) { validateProject(input: $input) { job { id } userErrors { code path } } }";
    let input = json!({ "projectId": stage.project, "explores": [circle] });
    let answer = stage.app.gql(admin, check, json!({ "input": input })).await;
    assert_eq!(answer.user_errors("validateProject").len(), 1);
    // Everything that stands there is needed.
    for key in explore.as_object().expect("an object").keys() {
        let mut without = explore.clone();
        without.as_object_mut().expect("an object").remove(key);
        let answer = given(&without).await;
        assert!(
            !answer.user_errors("setExplores").is_empty(),
            "without {key}"
        );
    }
}
