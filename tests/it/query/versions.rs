//! Versions of charts, as they run.

use super::stage::Stage;
use serde_json::{Value, json};

const RUN: &str = "mutation ($input: RunQueryInput!) { runQuery(input: $input) { queryRun { id table { rows } \
    chart { id } chartVersion { id isCurrent } explore { name } exploreName } userErrors { code message path } } }";

impl Stage {
    /// Changes the query of a chart.
    async fn redraw(&self, chart: &str, fields: Value) {
        let update = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { chart { id } userErrors { code path } } }";
        let query = &self.query(fields)["metricQuery"]["query"];
        let input = json!({ "id": chart, "metricQuery": query });
        let variables = json!({ "input": input });
        self.app
            .gql(self.tenant.admin, update, variables)
            .await
            .done("updateChart");
    }

    /// Ids of the versions of a chart, the newest first.
    async fn versions(&self, chart: &str) -> Vec<String> {
        let list = "query ($id: ID!) { chart(id: $id) { versions { nodes { id } } } }";
        let answer = self
            .app
            .gql(self.tenant.admin, list, json!({ "id": chart }))
            .await;
        answer.texts("/chart/versions/nodes", "id")
    }
}

#[tokio::test]
async fn a_version_runs_as_it_was() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage.space("Shop", false).await;
    let chart = stage
        .chart(&space, json!({ "metrics": ["orders_count"] }))
        .await;
    let paid = json!({ "and": [{ "rule": { "fieldId": "orders_status", "operator": "EQUALS", "values": ["paid"] } }] });
    stage
        .redraw(
            &chart,
            json!({ "metrics": ["orders_revenue"], "filters": { "dimensions": paid } }),
        )
        .await;
    let [new, old] = stage.versions(&chart).await.try_into().expect("two");
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let run = async |source: Value| {
        let input = json!({ "source": source, "waitSeconds": 20 });
        app.gql(viewer, RUN, json!({ "input": input })).await
    };
    let named = |id: &str| json!({ "chart": { "chartId": chart, "versionId": id } });
    let ran = run(named(&old)).await;
    let found = &ran.done("runQuery")["queryRun"];
    assert_eq!(found["table"]["rows"], json!([["open", 50], ["paid", 50]]));
    assert_eq!(
        found["chartVersion"],
        json!({ "id": old, "isCurrent": false })
    );
    assert_eq!(found["chart"]["id"], chart.as_str());
    assert_eq!(found["explore"], json!({ "name": "orders" }));
    // The same again is the same version, whatever the chart has become since.
    let again = run(json!({ "queryRunId": found["id"] })).await;
    assert_eq!(again.at("/runQuery/queryRun/chartVersion/id"), old.as_str());
    // Without one: the current one, which the run names.
    let ran = run(json!({ "chart": { "chartId": chart } })).await;
    let found = &ran.done("runQuery")["queryRun"];
    assert_eq!(found["table"]["rows"], json!([["paid", 2805]]));
    assert_eq!(
        found["chartVersion"],
        json!({ "id": new, "isCurrent": true })
    );
    // On a dashboard, its filters apply to the version.
    let saved = json!({ "dimensions": [{ "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": ["open"] }] });
    let (board, tile) = stage.dashboard(&space, &chart, saved).await;
    let mut source = named(&old);
    source["chart"]["dashboard"] = json!({ "dashboardId": board, "tileId": tile });
    let ran = run(source).await;
    let found = &ran.done("runQuery")["queryRun"];
    assert_eq!(found["table"]["rows"], json!([["open", 50]]));

    let totals = "mutation ($input: CalculateTotalsInput!) { calculateTotals(input: $input) { \
        queryRun { totals chartVersion { id } } userErrors { code message path } } }";
    let input = json!({ "source": named(&old), "waitSeconds": 20 });
    let totals = app.gql(viewer, totals, json!({ "input": input })).await;
    let found = &totals.done("calculateTotals")["queryRun"];
    assert_eq!(found["totals"], json!({ "orders_count": 100 }));
    assert_eq!(found["chartVersion"]["id"], old.as_str());
    // SQL is no version of anything, and asks no explore.
    let source = json!({ "sql": { "projectId": stage.project, "sql": "SELECT 1" } });
    let input = json!({ "source": source, "waitSeconds": 20 });
    let ran = app
        .gql(stage.tenant.admin, RUN, json!({ "input": input }))
        .await;
    let found = &ran.done("runQuery")["queryRun"];
    assert!(found["chartVersion"].is_null() && found["explore"].is_null());
}

#[tokio::test]
async fn a_version_runs_by_the_rights_of_its_chart() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage.space("Shop", false).await;
    let chart = stage.chart(&space, json!({})).await;
    let beside = stage.chart(&space, json!({})).await;
    stage.redraw(&chart, json!({ "limit": 7 })).await;
    let old = stage.versions(&chart).await.remove(1);
    let foreign = stage.versions(&beside).await.remove(0);
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let run = async |version: &str| {
        let source = json!({ "chart": { "chartId": chart, "versionId": version } });
        let input = json!({ "source": source, "waitSeconds": 20 });
        app.gql(viewer, RUN, json!({ "input": input })).await
    };
    for (version, mistake) in [
        (foreign.as_str(), "NOT_FOUND source.chart.versionId"),
        (
            "chartversion_01h455vb4pex5vsknk084sn02q",
            "NOT_FOUND source.chart.versionId",
        ),
        (chart.as_str(), "INVALID source.chart.versionId"),
    ] {
        assert_eq!(run(version).await.user_errors("runQuery"), [mistake]);
    }
    let ran = run(&old).await;
    let id = ran.text("/runQuery/queryRun/id");
    // It was open to the viewer then; where the chart is now counts.
    let hidden = stage.space("Hidden", true).await;
    let update = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { userErrors { code path } } }";
    let input = json!({ "id": chart, "spaceId": hidden });
    app.gql(stage.tenant.admin, update, json!({ "input": input }))
        .await
        .done("updateChart");
    let refused = run(&old).await;
    assert_eq!(
        refused.user_errors("runQuery"),
        ["NOT_FOUND source.chart.chartId"]
    );
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    let gone = app.gql(viewer, node, json!({ "id": id })).await;
    assert!(gone.at("/node").is_null());
    // What an old version asks may be gone from the models: that is said where the version is named.
    let gone = json!({ "metrics": ["orders_gone"] });
    stage.redraw(&chart, gone).await;
    stage.redraw(&chart, json!({})).await;
    let broken = stage.versions(&chart).await.remove(1);
    let source = json!({ "chart": { "chartId": chart, "versionId": broken } });
    let refused = stage.run(stage.tenant.admin, source).await;
    assert_eq!(
        refused.user_errors("runQuery"),
        ["INVALID source.chart.versionId"]
    );
}
