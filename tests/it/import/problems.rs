//! What cannot be taken is named with file and line, and nothing is passed over silently.

use super::{SourceFile, World, files, lines, replace, sums, with};
use crate::support::deploy_demo;
use chartroom::domains::content::import::{Import, Kind};

const CHART: &str = "charts/revenue-by-store.yml";
const DASHBOARD: &str = "dashboards/mornings.yml";

/// Problems of an import but for the one that the folder always has; it writes nothing.
async fn problems(world: &World, files: &[SourceFile]) -> Vec<String> {
    let import = Import {
        dry_run: true,
        ..world.of(files)
    };
    let report = world.try_import(import).await.expect("a report");
    let known = |line: &String| line.contains("the SQL chart open-orders is taken over as the SQL");
    lines(&report).into_iter().filter(|l| !known(l)).collect()
}

#[tokio::test]
async fn the_folder_itself_has_one_warning() {
    let world = World::new().await;
    let report = world.import(&files()).await;
    assert_eq!(
        lines(&report),
        [
            "warning: charts/open-orders.sql.yml:2:1: the SQL chart open-orders is taken over as the SQL of its tiles; its limit and how it is drawn are not"
        ]
    );
}

#[tokio::test]
async fn unknown_keys_are_warnings_with_their_line_at_every_depth() {
    let world = World::new().await;
    let cases = [
        (
            CHART,
            "version: 1\n",
            "version: 1\nmood: good\n",
            "warning: charts/revenue-by-store.yml:7:1: mood is not known here and not taken over",
        ),
        (
            CHART,
            "  limit: 500\n",
            "  limit: 500\n  speed: 3\n",
            "warning: charts/revenue-by-store.yml:55:3: metricQuery.speed is not known here and not taken over",
        ),
        (
            CHART,
            "      descending: true\n",
            "      descending: true\n      colour: red\n",
            "warning: charts/revenue-by-store.yml:54:7: metricQuery.sorts[0].colour is not known here and not taken over",
        ),
        (
            CHART,
            "          values: [99.5]\n",
            "          values: [99.5]\n          weight: 1\n",
            "warning: charts/revenue-by-store.yml:51:11: metricQuery.filters.metrics.and[0].weight is not known here and not taken over",
        ),
        (
            CHART,
            "  type: cartesian\n",
            "  type: cartesian\n  skin: dark\n",
            "chartConfig.skin is not known here and not taken over",
        ),
        (
            DASHBOARD,
            "    name: Kitchen\n",
            "    name: Kitchen\n    icon: pot\n",
            "tabs[1].icon is not known here and not taken over",
        ),
        (
            DASHBOARD,
            "    type: markdown\n",
            "    type: markdown\n    z: 3\n",
            "tiles[2].z is not known here and not taken over",
        ),
        (
            DASHBOARD,
            "      title: Note\n",
            "      title: Note\n      font: big\n",
            "tiles[2].properties.font is not known here and not taken over",
        ),
        (
            DASHBOARD,
            "    - label: Store\n",
            "    - label: Store\n      pinned: true\n",
            "filters.dimensions[0].pinned is not known here and not taken over",
        ),
    ];
    for (file, from, to, expected) in cases {
        let found = problems(&world, &with(file, from, to)).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("warning: "), "{found:?}");
        assert!(found[0].ends_with(expected), "{found:?}\n{expected}");
    }
}

