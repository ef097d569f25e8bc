//! Versions of charts: what makes one, how they are listed, and the way back.

use crate::support::{Actor, Answer, Tenant, TestApp};
use serde_json::{Value, json};

const UPDATE: &str = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { \
    chart { id } userErrors { code message path } } }";
const ROLLBACK: &str = "mutation ($input: RollbackChartInput!) { rollbackChart(input: $input) { \
    chart { id kind exploreName config pivotColumns columnOrder name updatedBy { id } metricQuery { limit } } \
    userErrors { code message path } } }";
const VERSIONS: &str = "query ($id: ID!, $filter: ChartVersionFilter, $first: Int, $after: String) { chart(id: $id) { \
    updatedAt versions(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } \
    nodes { id isCurrent exploreName config pivotColumns columnOrder createdAt createdBy { username } \
    chart { id } metricQuery { limit } } } } }";

struct Stage {
    app: TestApp,
    tenant: Tenant,
    project: String,
    space: String,
    chart: String,
}

impl Stage {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let tenant = Tenant::create(&app, "acme").await;
        let project = tenant.project(&app, "Sales").await;
        let space = tenant.space(&app, &project, None, "Shop", false).await;
        let chart = tenant.chart(&app, &space, "Orders").await;
        Self {
            app,
            tenant,
            project,
            space,
            chart,
        }
    }

    async fn change(&self, actor: Actor, fields: Value) -> Answer {
        let mut input = json!({ "id": self.chart });
        for (name, field) in fields.as_object().expect("fields") {
            input[name] = field.clone();
        }
        self.app.gql(actor, UPDATE, json!({ "input": input })).await
    }

    async fn rollback(&self, actor: Actor, version: &str) -> Answer {
        let input = json!({ "chartId": self.chart, "versionId": version });
        self.app
            .gql(actor, ROLLBACK, json!({ "input": input }))
            .await
    }

    async fn versions(&self) -> Vec<Value> {
        let answer = self
            .app
            .gql(self.tenant.admin, VERSIONS, json!({ "id": self.chart }))
            .await;
        let nodes = answer.at("/chart/versions/nodes").as_array().cloned();
        let nodes = nodes.expect("a list");
        assert_eq!(*answer.at("/chart/versions/totalCount"), nodes.len());
        nodes
    }
}

fn query(explore: &str, limit: i32) -> Value {
    json!({ "exploreName": explore, "dimensions": ["orders_status"], "metrics": ["orders_count"],
        "filters": {}, "sorts": [], "limit": limit, "tableCalculations": [] })
}

