//! Saved charts, alone and on dashboards.

use super::stage::Stage;
use serde_json::{Value, json};

const CREATE_CHART: &str = "mutation ($input: CreateChartInput!) { createChart(input: $input) { \
    chart { id } userErrors { code message path } } }";
const CREATE_DASHBOARD: &str = "mutation ($input: CreateDashboardInput!) { createDashboard(input: $input) { \
    dashboard { id tiles { id } } userErrors { code message path } } }";

async fn chart(stage: &Stage, space: &str, fields: Value) -> String {
    let query = &stage.query(fields)["metricQuery"]["query"];
    let input = json!({ "spaceId": space, "name": "Orders", "metricQuery": query, "config": { "type": "table" } });
    let made = stage
        .app
        .gql(stage.tenant.admin, CREATE_CHART, json!({ "input": input }))
        .await;
    made.done("createChart");
    made.text("/createChart/chart/id")
}

#[tokio::test]
async fn who_sees_a_chart_can_run_it() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage
        .tenant
        .space(app, &stage.project, None, "Shop", false)
        .await;
    let id = chart(&stage, &space, json!({})).await;
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
    let space = stage
        .tenant
        .space(app, &stage.project, None, "Shop", false)
        .await;
    let own = json!({ "filters": { "dimensions": { "and": [
        { "rule": { "fieldId": "orders_status", "operator": "EQUALS", "values": ["open"] } },
        { "rule": { "fieldId": "orders_amount", "operator": "LESS_THAN", "values": [11] } } ] } } });
    let id = chart(&stage, &space, own).await;
    let saved = json!({ "dimensions": [{ "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": ["paid"] }] });
    let tile = json!({ "x": 0, "y": 0, "width": 12, "height": 6, "content": { "chartId": id } });
    let input = json!({ "projectId": stage.project, "spaceId": space, "name": "Board", "tiles": [tile], "filters": saved });
    let made = app
        .gql(
            stage.tenant.admin,
            CREATE_DASHBOARD,
            json!({ "input": input }),
        )
        .await;
    made.done("createDashboard");
    let (board, tile) = (
        made.text("/createDashboard/dashboard/id"),
        made.text("/createDashboard/dashboard/tiles/0/id"),
    );
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
async fn another_granularity_groups_anew() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage
        .tenant
        .space(app, &stage.project, None, "Shop", false)
        .await;
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
    let id = chart(&stage, &space, by_day).await;
    let ran = stage
        .run(stage.tenant.admin, json!({ "chart": { "chartId": id } }))
        .await;
    assert_eq!(ran.at("/runQuery/queryRun/rowCount"), 100);
}
