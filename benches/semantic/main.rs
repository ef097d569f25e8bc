//! `make bench`: how long the semantic layer takes to compile a query of a project with 200 models.
//!
//! Nothing runs on a warehouse here: what is measured is what a query costs before its warehouse sees it.
//! Goal: 99 of 100 within a millisecond.

#![expect(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench prints its figures, and stops where its own queries are wrong"
)]

use chartroom::semantic::{
    compile,
    dialect::Postgres,
    explore, manifest,
    manifest::Settings,
    model::Explore,
    query::MetricQuery,
    request::{Limits, Request, UserFacts},
};
use chrono_tz::Tz;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const MODELS: usize = 200;
const COLUMNS: usize = 30;

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--quick") {
        20
    } else {
        2_000
    };
    let text = manifest_text();
    let began = Instant::now();
    let models = manifest::read(&text, None).unwrap_or_default();
    let explores = explore::compile(&models, &Settings::default(), &Postgres);
    println!(
        "semantic: {} models, {} KiB of manifest, compiled in {:.0?}",
        models.len(),
        text.len() / 1_024,
        began.elapsed()
    );
    let errors: usize = explores.iter().map(|explore| explore.errors.len()).sum();
    assert_eq!(
        (explores.len(), errors),
        (MODELS, 0),
        "the project compiles"
    );
    for (name, query) in queries() {
        report(name, &explores, &query, rounds);
    }
}

fn report(name: &str, explores: &[Explore], query: &Value, rounds: usize) {
    let mut times: Vec<Duration> = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let model = round % MODELS;
        let text = query.to_string().replace("m0_", &format!("m{model}_"));
        let mut query: MetricQuery = serde_json::from_str(&text).expect("a query");
        query.explore_name = format!("m{model}");
        let mut named = explores.iter();
        let Some(explore) = named.find(|own| own.name == query.explore_name) else {
            continue;
        };
        let began = Instant::now();
        let compiled = compile(Request {
            explore,
            query: &query,
            user: &UserFacts::default(),
            parameters: &IndexMap::new(),
            now: chrono::DateTime::UNIX_EPOCH,
            timezone: Tz::Europe__Berlin,
            date_zoom: None,
            dialect: &Postgres,
            limits: Limits::default(),
        });
        times.push(began.elapsed());
        if let Err(refused) = black_box(compiled) {
            panic!("{name}: {refused}");
        }
    }
    times.sort_unstable();
    let at = |part: usize| {
        times
            .get((times.len() - 1) * part / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "semantic: {name:<28} median {:>8.1?}   99 of 100 {:>8.1?}   worst {:>8.1?}",
        at(50),
        at(99),
        at(100)
    );
}

/// A project in which every model joins the two that follow it.
fn manifest_text() -> String {
    let mut nodes = serde_json::Map::new();
    for model in 0..MODELS {
        let joined = |n: usize| (model + n) % MODELS;
        let joins: Vec<Value> = [(1, "many-to-one"), (2, "one-to-many")]
            .iter()
            .map(|(n, relationship)| {
                let other = format!("m{}", joined(*n));
                json!({
                    "join": other,
                    "alias": format!("j{n}"),
                    "sql_on": format!("${{m{model}.id}} = ${{j{n}.id}}"),
                    "relationship": relationship,
                })
            })
            .collect();
        let mut columns = serde_json::Map::new();
        let column = |name: &str, kind: &str, meta: Value| json!({"name": name, "data_type": kind, "meta": meta});
        columns.insert(
            "id".into(),
            column(
                "id",
                "integer",
                json!({"metrics": {"n": {"type": "count"}}}),
            ),
        );
        columns.insert("at".into(), column("at", "timestamptz", json!({})));
        for n in 0..COLUMNS {
            let name = format!("c{n}");
            let meta = json!({"metrics": {
                format!("s{n}"): {"type": "sum", "filters": [{"t": "!x"}]},
                format!("r{n}"): {"type": "number", "sql": format!("${{s{n}}} / NULLIF(${{n}}, 0)")},
            }});
            columns.insert(name.clone(), column(&name, "numeric", meta));
        }
        columns.insert("t".into(), column("t", "text", json!({})));
        nodes.insert(
            format!("model.bench.m{model}"),
            json!({
                "resource_type": "model",
                "name": format!("m{model}"),
                "schema": "bench",
                "meta": {"primary_key": "id", "joins": joins},
                "columns": columns,
            }),
        );
    }
    json!({ "nodes": nodes }).to_string()
}

fn queries() -> [(&'static str, Value); 3] {
    let filter = json!({"and": [
        {"rule": {"fieldId": "m0_t", "operator": "INCLUDE", "values": ["a", "b"]}},
        {"rule": {"fieldId": "m0_at", "operator": "IN_THE_PAST", "values": [3], "settings": {"unitOfTime": "months"}}},
    ]});
    [
        (
            "one table",
            json!({"dimensions": ["m0_t"], "metrics": ["m0_s1", "m0_n"]}),
        ),
        (
            "joins, filters, calculation",
            json!({
                "dimensions": ["m0_at_month", "j1_t"],
                "metrics": ["m0_s1", "m0_r2", "j1_s3"],
                "filters": {"dimensions": filter.clone()},
                "tableCalculations": [{"name": "x", "displayName": "x", "sql": "${m0_s1} / ${j1_s3}"}],
            }),
        ),
        (
            "fan-out, 20 metrics",
            json!({
                "dimensions": ["m0_at_week", "j2_t", "m0_t"],
                "metrics": (0..20).map(|n| format!("m0_r{n}")).collect::<Vec<_>>(),
                "filters": {
                    "dimensions": filter,
                    "metrics": {"and": [{"rule": {"fieldId": "j2_n", "operator": "GREATER_THAN", "values": [3]}}]},
                },
            }),
        ),
    ]
}
