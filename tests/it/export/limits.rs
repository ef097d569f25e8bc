//! How many rows a file has, and who may export how many.

use super::url;
use crate::query::stage::Stage;
use serde_json::{Value, json};

/// Rows, whether some are missing, and the name of the file.
fn result(job: &Value) -> (i64, bool, &str) {
    let result = &job["result"];
    let count = result["rowCount"].as_i64();
    (
        count.unwrap_or_else(|| panic!("a file: {job}")),
        result["truncated"].as_bool().expect("a flag"),
        result["download"]["fileName"].as_str().expect("a name"),
    )
}

#[tokio::test]
async fn a_file_says_whether_rows_are_missing() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let orders = |limit: i32| {
        let fields =
            json!({ "dimensions": ["orders_id"], "metrics": [], "sorts": [], "limit": limit });
        stage.query(fields)
    };
    for (limit, fields, expected) in [
        // What the query leaves out is not missing.
        (10, json!({}), (10, false, "orders.csv")),
        (
            10,
            json!({ "csvLimit": 30 }),
            (30, true, "orders (incomplete).csv"),
        ),
        (10, json!({ "csvLimit": 100 }), (100, false, "orders.csv")),
        (10, json!({ "csvLimit": null }), (100, false, "orders.csv")),
        (
            500,
            json!({ "csvLimit": 7, "format": "XLSX" }),
            (7, true, "orders (incomplete).xlsx"),
        ),
    ] {
        let job = stage.export(admin, orders(limit), fields.clone()).await;
        assert_eq!(result(&job), expected, "{limit} {fields}");
    }
    let numbers = "SELECT n FROM generate_series(1, 6000) AS n";
    for (fields, expected) in [
        (json!({}), (5_000, true, "query (incomplete).csv")),
        (
            json!({ "csvLimit": 5_999 }),
            (5_999, true, "query (incomplete).csv"),
        ),
        (json!({ "csvLimit": null }), (6_000, false, "query.csv")),
    ] {
        let source = stage.sql_source(numbers);
        let job = stage.export(admin, source, fields.clone()).await;
        assert_eq!(result(&job), expected, "{fields}");
    }
}

#[tokio::test]
async fn a_file_has_so_many_cells_at_most() {
    let stage = Stage::with(|config| config.exports.cells = 40).await;
    let admin = stage.tenant.admin;
    let all = json!({ "csvLimit": null });
    // 40 cells of 4 columns.
    let sql = "SELECT n, n, n, n FROM generate_series(1, 100) AS n";
    let job = stage
        .export(admin, stage.sql_source(sql), all.clone())
        .await;
    assert_eq!(result(&job), (10, true, "query (incomplete).csv"));
    let file = stage.fetch(url(&job)).await;
    assert_eq!(file.lines().len(), 11);
    assert_eq!(file.lines()[0], "n,n_2,n_3,n_4");
    let exact = "SELECT n, n, n, n FROM generate_series(1, 10) AS n";
    let job = stage
        .export(admin, stage.sql_source(exact), all.clone())
        .await;
    assert_eq!(result(&job), (10, false, "query.csv"));
    let query = stage
        .query(json!({ "dimensions": ["orders_id", "orders_status"], "metrics": [], "sorts": [] }));
    for fields in [all, json!({}), json!({ "csvLimit": 90 })] {
        let job = stage.export(admin, query.clone(), fields).await;
        assert_eq!(result(&job), (20, true, "orders (incomplete).csv"));
    }
}

#[tokio::test]
async fn exporting_takes_a_right_and_exporting_much_another() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage
        .tenant
        .space(app, &stage.project, None, "Shop", false)
        .await;
    let chart = stage.tenant.chart(app, &space, "Orders").await;
    let source = json!({ "chart": { "chartId": chart } });
    // A viewer sees charts and may export them, up to the ordinary limit.
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let file = stage.exported(viewer, source.clone(), json!({})).await;
    assert_eq!(file.lines()[1..], ["open,50", "paid,50"]);
    stage
        .exported(viewer, source.clone(), json!({ "csvLimit": 5_000 }))
        .await;
    for limit in [json!(5_001), Value::Null] {
        let fields = json!({ "csvLimit": limit });
        let refused = stage.ask_export(viewer, source.clone(), fields).await;
        assert_eq!(
            refused.user_errors("exportQueryResults"),
            ["FORBIDDEN csvLimit"]
        );
    }
    let refused = stage
        .ask_export(viewer, stage.query(json!({})), json!({}))
        .await;
    assert_eq!(
        refused.user_errors("exportQueryResults"),
        ["FORBIDDEN source"]
    );
    // Who sees a chart by its space only may not export.
    let member = stage.tenant.user(app, "mona", "member").await;
    stage.tenant.grant(app, &space, member, "viewer").await;
    let seen = stage.run(member, source.clone()).await;
    seen.done("runQuery");
    let refused = stage.ask_export(member, source.clone(), json!({})).await;
    assert_eq!(
        refused.user_errors("exportQueryResults"),
        ["FORBIDDEN source"]
    );
    let stranger = stage.tenant.user(app, "stan", "member").await;
    let refused = stage.ask_export(stranger, source, json!({})).await;
    assert_eq!(
        refused.user_errors("exportQueryResults"),
        ["NOT_FOUND source.chart.chartId"]
    );
    let jobs = app.ask(
        member,
        "{ jobs(filter: { kind: { eq: EXPORT } }) { totalCount } }",
    );
    assert_eq!(jobs.await.at("/jobs/totalCount"), 0);
}
