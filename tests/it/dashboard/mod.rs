//! Dashboards with tabs and tiles.

mod access;
mod layout;

use crate::support::{Actor, Answer, Tenant, TestApp};
use serde_json::{Value, json};

const FIELDS: &str = "id name slug description space { id name } tabs { id name order } \
    tiles { id kind x y width height title hideTitle tab { id name } chart { id name } content url } \
    filters { dimensions { id label fieldId tableName operator values tileTargets } metrics { id } }";

const LIST: &str = "query ($id: ID!, $filter: DashboardFilter) { project(id: $id) { \
    dashboards(filter: $filter, orderBy: [{ field: NAME }]) { nodes { name } totalCount } } }";

const DELETE: &str = "mutation ($input: DeleteDashboardsInput!) { deleteDashboards(input: $input) { \
    deletedIds userErrors { code message path } } }";

async fn create(app: &TestApp, actor: Actor, input: Value) -> Answer {
    let query = format!(
        "mutation ($input: CreateDashboardInput!) {{ createDashboard(input: $input) {{ \
         dashboard {{ {FIELDS} }} userErrors {{ code message path }} }} }}"
    );
    app.gql(actor, &query, json!({ "input": input })).await
}

async fn update(app: &TestApp, actor: Actor, dashboards: Value) -> Answer {
    let query = format!(
        "mutation ($input: UpdateDashboardsInput!) {{ updateDashboards(input: $input) {{ \
         dashboards {{ {FIELDS} }} userErrors {{ code message path }} }} }}"
    );
    app.gql(
        actor,
        &query,
        json!({ "input": { "dashboards": dashboards } }),
    )
    .await
}

async fn names(app: &TestApp, actor: Actor, project: &str, filter: Value) -> Vec<String> {
    let answer = app
        .gql(actor, LIST, json!({ "id": project, "filter": filter }))
        .await;
    let names = answer.texts("/project/dashboards/nodes", "name");
    assert_eq!(
        *answer.at("/project/dashboards/totalCount"),
        json!(names.len())
    );
    names
}

fn tile(y: i32, content: Value) -> Value {
    json!({ "x": 0, "y": y, "width": 36, "height": 2, "content": content })
}

struct World {
    app: TestApp,
    tenant: Tenant,
    project: String,
    space: String,
    chart: String,
}

async fn world() -> World {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Space", false).await;
    let chart = tenant.chart(&app, &space, "Chart").await;
    World {
        app,
        tenant,
        project,
        space,
        chart,
    }
}
