//! What goes into a dashboard and comes out again.

use super::{FIELDS, World, create, names, tile, update, world};
use serde_json::{Value, json};

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
