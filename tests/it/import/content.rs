//! What was written comes out of the graph as it stood in the files.

use super::{World, files, replace, sums, with};
use chartroom::domains::content::import::{Import, Kind, SourceFile};
use serde_json::{Value, json};

const CHART: &str = "query ($id: ID!) { project(id: $id) { charts(first: 1, filter: { name: { eq: \"Revenue by store\" } }) { nodes { \
    name description slug kind config pivotColumns columnOrder space { name slug parent { slug parent { slug parent { slug } } } } \
    metricQuery { exploreName dimensions metrics limit sorts { fieldId descending } \
    tableCalculations { name displayName sql format } \
    additionalMetrics { name label table type sql filters { fieldId operator values } } \
    filters { dimensions { ...Group } metrics { join: operator items { ...Rule } } } } } } } } \
    fragment Rule on FilterRule { fieldId operator values settings } \
    fragment Group on FilterGroup { join: operator items { ...Rule \
    ... on FilterGroup { join: operator items { ...Rule ... on FilterGroup { join: operator items { ...Rule } } } } } }";

async fn ask(world: &World, query: &str) -> Value {
    let variables = json!({ "id": world.project });
    let answer = world.app.gql(world.admin(), query, variables).await;
    answer.at("/project").clone()
}

#[tokio::test]
async fn a_chart_keeps_its_query_filters_drawing_and_place() {
    let world = World::new().await;
    world.import(&files()).await;
    let project = ask(&world, CHART).await;
    let chart = &project["charts"]["nodes"][0];
    assert_eq!(chart["name"], "Revenue by store");
    assert_eq!(chart["description"], "What each store took in.");
    assert_eq!(chart["kind"], "VERTICAL_BAR");
    assert_eq!(
        chart["columnOrder"],
        json!(["stores_name", "orders_revenue", "orders_tips", "share"])
    );
    assert_eq!(
        chart["config"],
        json!({ "type": "cartesian", "config": {
            "layout": { "ratio": 3.780_000_000_000_000_2_f64, "xField": "stores_name", "yField": ["orders_revenue"] },
            "eChartsConfig": { "series": [{ "type": "bar" }] },
        } })
    );
    assert_eq!(
        chart["space"],
        json!({ "name": "Stores", "slug": "stores", "parent": {
            "slug": "sales", "parent": { "slug": "shop", "parent": null } } })
    );
    let query = &chart["metricQuery"];
    assert_eq!(query["exploreName"], "orders");
    assert_eq!(query["dimensions"], json!(["stores_name"]));
    assert_eq!(query["metrics"], json!(["orders_revenue", "orders_tips"]));
    assert_eq!(query["limit"], 500);
    assert_eq!(
        query["sorts"],
        json!([{ "fieldId": "orders_revenue", "descending": true }])
    );
    assert_eq!(
        query["tableCalculations"],
        json!([{ "name": "share", "displayName": "Share of all stores",
            "sql": "${orders.revenue} / SUM(${orders.revenue}) OVER ()",
            "format": { "type": "percent", "round": 1 } }])
    );
    assert_eq!(
        query["additionalMetrics"],
        json!([{ "name": "tips", "label": "Tips", "table": "orders", "type": "SUM",
            "sql": "${TABLE}.tip", "filters": [
                { "fieldId": "orders_status", "operator": "NOT_EQUALS", "values": ["refunded"] }] }])
    );
    assert_eq!(
        query["filters"],
        json!({
            "dimensions": { "join": "AND", "items": [
                { "fieldId": "orders_status", "operator": "EQUALS", "values": ["paid", "refunded"], "settings": null },
                { "join": "OR", "items": [
                    { "fieldId": "orders_day", "operator": "IN_THE_PAST", "values": [6],
                      "settings": { "completed": true, "unitOfTime": "weeks" } },
                    { "fieldId": "orders_items", "operator": "NOT_IN_BETWEEN", "values": [2, 4], "settings": null },
                ] },
            ] },
            "metrics": { "join": "AND", "items": [
                { "fieldId": "orders_revenue", "operator": "GREATER_THAN", "values": [99.5], "settings": null },
            ] },
        })
    );
}

