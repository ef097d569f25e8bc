//! Charts: queries in and out, where they are, who may change them.

use crate::support::{Actor, Answer, Tenant, TestApp};
use serde_json::{Value, json};

const CREATE: &str = "mutation ($input: CreateChartInput!) { createChart(input: $input) { \
    chart { id name slug kind exploreName config space { id name slug isPrivate project { id } } \
        createdBy { id username email firstName lastName fullName status organization { id } createdAt } } \
    userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { \
    chart { id name description slug kind exploreName config space { name } pivotColumns columnOrder } \
    userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteChartsInput!) { deleteCharts(input: $input) { \
    deletedIds userErrors { code message path } } }";
const LIST: &str = "query ($id: ID!, $filter: ChartFilter, $orderBy: [ChartOrder!], $first: Int, $after: String) { \
    project(id: $id) { charts(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { \
    nodes { name } totalCount pageInfo { hasNextPage endCursor } } } }";

async fn run(app: &TestApp, actor: Actor, query: &str, input: Value) -> Answer {
    app.gql(actor, query, json!({ "input": input })).await
}

async fn names(app: &TestApp, actor: Actor, project: &str, filter: Value) -> Vec<String> {
    let order = json!([{ "field": "NAME" }]);
    let variables = json!({ "id": project, "filter": filter, "orderBy": order });
    let answer = app.gql(actor, LIST, variables).await;
    let names = answer.texts("/project/charts/nodes", "name");
    assert_eq!(
        *answer.at("/project/charts/totalCount"),
        json!(names.len()),
        "the count agrees"
    );
    names
}

fn query() -> Value {
    json!({
        "exploreName": "orders", "dimensions": ["orders_status"], "metrics": ["orders_count"],
        "filters": { "dimensions": { "and": [
            { "rule": { "id": "r1", "fieldId": "orders_status", "operator": "EQUALS", "values": ["paid", 1, true] } },
            { "group": { "or": [{ "rule": { "fieldId": "orders_at", "operator": "IN_THE_PAST", "values": [7], "settings": { "unitOfTime": "days" } } }] } },
        ] } },
        "sorts": [{ "fieldId": "orders_count", "descending": true }], "limit": 500, "tableCalculations": [],
    })
}

fn input(space: &str, name: &str) -> Value {
    json!({ "spaceId": space, "name": name, "config": { "type": "pie" }, "metricQuery": query() })
}

#[tokio::test]
async fn a_chart_comes_out_as_it_went_in() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Space", false).await;
    let mut new = input(&space, " Revenue by status ");
    new["pivotColumns"] = json!(["orders_status"]);
    new["columnOrder"] = json!(["orders_status", "orders_count"]);
    let answer = run(&app, tenant.admin, CREATE, new).await;
    let chart = answer.done("createChart")["chart"].clone();
    assert_eq!(chart["name"], "Revenue by status");
    assert_eq!(chart["slug"], "revenue-by-status");
    assert_eq!(chart["kind"], "PIE");
    assert_eq!(chart["space"]["name"], "Space");
    assert_eq!(chart["config"], json!({ "type": "pie" }));
    assert!(answer.statements <= 3, "{} statements", answer.statements);
    let again = format!(
        "{{ chart(id: {}) {{ id space {{ id name slug isPrivate project {{ id }} }} createdBy {{ \
         id username email firstName lastName fullName status organization {{ id }} createdAt }} }} }}",
        chart["id"]
    );
    let again = app.ask(tenant.admin, &again).await;
    for shown in ["id", "space", "createdBy"] {
        assert_eq!(again.at("/chart")[shown], chart[shown]);
    }
    let log = "query ($id: ID!) { organization(id: $id) { auditLog(first: 9) { nodes { action outcome \
        targetId actor { id } } } } }";
    let log = app
        .gql(tenant.admin, log, json!({ "id": tenant.id.to_string() }))
        .await;
    let nodes = log.at("/organization/auditLog/nodes").clone();
    let nodes = nodes.as_array().unwrap();
    let made: Vec<_> = nodes
        .iter()
        .filter(|event| event["targetId"] == chart["id"])
        .collect();
    assert_eq!(made.len(), 1, "one row in the log: {nodes:?}");
    assert_eq!(made[0]["action"], "createChart");
    assert_eq!(made[0]["outcome"], "SUCCEEDED");
    assert_eq!(made[0]["actor"]["id"], chart["createdBy"]["id"]);

    let read = format!(
        "{{ chart(id: \"{}\") {{ exploreName config pivotColumns columnOrder colorPalette \
        project {{ id }} dashboard {{ id }} \
        metricQuery {{ exploreName dimensions metrics limit timezone sorts {{ fieldId descending }} \
        filters {{ metrics {{ id }} dimensions {{ operator items {{ ... on FilterRule {{ id operator values required }} \
        ... on FilterGroup {{ join: operator items {{ ... on FilterRule {{ id fieldId settings }} }} }} }} }} }} }} }} }}",
        chart["id"].as_str().unwrap()
    );
    let answer = app.ask(tenant.admin, &read).await;
    let query = answer.at("/chart/metricQuery");
    assert_eq!(query["dimensions"], json!(["orders_status"]));
    assert_eq!(
        query["sorts"],
        json!([{ "fieldId": "orders_count", "descending": true }])
    );
    assert!(query["filters"]["metrics"].is_null());
    let items = &query["filters"]["dimensions"]["items"];
    assert_eq!(
        items[0],
        json!({ "id": "r1", "operator": "EQUALS", "values": ["paid", 1, true], "required": false })
    );
    assert_eq!(items[1]["join"], "OR");
    assert_eq!(
        items[1]["items"][0]["settings"],
        json!({ "unitOfTime": "days" })
    );
    assert!(
        items[1]["items"][0]["id"].as_str().unwrap().len() > 10,
        "an id was made"
    );
    assert_eq!(
        answer.at("/chart/columnOrder"),
        &json!(["orders_status", "orders_count"])
    );
    assert_eq!(answer.at("/chart/project/id"), project.as_str());
    assert!(answer.statements <= 4, "{} statements", answer.statements);
}

