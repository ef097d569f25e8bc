//! Metric queries and SQL: rows, totals, the cache, mistakes, rights, cancellation.

use super::stage::{RUN, Stage};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_metric_query_gives_its_rows_in_one_trip() {
    let stage = Stage::new().await;
    let answer = stage.run(stage.tenant.admin, stage.query(json!({}))).await;
    let run = &answer.done("runQuery")["queryRun"];
    assert_eq!(run["status"], "SUCCEEDED", "{run}");
    // Odd orders: 1.1 × 2,500; even ones: 1.1 × 2,550.
    let rows = json!([["open", 2750, 50], ["paid", 2805, 50]]);
    assert_eq!(run["table"]["rows"], rows);
    assert_eq!(run["rowCount"], 2);
    assert_eq!(run["rows"]["totalCount"], 2);
    let cells = &run["rows"]["nodes"][1]["cells"];
    let expected = json!([
        { "fieldId": "orders_status", "raw": "paid", "formatted": "paid" },
        { "fieldId": "orders_revenue", "raw": 2805, "formatted": "$2,805.00" },
        { "fieldId": "orders_count", "raw": 50, "formatted": "50" },
    ]);
    assert_eq!(*cells, expected);
    let columns = json!([
        { "fieldId": "orders_status", "label": "Status", "type": "STRING" },
        { "fieldId": "orders_revenue", "label": "Revenue", "type": "NUMBER" },
        { "fieldId": "orders_count", "label": "Count", "type": "NUMBER" },
    ]);
    assert_eq!(run["columns"], columns);
    assert_eq!(run["cacheHit"], false);
    assert!(run["timings"]["warehouseMs"].as_f64().expect("a time") > 0.0);
    assert_eq!(answer.at("/runQuery/job/kind"), "METRIC_QUERY");
    // The job leads to the run.
    let job = answer.text("/runQuery/job/id");
    let result = "query ($id: ID!) { job(id: $id) { result { ... on QueryRun { rowCount } } } }";
    let found = stage
        .app
        .gql(stage.tenant.admin, result, json!({ "id": job }))
        .await;
    assert_eq!(found.at("/job/result/rowCount"), 2);
}

#[tokio::test]
async fn the_same_question_is_answered_once() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    stage
        .run(admin, stage.query(json!({})))
        .await
        .done("runQuery");
    let before = stage.warehouse.connections();
    let again = stage.run(admin, stage.query(json!({}))).await;
    let run = &again.done("runQuery")["queryRun"];
    assert_eq!(run["cacheHit"], true, "{run}");
    assert!(run["cachedAt"].is_string());
    assert_eq!(run["table"]["rows"][0], json!(["open", 2750, 50]));
    assert_eq!(run["timings"]["warehouseMs"], Value::Null);
    assert_eq!(stage.warehouse.connections(), before);
    // Another question, and the same with another will.
    let fewer = stage.run(admin, stage.query(json!({ "limit": 1 }))).await;
    assert_eq!(fewer.at("/runQuery/queryRun/cacheHit"), false);
    assert_eq!(fewer.at("/runQuery/queryRun/rowCount"), 1);
    let mut source = stage.query(json!({}));
    source["metricQuery"]["invalidateCache"] = json!(true);
    stage
        .warehouse
        .admin()
        .await
        .execute("UPDATE orders SET amount = amount + 1 WHERE id = 1", &[])
        .await
        .expect("changed");
    let fresh = stage.run(admin, source).await;
    assert_eq!(fresh.at("/runQuery/queryRun/cacheHit"), false);
    assert_eq!(fresh.at("/runQuery/queryRun/table/rows/0/1"), 2751);
    let newest = stage.run(admin, stage.query(json!({}))).await;
    assert_eq!(newest.at("/runQuery/queryRun/table/rows/0/1"), 2751);
}