#[tokio::test]
async fn a_dashboard_keeps_tabs_tiles_and_filters() {
    let world = World::new().await;
    world.import(&files()).await;
    let query = "query ($id: ID!) { project(id: $id) { dashboards { nodes { \
                 name slug description space { slug } tabs { name order } \
                 tiles { id kind x y width height title hideTitle tab { name } chart { slug } content } \
                 filters { dimensions { label fieldId tableName operator values tileTargets } } } } } }";
    let project = ask(&world, query).await;
    let dashboard = &project["dashboards"]["nodes"][0];
    assert_eq!(dashboard["name"], "Mornings");
    assert_eq!(dashboard["space"]["slug"], "shop");
    assert_eq!(
        dashboard["tabs"],
        json!([{ "name": "Counter", "order": 0 }, { "name": "Kitchen", "order": 1 }])
    );
    let tiles = dashboard["tiles"].as_array().expect("a list");
    let shown: Vec<Value> = tiles
        .iter()
        .map(|tile| {
            json!([
                tile["kind"],
                tile["x"],
                tile["y"],
                tile["width"],
                tile["height"],
                tile["title"],
                tile["tab"]["name"],
                tile["chart"]["slug"],
                tile["content"],
            ])
        })
        .collect();
    assert_eq!(
        Value::from(shown),
        json!([
            [
                "CHART",
                0,
                0,
                24,
                6,
                "Cups per hour",
                "Counter",
                "orders-per-hour",
                null
            ],
            [
                "CHART",
                24,
                0,
                12,
                6,
                null,
                "Counter",
                "revenue-by-store",
                null
            ],
            [
                "MARKDOWN",
                0,
                0,
                36,
                3,
                "Note",
                "Kitchen",
                null,
                "Beans come on **Tuesday**.\n"
            ],
            [
                "SQL_CHART",
                0,
                3,
                36,
                5,
                "Open orders",
                "Kitchen",
                null,
                "SELECT id, placed_at FROM orders WHERE status = 'open'"
            ],
        ])
    );
    let id = |n: usize| tiles[n]["id"].as_str().expect("an id");
    let rule = &dashboard["filters"]["dimensions"][0];
    assert_eq!(rule["label"], "Store");
    assert_eq!(rule["operator"], "EQUALS");
    assert_eq!(rule["values"], json!(["North"]));
    assert_eq!(
        rule["tileTargets"],
        json!({ id(0): false, id(1): { "fieldId": "stores_name", "tableName": "stores" } })
    );
}

#[tokio::test]
async fn nested_spaces_are_made_once_and_found_again() {
    let world = World::new().await;
    world
        .tenant
        .space(&world.app, &world.project, None, "Shop", false)
        .await;
    let report = world.import(&files()).await;
    // `shop` was there; what is below was not.
    assert_eq!(sums(&report, Kind::Space), [2, 0, 1]);
    let changed: Vec<_> = report.changes.iter().map(ToString::to_string).collect();
    assert!(
        changed.contains(&"created space shop/sales/stores".to_owned()),
        "{changed:?}"
    );
    let query = "query ($id: ID!) { project(id: $id) { spaces(orderBy: [{ field: NAME }]) { nodes { name slug } } } }";
    let project = ask(&world, query).await;
    assert_eq!(
        project["spaces"]["nodes"],
        json!([{ "name": "Sales", "slug": "sales" }, { "name": "Shop", "slug": "shop" },
            { "name": "Stores", "slug": "stores" }])
    );
}

#[tokio::test]
async fn new_spaces_can_be_private_and_files_of_spaces_name_them() {
    let world = World::new().await;
    let viewer = world.tenant.user(&world.app, "vera", "viewer").await;
    let mut files = files();
    files.push(SourceFile {
        name: "spaces/sales.yml".to_owned(),
        text: Ok(
            "contentType: space\nversion: 1\nspaceName: Sales & more\nslug: shop/sales\n"
                .to_owned(),
        ),
    });
    let import = Import {
        private: true,
        ..world.of(&files)
    };
    let report = world.try_import(import).await.expect("a report");
    assert!(!report.failed(), "{report}");
    let query = "query ($id: ID!) { project(id: $id) { spaces(orderBy: [{ field: NAME }]) { nodes { name isPrivate } } } }";
    assert_eq!(
        ask(&world, query).await["spaces"]["nodes"],
        json!([{ "name": "Sales & more", "isPrivate": false }, { "name": "Shop", "isPrivate": true },
            { "name": "Stores", "isPrivate": false }])
    );
    let answer = world
        .app
        .gql(viewer, query, json!({ "id": world.project }))
        .await;
    assert_eq!(*answer.at("/project/spaces/nodes"), json!([]));

    replace(&mut files, "spaces/sales.yml", "Sales & more", "Selling");
    let report = world.import(&files).await;
    assert_eq!(sums(&report, Kind::Space), [0, 1, 2]);
}

