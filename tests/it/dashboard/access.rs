//! Dashboards of others, charts that one may not see, all or nothing.

use super::{DELETE, FIELDS, World, create, names, tile, update, world};
use crate::support::{Actor, Tenant};
use serde_json::{Value, json};

#[tokio::test]
async fn bulk_changes_are_all_or_nothing() {
    let World {
        app,
        tenant,
        project,
        space,
        ..
    } = world().await;
    let mut ids = Vec::new();
    for name in ["A", "B"] {
        let input = json!({ "projectId": project, "spaceId": space, "name": name });
        ids.push(
            create(&app, tenant.admin, input)
                .await
                .text("/createDashboard/dashboard/id"),
        );
    }
    let absent = "dashboard_01h455vb4pex5vsknk084sn02q";
    let change = json!([{ "id": ids[0], "name": "X" }, { "id": absent, "name": "Y" }]);
    assert_eq!(
        update(&app, tenant.admin, change)
            .await
            .user_errors("updateDashboards"),
        ["NOT_FOUND dashboards.1.id"]
    );
    let change = json!([{ "id": ids[0], "name": "X" }, { "id": ids[0], "name": "" }]);
    assert_eq!(
        update(&app, tenant.admin, change)
            .await
            .user_errors("updateDashboards"),
        ["REQUIRED dashboards.1.name", "INVALID dashboards.1.id"]
    );
    assert_eq!(
        update(&app, tenant.admin, json!([]))
            .await
            .user_errors("updateDashboards"),
        ["REQUIRED dashboards"]
    );
    let change = json!([{ "id": ids[0], "tiles": [tile(0, json!({ "chartId": absent }))] }]);
    assert_eq!(
        update(&app, tenant.admin, change)
            .await
            .user_errors("updateDashboards"),
        ["INVALID dashboards.0.tiles.0.content.chartId"]
    );
    assert_eq!(
        names(&app, tenant.admin, &project, json!(null)).await,
        ["A", "B"]
    );
    let change = json!([{ "id": ids[1], "name": "Bee" }, { "id": ids[0], "description": "d" }]);
    let answer = update(&app, tenant.admin, change).await;
    assert_eq!(
        answer.texts("/updateDashboards/dashboards", "name"),
        ["Bee", "A"]
    );
    let delete = async |actor, ids: Value| {
        app.gql(actor, DELETE, json!({ "input": { "ids": ids } }))
            .await
    };
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    assert_eq!(
        delete(viewer, json!(ids))
            .await
            .user_errors("deleteDashboards"),
        ["FORBIDDEN ids.0"]
    );
    assert_eq!(
        delete(tenant.admin, json!([ids[0], absent]))
            .await
            .user_errors("deleteDashboards"),
        ["NOT_FOUND ids.1"]
    );
    delete(tenant.admin, json!(ids))
        .await
        .done("deleteDashboards");
    assert_eq!(
        names(&app, tenant.admin, &project, json!(null)).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_chart_may_live_inside_one_dashboard() {
    let World {
        app,
        tenant,
        project,
        space,
        ..
    } = world().await;
    let make = async |name: &str| {
        let input = json!({ "projectId": project, "spaceId": space, "name": name });
        create(&app, tenant.admin, input)
            .await
            .text("/createDashboard/dashboard/id")
    };
    let (home, other) = (make("Home").await, make("Other").await);
    let query = "mutation ($input: CreateChartInput!) { createChart(input: $input) { \
        chart { id space { id } dashboard { name } } userErrors { code message path } } }";
    let input = json!({ "dashboardId": home, "name": "Inner", "config": {}, "metricQuery": {
        "exploreName": "orders", "dimensions": [], "metrics": [], "filters": {}, "sorts": [], "limit": 1, "tableCalculations": [],
    } });
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let refused = app.gql(viewer, query, json!({ "input": input })).await;
    assert_eq!(
        refused.user_errors("createChart"),
        ["FORBIDDEN dashboardId"]
    );
    let answer = app
        .gql(tenant.admin, query, json!({ "input": input }))
        .await;
    let made = &answer.done("createChart")["chart"];
    assert_eq!(
        (&made["space"]["id"], &made["dashboard"]["name"]),
        (&json!(space), &json!("Home"))
    );
    let chart = made["id"].as_str().unwrap();
    let put = async |on: &str| {
        update(
            &app,
            tenant.admin,
            json!([{ "id": on, "tiles": [tile(0, json!({ "chartId": chart }))] }]),
        )
        .await
    };
    put(&home).await.done("updateDashboards");
    assert_eq!(
        put(&other).await.user_errors("updateDashboards"),
        ["INVALID dashboards.0.tiles.0.content.chartId"]
    );

    let private = tenant.space(&app, &project, None, "Private", true).await;
    let moved = update(
        &app,
        tenant.admin,
        json!([{ "id": home, "spaceId": private }]),
    )
    .await;
    assert_eq!(
        moved.done("updateDashboards")["dashboards"][0]["space"]["name"],
        "Private"
    );
    let see = format!("{{ chart(id: \"{chart}\") {{ space {{ name }} }} }}");
    assert_eq!(
        app.ask(tenant.admin, &see).await.at("/chart/space/name"),
        "Private",
        "it moves along"
    );
    assert!(app.ask(viewer, &see).await.at("/chart").is_null());
    let out = "mutation ($input: UpdateChartInput!) { updateChart(input: $input) { \
        chart { space { name } dashboard { id } } userErrors { code message path } } }";
    let answer = app
        .gql(
            tenant.admin,
            out,
            json!({ "input": { "id": chart, "spaceId": space } }),
        )
        .await;
    assert_eq!(
        answer.done("updateChart")["chart"],
        json!({ "space": { "name": "Space" }, "dashboard": null })
    );
    put(&other).await.done("updateDashboards");
}

#[tokio::test]
async fn a_chart_that_one_may_not_see_stays_on_its_tile() {
    let World {
        app,
        tenant,
        project,
        space,
        ..
    } = world().await;
    let private = tenant.space(&app, &project, None, "Private", true).await;
    let hidden = tenant.chart(&app, &private, "Hidden").await;
    let input = json!({ "projectId": project, "spaceId": space, "name": "D", "tiles": [tile(0, json!({ "chartId": hidden }))] });
    let answer = create(&app, tenant.admin, input.clone()).await;
    let id = answer.text("/createDashboard/dashboard/id");
    let tile_id = answer.text("/createDashboard/dashboard/tiles/0/id");
    let editor = tenant.user(&app, "editor", "editor").await;
    assert_eq!(
        create(&app, editor, input)
            .await
            .user_errors("createDashboard"),
        ["NOT_FOUND tiles.0.content.chartId"]
    );
    let keep = json!([{ "id": id, "tiles": [{ "id": tile_id, "x": 1, "y": 1, "width": 1, "height": 1 }] }]);
    let answer = update(&app, editor, keep).await;
    let kept = &answer.done("updateDashboards")["dashboards"][0]["tiles"][0];
    assert_eq!(
        (&kept["kind"], &kept["chart"], &kept["x"]),
        (&json!("CHART"), &Value::Null, &json!(1))
    );
    let see = format!("{{ dashboard(id: \"{id}\") {{ tiles {{ chart {{ name }} }} }} }}");
    assert_eq!(
        app.ask(tenant.admin, &see)
            .await
            .at("/dashboard/tiles/0/chart/name"),
        "Hidden"
    );
}

#[tokio::test]
async fn foreign_dashboards_answer_like_absent_ones() {
    let World {
        app,
        tenant,
        project,
        space,
        ..
    } = world().await;
    let theirs = Tenant::create(&app, "theirs").await;
    let their_project = theirs.project(&app, "Secret").await;
    let their_space = theirs
        .space(&app, &their_project, None, "Secret", false)
        .await;
    let their_chart = theirs.chart(&app, &their_space, "Secret").await;
    let input = json!({ "projectId": their_project, "spaceId": their_space, "name": "Secret", "tiles": [tile(0, json!({ "chartId": their_chart }))] });
    let answer = create(&app, theirs.admin, input).await;
    let foreign = (
        answer.text("/createDashboard/dashboard/id"),
        answer.text("/createDashboard/dashboard/tiles/0/id"),
        their_chart,
        their_space,
    );
    let absent = |kind: &str| format!("{kind}_01h455vb4pex5vsknk084sn02q");
    let absent = (
        absent("dashboard"),
        absent("tile"),
        absent("chart"),
        absent("space"),
    );
    let input = json!({ "projectId": project, "spaceId": space, "name": "Mine" });
    let mine = create(&app, tenant.admin, input)
        .await
        .text("/createDashboard/dashboard/id");
    let mut answers = Vec::new();
    for (dashboard, tile_id, chart, space) in [foreign, absent] {
        let get = format!(
            "{{ dashboard(id: \"{dashboard}\") {{ name }} node(id: \"{tile_id}\") {{ id }} }}"
        );
        let mut all = vec![app.ask(tenant.admin, &get).await.body];
        all.push(
            update(
                &app,
                tenant.admin,
                json!([{ "id": dashboard, "name": "x" }]),
            )
            .await
            .body,
        );
        all.push(
            update(
                &app,
                tenant.admin,
                json!([{ "id": mine, "spaceId": space }]),
            )
            .await
            .body,
        );
        all.push(
            update(
                &app,
                tenant.admin,
                json!([{ "id": mine, "tiles": [tile(0, json!({ "chartId": chart }))] }]),
            )
            .await
            .body,
        );
        let named = json!([{ "id": tile_id, "x": 0, "y": 0, "width": 1, "height": 1 }]);
        all.push(
            update(&app, tenant.admin, json!([{ "id": mine, "tiles": named }]))
                .await
                .body,
        );
        let delete = json!({ "input": { "ids": [mine, dashboard] } });
        all.push(app.gql(tenant.admin, DELETE, delete).await.body);
        answers.push(all);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(
        answers[0][0]["data"],
        json!({ "dashboard": null, "node": null })
    );
    assert_eq!(
        names(&app, tenant.admin, &project, json!(null)).await,
        ["Mine"]
    );
    let anonymous = app
        .ask(
            Actor::Anonymous,
            &format!("{{ dashboard(id: \"{mine}\") {{ id }} }}"),
        )
        .await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn levels_cost_one_statement_each() {
    let World {
        app,
        tenant,
        project,
        space,
        chart,
    } = world().await;
    for name in ["A", "B", "C"] {
        let tiles = json!([
            tile(0, json!({ "chartId": chart })),
            tile(2, json!({ "markdown": "x" }))
        ]);
        let input = json!({ "projectId": project, "spaceId": space, "name": name, "tabs": [{ "name": "T", "order": 0 }], "tiles": tiles });
        create(&app, tenant.admin, input)
            .await
            .done("createDashboard");
    }
    let query = format!(
        "query ($id: ID!) {{ project(id: $id) {{ dashboards {{ nodes {{ {FIELDS} }} }} }} }}"
    );
    let answer = app
        .gql(tenant.admin, &query, json!({ "id": project }))
        .await;
    assert_eq!(
        answer.at("/project/dashboards/nodes/2/tiles/0/chart/name"),
        "Chart"
    );
    assert!(answer.statements <= 9, "{} statements", answer.statements);
    let query = "query ($id: ID!) { project(id: $id) { spaces { nodes { dashboards(first: 2) { nodes { name } pageInfo { hasNextPage } } } } } }";
    let answer = app.gql(tenant.admin, query, json!({ "id": project })).await;
    assert_eq!(
        answer.at("/project/spaces/nodes/0/dashboards/pageInfo/hasNextPage"),
        true
    );
}