#[tokio::test]
async fn mistakes_are_told_by_their_place_and_nothing_runs() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    for (fields, expected) in [
        (
            json!({ "metrics": ["orders_profit"] }),
            "INVALID source.metricQuery.query.metrics",
        ),
        (
            json!({ "exploreName": "order" }),
            "EXPLORE_ERROR source.metricQuery.query.exploreName",
        ),
        (
            json!({ "limit": 6_000 }),
            "LIMIT_EXCEEDED source.metricQuery.query.limit",
        ),
        (
            json!({ "filters": { "dimensions": { "and": [{ "rule": {
                "fieldId": "orders_amount", "operator": "LESS_THAN", "values": ["many"] } }] } } }),
            "INVALID source.metricQuery.query.filters.dimensions.and.0.rule",
        ),
    ] {
        let answer = stage.run(admin, stage.query(fields.clone())).await;
        let errors = answer.user_errors("runQuery");
        assert!(errors[0].starts_with(expected), "{fields}: {errors:?}");
    }
    let input = json!({ "source": stage.query(json!({})), "waitSeconds": 600 });
    let answer = stage.app.gql(admin, RUN, json!({ "input": input })).await;
    assert_eq!(answer.user_errors("runQuery"), ["INVALID waitSeconds"]);
    let jobs = stage.app.ask(admin, "{ jobs { totalCount } }").await;
    assert_eq!(jobs.at("/jobs/totalCount"), 0);
}

#[tokio::test]
async fn totals_are_of_all_rows_and_stand_beside_the_run() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let ran = stage.run(admin, stage.query(json!({ "limit": 1 }))).await;
    let id = ran.text("/runQuery/queryRun/id");
    let totals = "mutation ($input: CalculateTotalsInput!) { calculateTotals(input: $input) { \
        job { kind } queryRun { status totals error } userErrors { code message path } } }";
    let input = json!({ "source": { "queryRunId": id }, "waitSeconds": 20 });
    let answer = stage
        .app
        .gql(admin, totals, json!({ "input": input }))
        .await;
    let run = &answer.done("calculateTotals")["queryRun"];
    assert_eq!(
        run["totals"],
        json!({ "orders_revenue": 5555, "orders_count": 100 }),
        "{run}"
    );
    let beside = "query ($id: ID!) { node(id: $id) { ... on QueryRun { totals rowCount } } }";
    let found = stage.app.gql(admin, beside, json!({ "id": id })).await;
    assert_eq!(found.at("/node/totals/orders_revenue"), 5555);
    let sql = stage.sql(admin, "SELECT 1 AS one").await;
    let id = sql.text("/runQuery/queryRun/id");
    let input = json!({ "source": { "queryRunId": id } });
    let answer = stage
        .app
        .gql(admin, totals, json!({ "input": input }))
        .await;
    assert_eq!(
        answer.user_errors("calculateTotals"),
        ["INVALID source.queryRunId"]
    );
}

#[tokio::test]
async fn columns_that_no_dimension_shows_are_sql_of_ones_own() {
    let stage = Stage::new().await;
    let editor = stage.tenant.user(&stage.app, "eddy", "editor").await;
    let with = |sql: &str| {
        let own = json!({ "name": "own", "table": "orders", "type": "MAX", "sql": sql });
        stage.query(json!({ "metrics": ["orders_own"], "additionalMetrics": [own] }))
    };
    for shown in ["${TABLE}.amount", "${amount}", "${TABLE}.\"amount\""] {
        let ran = stage.run(editor, with(shown)).await;
        let run = &ran.done("runQuery")["queryRun"];
        assert_eq!(
            run["table"]["rows"][1],
            json!(["paid", 110]),
            "{shown}: {run}"
        );
    }
    for hidden in [
        "${TABLE}.secret",
        "${TABLE}.ctid",
        "${TABLE}.\"secret\"",
        "${orders}.secret",
    ] {
        let refused = stage.run(editor, with(hidden)).await;
        assert_eq!(
            refused.user_errors("runQuery"),
            ["FORBIDDEN source.metricQuery.query.additionalMetrics.0.sql"],
            "{hidden}"
        );
    }
    let developer = stage.tenant.user(&stage.app, "dora", "developer").await;
    stage
        .run(developer, with("${TABLE}.id"))
        .await
        .done("runQuery");
}

