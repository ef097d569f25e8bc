//! Saved charts, alone and on dashboards.

use super::stage::Stage;
use serde_json::{Value, json};

#[tokio::test]
async fn who_sees_a_chart_can_run_it() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage.space("Shop", false).await;
    let id = stage.chart(&space, json!({})).await;
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let ran = stage
        .run(viewer, json!({ "chart": { "chartId": id } }))
        .await;
    let run = &ran.done("runQuery")["queryRun"];
    assert_eq!(run["table"]["rows"][1], json!(["paid", 2805, 50]), "{run}");
    let run_id = ran.text("/runQuery/queryRun/id");
    // Without the chart, neither it nor what it showed.
    let delete =
        "mutation ($id: ID!) { deleteCharts(input: { ids: [$id] }) { userErrors { code } } }";
    app.gql(stage.tenant.admin, delete, json!({ "id": id }))
        .await
        .done("deleteCharts");
    let node = "query ($id: ID!) { node(id: $id) { ... on QueryRun { rowCount } } }";
    let gone = app.gql(viewer, node, json!({ "id": run_id })).await;
    assert_eq!(*gone.at("/node"), Value::Null);
    let refused = stage
        .run(viewer, json!({ "chart": { "chartId": id } }))
        .await;
    assert_eq!(
        refused.user_errors("runQuery"),
        ["NOT_FOUND source.chart.chartId"]
    );
}

#[tokio::test]
async fn filters_of_a_dashboard_stand_instead_of_those_of_the_chart() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage.space("Shop", false).await;
    let own = json!({ "filters": { "dimensions": { "and": [
        { "rule": { "fieldId": "orders_status", "operator": "EQUALS", "values": ["open"] } },
        { "rule": { "fieldId": "orders_amount", "operator": "LESS_THAN", "values": [11] } } ] } } });
    let id = stage.chart(&space, own).await;
    let saved = json!({ "dimensions": [{ "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": ["paid"] }] });
    let (board, tile) = stage.dashboard(&space, &id, saved).await;
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let run = async |context: Value| {
        let source = json!({ "chart": { "chartId": id, "dashboard": context } });
        stage.run(viewer, source).await
    };
    // The status of the dashboard, the amount of the chart: orders 2, 4, 6 and 8.
    let ran = run(json!({ "dashboardId": board, "tileId": tile })).await;
    let found = &ran.done("runQuery")["queryRun"];
    assert_eq!(found["table"]["rows"], json!([["paid", 22, 4]]), "{found}");
    assert_eq!(
        found["appliedDashboardFilters"],
        json!([{ "fieldId": "orders_status", "values": ["paid"] }])
    );
    // A field that the chart's explore does not show is passed over, as one of another explore is.
    let beside = json!([
        { "fieldId": "orders_secret", "tableName": "orders", "operator": "EQUALS", "values": ["x"] },
        { "fieldId": "stores_city", "tableName": "stores", "operator": "EQUALS", "values": ["x"] } ]);
    let ran = run(json!({ "dashboardId": board, "filters": { "dimensions": beside } })).await;
    let found = &ran.done("runQuery")["queryRun"];
    assert_eq!(found["appliedDashboardFilters"], json!([]), "{found}");
    // The viewer sets another, for other tiles only.
    let rule = json!({ "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": ["paid"], "tileTargets": { &tile: false } });
    let ran =
        run(json!({ "dashboardId": board, "tileId": tile, "filters": { "dimensions": [rule] } }))
            .await;
    assert_eq!(ran.at("/runQuery/queryRun/table/rows/0/0"), "open");
    assert_eq!(
        *ran.at("/runQuery/queryRun/appliedDashboardFilters"),
        json!([])
    );
    // One that must be set, and is not.
    let rule = json!({ "label": "Status", "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": [], "required": true });
    let ran = run(json!({ "dashboardId": board, "filters": { "dimensions": [rule] } })).await;
    assert_eq!(
        ran.user_errors("runQuery"),
        ["REQUIRED source.chart.dashboard.filters"]
    );
}

#[tokio::test]
async fn mistakes_of_a_dashboards_filters_are_told_where_they_are() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    let id = stage.chart(&space, json!({})).await;
    let wrong = json!({ "fieldId": "orders_amount", "tableName": "orders", "operator": "LESS_THAN", "values": ["many"] });
    let (board, _) = stage
        .dashboard(&space, &id, json!({ "dimensions": [wrong] }))
        .await;
    let run = async |context: Value| {
        let source = json!({ "chart": { "chartId": id, "dashboard": context } });
        let ran = stage.run(stage.tenant.admin, source).await;
        (
            ran.user_errors("runQuery"),
            ran.at("/runQuery/userErrors/0/message").to_string(),
        )
    };
    let (told, message) = run(json!({ "dashboardId": board })).await;
    assert_eq!(told, ["INVALID source.chart.dashboard.dashboardId"]);
    assert!(
        message.contains("filters.dimensions.0.values.0: "),
        "{message}"
    );
    // The first does not apply, so that the second is the first of the query.
    let beside = json!({ "fieldId": "orders_secret", "tableName": "orders", "operator": "EQUALS", "values": ["x"] });
    let given = json!({ "dashboardId": board, "filters": { "dimensions": [beside, wrong] } });
    let (told, message) = run(given).await;
    assert_eq!(
        told,
        ["INVALID source.chart.dashboard.filters.dimensions.1.values.0"]
    );
    assert!(!message.contains("values.0: "), "{message}");
}

#[tokio::test]
async fn another_granularity_groups_anew() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    let by_day = json!({ "dimensions": ["orders_placed_at_day"], "metrics": ["orders_count"],
        "sorts": [{ "fieldId": "orders_placed_at_day", "descending": false }] });
    let mut source = stage.query(by_day.clone());
    source["metricQuery"]["granularity"] = json!("MONTH");
    let ran = stage.run(stage.tenant.admin, source).await;
    let rows = &ran.done("runQuery")["queryRun"]["table"]["rows"];
    // From the second of January on: 30 days, 28, 31, and the rest.
    assert_eq!(
        *rows,
        json!([
            ["2026-01-01", 30],
            ["2026-02-01", 28],
            ["2026-03-01", 31],
            ["2026-04-01", 11]
        ])
    );
    let id = stage.chart(&space, by_day).await;
    let ran = stage
        .run(stage.tenant.admin, json!({ "chart": { "chartId": id } }))
        .await;
    assert_eq!(ran.at("/runQuery/queryRun/rowCount"), 100);
}
