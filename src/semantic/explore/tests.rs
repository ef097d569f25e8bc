//! Models and joins, compiled; what is wrong with them, told.

use super::compile;
use crate::semantic::{
    dialect::{BigQuery, Postgres},
    error::Code,
    manifest::{self, Catalog, Settings},
    model::Explore,
    value::ValueType,
};
use serde_json::{Value, json};

fn explores(manifest: &Value, catalog: Option<&Catalog>) -> Vec<Explore> {
    let models = manifest::read(&manifest.to_string(), catalog).unwrap();
    compile(&models, &Settings::default(), &Postgres)
}

fn node(name: &str, more: Value) -> Value {
    let mut node = json!({"resource_type": "model", "name": name, "schema": "s"});
    let Value::Object(more) = more else {
        panic!("an object")
    };
    node.as_object_mut().unwrap().extend(more);
    node
}

#[test]
fn both_places_of_meta_are_merged() {
    // As dbt writes it: text, whose order counts.
    let manifest = r#"{"metadata": {"dbt_schema_version": "v12"}, "nodes": {
        "model.p.orders": {"resource_type": "model", "name": "orders", "schema": "s",
            "meta": {"label": "Old", "primary_key": "id"},
            "config": {"materialized": "table", "meta": {"label": "New"}},
            "columns": {
                "z": {"name": "z", "data_type": "text", "meta": {"dimension": {"label": "Old", "hidden": true}},
                      "config": {"meta": {"dimension": {"label": "New"}}}},
                "id": {"name": "id", "data_type": "integer"},
                "a": {"name": "a", "data_type": "timestamp without time zone"}
            }},
        "model.p.temporary": {"resource_type": "model", "name": "temporary", "config": {"materialized": "ephemeral"},
            "columns": {"id": {"name": "id"}}},
        "test.p.x": {"resource_type": "test", "name": "x"},
        "model.p.bare": {"resource_type": "model", "name": "bare", "columns": {}}
    }}"#;
    let models = manifest::read(manifest, None).unwrap();
    let explores = compile(&models, &Settings::default(), &Postgres);
    assert_eq!(
        explores.len(),
        1,
        "neither ephemeral models nor those without columns"
    );
    let explore = &explores[0];
    assert_eq!((explore.label.as_str(), explore.errors.len()), ("New", 0));
    let table = &explore.tables["orders"];
    assert_eq!(table.primary_key, ["id"]);
    let names: Vec<&str> = table.dimensions.keys().map(String::as_str).collect();
    assert_eq!(names[..3], ["z", "id", "a"], "columns keep their order");
    assert!(names.contains(&"a_raw") && names.contains(&"a_month"));
    let z = &table.dimensions["z"];
    assert_eq!((z.label.as_str(), z.hidden), ("New", true));
    assert!(table.dimensions["a"].naive);
}