#[tokio::test]
async fn slugs_are_unique_in_the_project() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let one = tenant.space(&app, &project, None, "One", false).await;
    let two = tenant.space(&app, &project, None, "Two", false).await;
    let slug = async |space: &str| {
        run(&app, tenant.admin, CREATE, input(space, "Same name"))
            .await
            .text("/createChart/chart/slug")
    };
    assert_eq!(slug(&one).await, "same-name");
    assert_eq!(slug(&one).await, "same-name-2");
    assert_eq!(slug(&two).await, "same-name-3");
    let (a, b, c) = tokio::join!(slug(&one), slug(&two), slug(&one));
    let mut all = vec![a, b, c];
    all.sort();
    assert_eq!(
        all,
        ["same-name-4", "same-name-5", "same-name-6"],
        "also where they are made at once"
    );
    for n in 7..=20 {
        assert_eq!(slug(&one).await, format!("same-name-{n}"));
    }
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Space", false).await;
    let with = async |field: &str, value: Value| {
        let mut new = input(&space, "Chart");
        new[field] = value;
        run(&app, tenant.admin, CREATE, new)
            .await
            .user_errors("createChart")
    };
    assert_eq!(with("name", json!("")).await, ["REQUIRED name"]);
    assert_eq!(
        with("name", json!("x".repeat(10_000))).await,
        ["INVALID name"]
    );
    assert_eq!(
        with("description", json!("\0")).await,
        ["INVALID description"]
    );
    assert_eq!(
        with("config", json!({ "a": "\0" })).await,
        ["INVALID config"]
    );
    assert_eq!(with("config", json!([])).await, ["INVALID config"]);
    assert_eq!(
        with("config", json!({ "a": "x".repeat(300_000) })).await,
        ["INVALID config"]
    );
    assert_eq!(with("spaceId", Value::Null).await, ["REQUIRED spaceId"]);
    assert_eq!(
        with("dashboardId", json!("dashboard_01h455vb4pex5vsknk084sn02q")).await,
        ["REQUIRED spaceId"]
    );
    assert_eq!(
        with("columnOrder", json!(["a", "\0"])).await,
        ["INVALID columnOrder.1"]
    );
    let mut wrong = query();
    wrong["limit"] = json!(0);
    wrong["filters"]["dimensions"]["and"][1]["group"]["or"][0]["rule"]["values"] = json!([["x"]]);
    assert_eq!(
        with("metricQuery", wrong).await,
        [
            "INVALID metricQuery.limit",
            "INVALID metricQuery.filters.dimensions.and.1.group.or.0.rule.values.0"
        ]
    );
    let mut wrong = input(&space, "Chart");
    wrong["metricQuery"]["dimensions"] = json!(["a; DROP TABLE"]);
    assert!(
        run(&app, tenant.admin, CREATE, wrong)
            .await
            .body
            .get("errors")
            .is_some(),
        "not a field id"
    );
    assert_eq!(
        names(&app, tenant.admin, &project, json!(null)).await,
        Vec::<String>::new()
    );
}

