//! What stands in files.

use super::{File, url};
use crate::query::stage::Stage;
use calamine::{Data, DataType as _, Reader as _, Xlsx};
use serde_json::{Value, json};
use std::io::Cursor;

fn cells(file: &File) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.body.clone())).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("cells");
    sheet.rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test]
async fn a_query_is_exported_with_its_titles_and_values() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let job = stage
        .export(admin, stage.query(json!({})), json!({ "onlyRaw": false }))
        .await;
    let result = &job["result"];
    assert_eq!(job["status"], "SUCCEEDED", "{job}");
    assert_eq!(
        (&result["rowCount"], &result["truncated"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(job["progress"]["done"], 2);
    let download = &result["download"];
    assert_eq!(download["fileName"], "orders.csv");
    assert_eq!(download["mimeType"], "text/csv; charset=utf-8");
    let file = stage.fetch(url(&job)).await;
    assert_eq!(
        file.lines(),
        [
            "Status,Revenue,Count",
            "open,\"$2,750.00\",50",
            "paid,\"$2,805.00\",50"
        ]
    );
    assert_eq!(download["size"], file.body.len());
    for (name, expected) in [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-length", &*file.body.len().to_string()),
        ("cache-control", "private, no-store"),
        ("x-content-type-options", "nosniff"),
        ("accept-ranges", "none"),
        ("content-encoding", ""),
        (
            "content-disposition",
            "attachment; filename=\"orders.csv\"; filename*=UTF-8''orders.csv",
        ),
    ] {
        assert_eq!(file.header(name), expected, "{name}");
    }
    let head = stage.fetch_by("HEAD", url(&job)).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), file.header("content-length"));
    let raw = stage
        .exported(admin, stage.query(json!({})), json!({ "onlyRaw": true }))
        .await;
    assert_eq!(raw.lines()[1..], ["open,2750,50", "paid,2805,50"]);
}

#[tokio::test]
async fn columns_are_ordered_hidden_and_named_as_asked() {
    let stage = Stage::new().await;
    let fields = json!({
        "columnOrder": ["orders_count", "orders_status"], "hiddenFields": ["orders_revenue"],
        "customLabels": { "orders_count": "=How many" }, "showTableNames": true, "chartName": "Zahlen/Ü",
    });
    let admin = stage.tenant.admin;
    let file = stage.exported(admin, stage.query(json!({})), fields).await;
    assert_eq!(
        file.lines(),
        ["'=How many,Orders Status", "50,open", "50,paid"]
    );
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"Zahlen__.csv\"; filename*=UTF-8''Zahlen_%C3%9C.csv"
    );
    // The same from a run, with the answer of now.
    let run = stage.run(admin, stage.query(json!({}))).await;
    let source = json!({ "queryRunId": run.text("/runQuery/queryRun/id") });
    stage
        .warehouse
        .admin()
        .await
        .execute("DELETE FROM orders WHERE status = 'open'", &[])
        .await
        .expect("deleted");
    let again = stage.exported(admin, source, json!({})).await;
    assert_eq!(again.lines(), ["Status,Revenue,Count", "paid,2805,50"]);
}

const HOSTILE: &str = "SELECT * FROM (VALUES (1, '=HYPERLINK(\"http://x\")', -5, '-5'), (2, '+1', -1.5, '@SUM(A1)'), \
    (3, E'\\t=1', 0, E'\\r=1'), (4, 'a, \"b\"', 7, E'two\\r\\nlines')) AS v(n, \"=cmd\", number, text) ORDER BY n";

