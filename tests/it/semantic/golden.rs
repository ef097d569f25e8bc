//! The text for every dialect, as it was read and found right.

use super::case::File;
use chartroom::semantic::{
    compile, compile_totals, dialect, explore,
    manifest::{self, Json, Settings},
    query::MetricQuery,
    request::{Limits, Request, UserFacts},
};
use chrono_tz::Tz;
use indexmap::IndexMap;

const DIALECTS: [&str; 8] = [
    "postgres",
    "redshift",
    "snowflake",
    "bigquery",
    "databricks",
    "trino",
    "duckdb",
    "clickhouse",
];

/// Texts of a query in every dialect, one after the other.
fn texts(name: &str) -> String {
    let json: Json = serde_yaml_ng::from_str(include_str!("golden.yaml")).expect("YAML");
    let file: File = json.read().expect("a file");
    let case = file
        .cases
        .iter()
        .find(|case| case.name == name)
        .expect("the case");
    let query: MetricQuery = case.asked().expect("a query");
    let settings: Settings = file.settings.read().expect("settings");
    let manifest = super::case::manifest(&file.models, "shop");
    let models = manifest::read(&manifest, None).expect("a manifest");
    let mut user = UserFacts::default();
    let regions = vec!["EU".to_owned(), "it's".to_owned()];
    user.attributes.insert("region".to_owned(), regions);
    let mut text = String::new();
    for name in DIALECTS {
        let dialect = dialect::named(name).expect("a dialect");
        let explores = explore::compile(&models, &settings, dialect);
        let explore = explores
            .iter()
            .find(|own| own.name == query.explore_name)
            .expect("it");
        assert!(explore.errors.is_empty(), "{:?}", explore.errors);
        let request = Request {
            explore,
            query: &query,
            user: &user,
            parameters: &IndexMap::new(),
            now: "2024-05-15T10:30:00Z".parse().expect("a moment"),
            timezone: Tz::UTC,
            date_zoom: None,
            dialect,
            limits: Limits::default(),
        };
        let compiled = || match &case.total {
            Some(total) => compile_totals(request, &total.by()),
            None => compile(request),
        };
        let statement = compiled()
            .unwrap_or_else(|refused| panic!("{name}: {refused}"))
            .statement;
        // Equal requests give equal text.
        assert_eq!(compiled().expect("the same").statement, statement);
        text.push_str(&format!(
            "-- {name}\n{}\n-- {:?}\n\n",
            statement.sql, statement.values
        ));
    }
    text
}

#[test]
fn texts_and_numbers() {
    insta::assert_snapshot!(texts("texts and numbers"));
}

#[test]
fn times_in_a_zone() {
    insta::assert_snapshot!(texts("times in a zone"));
}

#[test]
fn fan_out() {
    insta::assert_snapshot!(texts("fan-out"));
}

#[test]
fn layers() {
    insta::assert_snapshot!(texts("layers"));
}

#[test]
fn bins() {
    insta::assert_snapshot!(texts("bins"));
}

#[test]
fn periods() {
    insta::assert_snapshot!(texts("periods"));
}

#[test]
fn totals() {
    insta::assert_snapshot!(texts("totals"));
}

#[test]
fn formulas() {
    insta::assert_snapshot!(texts("formulas"));
}

#[test]
fn the_last_time() {
    insta::assert_snapshot!(texts("the last time"));
}