#[tokio::test]
async fn known_keys_without_a_place_in_the_graph_are_warnings_too() {
    let world = World::new().await;
    let cases = [
        (
            CHART,
            "version: 1\n",
            "version: 1\nparameters: { region: north }\n",
            "parameters is not taken over",
        ),
        (
            CHART,
            "version: 1\n",
            "version: 1\nverified: true\n",
            "verified is not taken over",
        ),
        (
            CHART,
            "      descending: true\n",
            "      descending: true\n      nullsFirst: false\n",
            "nullsFirst is not taken over",
        ),
        (
            CHART,
            "      descending: true\n",
            "      descending: true\n      pivotValues: [{ value: a }]\n",
            "pivotValues is not taken over",
        ),
        (
            CHART,
            "      sql: ${orders.revenue} / SUM(${orders.revenue}) OVER ()\n",
            "      formula: '=A1/B1'\n",
            "the calculation is left out",
        ),
        (
            CHART,
            "      type: sum\n",
            "      type: sum_distinct\n",
            "the metric orders_tips is left out",
        ),
        (
            DASHBOARD,
            "    name: Kitchen\n",
            "    name: Kitchen\n    hidden: true\n",
            "hidden is not taken over",
        ),
        (
            DASHBOARD,
            "version: 1\n",
            "version: 1\nconfig: { isDateZoomDisabled: true }\n",
            "isDateZoomDisabled is not taken over",
        ),
        (
            DASHBOARD,
            "version: 1\n",
            "version: 1\nconfig: { dateZoomGranularities: [Day] }\n",
            "dateZoomGranularities is not taken over",
        ),
        (
            DASHBOARD,
            "      title: Note\n",
            "      title: Note\n      hideFrame: true\n",
            "hideFrame is not taken over",
        ),
        (
            DASHBOARD,
            "        orders-per-hour: false\n",
            "        gone: false\n",
            "gone is of no tile and left out",
        ),
        (
            DASHBOARD,
            "    - label: Store\n",
            "    - label: Store\n      singleValue: true\n",
            "singleValue is not taken over",
        ),
    ];
    for (file, from, to, expected) in cases {
        let found = problems(&world, &with(file, from, to)).await;
        assert!(
            found
                .iter()
                .any(|line| line.starts_with("warning: ") && line.contains(expected)),
            "{expected}: {found:?}"
        );
    }
    // What leaves everything as usual says nothing.
    let usual = "version: 1\nconfig: { isDateZoomDisabled: false, dateZoomGranularities: [Day, Week, Month, Quarter, Year], pinnedParameters: [] }\n";
    let found = problems(&world, &with(DASHBOARD, "version: 1\n", usual)).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn mistakes_are_errors_where_they_stand() {
    let world = World::new().await;
    let cases = [
        (CHART, "version: 1\n", "version: [1\n", "this is not YAML"),
        (
            CHART,
            "version: 1\n",
            "version: 1\nversion: 1\n",
            "error: charts/revenue-by-store.yml:7:1: the key version stands here again, first on line 6",
        ),
        (CHART, "version: 1\n", "version: 2\n", "version must be 1"),
        (
            CHART,
            "name: Revenue by store\n",
            "name: ''\n",
            "name must not be empty",
        ),
        (
            CHART,
            "name: Revenue by store\n",
            "name: 17\n",
            "error: charts/revenue-by-store.yml:1:7: name must be a text (put it in quotes)",
        ),
        (
            CHART,
            "slug: revenue-by-store\n",
            "slug: Revenue By Store\n",
            "slug must be of lower-case letters",
        ),
        (
            CHART,
            "spaceSlug: shop/sales/stores\n",
            "spaceSlug: shop//stores\n",
            "spaceSlug must be at most 20 slugs",
        ),
        (CHART, "tableName: orders\n", "", "tableName is missing"),
        (
            CHART,
            "          operator: equals\n",
            "          operator: resembles\n",
            "operator must be one of isNull",
        ),
        (
            CHART,
            "              values: [2, 4]\n",
            "              values: [2]\n",
            "must be two values for notInBetween",
        ),
        (
            CHART,
            "    - fieldId: orders_revenue\n",
            "    - fieldId: orders_cost\n",
            "error: charts/revenue-by-store.yml:51:3: metricQuery.sorts.0.fieldId: `orders_cost` is not among",
        ),
        (
            CHART,
            "  type: cartesian\n",
            "  type: hologram\n",
            "type must be one of cartesian",
        ),
        (
            DASHBOARD,
            "  - x: 24\n    y: 0\n    w: 12\n",
            "  - x: 24\n    y: 0\n    w: 13\n",
            "w must be at most 12 from column 24",
        ),
        (
            DASHBOARD,
            "    type: markdown\n",
            "    type: oracle\n",
            "type must be one of saved_chart",
        ),
        (
            DASHBOARD,
            "      chartSlug: revenue-by-store\n",
            "      chartSlug: no-such-chart\n",
            "error: dashboards/mornings.yml:36:7: tiles[1]: the tile shows the chart no-such-chart, which is neither in the folder nor in the project; download it too, or take the tile out",
        ),
        (
            DASHBOARD,
            "      chartSlug: open-orders\n",
            "      chartSlug: closed-orders\n",
            "the SQL chart closed-orders, which is not in the folder",
        ),
        (
            "charts/orders-per-hour.yml",
            "dashboardSlug: mornings\n",
            "dashboardSlug: evenings\n",
            "dashboardSlug is evenings, which is neither in the folder nor in the project",
        ),
    ];
    for (file, from, to, expected) in cases {
        let all = with(file, from, to);
        let found = problems(&world, &all).await;
        assert!(
            found
                .iter()
                .any(|line| line.starts_with("error: ") && line.contains(expected)),
            "{expected}: {found:?}"
        );
    }
    assert_eq!(world.counts().await, (0, 0));
}

#[tokio::test]
async fn a_slug_of_two_files_is_refused_and_the_second_can_be_left_out() {
    let world = World::new().await;
    let mut two = files();
    let mut copy = two
        .iter()
        .find(|file| file.name == CHART)
        .expect("a chart")
        .clone();
    copy.name = "charts/z-copy.yml".to_owned();
    two.push(copy);
    assert_eq!(
        problems(&world, &two).await,
        [
            "error: charts/z-copy.yml:3:1: slug revenue-by-store is that of another chart too, in charts/revenue-by-store.yml"
        ]
    );
    let report = world.import_valid(&two).await;
    assert_eq!(report.left_out(), 1);
    assert_eq!(sums(&report, Kind::Chart), [2, 0, 0]);
    assert_eq!(sums(&report, Kind::Dashboard), [1, 0, 0]);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once_in_the_order_of_the_files() {
    let world = World::new().await;
    let mut bad = with(CHART, "limit: 500", "limit: many");
    replace(&mut bad, CHART, "slug: revenue-by-store", "slug: A");
    replace(
        &mut bad,
        DASHBOARD,
        "    type: markdown\n",
        "    type: oracle\n",
    );
    let places: Vec<String> = problems(&world, &bad)
        .await
        .iter()
        .map(|line| line.split(':').take(3).collect::<Vec<_>>().join(":"))
        .collect();
    // No chart is missing: the one with mistakes is there, after all. But its slug is unknown.
    assert_eq!(
        places,
        [
            "error: charts/revenue-by-store.yml:3",
            "error: charts/revenue-by-store.yml:54",
            "error: dashboards/mornings.yml:43",
        ]
    );
}

#[tokio::test]
async fn files_that_are_no_content_are_named() {
    let world = World::new().await;
    let mut all = files();
    let mut add = |name: &str, text: Result<&str, &str>| {
        all.push(SourceFile {
            name: name.to_owned(),
            text: text.map(str::to_owned).map_err(str::to_owned),
        });
    };
    add("alerts/low.yml", Ok("contentType: alert\nname: Low\n"));
    add("charts/a.language.map.yml", Ok("chart: {}\n"));
    add("charts/latin.yml", Err("the file is not text in UTF-8"));
    add("misc.yml", Ok("hello: world\n"));
    add("notes.yml", Ok("- just\n- a list\n"));
    let found = problems(&world, &all).await;
    assert_eq!(
        found,
        [
            "warning: alerts/low.yml:1:1: alerts are not known here; the file is left out",
            "warning: charts/a.language.map.yml:1:1: translations are not known here; the file is left out",
            "error: charts/latin.yml:1:1: the file is not text in UTF-8",
            "warning: misc.yml:1:1: the file is neither a chart nor a dashboard (no contentType); it is left out",
            "error: notes.yml:1:1: the file must be a mapping; is a list",
        ]
    );
}

#[tokio::test]
async fn what_the_active_models_do_not_know_is_told_by_file_and_line() {
    let world = World::new().await;
    let files = files();
    // No models: they may come later.
    assert_eq!(problems(&world, &files).await, Vec::<String>::new());
    let project = world.project.parse().expect("an id");
    deploy_demo(&world.app, project).await;
    let text = |file: &str, from: &str| -> usize {
        let file = files.iter().find(|own| own.name == file).expect("the file");
        let text = file.text.as_ref().expect("a text");
        let before = text.split(from).next().expect("the start");
        before.lines().count() + usize::from(before.ends_with('\n'))
    };
    let found = problems(&world, &files).await;
    let line = text(CHART, "tableName: orders");
    let expected = format!(
        "warning: {CHART}:{line}:1: the models of the project have no explore nowhere: the chart cannot be run until they have"
    );
    let moved = with(CHART, "tableName: orders", "tableName: nowhere");
    let moved = problems(&world, &moved).await;
    assert!(moved.contains(&expected), "{moved:#?}");
    // The demo's orders are others than those of the folder.
    let hours = "charts/orders-per-hour.yml";
    let line = text(hours, "dimensions: [orders_hour]");
    let missing = format!(
        "warning: {hours}:{line}:16: the explore orders has no field orders_hour: the chart cannot be run until the models have it"
    );
    assert!(found.contains(&missing), "{found:#?}");
    assert!(
        found.iter().all(|line| line.starts_with("warning: ")),
        "{found:#?}"
    );
    // Told once, where it is named first.
    let told = found.iter().filter(|line| line.contains("orders_hour:"));
    assert_eq!(told.count(), 1, "{found:#?}");
}