#[tokio::test]
async fn no_cell_of_a_csv_is_a_formula() {
    let stage = Stage::new().await;
    for only_raw in [true, false] {
        let file = stage
            .exported(
                stage.tenant.admin,
                stage.sql_source(HOSTILE),
                json!({ "onlyRaw": only_raw }),
            )
            .await;
        let text = std::str::from_utf8(&file.body[3..]).expect("UTF-8");
        let expected = "n,'=cmd,number,text\r\n\
            1,\"'=HYPERLINK(\"\"http://x\"\")\",-5,'-5\r\n\
            2,'+1,-1.5,'@SUM(A1)\r\n\
            3,'\t=1,0,\"'\r=1\"\r\n\
            4,\"a, \"\"b\"\"\",7,\"two\r\nlines\"\r\n";
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn a_workbook_has_numbers_days_and_texts_that_are_not_formulas() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let xlsx = |only_raw: bool| json!({ "format": "XLSX", "onlyRaw": only_raw });
    let file = stage
        .exported(admin, stage.sql_source(HOSTILE), xlsx(true))
        .await;
    let rows = cells(&file);
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(rows[0][1], text("=cmd"));
    assert_eq!(
        rows[1],
        [
            Data::Float(1.0),
            text("=HYPERLINK(\"http://x\")"),
            Data::Float(-5.0),
            text("-5")
        ]
    );
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file.body)).expect("a workbook");
    let formulas = book.worksheet_formula("Export").expect("a sheet");
    assert!(formulas.is_empty(), "{formulas:?}");
    let types = "SELECT date '2026-02-01' AS day, timestamptz '2026-02-01 10:30:00+00' AS at, true AS yes, \
        12345678901234567890 AS big, 0.1::numeric AS small, NULL::int AS nothing, date '1600-01-01' AS old";
    let file = stage
        .exported(admin, stage.sql_source(types), xlsx(true))
        .await;
    assert_eq!(
        file.header("content-type"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    let row = &cells(&file)[1];
    let moment = |cell: &Data| cell.as_datetime().map(|at| at.to_string());
    assert_eq!(moment(&row[0]).as_deref(), Some("2026-02-01 00:00:00"));
    assert_eq!(moment(&row[1]).as_deref(), Some("2026-02-01 10:30:00"));
    assert_eq!(row[2], Data::Bool(true));
    assert_eq!(row[3], text("12345678901234567890"));
    assert_eq!(row[4], Data::Float(0.1));
    assert_eq!(row[5], Data::Empty);
    assert_eq!(row[6], text("1600-01-01"));
    // As the model writes: what has a format is text, what has none stays a number.
    let file = stage
        .exported(admin, stage.query(json!({})), xlsx(false))
        .await;
    let row = &cells(&file)[1];
    assert_eq!(
        row[..],
        [text("open"), text("$2,750.00"), Data::Float(50.0)]
    );
}

#[tokio::test]
async fn a_pivot_turns_values_into_columns() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let query = |fields: Value| {
        let mut asked = json!({
            "dimensions": ["orders_placed_at_month", "orders_status"], "metrics": ["orders_count"],
            "sorts": [{ "fieldId": "orders_placed_at_month", "descending": false }],
        });
        for (name, field) in fields.as_object().expect("fields") {
            asked[name] = field.clone();
        }
        stage.query(asked)
    };
    let pivot = json!({ "pivotColumns": ["orders_status"], "onlyRaw": false });
    let file = stage.exported(admin, query(json!({})), pivot.clone()).await;
    assert_eq!(
        file.lines(),
        [
            "Placed at month,open,paid",
            "2026-01,15,15",
            "2026-02,14,14",
            "2026-03,16,15",
            "2026-04,5,6"
        ]
    );
    let two = query(
        json!({ "metrics": ["orders_count", "orders_revenue"], "limit": 1,
        "sorts": [{ "fieldId": "orders_status", "descending": true }] }),
    );
    let file = stage.exported(admin, two, pivot.clone()).await;
    assert_eq!(
        file.lines()[0],
        "Placed at month,paid | Count,paid | Revenue"
    );
    // More columns than a pivot may make.
    let wide = query(
        json!({ "dimensions": ["orders_status", "orders_id"], "sorts": [],
        "metrics": ["orders_count", "orders_revenue", "orders_revenue_2"],
        "additionalMetrics": [{ "name": "revenue_2", "table": "orders", "type": "SUM", "sql": "${TABLE}.amount" }] }),
    );
    let fields = json!({ "pivotColumns": ["orders_id"] });
    let job = stage.export(admin, wide, fields).await;
    assert_eq!(job["status"], "FAILED", "{job}");
    assert_eq!(job["error"]["code"], "INVALID");
    let message = job["error"]["message"].as_str().expect("a message");
    assert!(message.contains("200 columns"), "{message}");
    // Those before, and nothing of this one.
    assert_eq!(stage.stored().await, (2, 2));
}