/// Whatever organization its maker works in.
#[tokio::test]
async fn a_new_chart_is_in_the_log_of_its_organization() {
    let app = TestApp::start().await;
    let (here, there) = tokio::join!(Tenant::create(&app, "here"), Tenant::create(&app, "there"));
    let project = there.project(&app, "Sales").await;
    let space = there.space(&app, &project, None, "Space", false).await;
    let Actor::User(user, _) = here.admin else {
        panic!("a user")
    };
    there.join(&app, user, "editor").await;
    let create = "mutation ($input: CreateChartInput!) { createChart(input: $input) { \
        chart { id space { name } createdBy { fullName } } userErrors { code } } }";
    let made = run(&app, here.admin, create, input(&space, "One")).await;
    assert_eq!(made.statements, 1);
    let mut refused = input(&space, "Two");
    refused["spaceId"] = json!(chartroom::kernel::entity::SpaceId::new().to_string());
    run(&app, here.admin, create, refused).await;
    let log = async |tenant: &Tenant| {
        let log = "query ($id: ID!) { organization(id: $id) { auditLog(first: 50) { nodes { \
            action outcome targetId } } } }";
        let of = json!({ "id": tenant.id.to_string() });
        let answer = app.gql(tenant.admin, log, of).await;
        let mut nodes = answer.at("/organization/auditLog/nodes").clone();
        let nodes = nodes.as_array_mut().expect("events");
        nodes.retain(|event| event["action"] == "createChart");
        nodes.clone()
    };
    let id = made.text("/createChart/chart/id");
    let succeeded = json!([{ "action": "createChart", "outcome": "SUCCEEDED", "targetId": id }]);
    assert_eq!(json!(log(&there).await), succeeded);
    // Nobody knows where the space that does not exist would be.
    let denied = json!([{ "action": "createChart", "outcome": "DENIED", "targetId": null }]);
    assert_eq!(json!(log(&here).await), denied);
}

#[tokio::test]
async fn charts_are_found_and_ordered() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let one = tenant.space(&app, &project, None, "One", false).await;
    let two = tenant.space(&app, &project, None, "Two", false).await;
    for (space, name) in [(&two, "b 100%"), (&one, "a"), (&one, "c")] {
        run(&app, tenant.admin, CREATE, input(space, name))
            .await
            .done("createChart");
    }
    let all = async |filter: Value| names(&app, tenant.admin, &project, filter).await;
    assert_eq!(all(json!({ "search": "00%" })).await, ["b 100%"]);
    assert_eq!(all(json!({ "search": "%" })).await, ["b 100%"]);
    assert_eq!(all(json!({ "spaceId": { "eq": one } })).await, ["a", "c"]);
    assert_eq!(
        all(json!({ "not": { "name": { "eq": "a" } } })).await,
        ["b 100%", "c"]
    );
    assert_eq!(all(json!({ "kind": { "in": ["PIE"] }, "exploreName": { "eq": "orders" }, "inDashboard": { "eq": false } })).await.len(), 3);
    assert_eq!(all(json!({ "kind": { "ne": "PIE" } })).await.len(), 0);
    assert_eq!(
        all(json!({ "updatedAt": { "withinLast": "PT1H" } }))
            .await
            .len(),
        3
    );
    let order = json!([{ "field": "SPACE_NAME", "direction": "DESC" }, { "field": "NAME", "direction": "DESC" }]);
    let variables = json!({ "id": project, "orderBy": order, "first": 1 });
    let page = app.gql(tenant.admin, LIST, variables).await;
    assert_eq!(page.texts("/project/charts/nodes", "name"), ["b 100%"]);
    let after = page.text("/project/charts/pageInfo/endCursor");
    let variables = json!({ "id": project, "orderBy": order, "first": 5, "after": after });
    let page = app.gql(tenant.admin, LIST, variables).await;
    assert_eq!(page.texts("/project/charts/nodes", "name"), ["c", "a"]);
}

