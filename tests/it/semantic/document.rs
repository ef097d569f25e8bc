//! The examples of `docs/semantic-layer.md`, run.

use super::{
    case::{Case, File},
    cases::run,
    warehouse::Warehouse,
};
use chartroom::semantic::manifest::Json;
use serde_json::json;

/// Blocks of the document that begin with a word.
fn blocks<'a>(document: &'a str, opening: &str) -> Vec<&'a str> {
    let fence = format!("```{opening}\n");
    let found = document.split(fence.as_str()).skip(1);
    found
        .map(|rest| rest.split("```").next().expect("an end"))
        .collect()
}

fn read<T: serde::de::DeserializeOwned>(block: &str) -> T {
    let json: Json =
        serde_yaml_ng::from_str(block).unwrap_or_else(|error| panic!("{error}\n{block}"));
    json.read()
        .unwrap_or_else(|error| panic!("{error}\n{block}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_document_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/semantic-layer.md");
    let path = std::env::var("CHARTROOM_SEMANTIC_DOCUMENT").unwrap_or_else(|_| path.to_owned());
    let document = std::fs::read_to_string(path).expect("the document");
    let model = blocks(&document, "yaml");
    let file: File = read(model.first().expect("the example"));
    let warehouse = Warehouse::create().await;
    warehouse.load(&file.models, &file.rows).await;
    let explores = file.explores(&warehouse.schema);
    for explore in &explores {
        assert!(
            explore.errors.is_empty(),
            "{}: {:?}",
            explore.name,
            explore.errors
        );
    }
    let mut cases: Vec<Case> = Vec::new();
    for block in blocks(&document, "yaml cases") {
        cases.extend(read::<Vec<Case>>(block));
    }
    for block in blocks(&document, "yaml operators") {
        for rule in read::<Vec<serde_json::Value>>(block) {
            let query = json!({
                "exploreName": "orders",
                "dimensions": ["orders_id"],
                "sorts": [{"fieldId": "orders_id"}],
                "filters": {"dimensions": {"and": [{"rule": {
                    "fieldId": rule["field"],
                    "operator": rule["operator"],
                    "values": rule["values"],
                    "settings": rule["settings"],
                }}]}},
            });
            let rows: Vec<_> = rule["rows"]
                .as_array()
                .expect("ids")
                .iter()
                .map(|id| json!([id]))
                .collect();
            let case = json!({"name": rule.to_string(), "query": query, "expect": {"rows": rows}});
            cases.push(read(&case.to_string()));
        }
    }
    assert!(cases.len() > 40, "{} examples", cases.len());
    let mut failures = Vec::new();
    for case in &cases {
        if let Err(why) = run(case, &explores, &warehouse).await {
            failures.push(format!("{}\n{why}", case.name));
        }
    }
    warehouse.drop().await;
    println!("{} examples", cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