#[tokio::test]
async fn the_rows_behind_a_cell() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let source = &stage.query(json!({ "filters": { "dimensions": { "and": [
        { "rule": { "fieldId": "orders_amount", "operator": "LESS_THAN", "values": [6] } } ] } } }))["metricQuery"];
    let run = "mutation ($input: RunUnderlyingDataQueryInput!) { runUnderlyingDataQuery(input: $input) { \
        queryRun { columns { fieldId } table { rows } } userErrors { code path message } } }";
    let behind = async |actor, cell: Value| {
        let input = json!({ "source": source, "cell": cell, "waitSeconds": 20 });
        stage.app.gql(actor, run, json!({ "input": input })).await
    };
    let cell = json!({ "fieldId": "orders_revenue", "row": { "orders_status": "paid", "orders_revenue": 6.6 } });
    let answer = behind(admin, cell.clone()).await;
    let found = &answer.done("runUnderlyingDataQuery")["queryRun"];
    let ids = found["columns"].as_array().expect("columns");
    let place = ids
        .iter()
        .position(|column| column["fieldId"] == "orders_id");
    let place = place.expect("the id");
    let rows = found["table"]["rows"].as_array().expect("rows");
    let mut orders: Vec<_> = rows.iter().filter_map(|row| row[place].as_i64()).collect();
    orders.sort_unstable();
    // Orders below 6 that are paid: 2 and 4.
    assert_eq!(orders, [2, 4], "{found}");
    assert!(
        ids.iter()
            .all(|column| column["fieldId"] != "orders_secret")
    );
    for (cell, refused) in [
        (
            json!({ "fieldId": "orders_nothing" }),
            "INVALID cell.fieldId",
        ),
        (
            json!({ "fieldId": "orders_revenue", "row": 7 }),
            "INVALID cell.row",
        ),
    ] {
        let answer = behind(admin, cell.clone()).await;
        assert_eq!(
            answer.user_errors("runUnderlyingDataQuery"),
            [refused],
            "{cell}"
        );
    }
    let viewer = stage.tenant.user(&stage.app, "vera", "viewer").await;
    let refused = behind(viewer, cell).await;
    assert!(refused.user_errors("runUnderlyingDataQuery")[0].starts_with("FORBIDDEN"));
}

#[tokio::test]
async fn formulas_need_no_permission() {
    let stage = Stage::new().await;
    let editor = stage.tenant.user(&stage.app, "eddy", "editor").await;
    let with = |calculation: Value| {
        let mut calculation = calculation;
        calculation["name"] = json!("each");
        calculation["displayName"] = json!("Each");
        stage.query(json!({ "tableCalculations": [calculation], "filters": { "dimensions": { "and": [
            { "rule": { "fieldId": "orders_amount", "operator": "NOT_IN_BETWEEN", "values": [2, 108] } } ] } } }))
    };
    // Orders 1 and 99 are open, order 100 is paid.
    let ran = stage
        .run(
            editor,
            with(json!({ "formula": "=orders_revenue / orders_count" })),
        )
        .await;
    let rows = &ran.done("runQuery")["queryRun"]["table"]["rows"];
    assert_eq!(
        *rows,
        json!([["open", 110, 2, 55.0], ["paid", 110, 1, 110.0]])
    );
    for (calculation, refused) in [
        (
            json!({ "sql": "${orders.revenue}" }),
            "FORBIDDEN source.metricQuery.query.tableCalculations.0.sql",
        ),
        (
            json!({}),
            "REQUIRED source.metricQuery.query.tableCalculations.0.sql",
        ),
        (
            json!({ "sql": "1", "formula": "=1" }),
            "REQUIRED source.metricQuery.query.tableCalculations.0.sql",
        ),
        (
            json!({ "formula": "=nothing * 2" }),
            "INVALID source.metricQuery.query.tableCalculations.0.formula",
        ),
    ] {
        let answer = stage.run(editor, with(calculation.clone())).await;
        assert_eq!(answer.user_errors("runQuery"), [refused], "{calculation}");
    }
}

