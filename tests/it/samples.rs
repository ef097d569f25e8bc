//! The samples of the playground run as they stand, filled as the playground fills them.

use crate::{
    jobs::stage,
    support::{Actor, TestApp},
};
use chartroom::{
    config::{JobsConfig, Networks, WarehouseConfig},
    domains::platform::{self, demo},
    kernel::{Clock as _, SystemClock},
};
use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};
use tokio::time::timeout;

/// The one sample that shows what a refused form says.
const REFUSED: &str = "05-what-a-refused-form-says.graphql";

struct Sample {
    path: PathBuf,
    document: String,
    variables: String,
}

impl Sample {
    fn is(&self, kind: &str) -> bool {
        self.document
            .lines()
            .any(|line| line.starts_with(&format!("{kind} ")))
    }
}

/// All samples, in the order in which the playground shows them.
fn samples() -> Vec<Sample> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/playground/samples");
    let mut paths: Vec<_> = fs::read_dir(root)
        .expect("samples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "graphql")
        })
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| Sample {
            document: fs::read_to_string(&path).expect("text"),
            variables: fs::read_to_string(path.with_extension("variables.json"))
                .unwrap_or_else(|_| "{}".to_owned()),
            path,
        })
        .collect()
}

/// What fills `{{placeholders}}`: the first text of that name in the answers to the lookup.
async fn lookup(app: &TestApp, actor: Actor) -> BTreeMap<String, String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/playground/samples/lookup.graphql"
    );
    let document = fs::read_to_string(path).expect("text");
    let mut found = BTreeMap::new();
    for part in document.split("\nquery ").skip(1) {
        let answer = app.ask(actor, &format!("query {part}")).await;
        collect(answer.data(), &mut found);
    }
    let in_a_month = SystemClock.now() + TimeDelta::days(30);
    found.insert("unique".to_owned(), "a1b2c".to_owned());
    found.insert(
        "nextMonth".to_owned(),
        in_a_month.to_rfc3339_opts(SecondsFormat::Secs, true),
    );
    found
}

fn collect(node: &Value, found: &mut BTreeMap<String, String>) {
    match node {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    // Nobody should try the samples on their own account.
                    Value::String(text) if key == "user" && found.get("me") == Some(text) => {}
                    Value::String(text) => {
                        found.entry(key.clone()).or_insert_with(|| text.clone());
                    }
                    other => collect(other, found),
                }
            }
        }
        _ => {}
    }
}

fn fill(text: &str, found: &BTreeMap<String, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in found {
        filled = filled.replace(&format!("{{{{{name}}}}}"), value);
    }
    assert!(
        !filled.contains("{{"),
        "nothing fills a placeholder of {filled}"
    );
    filled
}

/// All `userErrors` of an answer.
fn user_errors(data: &Value) -> Vec<&Value> {
    let payloads = data
        .as_object()
        .into_iter()
        .flat_map(|fields| fields.values());
    payloads
        .filter_map(|payload| payload["userErrors"].as_array())
        .flatten()
        .collect()
}

/// The demo with the warehouse that its projects are connected with, and somebody who runs jobs.
async fn with_warehouse() -> TestApp {
    let loopback = |config: &mut WarehouseConfig| {
        let network = "127.0.0.0/8".parse().expect("a network");
        config.allowed_networks = Networks::new(vec![network]);
    };
    let app = TestApp::with_warehouses(|_| {}, loopback).await;
    assert!(app.load_demo().await);
    let own = app.app.outside.warehouses.own();
    let make_role = async |password: &_| own.make_demo_role(password).await;
    let mut conn = app.conn().await;
    demo::load_warehouse(&mut conn, &app.app.outside, make_role)
        .await
        .expect("the warehouse is there");
    drop(conn);
    let handlers = platform::handlers(&JobsConfig::for_tests(), &app.app.queries);
    let handlers = handlers.expect("handlers");
    app.app.start_worker(app.db.clone(), handlers, 2);
    app
}

