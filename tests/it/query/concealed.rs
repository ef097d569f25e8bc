//! What asks for attributes that the caller lacks answers as what is not there, wherever a query names it.

use super::stage::{MANIFEST, Stage};
use crate::support::Actor;
use serde_json::{Value, json};

const COMPILE: &str = "query ($project: ID!, $query: MetricQueryInput!) { \
    compileMetricQuery(projectId: $project, query: $query) { sql } }";
/// Answers with `userErrors`, of mutations that take a source.
const MUTATIONS: [(&str, &str); 3] = [
    ("runQuery", "RunQueryInput"),
    ("calculateTotals", "CalculateTotalsInput"),
    ("exportQueryResults", "ExportQueryResultsInput"),
];

/// The models with fields, and an explore, that ask for an attribute which nobody has.
fn guarded() -> String {
    let mut manifest: Value = serde_json::from_str(MANIFEST).expect("JSON");
    let rule = json!({ "team": ["boss"] });
    let nodes = &mut manifest["nodes"];
    let mut people = nodes["model.shop.orders"].clone();
    people["name"] = json!("people");
    people["config"]["meta"]["required_attributes"] = rule.clone();
    nodes["model.shop.people"] = people;
    let orders = &mut nodes["model.shop.orders"];
    orders["config"]["meta"]["joins"] =
        json!([{ "join": "people", "sql_on": "${orders.id} = ${people.id}" }]);
    orders["columns"]["secret"]["config"]["meta"]["dimension"] =
        json!({ "required_attributes": rule });
    orders["columns"]["secret"]["config"]["meta"]["metrics"] = json!({ "hush": { "type": "max" } });
    manifest.to_string()
}

/// A name that nothing has, of as many letters: places in texts are the same.
fn absent(name: &str) -> &'static str {
    if name.len() == 6 { "zzzzzz" } else { "zzzz" }
}

impl Stage {
    /// What each way to ask a query says of it: codes, places and sentences.
    async fn told(&self, actor: Actor, fields: Value) -> Vec<(&'static str, Value)> {
        let source = self.query(fields);
        let own = &source["metricQuery"];
        let mut told = Vec::new();
        for (name, kind) in MUTATIONS {
            let text = format!(
                "mutation ($input: {kind}!) {{ {name}(input: $input) {{ job {{ id }} userErrors {{ code message path }} }} }}"
            );
            let mut input = json!({ "source": source });
            if name == "exportQueryResults" {
                input["onlyRaw"] = json!(true);
            }
            let answer = self.app.gql(actor, &text, json!({ "input": input })).await;
            told.push((name, answer.at(&format!("/{name}")).clone()));
        }
        let text = "mutation ($input: RunUnderlyingDataQueryInput!) { runUnderlyingDataQuery(input: $input) { \
            job { id } userErrors { code message path } } }";
        let answer = self
            .app
            .gql(actor, text, json!({ "input": { "source": own } }))
            .await;
        told.push((
            "runUnderlyingDataQuery",
            answer.at("/runUnderlyingDataQuery").clone(),
        ));
        let variables = json!({ "project": self.project, "query": own["query"] });
        let answer = self.app.gql(actor, COMPILE, variables).await;
        let error = &answer.body["errors"][0];
        let error = json!([error["message"], error["path"], error["extensions"]["code"]]);
        told.push(("compileMetricQuery", error));
        told
    }