#[tokio::test]
async fn long_answers_are_cut() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let long = "SELECT repeat('x', 1000000) || n AS long FROM generate_series(1, 100) n";
    let source = json!({ "sql": { "projectId": stage.project, "sql": long } });
    let input = json!({ "source": source, "waitSeconds": 20 });
    let run = "mutation ($input: RunQueryInput!) { runQuery(input: $input) { \
        queryRun { rowCount isTruncated } userErrors { message } } }";
    let answer = stage.app.gql(admin, run, json!({ "input": input })).await;
    let run = &answer.done("runQuery")["queryRun"];
    // 16 MiB hold 16 rows of a million bytes.
    assert_eq!(*run, json!({ "rowCount": 16, "isTruncated": true }));
}

#[tokio::test]
async fn sql_runs_with_its_own_names_and_is_cut_at_the_limit() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let text = "SELECT n, n::numeric(30,2) / 3 AS third, n AS n, 12345678901234567890 AS big FROM generate_series(1, 6000) n";
    let answer = stage.sql(admin, text).await;
    let run = &answer.done("runQuery")["queryRun"];
    assert_eq!(run["rowCount"], 5_000, "{run}");
    assert_eq!(run["isTruncated"], true);
    let names: Vec<&str> = run["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .filter_map(|c| c["fieldId"].as_str())
        .collect();
    assert_eq!(names, ["n", "third", "n_2", "big"]);
    assert_eq!(
        run["table"]["rows"][0],
        json!([1, "0.33333333333333333333", 1, "12345678901234567890"])
    );
    // Pages: 500 unless asked otherwise, then from the cursor on.
    assert_eq!(run["table"]["rows"].as_array().expect("rows").len(), 500);
    let page = "query ($id: ID!, $after: String) { node(id: $id) { ... on QueryRun { \
        table(first: 3, after: $after) { rows pageInfo { hasNextPage endCursor } } \
        rows(last: 2) { nodes { cells { raw } } pageInfo { hasPreviousPage hasNextPage } } } } }";
    let variables = json!({ "id": run["id"], "after": run["table"]["pageInfo"]["endCursor"] });
    let next = stage.app.gql(admin, page, variables).await;
    assert_eq!(next.at("/node/table/rows/0/0"), 501);
    assert_eq!(next.at("/node/table/rows/2/0"), 503);
    assert_eq!(next.at("/node/rows/nodes/1/cells/0/raw"), 5_000);
    assert_eq!(next.at("/node/rows/pageInfo/hasNextPage"), false);
    // Objects that are selected twice are merged, which only read rows can be.
    let twice = "query ($id: ID!) { node(id: $id) { ... on QueryRun { table(first: 2) { rows a: rows } } \
        ... on QueryRun { table(first: 2) { rows } } } }";
    let once = "query ($id: ID!) { node(id: $id) { ... on QueryRun { table(first: 2) { rows a: rows } } } }";
    let variables = json!({ "id": run["id"] });
    let twice = stage.app.gql(admin, twice, variables.clone()).await;
    let once = stage.app.gql(admin, once, variables).await;
    assert_eq!(twice.at("/node/table"), once.at("/node/table"));
    assert_eq!(once.at("/node/table/a/1/0"), 2);
}

#[tokio::test]
async fn what_the_warehouse_says_is_told() {
    let stage = Stage::new().await;
    let answer = stage
        .sql(stage.tenant.admin, "SELECT nothing FROM orders")
        .await;
    let run = &answer.done("runQuery")["queryRun"];
    assert_eq!(run["status"], "FAILED");
    assert!(
        run["error"].as_str().expect("an error").contains("nothing"),
        "{run}"
    );
    assert_eq!(answer.at("/runQuery/job/error/code"), "WAREHOUSE_ERROR");
    for refused in [
        "DELETE FROM orders",
        "SELECT 1; SELECT 2",
        "SELECT * FROM private",
    ] {
        let answer = stage.sql(stage.tenant.admin, refused).await;
        assert_eq!(
            answer.at("/runQuery/job/error/code"),
            "WAREHOUSE_ERROR",
            "{refused}"
        );
    }
    let count = stage
        .warehouse
        .admin()
        .await
        .query_one("SELECT count(*) FROM orders", &[])
        .await
        .expect("a count");
    assert_eq!(count.get::<_, i64>(0), 100);
}