/// Rows of a query are in its answer.
fn has_rows(data: &Value) -> bool {
    let run = &data["runQuery"]["queryRun"];
    let rows = [&run["rows"]["nodes"], &run["table"]["rows"]];
    run.is_null()
        || rows
            .iter()
            .any(|rows| rows.as_array().is_some_and(|rows| !rows.is_empty()))
}

async fn run(app: &TestApp, actor: Actor, kind: &str) -> usize {
    let found = lookup(app, actor).await;
    let mut ran = 0;
    for sample in samples().iter().filter(|sample| sample.is(kind)) {
        let name = sample.path.display();
        let variables = fill(&sample.variables, &found);
        let variables = serde_json::from_str(&variables).expect("variables are JSON");
        let answer = app
            .gql(actor, &fill(&sample.document, &found), variables)
            .await;
        assert!(answer.body["errors"].is_null(), "{name}: {:#}", answer.body);
        let data = answer.data();
        assert!(
            data.as_object()
                .is_some_and(|fields| fields.values().all(|field| !field.is_null())),
            "{name} finds nothing: {data:#}"
        );
        let refused = !user_errors(data).is_empty();
        assert_eq!(refused, sample.path.ends_with(REFUSED), "{name}: {data:#}");
        assert!(has_rows(data), "{name}: {data:#}");
        ran += 1;
    }
    ran
}

#[tokio::test]
async fn every_sample_does_what_it_says() {
    let app = with_warehouse().await;
    let admin = app.somebody("admin").await;
    let queries = run(&app, admin, "query").await;
    let mutations = run(&app, admin, "mutation").await;
    assert!(queries >= 15 && mutations >= 10, "{queries} {mutations}");
    // One of the mutations started a job.
    let found = lookup(&app, admin).await;
    let subscriptions: Vec<_> = samples()
        .into_iter()
        .filter(|sample| sample.is("subscription"))
        .collect();
    assert!(!subscriptions.is_empty());
    for sample in subscriptions {
        let variables = serde_json::from_str(&fill(&sample.variables, &found)).expect("JSON");
        let mut answers = stage::subscribe(&app, admin, &sample.document, variables).await;
        let name = sample.path.display();
        // One that follows a job begins with what happened; others may have nothing to tell.
        let follows_one = sample.variables.contains("{{job}}");
        let first = timeout(Duration::from_secs(1), stage::next(&mut answers)).await;
        match first {
            Ok(Some(first)) => assert!(first["errors"].is_null(), "{name}: {first}"),
            Ok(None) => panic!("{name} ends at once"),
            Err(_elapsed) => assert!(!follows_one, "{name} tells nothing"),
        }
    }
}

#[tokio::test]
async fn somebody_who_may_only_read_can_browse() {
    let app = TestApp::with_demo().await;
    let viewer = app.somebody("viewer").await;
    let found = lookup(&app, viewer).await;
    for name in [
        "me",
        "organization",
        "project",
        "space",
        "chart",
        "dashboard",
        "user",
    ] {
        assert!(found.contains_key(name), "the viewer finds no {name}");
    }
    for sample in samples().iter().filter(|sample| sample.is("query")) {
        if !sample
            .path
            .components()
            .any(|part| part.as_os_str() == "02-browse")
        {
            continue;
        }
        let variables = serde_json::from_str(&fill(&sample.variables, &found)).expect("JSON");
        let answer = app.gql(viewer, &sample.document, variables).await;
        answer.data();
    }
}

/// What a sample is: titled, explained, and one operation of a kind that is run above.
#[test]
fn every_sample_is_titled_and_of_one_kind() {
    for sample in samples() {
        let name = sample.path.display();
        let lines: Vec<_> = sample.document.lines().take(2).collect();
        assert!(
            lines.iter().all(|line| line.starts_with("# ")),
            "{name}: {lines:?}"
        );
        let kinds = ["query", "mutation", "subscription"];
        let kinds = kinds.iter().filter(|kind| sample.is(kind)).count();
        assert_eq!(kinds, 1, "{name} is of {kinds} kinds");
        serde_json::from_str::<Value>(&sample.variables)
            .unwrap_or_else(|error| panic!("variables of {name}: {error}"));
        assert_ne!(json!(sample.document.trim()), json!(""), "{name}");
    }
}