    /// Asks with a name and with one that nothing has; what is told must be the same. Gives the latter.
    async fn same(&self, actor: Actor, name: &str, fields: Value) -> Vec<(&'static str, String)> {
        let absent = absent(name);
        let other = fields.to_string().replace(name, absent);
        let guarded = self.told(actor, fields).await;
        let other = serde_json::from_str(&other).expect("JSON");
        let unknown = self.told(actor, other).await;
        let unknown = unknown
            .into_iter()
            .map(|(way, told)| (way, told.to_string()));
        let unknown: Vec<(&str, String)> = unknown.collect();
        for ((way, guarded), (_, unknown)) in guarded.iter().zip(&unknown) {
            let guarded = guarded.to_string().replace(name, absent);
            assert_eq!(&guarded, unknown, "{way} {name}");
        }
        unknown
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asks_for_attributes_is_not_there() {
    let stage = Stage::new().await;
    stage.deploy_models(&guarded()).await;
    let rule =
        |field: &str| json!({ "and": [{ "rule": { "fieldId": field, "operator": "NOT_NULL" } }] });
    let own = |sql: &str| json!({ "sql": { "id": "own", "name": "Own", "table": "orders", "sql": sql, "dimensionType": "STRING" } });
    let of_table = json!({ "sql": { "id": "own", "name": "Own", "table": "people", "sql": "lower('A')", "dimensionType": "STRING" } });
    let bin = json!({ "bin": { "id": "own", "name": "Own", "table": "orders", "dimensionId": "orders_secret",
        "binType": "FIXED_NUMBER", "binNumber": 3 } });
    let before = json!({ "name": "before", "table": "orders", "periodComparison": {
        "baseMetricId": "orders_hush", "timeDimensionId": "orders_placed_at_month" } });
    let cases = [
        (
            "people",
            json!({ "exploreName": "people", "dimensions": ["people_id"], "metrics": [], "sorts": [] }),
        ),
        (
            "secret",
            json!({ "dimensions": ["orders_status", "orders_secret"] }),
        ),
        (
            "hush",
            json!({ "metrics": ["orders_count", "orders_hush"] }),
        ),
        (
            "people",
            json!({ "dimensions": ["people_status"], "sorts": [] }),
        ),
        (
            "secret",
            json!({ "filters": { "dimensions": rule("orders_secret") } }),
        ),
        (
            "hush",
            json!({ "filters": { "metrics": rule("orders_hush") } }),
        ),
        (
            "secret",
            json!({ "dimensions": ["own"], "sorts": [], "customDimensions": [own("${secret}")] }),
        ),
        (
            "people",
            json!({ "dimensions": ["own"], "sorts": [], "customDimensions": [of_table] }),
        ),
        (
            "secret",
            json!({ "dimensions": ["own"], "sorts": [], "customDimensions": [bin] }),
        ),
        (
            "hush",
            json!({ "dimensions": ["orders_placed_at_month"], "sorts": [], "metrics": ["orders_before"], "additionalMetrics": [before] }),
        ),
    ];
    for (name, fields) in cases {
        let unknown = stage.same(stage.tenant.admin, name, fields).await;
        for (way, unknown) in unknown {
            assert!(unknown.contains(absent(name)), "{way} takes it: {unknown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_behind_what_is_not_there_is_like_any_other() {
    let stage = Stage::new().await;
    stage.deploy_models(&guarded()).await;
    // Who may not write SQL may name the columns that dimensions show, and those only.
    let editor = stage.tenant.user(&stage.app, "eddy", "editor").await;
    let column =
        json!({ "name": "own", "table": "orders", "type": "MAX", "sql": "${TABLE}.secret" });
    let fields = json!({ "metrics": ["orders_own"], "additionalMetrics": [column] });
    let unknown = stage.same(editor, "secret", fields).await;
    for (way, unknown) in unknown {
        assert!(unknown.contains("FORBIDDEN"), "{way} takes it: {unknown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_metric_is_computed_from_stays_hidden() {
    let stage = Stage::new().await;
    let mut manifest: Value = serde_json::from_str(MANIFEST).expect("JSON");
    manifest["nodes"]["model.shop.orders"]["columns"]["secret"]["config"]["meta"]["metrics"] = json!({
        "hush": { "type": "count", "hidden": true },
        "share": { "type": "percent_of_total", "sql": "${hush}" },
    });
    stage.deploy_models(&manifest.to_string()).await;
    for metrics in [
        ["orders_share", "orders_hush"],
        ["orders_hush", "orders_share"],
    ] {
        let source = stage.query(json!({ "metrics": metrics, "sorts": [] }));
        let variables =
            json!({ "project": stage.project, "query": source["metricQuery"]["query"] });
        let answer = stage.app.gql(stage.tenant.admin, COMPILE, variables).await;
        assert_eq!(answer.code(), "INVALID", "{metrics:?}");
        assert!(
            answer.message().contains("no field `orders_hush`"),
            "{}",
            answer.message()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_of_a_dashboard_on_what_is_not_there_is_passed_over() {
    let stage = Stage::new().await;
    stage.deploy_models(&guarded()).await;
    let space = stage.space("Shop", false).await;
    let id = stage.chart(&space, json!({})).await;
    let rule = |field: &str| json!({ "fieldId": field, "tableName": "orders", "operator": "EQUALS", "values": ["x"], "required": true });
    let saved = json!({ "dimensions": [rule("orders_secret"), rule("orders_zzzzzz")] });
    let (board, tile) = stage.dashboard(&space, &id, saved).await;
    for filters in [
        Value::Null,
        json!({ "dimensions": [rule("orders_secret")] }),
        json!({}),
    ] {
        let mut context = json!({ "dashboardId": board, "tileId": tile });
        if !filters.is_null() {
            context["filters"] = filters;
        }
        let source = json!({ "chart": { "chartId": id, "dashboard": context } });
        let ran = stage.run(stage.tenant.admin, source).await;
        let found = &ran.done("runQuery")["queryRun"];
        assert_eq!(found["appliedDashboardFilters"], json!([]), "{found}");
        assert_eq!(found["rowCount"], json!(2));
    }
}