#[tokio::test]
async fn rights_decide_what_runs_and_who_sees_it() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let (viewer, developer) = (
        stage.tenant.user(app, "vera", "viewer").await,
        stage.tenant.user(app, "dora", "developer").await,
    );
    let refused = stage.run(viewer, stage.query(json!({}))).await;
    assert_eq!(refused.user_errors("runQuery"), ["FORBIDDEN source"]);
    let refused = stage.sql(viewer, "SELECT 1").await;
    assert_eq!(refused.user_errors("runQuery"), ["FORBIDDEN source"]);
    let ran = stage.sql(developer, "SELECT 1 AS one").await;
    ran.done("runQuery");
    // Not even the administrator sees somebody else's rows.
    let id = ran.text("/runQuery/queryRun/id");
    let node = "query ($id: ID!) { node(id: $id) { ... on QueryRun { rowCount } } }";
    let seen = app.gql(developer, node, json!({ "id": id })).await;
    assert_eq!(seen.at("/node/rowCount"), 1);
    for other in [viewer, stage.tenant.admin] {
        let hidden = app.gql(other, node, json!({ "id": id })).await;
        assert_eq!(*hidden.at("/node"), Value::Null);
    }
    let compile = "query ($id: ID!, $query: MetricQueryInput!) { compileMetricQuery(projectId: $id, query: $query) { sql values } }";
    let query = stage.query(json!({ "filters": { "dimensions": { "and": [{ "rule": {
        "fieldId": "orders_status", "operator": "EQUALS", "values": ["o'pen"] } }] } } }));
    let variables = json!({ "id": stage.project, "query": query["metricQuery"]["query"] });
    let compiled = app.gql(developer, compile, variables.clone()).await;
    assert!(!compiled.text("/compileMetricQuery/sql").contains("o'pen"));
    assert_eq!(*compiled.at("/compileMetricQuery/values"), json!(["o'pen"]));
    assert_eq!(
        app.gql(viewer, compile, variables).await.code(),
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn a_cancelled_query_stops_in_the_warehouse() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let source = json!({ "sql": { "projectId": stage.project, "sql": "SELECT pg_sleep(60)" } });
    let input = json!({ "source": source, "waitSeconds": 0 });
    let started = stage.app.gql(admin, RUN, json!({ "input": input })).await;
    let job = started.text("/runQuery/job/id");
    while stage.warehouse.running().await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Nobody else waits for it.
    let quick = stage.sql(admin, "SELECT 1 AS one").await;
    assert_eq!(quick.at("/runQuery/queryRun/status"), "SUCCEEDED");
    let cancel = "mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { status } userErrors { code } } }";
    stage
        .app
        .gql(admin, cancel, json!({ "id": job }))
        .await
        .done("cancelJob");
    while stage.warehouse.running().await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = "query ($id: ID!) { job(id: $id) { status } }";
    loop {
        let found = stage.app.gql(admin, status, json!({ "id": job })).await;
        if found.at("/job/status") == "CANCELLED" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn waiting_for_a_connection_is_not_the_time_of_the_warehouse() {
    let stage = Stage::with(|config| config.connections = 1).await;
    let admin = stage.tenant.admin;
    let slow = "SELECT pg_sleep(0.6)::text AS slept";
    let (first, second) = tokio::join!(stage.sql(admin, slow), stage.sql(admin, slow));
    let timings = |answer: &crate::support::Answer| {
        let of = |name: &str| {
            answer
                .at(&format!("/runQuery/queryRun/timings/{name}"))
                .as_f64()
        };
        (
            of("waitMs").expect("a time"),
            of("warehouseMs").expect("a time"),
        )
    };
    let (one, other) = (timings(&first), timings(&second));
    let waited = one.0.max(other.0);
    assert!(
        waited > 400.0,
        "one waited for the other: {one:?}, {other:?}"
    );
    for (_, warehouse) in [one, other] {
        assert!((600.0..1_100.0).contains(&warehouse), "{one:?}, {other:?}");
    }
}