#[test]
fn a_broken_model_breaks_nothing_else() {
    let manifest = json!({"nodes": {
        "model.p.a": node("a", json!({"meta": {"joins": "no list"}, "columns": {"id": {"name": "id"}}})),
        "model.p.b": node("b", json!({
            "meta": {"joins": [
                {"join": "nobody", "sql_on": "true"},
                {"join": "c", "sql_on": "${b.id} = ${c.nothing}"},
                {"join": "d", "sql_on": "${b.id} = ${d.id}"},
                {"join": "e", "alias": "without"},
                {"join": "e", "sql_on": "${b.id} = ${e.id}", "relationship": "many-to-some"},
                {"join": "e", "alias": "good", "sql_on": "${b.id} = ${good.id}"},
                "no mapping",
            ]},
            "columns": {
                "id": {"name": "id", "meta": {"metrics": {
                    "x": {"type": "number", "sql": "${y}"},
                    "y": {"type": "number", "sql": "${x} + 1"},
                    "n": {"type": "count"},
                    "odd": {"type": "sums"},
                    "far": {"type": "sum", "sql": "${c.id}"},
                    "share (%)": {"type": "count"},
                }}},
                "price €": {"name": "price €"},
                "me": {"name": "me", "meta": {"dimension": {"sql": "${me} + 1"}}},
                "w": {"name": "w", "meta": {"dimension": {"sql": "rank() over (order by 1)"}}},
            },
        })),
        "model.p.c": node("c", json!({"columns": {"id": {"name": "id"}}})),
        "model.p.e": node("e", json!({"columns": {"id": {"name": "id"}}})),
        "model.p.d": node("d", json!({"meta": {"sql_filter": "${TABLE}.a) OR (true"}, "columns": {"id": {"name": "id"}}})),
    }});
    let explores = explores(&manifest, None);
    let explore = |name: &str| explores.iter().find(|own| own.name == name).unwrap();
    assert!(!explore("a").is_usable());
    assert!(
        !explore("d").is_usable(),
        "a table never loses its row filter"
    );
    let b = explore("b");
    assert!(b.is_usable());
    assert!(b.metric("b", "n").is_some());
    assert!(b.metric("b", "far").is_none(), "its join has errors");
    let mut found: Vec<(Code, &str)> = b
        .errors
        .iter()
        .map(|own| (own.code, own.path.as_str()))
        .collect();
    found.sort_unstable();
    for wanted in [
        (Code::MissingTable, "joins.nobody"),
        (Code::BadReference, "joins.c"),
        (Code::MissingTable, "b.far"),
        (Code::CircularReference, "b.x"),
        (Code::CircularReference, "b.y"),
        (Code::CircularReference, "b.me"),
        (Code::BadDefinition, "b.odd.type"),
        (Code::BadSql, "b.w.sql"),
        (Code::BadDefinition, "joins.without"),
        (Code::BadDefinition, "joins.e"),
        (Code::BadDefinition, "joins.6"),
        (Code::BadDefinition, "b.share (%)"),
        (Code::BadDefinition, "b.price €"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} in {found:#?}");
    }
    let joined: Vec<&str> = b.joins.iter().map(|join| join.table.as_str()).collect();
    assert_eq!(
        joined,
        ["good"],
        "a join with a mistake takes no other along"
    );
    assert!(
        b.metric("b", "share (%)").is_none(),
        "nobody could ask for it"
    );
}

#[test]
fn the_catalog_knows_types_and_what_is_missing() {
    let catalog = json!({"nodes": {"model.p.a": {"columns": {
        "ID": {"type": "NUMBER", "index": 1, "name": "ID"},
        "AT": {"type": "TIMESTAMP", "index": 2, "name": "AT"},
    }}}});
    let catalog = Catalog::from_dbt(&catalog.to_string()).unwrap();
    let manifest = json!({"nodes": {
        "model.p.a": node("a", json!({"columns": {"id": {"name": "id"}, "at": {"name": "at"}}})),
        "model.p.b": node("b", json!({"columns": {"id": {"name": "id"}}})),
    }});
    let found = explores(&manifest, Some(&catalog));
    let table = &found[0].tables["a"];
    assert_eq!(table.dimensions["id"].kind, ValueType::Number);
    assert!(table.dimensions["at"].naive);
    assert_eq!(found[1].errors[0].code, Code::MissingTable);
    assert!(!found[1].is_usable());
    // The same type is a moment elsewhere.
    let models = manifest::read(&manifest.to_string(), Some(&catalog)).unwrap();
    let found = compile(&models, &Settings::default(), &BigQuery);
    assert!(!found[0].tables["a"].dimensions["at"].naive);
}

#[test]
fn lists_of_fields_are_expanded() {
    let manifest = json!({"nodes": {
        "model.p.a": node("a", json!({
            "meta": {"joins": [{"join": "b", "sql_on": "${a.id} = ${b.id}", "fields": ["some*", "-x", "at", "loop*"]}]},
            "columns": {"id": {"name": "id"}},
        })),
        "model.p.b": node("b", json!({
            "meta": {"sets": {"some": ["x", "y"], "loop": vec!["loop*"; 20]}},
            "columns": {
                "id": {"name": "id"}, "x": {"name": "x"}, "y": {"name": "y"},
                "at": {"name": "at", "data_type": "date"},
            },
        })),
    }});
    let found = explores(&manifest, None);
    let b = &found[0].tables["b"];
    let shown = b
        .dimensions
        .values()
        .filter(|own| !own.hidden)
        .map(|own| own.name.as_str());
    let mut shown: Vec<&str> = shown.collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [
            "at",
            "at_day",
            "at_month",
            "at_quarter",
            "at_week",
            "at_year",
            "y"
        ]
    );
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(
        serde_json::from_str::<Vec<Explore>>(&text).unwrap(),
        found,
        "stored and read again"
    );
}
