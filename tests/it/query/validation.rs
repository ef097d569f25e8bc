//! Validations: what is found, who sees it, and when it goes.

use super::stage::{MANIFEST, Stage};
use crate::support::{Actor, Answer};
use serde_json::{Value, json};
use std::time::Duration;

const VALIDATE: &str = "mutation ($input: ValidateProjectInput!) { validateProject(input: $input) { \
    job { id kind } userErrors { code message path } } }";
const ERRORS: &str = "query ($project: ID!, $job: ID, $filter: ValidationErrorFilter) { \
    project(id: $project) { validationErrors(jobId: $job, filter: $filter) { totalCount nodes { \
      id source errorType error name fieldName viewCount job { kind } space { name } lastUpdatedBy { username } \
      content { __typename ... on Chart { id } ... on Dashboard { validationErrors { totalCount } } ... on Table { name } } \
    } } } }";

/// The models without the metric `revenue`, and with one that does not compile.
fn poorer() -> String {
    let mut manifest: Value = serde_json::from_str(MANIFEST).expect("JSON");
    let orders = &mut manifest["nodes"]["model.shop.orders"];
    orders["config"]["meta"]["metrics"] = json!({ "lost": { "type": "sum", "sql": "${nothing}" } });
    manifest.to_string()
}

impl Stage {
    /// Validates, and gives the ended job.
    async fn validate(&self, fields: Value) -> Answer {
        let mut input = json!({ "projectId": self.project });
        for (name, field) in fields.as_object().expect("fields") {
            input[name] = field.clone();
        }
        let admin = self.tenant.admin;
        let started = self.app.gql(admin, VALIDATE, json!({ "input": input }));
        let started = started.await;
        started.done("validateProject");
        let id = started.text("/validateProject/job/id");
        let job = "query ($id: ID!) { job(id: $id) { id status error { message } result { ... on ValidationReport { \
            errorCount validatedAt project { id } } } } }";
        for _ in 0..400 {
            let answer = self.app.gql(admin, job, json!({ "id": id })).await;
            let status = answer.text("/job/status");
            if ["SUCCEEDED", "FAILED", "CANCELLED"].contains(&status.as_str()) {
                assert_eq!(status, "SUCCEEDED", "{:#}", answer.body);
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the validation never ended");
    }

    /// What the last validation found, for somebody.
    async fn errors(&self, actor: Actor, more: Value) -> Value {
        let mut variables = json!({ "project": self.project });
        for (name, value) in more.as_object().expect("variables") {
            variables[name] = value.clone();
        }
        let answer = self.app.gql(actor, ERRORS, variables).await;
        answer.at("/project/validationErrors").clone()
    }
}

fn told(errors: &Value) -> Vec<String> {
    let nodes = errors["nodes"].as_array().expect("a list");
    let text = |node: &Value, key: &str| node[key].as_str().unwrap_or("-").to_owned();
    nodes
        .iter()
        .map(|node| {
            let [source, kind, name, field] =
                ["source", "errorType", "name", "fieldName"].map(|key| text(node, key));
            format!("{source} {kind} {name} {field}")
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_longer_fits_the_models_is_found() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    let chart = stage.chart(&space, json!({})).await;
    let fine = json!({ "metrics": ["orders_count"], "sorts": [] });
    stage.chart(&space, fine).await;
    let rule = json!({ "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": ["paid"] });
    let filters = json!({ "dimensions": [rule] });
    let (board, _) = stage.dashboard(&space, &chart, filters).await;
    let admin = stage.tenant.admin;
    // Everything fits.
    let job = stage.validate(json!({})).await;
    assert_eq!(job.at("/job/result/errorCount"), 0, "{:#}", job.body);
    assert_eq!(job.text("/job/result/project/id"), stage.project);
    assert_eq!(stage.errors(admin, json!({})).await["totalCount"], 0);
    // A metric is gone, and another does not compile.
    stage.deploy_models(&poorer()).await;
    let job = stage.validate(json!({})).await;
    assert_eq!(job.at("/job/result/errorCount"), 3, "{:#}", job.body);
    let errors = stage.errors(admin, json!({})).await;
    assert_eq!(
        told(&errors),
        [
            "TABLE MODEL orders orders.lost",
            "CHART METRIC Orders orders_revenue",
            "DASHBOARD CHART Board -",
        ],
        "{errors:#}"
    );
    let of_chart = &errors["nodes"][1];
    assert_eq!(of_chart["content"]["id"], chart.as_str());
    assert_eq!(of_chart["space"]["name"], "Shop");
    assert_eq!(of_chart["job"]["kind"], "VALIDATION");
    assert!(
        of_chart["error"]
            .as_str()
            .expect("a text")
            .contains("orders_revenue"),
        "{of_chart}"
    );
    assert_eq!(
        errors["nodes"][2]["content"]["validationErrors"]["totalCount"], 1,
        "{errors:#}"
    );
    let only = json!({ "filter": { "source": { "eq": "DASHBOARD" } } });
    assert_eq!(stage.errors(admin, only).await["totalCount"], 1);
    // Only charts: what was found of dashboards and tables stays.
    stage.deploy_models(MANIFEST).await;
    let charts = stage
        .validate(json!({ "targets": ["CHARTS", "CHARTS"] }))
        .await;
    assert_eq!(charts.at("/job/result/errorCount"), 0);
    let errors = stage.errors(admin, json!({})).await;
    assert_eq!(
        told(&errors),
        ["TABLE MODEL orders orders.lost", "DASHBOARD CHART Board -"]
    );
    // The earlier validation is still there, by its job.
    let earlier = json!({ "job": job.text("/job/id") });
    assert_eq!(stage.errors(admin, earlier).await["totalCount"], 3);
    // Dismissed, until it is found again.
    let dismiss = "mutation ($ids: [ID!]!) { dismissValidationErrors(input: { ids: $ids }) { deletedIds userErrors { code path } } }";
    let ids = json!({ "ids": [errors["nodes"][0]["id"], errors["nodes"][1]["id"]] });
    let dismissed = stage.app.gql(admin, dismiss, ids.clone()).await;
    dismissed.done("dismissValidationErrors");
    assert_eq!(stage.errors(admin, json!({})).await["totalCount"], 0);
    let again = stage.app.gql(admin, dismiss, ids).await;
    assert_eq!(
        again.user_errors("dismissValidationErrors"),
        ["NOT_FOUND ids.0"]
    );
    // A filter that nothing can follow.
    let update = "mutation ($input: UpdateDashboardsInput!) { updateDashboards(input: $input) { userErrors { code message path } } }";
    let rule = json!({ "fieldId": "orders_shelf", "tableName": "orders", "operator": "EQUALS", "values": ["paid"] });
    let input = json!({ "dashboards": [{ "id": board, "filters": { "dimensions": [rule] } }] });
    let updated = stage
        .app
        .gql(admin, update, json!({ "input": input }))
        .await;
    updated.done("updateDashboards");
    stage.validate(json!({})).await;
    assert_eq!(
        told(&stage.errors(admin, json!({})).await),
        ["DASHBOARD FILTER Board orders_shelf"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_models_can_be_tried_before_they_are_deployed() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    stage.chart(&space, json!({})).await;
    let admin = stage.tenant.admin;
    let nothing = json!({ "explores": [{ "name": "a" }] });
    let mut input = nothing;
    input["projectId"] = json!(stage.project);
    let refused = stage
        .app
        .gql(admin, VALIDATE, json!({ "input": input }))
        .await;
    let mistakes = refused.user_errors("validateProject");
    assert!(
        mistakes[0].starts_with("INVALID explores.0"),
        "{mistakes:?}"
    );
    // An explore of another name: the chart has none to ask.
    let broken = json!({
        "name": "new", "label": "new", "groups": [], "tags": [], "base_table": "new", "tables": {},
        "joins": [], "parameters": {}, "granularities": {}, "case_sensitive": true, "data_timezone": "UTC",
        "errors": [{ "code": "NO_DIMENSIONS", "path": "", "message": "the model has no dimensions" }] });
    let job = stage.validate(json!({ "explores": [broken] })).await;
    assert_eq!(job.at("/job/result/errorCount"), 2, "{:#}", job.body);
    // Nothing of it is on the list of the project; it is by the job.
    assert_eq!(stage.errors(admin, json!({})).await["totalCount"], 0);
    let errors = stage
        .errors(admin, json!({ "job": job.text("/job/id") }))
        .await;
    assert_eq!(told(&errors), ["TABLE MODEL new -", "CHART MODEL Orders -"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_that_one_may_not_see_stays_hidden() {
    let stage = Stage::new().await;
    let space = stage.space("Board room", true).await;
    stage.chart(&space, json!({})).await;
    stage.deploy_models(&poorer()).await;
    stage.validate(json!({})).await;
    let developer = stage.tenant.user(&stage.app, "dora", "developer").await;
    let errors = stage.errors(developer, json!({})).await;
    assert_eq!(
        told(&errors),
        ["TABLE MODEL orders orders.lost", "CHART METRIC - -"]
    );
    let hidden = &errors["nodes"][1];
    for key in ["content", "space", "lastUpdatedBy", "viewCount"] {
        assert!(hidden[key].is_null(), "{hidden}");
    }
    let told = errors.to_string();
    assert!(
        !told.contains("revenue") && !told.contains("Board room"),
        "{told}"
    );
    // Who may not validate sees nothing, and starts nothing.
    let viewer = stage.tenant.user(&stage.app, "vera", "viewer").await;
    assert_eq!(stage.errors(viewer, json!({})).await["totalCount"], 0);
    let input = json!({ "input": { "projectId": stage.project } });
    let refused = stage.app.gql(viewer, VALIDATE, input).await;
    assert_eq!(
        refused.user_errors("validateProject"),
        ["FORBIDDEN projectId"]
    );
}

/// The models whose orders have days only, and no metric `revenue`.
fn without_months() -> String {
    let mut manifest: Value = serde_json::from_str(&poorer()).expect("JSON");
    let orders = &mut manifest["nodes"]["model.shop.orders"];
    orders["config"]["meta"]["metrics"] = json!({});
    orders["columns"]["placed_at"]["config"] =
        json!({ "meta": { "dimension": { "time_intervals": ["DAY"] } } });
    manifest.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_periods_and_templates_are_checked_too() {
    let stage = Stage::new().await;
    let space = stage.space("Shop", false).await;
    let month = "orders_placed_at_month";
    let before = |base: &str, time: &str| {
        json!({ "name": "before", "table": "orders", "periodComparison": {
        "baseMetricId": base, "timeDimensionId": time, "granularity": "MONTH", "periodOffset": 1 } })
    };
    let template = |field: &str| {
        json!({ "name": "part", "displayName": "Part",
        "template": { "type": "PERCENT_OF_COLUMN_TOTAL", "fieldId": field } })
    };
    // A metric that goes, its month, and a template over it.
    let period = json!({ "dimensions": [month], "metrics": ["orders_count", "orders_before"], "sorts": [],
        "additionalMetrics": [before("orders_revenue", month)] });
    stage.chart(&space, period).await;
    let share = json!({ "tableCalculations": [template("orders_revenue")], "sorts": [] });
    stage.chart(&space, share).await;
    // Both of what stays.
    let day = "orders_placed_at_day";
    let fine = json!({ "dimensions": [day], "metrics": ["orders_count", "orders_before"], "sorts": [],
        "additionalMetrics": [before("orders_count", day)], "tableCalculations": [template("orders_before")] });
    stage.chart(&space, fine).await;
    let admin = stage.tenant.admin;
    let job = stage.validate(json!({})).await;
    let errors = stage.errors(admin, json!({})).await;
    assert_eq!(job.at("/job/result/errorCount"), 0, "{errors:#}");
    stage.deploy_models(&without_months()).await;
    stage.validate(json!({})).await;
    let errors = stage.errors(admin, json!({})).await;
    let found: Vec<String> = told(&errors);
    assert_eq!(
        found,
        [
            "CHART DIMENSION Orders orders_placed_at_month",
            "CHART CUSTOM_METRIC Orders before",
            "CHART METRIC Orders orders_revenue",
        ],
        "{errors:#}"
    );
}