#[tokio::test]
async fn a_chart_changes_and_moves() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let one = tenant.space(&app, &project, None, "One", false).await;
    let two = tenant.space(&app, &project, None, "Two", true).await;
    let other = tenant.project(&app, "Other").await;
    let elsewhere = tenant.space(&app, &other, None, "Elsewhere", false).await;
    let id = tenant.chart(&app, &one, "Chart").await;
    let change = async |actor, more: Value| {
        let mut input = json!({ "id": id });
        input
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        run(&app, actor, UPDATE, input).await
    };
    let answer = change(
        tenant.admin,
        json!({ "name": "New", "description": "d", "columnOrder": ["a"] }),
    )
    .await;
    let chart = &answer.done("updateChart")["chart"];
    assert_eq!(
        (&chart["name"], &chart["slug"], &chart["kind"]),
        (&json!("New"), &json!("chart"), &json!("TABLE"))
    );
    let mut asked = query();
    asked["exploreName"] = json!("customers");
    let answer = change(
        tenant.admin,
        json!({ "metricQuery": asked, "config": { "type": "funnel" }, "description": null }),
    )
    .await;
    let chart = &answer.done("updateChart")["chart"];
    assert_eq!(
        (&chart["name"], &chart["kind"], &chart["exploreName"]),
        (&json!("New"), &json!("FUNNEL"), &json!("customers"))
    );
    assert!(chart["description"].is_null());
    assert_eq!(chart["columnOrder"], json!(["a"]), "left out, it stays");

    let editor = tenant.user(&app, "editor", "editor").await;
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    assert_eq!(
        change(viewer, json!({ "name": "x" }))
            .await
            .user_errors("updateChart"),
        ["FORBIDDEN id"]
    );
    assert_eq!(
        change(editor, json!({ "spaceId": two }))
            .await
            .user_errors("updateChart"),
        ["NOT_FOUND spaceId"]
    );
    assert_eq!(
        change(tenant.admin, json!({ "spaceId": elsewhere }))
            .await
            .user_errors("updateChart"),
        ["INVALID spaceId"]
    );
    let moved = change(tenant.admin, json!({ "spaceId": two })).await;
    assert_eq!(moved.done("updateChart")["chart"]["space"]["name"], "Two");
    assert_eq!(
        change(editor, json!({ "name": "x" }))
            .await
            .user_errors("updateChart"),
        ["NOT_FOUND id"]
    );
    assert_eq!(
        names(&app, viewer, &project, json!(null)).await,
        Vec::<String>::new()
    );
    assert_eq!(
        run(&app, editor, DELETE, json!({ "ids": [id] }))
            .await
            .user_errors("deleteCharts"),
        ["NOT_FOUND ids.0"]
    );
    run(&app, tenant.admin, DELETE, json!({ "ids": [id] }))
        .await
        .done("deleteCharts");
    assert_eq!(
        names(&app, tenant.admin, &project, json!(null)).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn new_sql_needs_a_permission() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    let space = tenant.space(&app, &project, None, "Space", false).await;
    let editor = tenant.user(&app, "editor", "editor").await;
    let developer = tenant.user(&app, "developer", "developer").await;
    let mut new = input(&space, "Chart");
    new["metricQuery"]["tableCalculations"] =
        json!([{ "name": "c", "displayName": "C", "sql": "1" }]);
    new["metricQuery"]["additionalMetrics"] = json!([
        { "name": "a", "table": "orders", "type": "SUM", "sql": "${TABLE}.amount" },
        { "name": "b", "table": "orders", "type": "SUM", "sql": "(SELECT secret)" },
    ]);
    let refused = run(&app, editor, CREATE, new.clone()).await;
    assert_eq!(
        refused.user_errors("createChart"),
        [
            "FORBIDDEN metricQuery.tableCalculations.0.sql",
            // No model shows this column.
            "FORBIDDEN metricQuery.additionalMetrics.0.sql",
            "FORBIDDEN metricQuery.additionalMetrics.1.sql",
        ]
    );
    let answer = run(&app, developer, CREATE, new.clone()).await;
    let id = answer.text("/createChart/chart/id");
    let mut asked = new["metricQuery"].clone();
    asked["limit"] = json!(10);
    run(
        &app,
        editor,
        UPDATE,
        json!({ "id": id, "metricQuery": asked }),
    )
    .await
    .done("updateChart");
    asked["tableCalculations"][0]["sql"] = json!("2");
    let refused = run(
        &app,
        editor,
        UPDATE,
        json!({ "id": id, "metricQuery": asked }),
    )
    .await;
    assert_eq!(
        refused.user_errors("updateChart"),
        ["FORBIDDEN metricQuery.tableCalculations.0.sql"]
    );
}

