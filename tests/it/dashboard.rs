//! Dashboards: tiles, tabs and filters, where they are, who may change them.

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

#[tokio::test]
async fn a_dashboard_comes_out_as_it_went_in() {
    let World {
        app,
        tenant,
        project,
        space,
        chart,
    } = world().await;
    let mut on_tab = tile(2, json!({ "chartId": chart }));
    on_tab["id"] = json!("my-chart");
    on_tab["tabId"] = json!("second");
    on_tab["title"] = json!("Title");
    on_tab["hideTitle"] = json!(true);
    let input = json!({
        "projectId": project, "spaceId": space, "name": "Company pulse", "description": "d",
        "tabs": [{ "id": "second", "name": "Two", "order": 1 }, { "name": "One", "order": 0 }],
        "tiles": [
            tile(0, json!({ "markdown": "# Hi <script>" })),
            on_tab,
            tile(9, json!({ "loomUrl": "https://www.loom.com/share/abc" })),
        ],
        "filters": { "dimensions": [{
            "fieldId": "orders_status", "tableName": "orders", "operator": "EQUALS", "values": ["a", 1],
            "tileTargets": { "my-chart": false, "else": { "fieldId": "x_y", "tableName": "x" } },
        }] },
    });
    let answer = create(&app, tenant.admin, input).await;
    let made = answer.done("createDashboard")["dashboard"].clone();
    assert_eq!(
        (&made["slug"], &made["space"]["name"]),
        (&json!("company-pulse"), &json!("Space"))
    );
    assert_eq!(
        answer.texts("/createDashboard/dashboard/tabs", "name"),
        ["One", "Two"]
    );
    let tiles = made["tiles"].as_array().unwrap();
    assert_eq!(
        (&tiles[0]["kind"], &tiles[0]["content"]),
        (&json!("MARKDOWN"), &json!("# Hi <script>"))
    );
    assert_eq!(
        (&tiles[1]["kind"], &tiles[1]["chart"]["name"]),
        (&json!("CHART"), &json!("Chart"))
    );
    assert_eq!(
        (&tiles[1]["tab"]["name"], &tiles[1]["hideTitle"]),
        (&json!("Two"), &json!(true))
    );
    assert_eq!(
        (&tiles[2]["kind"], &tiles[2]["url"]),
        (&json!("LOOM"), &json!("https://www.loom.com/share/abc"))
    );
    assert!(tiles[0]["tab"].is_null() && tiles[2]["chart"].is_null());
    let rule = &made["filters"]["dimensions"][0];
    assert_eq!(rule["values"], json!(["a", 1]));
    let target = tiles[1]["id"].as_str().unwrap();
    assert_eq!(
        rule["tileTargets"],
        json!({ target: false, "else": { "fieldId": "x_y", "tableName": "x" } })
    );

    let id = made["id"].as_str().unwrap();
    let read = format!(
        "{{ dashboard(id: \"{id}\") {{ {FIELDS} }} node(id: \"{target}\") {{ id __typename }} }}"
    );
    let answer = app.ask(tenant.admin, &read).await;
    assert_eq!(answer.at("/dashboard"), &made);
    assert_eq!(answer.at("/node/__typename"), "DashboardTile");
    let both = format!(
        "{{ nodes(ids: [\"{id}\", \"{chart}\"]) {{ ... on Content {{ name slug viewCount space {{ name }} project {{ id }} }} }} }}"
    );
    let answer = app.ask(tenant.admin, &both).await;
    assert_eq!(answer.texts("/nodes", "name"), ["Company pulse", "Chart"]);
    assert_eq!(answer.at("/nodes/1/space/name"), "Space");
    assert_eq!(
        names(
            &app,
            tenant.admin,
            &project,
            json!({ "chartId": { "eq": chart } })
        )
        .await,
        ["Company pulse"]
    );
    assert_eq!(
        names(
            &app,
            tenant.admin,
            &project,
            json!({ "chartId": { "ne": chart } })
        )
        .await,
        Vec::<String>::new()
    );
    assert_eq!(
        names(
            &app,
            tenant.admin,
            &project,
            json!({ "chartId": { "isNull": false }, "spaceId": { "eq": space } })
        )
        .await
        .len(),
        1
    );
}