#[tokio::test]
async fn columns_that_are_not_there_are_told_by_their_place() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    for (fields, expected) in [
        (json!({ "columnOrder": ["x"] }), "INVALID columnOrder.0"),
        (json!({ "hiddenFields": ["x"] }), "INVALID hiddenFields.0"),
        (
            json!({ "customLabels": { "x": "X" } }),
            "INVALID customLabels.x",
        ),
        (json!({ "customLabels": ["x"] }), "INVALID customLabels"),
        (
            json!({ "customLabels": { "orders_count": 7 } }),
            "INVALID customLabels.orders_count",
        ),
        (
            json!({ "pivotColumns": ["orders_count"] }),
            "INVALID pivotColumns.0",
        ),
        (json!({ "csvLimit": 0 }), "INVALID csvLimit"),
        (json!({ "chartName": "a\u{0}b" }), "INVALID chartName"),
    ] {
        let answer = stage
            .ask_export(admin, stage.query(json!({})), fields.clone())
            .await;
        let errors = answer.user_errors("exportQueryResults");
        assert_eq!(errors, [expected], "{fields}");
    }
    let wrong = stage.query(json!({ "metrics": ["orders_profit"] }));
    let answer = stage.ask_export(admin, wrong, json!({})).await;
    let errors = answer.user_errors("exportQueryResults");
    assert_eq!(errors, ["INVALID source.metricQuery.query.metrics.0"]);
    // Those of SQL are known when it has run.
    let fields = json!({ "hiddenFields": ["two"] });
    let job = stage
        .export(admin, stage.sql_source("SELECT 1 AS one"), fields)
        .await;
    assert_eq!(job["error"]["code"], "INVALID", "{job}");
    let answer = stage
        .ask_export(
            admin,
            stage.sql_source("SELECT 1 AS one"),
            json!({ "format": "PDF" }),
        )
        .await;
    assert_eq!(answer.code(), "INVALID");
}

#[tokio::test]
async fn a_version_of_a_chart_is_exported_as_it_was() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    let chart = stage
        .chart(&space, json!({ "metrics": ["orders_count"] }))
        .await;
    let update = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { userErrors { code path } } }";
    let query = &stage.query(json!({ "metrics": ["orders_revenue"] }))["metricQuery"]["query"];
    let input = json!({ "id": chart, "metricQuery": query });
    let app = &stage.app;
    app.gql(stage.tenant.admin, update, json!({ "input": input }))
        .await
        .done("updateChart");
    let list = "query ($id: ID!) { chart(id: $id) { versions(last: 1) { nodes { id } } } }";
    let answer = app
        .gql(stage.tenant.admin, list, json!({ "id": chart }))
        .await;
    let first = answer.text("/chart/versions/nodes/0/id");
    let source = json!({ "chart": { "chartId": chart, "versionId": first } });
    let file = stage.exported(stage.tenant.admin, source, json!({})).await;
    assert_eq!(file.lines()[1..], ["open,50", "paid,50"]);
}

#[tokio::test]
async fn calculations_and_periods_are_exported_as_they_run() {
    let stage = Stage::new().await;
    let month = "orders_placed_at_month";
    let before = json!({ "name": "before", "table": "orders",
        "periodComparison": { "baseMetricId": "orders_count", "timeDimensionId": month } });
    let so_far = json!({ "type": "RUNNING_TOTAL", "fieldId": "orders_count", "orderBy": [{ "fieldId": month }] });
    let source = stage.query(
        json!({ "dimensions": [month], "metrics": ["orders_count", "orders_before"],
        "additionalMetrics": [before], "sorts": [{ "fieldId": month, "descending": false }],
        "tableCalculations": [{ "name": "so_far", "displayName": "So far", "template": so_far }] }),
    );
    let file = stage.exported(stage.tenant.admin, source, json!({})).await;
    assert_eq!(
        file.lines()[1..],
        [
            "2026-01-01,30,,30",
            "2026-02-01,28,30,58",
            "2026-03-01,31,28,89",
            "2026-04-01,11,31,100"
        ]
    );
}