#[tokio::test]
async fn foreign_charts_answer_like_absent_ones() {
    let app = TestApp::start().await;
    let (ours, theirs) = (
        Tenant::create(&app, "ours").await,
        Tenant::create(&app, "theirs").await,
    );
    let project = ours.project(&app, "Sales").await;
    let space = ours.space(&app, &project, None, "Mine", false).await;
    let mine = ours.chart(&app, &space, "Mine").await;
    let their_project = theirs.project(&app, "Secret").await;
    let their_space = theirs
        .space(&app, &their_project, None, "Secret", false)
        .await;
    let their_chart = theirs.chart(&app, &their_space, "Secret").await;
    let mut answers = Vec::new();
    for (chart, space) in [
        (their_chart.as_str(), their_space.as_str()),
        (
            "chart_01h455vb4pex5vsknk084sn02q",
            "space_01h455vb4pex5vsknk084sn02q",
        ),
    ] {
        let get = format!("{{ chart(id: \"{chart}\") {{ name }} node(id: \"{chart}\") {{ id }} }}");
        let mut all = vec![app.ask(ours.admin, &get).await.body];
        all.push(
            run(
                &app,
                ours.admin,
                UPDATE,
                json!({ "id": chart, "name": "x" }),
            )
            .await
            .body,
        );
        all.push(
            run(
                &app,
                ours.admin,
                UPDATE,
                json!({ "id": mine, "spaceId": space }),
            )
            .await
            .body,
        );
        all.push(
            run(&app, ours.admin, DELETE, json!({ "ids": [mine, chart] }))
                .await
                .body,
        );
        all.push(run(&app, ours.admin, CREATE, input(space, "x")).await.body);
        all.push(
            app.gql(
                ours.admin,
                LIST,
                json!({ "id": project, "filter": { "spaceId": { "eq": space } } }),
            )
            .await
            .body,
        );
        answers.push(all);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0][0]["data"],
        json!({ "chart": null, "node": null })
    );
    assert_eq!(
        names(&app, ours.admin, &project, json!(null)).await,
        ["Mine"]
    );
    let anonymous = app
        .ask(
            Actor::Anonymous,
            &format!("{{ chart(id: \"{mine}\") {{ id }} }}"),
        )
        .await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn levels_cost_one_statement_each() {
    let app = TestApp::start().await;
    let tenant = Tenant::create(&app, "acme").await;
    let project = tenant.project(&app, "Sales").await;
    for space in 0..4 {
        let space = tenant
            .space(&app, &project, None, &format!("S{space}"), false)
            .await;
        for chart in 0..4 {
            tenant.chart(&app, &space, &format!("C{chart}")).await;
        }
    }
    let query = "query ($id: ID!) { project(id: $id) { name spaces(first: 20) { nodes { name path { name } \
        charts(first: 20) { nodes { name space { name } createdBy { id } } pageInfo { hasNextPage } } } } } }";
    let answer = app.gql(tenant.admin, query, json!({ "id": project })).await;
    let charts = answer
        .at("/project/spaces/nodes/3/charts/nodes")
        .as_array()
        .unwrap();
    assert_eq!(charts.len(), 4);
    assert!(answer.statements <= 6, "{} statements", answer.statements);
    let wide = query.replace(
        "createdBy { id }",
        "config columnOrder metricQuery { limit }",
    );
    let answer = app.gql(tenant.admin, &wide, json!({ "id": project })).await;
    assert_eq!(
        answer.at("/project/spaces/nodes/0/charts/nodes/0/metricQuery/limit"),
        100
    );
    assert!(answer.statements <= 6, "{} statements", answer.statements);
}