#[tokio::test]
async fn what_moves_in_the_files_moves_in_the_project() {
    let world = World::new().await;
    world.import(&files()).await;
    let mut moved = with(
        "dashboards/mornings.yml",
        "spaceSlug: shop\n",
        "spaceSlug: shop/early\n",
    );
    replace(
        &mut moved,
        "charts/orders-per-hour.yml",
        "spaceSlug: shop\n",
        "spaceSlug: shop/early\n",
    );
    let report = world.import(&moved).await;
    assert_eq!(sums(&report, Kind::Space), [1, 0, 3]);
    assert_eq!(sums(&report, Kind::Dashboard), [0, 1, 0]);
    assert_eq!(sums(&report, Kind::Chart), [0, 1, 1]);
    let query = "query ($id: ID!) { project(id: $id) { charts(filter: { name: { eq: \"Orders per hour\" } }) { \
                 nodes { space { slug } dashboard { slug } } } } }";
    let project = ask(&world, query).await;
    assert_eq!(
        project["charts"]["nodes"][0],
        json!({ "space": { "slug": "early" }, "dashboard": { "slug": "mornings" } })
    );
}

#[tokio::test]
async fn templates_formulas_and_periods_stay_what_they_are() {
    let world = World::new().await;
    let mut files = files();
    let chart = "charts/revenue-by-store.yml";
    replace(
        &mut files,
        chart,
        "      sql: ${orders.revenue} / SUM(${orders.revenue}) OVER ()\n",
        "      template: { type: percent_of_column_total, fieldId: orders_revenue, partitionBy: [] }\n      totalMode: none\n    \
         - name: twice\n      displayName: Twice\n      formula: =orders_revenue * 2\n",
    );
    replace(
        &mut files,
        chart,
        "      type: sum\n      sql: ${TABLE}.tip\n",
        "      type: sum\n      sql: ${TABLE}.tip\n      generationType: periodOverPeriod\n      baseMetricId: orders_revenue\n      \
         timeDimensionId: stores_name\n      granularity: MONTH\n      periodOffset: 3\n",
    );
    let report = world.import(&files).await;
    assert!(!report.failed(), "{report}");
    assert!(
        !report.to_string().contains("revenue-by-store.yml"),
        "no warning: {report}"
    );
    let query = "query ($id: ID!) { project(id: $id) { charts(first: 1, filter: { name: { eq: \"Revenue by store\" } }) { nodes { \
        metricQuery { metrics tableCalculations { name sql formula totalMode template { type fieldId partitionBy } } \
        additionalMetrics { name type sql filters { id } periodComparison { baseMetricId timeDimensionId granularity periodOffset } } } } } } }";
    let project = ask(&world, query).await;
    let query = &project["charts"]["nodes"][0]["metricQuery"];
    assert_eq!(
        query["tableCalculations"],
        json!([
            { "name": "share", "sql": null, "formula": null, "totalMode": "NONE",
              "template": { "type": "PERCENT_OF_COLUMN_TOTAL", "fieldId": "orders_revenue", "partitionBy": [] } },
            { "name": "twice", "sql": null, "formula": "=orders_revenue * 2", "totalMode": null, "template": null },
        ])
    );
    assert_eq!(
        query["additionalMetrics"],
        json!([{ "name": "tips", "type": null, "sql": null, "filters": [], "periodComparison": {
            "baseMetricId": "orders_revenue", "timeDimensionId": "stores_name", "granularity": "MONTH", "periodOffset": 3 } }])
    );
    assert_eq!(query["metrics"], json!(["orders_revenue", "orders_tips"]));
}
