//! What is written, and what is left alone.

use super::{World, files, lines, replace, sums, with};
use chartroom::{
    db::counted,
    domains::content::import::{Import, ImportError, Kind, run},
};
use serde_json::json;
use std::sync::{Arc, atomic::Ordering};

#[tokio::test]
async fn a_first_import_creates_and_a_second_leaves_all_alone() {
    let world = World::new().await;
    let report = world.import(&files()).await;
    assert!(!report.failed(), "{report}");
    assert_eq!(sums(&report, Kind::Space), [3, 0, 0]);
    assert_eq!(sums(&report, Kind::Chart), [2, 0, 0]);
    assert_eq!(sums(&report, Kind::Dashboard), [1, 0, 0]);
    assert_eq!(world.counts().await, (2, 1));

    let before = stamps(&world).await;
    let report = world.import(&files()).await;
    assert_eq!(sums(&report, Kind::Space), [0, 0, 3]);
    assert_eq!(sums(&report, Kind::Chart), [0, 0, 2]);
    assert_eq!(sums(&report, Kind::Dashboard), [0, 0, 1]);
    assert_eq!(stamps(&world).await, before, "ids and times stay");
}

/// Ids and times of everything, the parts of dashboards included.
async fn stamps(world: &World) -> serde_json::Value {
    let query = "query ($id: ID!) { project(id: $id) { \
                 spaces { nodes { id updatedAt } } charts { nodes { id updatedAt } } \
                 dashboards { nodes { id updatedAt tabs { id } tiles { id } \
                 filters { dimensions { id } } } } } }";
    let variables = json!({ "id": world.project });
    let answer = world.app.gql(world.admin(), query, variables).await;
    answer.data().clone()
}

#[tokio::test]
async fn only_what_differs_is_updated() {
    let world = World::new().await;
    world.import(&files()).await;

    let chart = with("charts/revenue-by-store.yml", "limit: 500", "limit: 50");
    let report = world.import(&chart).await;
    assert_eq!(sums(&report, Kind::Chart), [0, 1, 1]);
    assert_eq!(sums(&report, Kind::Dashboard), [0, 0, 1]);
    // What the chart drew before is one of its versions.
    let query = "query ($id: ID!) { project(id: $id) { charts(first: 9) { nodes { slug \
                 versions(first: 9) { totalCount nodes { metricQuery { limit } isCurrent } } } } } }";
    let answer = world
        .app
        .gql(world.admin(), query, json!({ "id": world.project }))
        .await;
    let charts = answer
        .at("/project/charts/nodes")
        .as_array()
        .expect("charts");
    let changed = charts.iter().find(|c| c["slug"] == "revenue-by-store");
    assert_eq!(
        changed.expect("the chart")["versions"]["nodes"],
        json!([{ "metricQuery": { "limit": 50 }, "isCurrent": true }, { "metricQuery": { "limit": 500 }, "isCurrent": false }])
    );
    let same = charts.iter().find(|c| c["slug"] != "revenue-by-store");
    assert_eq!(same.expect("a chart")["versions"]["totalCount"], 1);

    // In tiles alone, in tabs alone, in filters alone: each is a change of the dashboard.
    for (from, to) in [
        ("title: Cups per hour", "title: Cups"),
        ("name: Kitchen", "name: Bakery"),
        ("values: [North]", "values: [South]"),
    ] {
        let mut files = chart.clone();
        replace(&mut files, "dashboards/mornings.yml", from, to);
        let report = world.import(&files).await;
        assert_eq!(sums(&report, Kind::Chart), [0, 0, 2], "{to}");
        assert_eq!(sums(&report, Kind::Dashboard), [0, 1, 0], "{to}");
        world.import(&chart).await;
    }
}