#[tokio::test]
async fn lists_replace_and_tiles_keep_their_ids() {
    let World {
        app,
        tenant,
        project,
        space,
        chart,
    } = world().await;
    let input = json!({
        "projectId": project, "spaceId": space, "name": "D",
        "tabs": [{ "id": "a", "name": "A", "order": 0 }, { "id": "b", "name": "B", "order": 1 }],
        "tiles": [
            { "x": 0, "y": 0, "width": 1, "height": 1, "tabId": "a", "content": { "chartId": chart } },
            { "x": 0, "y": 0, "width": 1, "height": 1, "tabId": "b", "content": { "markdown": "b" } },
        ],
    });
    let answer = create(&app, tenant.admin, input).await;
    let made = answer.done("createDashboard")["dashboard"].clone();
    let id = made["id"].as_str().unwrap();
    let (one, two) = (&made["tiles"][0], &made["tiles"][1]);
    let change = json!([{ "id": id, "name": "E", "tiles": [
        { "x": 3, "y": 4, "width": 5, "height": 6, "content": { "markdown": "new" } },
        { "id": one["id"], "tabId": one["tab"]["id"], "x": 1, "y": 1, "width": 2, "height": 2 },
    ] }]);
    let answer = update(&app, tenant.admin, change).await;
    let now = answer.done("updateDashboards")["dashboards"][0].clone();
    assert_eq!((&now["name"], &now["slug"]), (&json!("E"), &json!("d")));
    assert_eq!(now["tabs"], made["tabs"], "left out, they stay");
    assert_eq!(now["tiles"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&now["tiles"][1]["id"], &now["tiles"][1]["x"]),
        (&one["id"], &json!(1))
    );
    assert_eq!(
        now["tiles"][1]["chart"]["id"],
        chart.as_str(),
        "without content it holds what it held"
    );
    assert_ne!(now["tiles"][0]["id"], two["id"]);

    let tab_b = &made["tabs"][1];
    let change = json!([{ "id": id, "tabs": [{ "id": tab_b["id"], "name": "Bee", "order": 0 }] }]);
    let answer = update(&app, tenant.admin, change).await;
    let now = answer.done("updateDashboards")["dashboards"][0].clone();
    assert_eq!(
        now["tabs"],
        json!([{ "id": tab_b["id"], "name": "Bee", "order": 0 }])
    );
    assert_eq!(
        answer.texts("/updateDashboards/dashboards/0/tiles", "kind"),
        ["MARKDOWN"],
        "tiles go with their tab"
    );
    let change = json!([{ "id": id, "tiles": [], "tabs": [], "filters": {} }]);
    let answer = update(&app, tenant.admin, change).await;
    let now = &answer.done("updateDashboards")["dashboards"][0];
    assert_eq!((&now["tiles"], &now["tabs"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn mistakes_are_told_by_field_and_nothing_is_stored() {
    let World {
        app,
        tenant,
        project,
        space,
        chart,
    } = world().await;
    let with = async |field: &str, value: Value| {
        let mut input = json!({ "projectId": project, "spaceId": space, "name": "D" });
        input[field] = value;
        create(&app, tenant.admin, input)
            .await
            .user_errors("createDashboard")
    };
    assert_eq!(with("name", json!("")).await, ["REQUIRED name"]);
    let at = |x: i64, y: i64, width: i64, height: i64| json!([{ "x": x, "y": y, "width": width, "height": height, "content": { "markdown": "" } }]);
    assert_eq!(with("tiles", at(0, 0, 36, 1)).await, Vec::<String>::new());
    assert_eq!(
        with("tiles", at(1, 0, 36, 1)).await,
        ["INVALID tiles.0.width"]
    );
    assert_eq!(
        with("tiles", at(-1, -1, 0, 0)).await,
        [
            "INVALID tiles.0.x",
            "INVALID tiles.0.width",
            "INVALID tiles.0.y",
            "INVALID tiles.0.height"
        ]
    );
    assert_eq!(
        with("tiles", at(36, 2_147_483_647, 2_147_483_647, 2_147_483_647))
            .await
            .len(),
        4
    );
    let many: Vec<_> = (0..201)
        .map(|n| tile(n * 2, json!({ "markdown": "" })))
        .collect();
    assert_eq!(with("tiles", json!(many)).await, ["LIMIT_EXCEEDED tiles"]);
    let tabs: Vec<_> = (0..51)
        .map(|n| json!({ "name": "t", "order": n }))
        .collect();
    assert_eq!(with("tabs", json!(tabs)).await, ["LIMIT_EXCEEDED tabs"]);
    let twice =
        json!([{ "id": "a", "name": "A", "order": 0 }, { "id": "a", "name": "", "order": -1 }]);
    assert_eq!(
        with("tabs", twice).await,
        [
            "INVALID tabs.1.id",
            "INVALID tabs.1.order",
            "REQUIRED tabs.1.name"
        ]
    );
    for (content, mistake) in [
        (
            json!({ "markdown": "\0" }),
            "INVALID tiles.0.content.markdown",
        ),
        (
            json!({ "markdown": "x".repeat(100_001) }),
            "INVALID tiles.0.content.markdown",
        ),
        (
            json!({ "loomUrl": "https://evil.example/" }),
            "INVALID tiles.0.content.loomUrl",
        ),
        (
            json!({ "loomUrl": "https://www.loom.com.evil.example/" }),
            "INVALID tiles.0.content.loomUrl",
        ),
        (
            json!({ "chartId": "chart_01h455vb4pex5vsknk084sn02q" }),
            "NOT_FOUND tiles.0.content.chartId",
        ),
        (
            json!({ "chartId": space }),
            "INVALID tiles.0.content.chartId",
        ),
    ] {
        assert_eq!(with("tiles", json!([tile(0, content)])).await, [mistake]);
    }
    let mut lost = tile(0, json!({ "markdown": "" }));
    lost["tabId"] = json!("nowhere");
    assert_eq!(
        with("tiles", json!([lost])).await,
        ["INVALID tiles.0.tabId"]
    );
    let empty = json!([{ "x": 0, "y": 0, "width": 1, "height": 1 }]);
    assert_eq!(with("tiles", empty).await, ["REQUIRED tiles.0.content"]);
    let filters = json!({ "metrics": [{ "fieldId": "a_b", "tableName": " ", "operator": "EQUALS", "values": [[]] }] });
    assert_eq!(
        with("filters", filters).await,
        [
            "INVALID filters.metrics.0.values.0",
            "REQUIRED filters.metrics.0.tableName"
        ]
    );
    assert_eq!(
        with("spaceId", json!("space_01h455vb4pex5vsknk084sn02q")).await,
        ["NOT_FOUND spaceId"]
    );
    let other = tenant.project(&app, "Other").await;
    let elsewhere = tenant.space(&app, &other, None, "Elsewhere", false).await;
    assert_eq!(with("spaceId", json!(elsewhere)).await, ["INVALID spaceId"]);
    let foreign = tenant.chart(&app, &elsewhere, "Elsewhere").await;
    assert_eq!(
        with("tiles", json!([tile(0, json!({ "chartId": foreign }))])).await,
        ["INVALID tiles.0.content.chartId"]
    );
    assert_eq!(
        names(&app, tenant.admin, &project, json!(null)).await,
        ["D"],
        "the one that was right"
    );

    let answer = create(
        &app,
        tenant.admin,
        json!({ "projectId": project, "name": "First" }),
    )
    .await;
    assert_eq!(
        answer.text("/createDashboard/dashboard/space/name"),
        "Space",
        "the first by name"
    );
    let viewer = tenant.user(&app, "viewer", "viewer").await;
    let refused = create(&app, viewer, json!({ "projectId": project, "name": "x" })).await;
    assert_eq!(refused.user_errors("createDashboard"), ["REQUIRED spaceId"]);
    let refused = create(
        &app,
        viewer,
        json!({ "projectId": project, "spaceId": space, "name": "x" }),
    )
    .await;
    assert_eq!(
        refused.user_errors("createDashboard"),
        ["FORBIDDEN spaceId"]
    );
    drop(chart);
}

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