fn ids(versions: &[Value]) -> Vec<&str> {
    versions
        .iter()
        .map(|version| version["id"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
async fn only_what_changes_what_is_drawn_makes_a_version() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let first = stage.versions().await;
    assert_eq!(first.len(), 1, "a new chart has its current version");
    assert_eq!(first[0]["isCurrent"], true);
    assert_eq!(first[0]["chart"]["id"], stage.chart.as_str());
    assert_eq!(first[0]["createdBy"]["username"], "admin-of-acme");
    assert!(
        first[0]["id"]
            .as_str()
            .unwrap()
            .starts_with("chartversion_")
    );

    // Name, description, space, and what is there already.
    let other = stage
        .tenant
        .space(&stage.app, &stage.project, None, "Other", false)
        .await;
    let same = json!({ "name": "New", "description": "d", "spaceId": other,
        "metricQuery": query("orders", 100), "config": { "type": "table" }, "columnOrder": [] });
    stage.change(admin, same).await.done("updateChart");
    assert_eq!(stage.versions().await, first, "nothing else is drawn");

    let editor = stage.tenant.user(&stage.app, "eddy", "editor").await;
    for fields in [
        json!({ "metricQuery": query("customers", 10) }),
        json!({ "config": { "type": "pie" } }),
        json!({ "pivotColumns": ["orders_status"] }),
        json!({ "columnOrder": ["orders_count", "orders_status"], "name": "Newer" }),
    ] {
        stage.change(editor, fields).await.done("updateChart");
    }
    let all = stage.versions().await;
    assert_eq!(all.len(), 5);
    let current: Vec<_> = all.iter().map(|version| &version["isCurrent"]).collect();
    assert_eq!(current, [true, false, false, false, false]);
    assert_eq!(all[4]["id"], first[0]["id"], "a version keeps its id");
    assert_eq!(all[4]["createdAt"], first[0]["createdAt"]);
    assert_eq!(all[4]["exploreName"], "orders");
    assert_eq!(all[4]["metricQuery"]["limit"], 100);
    assert_eq!(all[4]["createdBy"]["username"], "admin-of-acme");
    assert_eq!(all[3]["exploreName"], "customers");
    assert_eq!(all[3]["metricQuery"]["limit"], 10);
    assert_eq!(all[3]["config"], json!({ "type": "table" }));
    assert_eq!(all[2]["config"], json!({ "type": "pie" }));
    assert_eq!(all[2]["pivotColumns"], json!([]));
    assert_eq!(all[1]["pivotColumns"], json!(["orders_status"]));
    assert_eq!(all[1]["columnOrder"], json!([]));
    assert_eq!(
        all[0]["columnOrder"],
        json!(["orders_count", "orders_status"])
    );
    assert_eq!(all[0]["createdBy"]["username"], "eddy");
    // What was refused leaves nothing.
    let refused = stage
        .change(editor, json!({ "config": [], "columnOrder": ["a"] }))
        .await;
    assert_eq!(refused.user_errors("updateChart"), ["INVALID config"]);
    assert_eq!(stage.versions().await, all);
}

#[tokio::test]
async fn versions_are_paged_filtered_and_found_by_id() {
    let stage = Stage::new().await;
    let (app, admin) = (&stage.app, stage.tenant.admin);
    for limit in 1..=6 {
        let fields = json!({ "metricQuery": query("orders", limit) });
        stage.change(admin, fields).await.done("updateChart");
    }
    let all = stage.versions().await;
    let limits: Vec<_> = all
        .iter()
        .map(|v| v["metricQuery"]["limit"].clone())
        .collect();
    assert_eq!(limits, [6, 5, 4, 3, 2, 1, 100].map(|limit| json!(limit)));
    let mut paged = Vec::new();
    let mut after = Value::Null;
    loop {
        let variables = json!({ "id": stage.chart, "first": 3, "after": after });
        let answer = app.gql(admin, VERSIONS, variables).await;
        paged.extend(
            answer
                .at("/chart/versions/nodes")
                .as_array()
                .unwrap()
                .clone(),
        );
        // The caller, the chart, its versions, their number, their queries, and who made them.
        assert!(answer.statements <= 6, "{} statements", answer.statements);
        if answer.at("/chart/versions/pageInfo/hasNextPage") == false {
            break;
        }
        after = answer.at("/chart/versions/pageInfo/endCursor").clone();
    }
    assert_eq!(paged, all);
    let filter = json!({ "createdAt": { "lt": all[0]["createdAt"], "gte": all[2]["createdAt"] } });
    let variables = json!({ "id": stage.chart, "filter": filter });
    let answer = app.gql(admin, VERSIONS, variables).await;
    assert_eq!(*answer.at("/chart/versions/nodes"), json!([all[1], all[2]]));
    assert_eq!(*answer.at("/chart/versions/totalCount"), 2);

    let beside = stage.tenant.chart(app, &stage.space, "Beside").await;
    let one = "query ($chart: ID!, $id: ID!) { chart(id: $chart) { version(id: $id) { id isCurrent metricQuery { limit } } } \
        node(id: $id) { id __typename ... on ChartVersion { columnOrder chart { id } } } }";
    let found = app
        .gql(
            admin,
            one,
            json!({ "chart": stage.chart, "id": all[3]["id"] }),
        )
        .await;
    assert_eq!(found.at("/chart/version/metricQuery/limit"), 3);
    assert_eq!(found.at("/node/__typename"), "ChartVersion");
    assert_eq!(found.at("/node/chart/id"), stage.chart.as_str());
    let of_other = app
        .gql(admin, one, json!({ "chart": beside, "id": all[3]["id"] }))
        .await;
    assert!(of_other.at("/chart/version").is_null());
    // They are seen as the chart is, wherever it is now, and go with it.
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let variables = json!({ "chart": stage.chart, "id": all[5]["id"] });
    let seen = app.gql(viewer, one, variables.clone()).await;
    assert_eq!(seen.at("/node/id"), &all[5]["id"]);
    let hidden = stage
        .tenant
        .space(app, &stage.project, None, "Hidden", true)
        .await;
    let moved = json!({ "spaceId": hidden });
    stage.change(admin, moved).await.done("updateChart");
    let seen = app.gql(viewer, one, variables.clone()).await;
    assert!(seen.at("/chart").is_null() && seen.at("/node").is_null());
    let delete =
        "mutation ($id: ID!) { deleteCharts(input: { ids: [$id] }) { userErrors { code } } }";
    app.gql(admin, delete, json!({ "id": stage.chart }))
        .await
        .done("deleteCharts");
    let gone = app.gql(admin, one, variables).await;
    assert!(gone.at("/node").is_null());
}

#[tokio::test]
async fn the_way_back_is_a_new_version() {
    let stage = Stage::new().await;
    let (app, admin) = (&stage.app, stage.tenant.admin);
    let changed = json!({ "name": "Customers", "metricQuery": query("customers", 10), "config": { "type": "pie" },
        "pivotColumns": ["orders_status"], "columnOrder": ["orders_count"] });
    stage.change(admin, changed).await.done("updateChart");
    let before = stage.versions().await;
    let (new, old) = (ids(&before)[0].to_owned(), ids(&before)[1].to_owned());

    let editor = stage.tenant.user(app, "eddy", "editor").await;
    let back = stage.rollback(editor, &old).await;
    let chart = &back.done("rollbackChart")["chart"];
    assert_eq!(chart["name"], "Customers", "it is not of the version");
    assert_eq!(chart["kind"], "TABLE");
    assert_eq!(chart["exploreName"], "orders");
    assert_eq!(chart["config"], json!({ "type": "table" }));
    assert_eq!(chart["pivotColumns"], json!([]));
    assert_eq!(chart["columnOrder"], json!([]));
    assert_eq!(chart["metricQuery"]["limit"], 100);
    let after = stage.versions().await;
    assert_eq!(after.len(), 3);
    assert_eq!(ids(&after)[1..], [new.as_str(), old.as_str()]);
    assert_eq!(after[0]["createdBy"]["username"], "eddy");
    assert_eq!(after[0]["metricQuery"], after[2]["metricQuery"]);
    // Back to what it is already: nothing.
    stage.rollback(editor, &old).await.done("rollbackChart");
    stage
        .rollback(editor, ids(&after)[0])
        .await
        .done("rollbackChart");
    assert_eq!(stage.versions().await, after);

    let log = "query ($id: ID!) { organization(id: $id) { auditLog(first: 3) { nodes { action outcome targetId changes } } } }";
    let log = app
        .gql(admin, log, json!({ "id": stage.tenant.id.to_string() }))
        .await;
    let nodes = log.at("/organization/auditLog/nodes");
    assert_eq!(
        nodes[2],
        json!({ "action": "rollbackChart", "outcome": "SUCCEEDED", "targetId": stage.chart, "changes": ["version"] })
    );
    assert_eq!(nodes[0]["changes"], json!([]));

    // Of another chart, of nothing, and by who may not.
    let beside = stage.tenant.chart(app, &stage.space, "Beside").await;
    let others = "query ($id: ID!) { chart(id: $id) { versions { nodes { id } } } }";
    let others = app.gql(admin, others, json!({ "id": beside })).await;
    let foreign = others.text("/chart/versions/nodes/0/id");
    let refused = stage.rollback(admin, &foreign).await;
    assert_eq!(
        refused.user_errors("rollbackChart"),
        ["NOT_FOUND versionId"]
    );
    let refused = stage.rollback(admin, &stage.chart).await;
    assert_eq!(refused.user_errors("rollbackChart"), ["INVALID versionId"]);
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let refused = stage.rollback(viewer, &new).await;
    assert_eq!(refused.user_errors("rollbackChart"), ["FORBIDDEN chartId"]);
    assert_eq!(stage.versions().await, after);
}

#[tokio::test]
async fn the_way_back_to_sql_needs_the_right_to_write_it() {
    let stage = Stage::new().await;
    let (app, admin) = (&stage.app, stage.tenant.admin);
    let with_sql = |limit: i32| {
        let mut query = query("orders", limit);
        query["tableCalculations"] = json!([{ "name": "twice", "displayName": "Twice", "sql": "${orders_count} * 2 + now()" }]);
        json!({ "metricQuery": query })
    };
    stage.change(admin, with_sql(1)).await.done("updateChart");
    stage.change(admin, with_sql(2)).await.done("updateChart");
    let editor = stage.tenant.user(app, "eddy", "editor").await;
    // The same SQL is there: it is not they who write it.
    let versions = stage.versions().await;
    let first = ids(&versions)[1].to_owned();
    stage.rollback(editor, &first).await.done("rollbackChart");
    let plain = json!({ "metricQuery": query("orders", 3) });
    stage.change(editor, plain).await.done("updateChart");
    let refused = stage.rollback(editor, &first).await;
    assert_eq!(
        refused.user_errors("rollbackChart"),
        ["FORBIDDEN versionId"]
    );
    stage.rollback(admin, &first).await.done("rollbackChart");
}

#[tokio::test]
async fn changes_at_once_lose_no_version() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let changes = (1..=8).map(|limit| {
        let fields = json!({ "metricQuery": query("orders", limit) });
        stage.change(admin, fields)
    });
    for answer in futures_util::future::join_all(changes).await {
        answer.done("updateChart");
    }
    let versions = stage.versions().await;
    let mut limits: Vec<_> = versions
        .iter()
        .map(|version| version["metricQuery"]["limit"].as_i64().unwrap())
        .collect();
    limits.sort_unstable();
    assert_eq!(limits, [1, 2, 3, 4, 5, 6, 7, 8, 100]);
    assert_eq!(
        versions[0]["isCurrent"], true,
        "the current one is the newest"
    );
    let mut times: Vec<_> = versions.iter().map(|v| v["createdAt"].clone()).collect();
    times.dedup();
    assert_eq!(times.len(), 9, "no two are equally old");
}