#[tokio::test]
async fn what_the_folder_no_longer_has_in_a_dashboard_goes_and_what_it_never_had_stays() {
    let world = World::new().await;
    world.import(&files()).await;
    let spaces = "query ($id: ID!) { project(id: $id) { spaces(filter: { name: { eq: \"Shop\" } }) { nodes { id } } } }";
    let answer = world
        .app
        .gql(world.admin(), spaces, json!({ "id": world.project }))
        .await;
    let space = answer.text("/project/spaces/nodes/0/id");
    world.tenant.chart(&world.app, &space, "By hand").await;

    let mut files = files();
    let file = files
        .iter_mut()
        .find(|file| file.name == "dashboards/mornings.yml")
        .expect("the dashboard");
    let text = file.text.clone().expect("a text");
    let start = text
        .find("  - x: 0\n    y: 0\n    w: 36")
        .expect("the note");
    let end = text.find("filters:").expect("the filters");
    let shorter = format!("{}{}", &text[..start], &text[end..]);
    file.text = Ok(shorter.replace(
        "  - uuid: 0f0e7c1a-0000-4000-8000-000000000002\n    name: Kitchen\n    order: 1\n",
        "",
    ));
    let report = world.import(&files).await;
    assert!(!report.failed(), "{report}");
    assert_eq!(sums(&report, Kind::Dashboard), [0, 1, 0]);
    assert_eq!(world.counts().await, (3, 1));
    let query = "query ($id: ID!) { project(id: $id) { dashboards { nodes { \
                 tabs { name } tiles { title } } } } }";
    let answer = world
        .app
        .gql(world.admin(), query, json!({ "id": world.project }))
        .await;
    let dashboard = "/project/dashboards/nodes/0";
    assert_eq!(
        answer.texts(&format!("{dashboard}/tabs"), "name"),
        ["Counter"]
    );
    let tiles = answer.at(&format!("{dashboard}/tiles"));
    assert_eq!(tiles.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn one_bad_file_stores_nothing_unless_it_is_left_out() {
    let world = World::new().await;
    let bad = with("charts/revenue-by-store.yml", "limit: 500", "limit: many");
    let report = world.import(&bad).await;
    assert!(report.failed());
    assert!(report.changes.is_empty());
    assert_eq!(world.counts().await, (0, 0));
    assert!(
        report
            .to_string()
            .ends_with("4 files read, 1 error, 1 warning: nothing was imported"),
        "{report}"
    );

    let report = world.import_valid(&bad).await;
    assert!(!report.failed(), "{report}");
    assert_eq!(report.left_out(), 1);
    assert_eq!(world.counts().await, (1, 1));
    let expected = "left out: charts/revenue-by-store.yml:54:10: metricQuery.limit must be a whole \
                    number from 1 to 2147483647; is the text \"many\"";
    assert!(lines(&report).contains(&expected.to_owned()), "{report}");
    assert!(
        lines(&report)
            .iter()
            .any(|line| line.starts_with("warning: dashboards/mornings.yml:")
                && line.contains("tiles[1]: the tile shows the chart revenue-by-store")
                && line.ends_with("the tile is left out")),
        "{report}"
    );
    let query = "query ($id: ID!) { project(id: $id) { dashboards { nodes { tiles { title } \
                 filters { dimensions { tileTargets } } } } } }";
    let answer = world
        .app
        .gql(world.admin(), query, json!({ "id": world.project }))
        .await;
    let dashboard = "/project/dashboards/nodes/0";
    let tiles = answer.at(&format!("{dashboard}/tiles"));
    assert_eq!(tiles.as_array().map(Vec::len), Some(3));
    let targets = answer.at(&format!("{dashboard}/filters/dimensions/0/tileTargets"));
    assert_eq!(targets.as_object().map(serde_json::Map::len), Some(1));

    // The rest comes when the file is put right.
    let report = world.import(&files()).await;
    assert_eq!(sums(&report, Kind::Chart), [1, 0, 1]);
    assert_eq!(sums(&report, Kind::Dashboard), [0, 1, 0]);
}

#[tokio::test]
async fn leaving_a_dashboard_out_takes_along_what_exists_only_inside_it() {
    let world = World::new().await;
    let bad = with("dashboards/mornings.yml", "version: 1", "version: 7");
    let report = world.import_valid(&bad).await;
    assert!(!report.failed(), "{report}");
    assert_eq!(report.left_out(), 2, "{report}");
    assert_eq!(world.counts().await, (1, 0));
}

#[tokio::test]
async fn a_dry_run_tells_and_writes_nothing() {
    let world = World::new().await;
    let files = files();
    let import = Import {
        dry_run: true,
        ..world.of(&files)
    };
    let report = world.try_import(import).await.expect("a report");
    assert_eq!(sums(&report, Kind::Chart), [2, 0, 0]);
    assert!(
        report
            .to_string()
            .ends_with("a dry run, nothing was written")
    );
    assert_eq!(world.counts().await, (0, 0));
}

#[tokio::test]
async fn projects_and_authors_are_found_or_refused() {
    let world = World::new().await;
    world.tenant.user(&world.app, "vera", "viewer").await;
    let files = files();
    let attempt = async |project: &str, author: Option<&str>| {
        let import = Import {
            project,
            author,
            dry_run: true,
            ..world.of(&files)
        };
        world.try_import(import).await
    };
    attempt("COFFEE", Some("vera@example.test"))
        .await
        .expect("by name and by mail address");

    let chart = "chart_01h455vb4pex5vsknk084sn02q";
    let refused = attempt(chart, None).await.expect_err("a chart");
    assert!(matches!(
        refused,
        ImportError::WrongId {
            option: "--project",
            ..
        }
    ));
    let cause = std::error::Error::source(&refused).expect("a cause");
    assert_eq!(
        cause.to_string(),
        "expected an id that starts with `project_`, got one that starts with `chart_`"
    );
    let absent = "project_01h455vb4pex5vsknk084sn02q";
    let refused = attempt(absent, None).await.expect_err("absent");
    assert!(matches!(refused, ImportError::NoProject(_)));
    let refused = attempt(&world.project, Some(&world.project)).await;
    assert!(matches!(
        refused,
        Err(ImportError::WrongId { option: "--as", .. })
    ));
    let refused = attempt(&world.project, Some("nobody@example.test")).await;
    assert!(matches!(refused, Err(ImportError::NoAuthor(_))));
}

#[tokio::test]
async fn the_author_is_on_the_content_and_in_the_audit_log() {
    let world = World::new().await;
    world.tenant.user(&world.app, "vera", "viewer").await;
    let files = files();
    let import = Import {
        author: Some("vera"),
        ..world.of(&files)
    };
    world.try_import(import).await.expect("a report");
    let query = "query ($project: ID!, $organization: ID!) { \
                 project(id: $project) { charts { nodes { createdBy { username } } } } \
                 organization(id: $organization) { auditLog(filter: { action: { eq: \"importContent\" } }) { \
                 totalCount nodes { outcome actor { username } target { __typename } } } } }";
    let variables = json!({
        "project": world.project, "organization": world.tenant.id.to_string(),
    });
    let answer = world.app.gql(world.admin(), query, variables).await;
    assert_eq!(
        *answer.at("/project/charts/nodes"),
        json!([{ "createdBy": { "username": "vera" } }, { "createdBy": { "username": "vera" } }])
    );
    let log = answer.at("/organization/auditLog");
    // The project, three spaces, two charts, one dashboard.
    assert_eq!(log["totalCount"], 7, "{log:#}");
    for event in log["nodes"].as_array().expect("a list") {
        assert_eq!(event["actor"]["username"], "vera");
        assert_eq!(event["outcome"], "SUCCEEDED");
    }
}

#[tokio::test]
async fn statements_do_not_grow_with_the_number_of_files() {
    let world = World::new().await;
    let one = files();
    let chart = one
        .iter()
        .find(|file| file.name == "charts/revenue-by-store.yml")
        .expect("a chart");
    let text = chart.text.clone().expect("a text");
    let mut many = one.clone();
    for n in 0..300 {
        let mut copy = chart.clone();
        copy.name = format!("charts/copy-{n}.yml");
        copy.text = Ok(text.replace("slug: revenue-by-store", &format!("slug: copy-{n}")));
        many.push(copy);
    }
    world.import(&one).await;
    let few = statements(&world, &one).await;
    let more = statements(&world, &many).await;
    assert!(few > 5, "{few} statements were seen");
    assert_eq!(more, few);
    assert_eq!(world.counts().await, (302, 1));
}

/// Statements that an import sends.
async fn statements(world: &World, files: &[super::SourceFile]) -> u64 {
    let mut conn = world.app.conn().await;
    let sent = Arc::default();
    let report = counted(&sent, run(&mut conn, world.of(files))).await;
    let report = report.expect("a report");
    assert!(!report.failed(), "{report}");
    sent.load(Ordering::Relaxed)
}
