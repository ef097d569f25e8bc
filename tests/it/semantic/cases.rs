//! Every case of the table, on PostgreSQL.

use super::{
    case::{Case, ExpectedIssue, File},
    warehouse::{Cell, Warehouse, agrees, shown},
};
use chartroom::semantic::{
    compile, compile_totals,
    error::{Code, Issue, Refused},
    format,
    manifest::Json,
    model::Explore,
    query::MetricQuery,
    request::Request,
    underlying,
};
use serde_json::Value;
use std::{collections::HashSet, path::Path};

#[tokio::test(flavor = "multi_thread")]
async fn every_case_gives_the_rows_worked_out_by_hand() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/semantic/cases");
    let folder = std::env::var("CHARTROOM_SEMANTIC_CASES").unwrap_or_else(|_| folder.to_owned());
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the cases")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect();
    paths.sort();
    let mut count = 0;
    let mut failures = Vec::new();
    for path in &paths {
        let (cases, wrong) = run_file(path).await;
        count += cases;
        failures.extend(wrong);
    }
    println!("{count} cases, {} failed", failures.len());
    assert!(
        failures.is_empty(),
        "{} of {count} cases failed:\n\n{}",
        failures.len(),
        failures.join("\n\n")
    );
}

async fn run_file(path: &Path) -> (usize, Vec<String>) {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("a file");
    // By way of ordered JSON: the order of fields counts, and YAML has its own idea of enums.
    let json: Json =
        serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let file: File = json
        .read()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let warehouse = Warehouse::create().await;
    warehouse.load(&file.models, &file.rows).await;
    let explores = file.explores(&warehouse.schema);
    let mut failures = Vec::new();
    let mut names = HashSet::new();
    for case in &file.cases {
        assert!(
            names.insert(&case.name),
            "{name}: two cases `{}`",
            case.name
        );
        if let Err(why) = run(case, &explores, &warehouse).await {
            failures.push(format!("{name} / {}\n{why}", case.name));
        }
    }
    warehouse.drop().await;
    (file.cases.len(), failures)
}

pub(crate) async fn run(
    case: &Case,
    explores: &[Explore],
    warehouse: &Warehouse,
) -> Result<(), String> {
    if let Some(expected) = &case.expect.explore_error {
        let name = case.explore.as_deref().ok_or("the case names no explore")?;
        let explore = explores.iter().find(|own| own.name == name);
        let issues = explore.map(|own| own.errors.clone()).unwrap_or_default();
        return found(&issues, expected);
    }
    let query = &case.asked().ok_or("the case asks nothing")?;
    // Explores are stored as JSON: what is asked has been written and read again.
    let explore = explores.iter().find(|own| own.name == query.explore_name);
    let explore = explore.or_else(|| explores.first()).ok_or("no explores")?;
    let explore: Explore =
        serde_json::from_str(&serde_json::to_string(explore).unwrap()).expect("the same explore");
    let request = case.request(&explore, query);
    let behind;
    let compiled = match (&case.total, &case.underlying) {
        (Some(total), _) => compile_totals(request, &total.by()),
        (None, Some(cell)) => match underlying(request, &cell.cell()) {
            Ok(query) => {
                // Queries are stored as JSON too.
                let stored = serde_json::to_value(&query).unwrap();
                behind = MetricQuery::read(&stored).expect("the same query");
                assert_eq!(behind, query);
                let query = &behind;
                compile(Request { query, ..request })
            }
            Err(refused) => Err(refused),
        },
        (None, None) => compile(request),
    };
    let compiled = match (compiled, &case.expect.error) {
        (Err(Refused { issues }), Some(expected)) => return found(&issues, expected),
        (Err(refused), None) => return Err(format!("refused: {refused}")),
        (Ok(compiled), Some(expected)) => {
            return Err(format!(
                "not refused ({}):\n{}",
                expected.code, compiled.statement.sql
            ));
        }
        (Ok(compiled), None) => compiled,
    };
    if let Some(columns) = &case.expect.columns {
        let ids: Vec<&String> = compiled.columns.iter().map(|own| &own.field_id).collect();
        if ids != columns.iter().collect::<Vec<_>>() {
            return Err(format!("columns are {ids:?}"));
        }
    }
    if let Some(warnings) = &case.expect.warnings {
        let given: Vec<&str> = compiled
            .warnings
            .iter()
            .map(|own| own.message.as_str())
            .collect();
        let missing = warnings
            .iter()
            .find(|text| !given.iter().any(|own| own.contains(*text)));
        if missing.is_some() || (warnings.is_empty() && !given.is_empty()) {
            return Err(format!("warnings are {given:?}"));
        }
    }
    let rows = warehouse.run(&compiled.statement).await?;
    let ordered = !query.sorts.is_empty();
    if let Some(oracle) = &case.oracle_sql {
        let statement = chartroom::semantic::sql::Statement {
            sql: oracle.trim().trim_end_matches(';').to_owned(),
            values: Vec::new(),
        };
        let oracle = warehouse
            .run(&statement)
            .await
            .map_err(|why| format!("oracle: {why}"))?;
        if let Some(expected) = &case.expect.rows {
            same(&oracle, expected, ordered).map_err(|why| format!("oracle: {why}"))?;
        }
    }
    if let Some(expected) = &case.expect.rows {
        same(&rows, expected, ordered).map_err(|why| {
            format!(
                "{why}\n{}\n{:?}",
                compiled.statement.sql, compiled.statement.values
            )
        })?;
    }
    if let Some(expected) = &case.expect.formatted {
        let formatted: Vec<Vec<Option<String>>> = rows
            .iter()
            .map(|row| {
                let cells = row.iter().zip(&compiled.columns);
                cells
                    .map(|(cell, column)| match shown(cell) {
                        Value::Null => None,
                        value => Some(format::formatted(&column.format_spec(), &value)),
                    })
                    .collect()
            })
            .collect();
        if formatted != *expected {
            return Err(format!(
                "formatted rows are {formatted:?}\nexpected {expected:?}"
            ));
        }
    }
    Ok(())
}

fn found(issues: &[Issue], expected: &ExpectedIssue) -> Result<(), String> {
    let code: Code = serde_json::from_value(Value::String(expected.code.clone()))
        .map_err(|error| format!("{}: {error}", expected.code))?;
    let fits = |issue: &Issue| {
        issue.code == code
            && expected
                .path
                .as_ref()
                .is_none_or(|path| *path == issue.path)
            && expected
                .message
                .as_ref()
                .is_none_or(|text| issue.message.contains(text))
    };
    if issues.iter().any(fits) {
        return Ok(());
    }
    let list: Vec<String> = issues
        .iter()
        .map(|issue| format!("{:?} at `{}`: {}", issue.code, issue.path, issue.message))
        .collect();
    Err(format!(
        "expected {expected:?}\nfound {}",
        list.join("\n      ")
    ))
}

fn same(rows: &[Vec<Cell>], expected: &[Vec<Value>], ordered: bool) -> Result<(), String> {
    let row_agrees = |row: &Vec<Cell>, wanted: &Vec<Value>| {
        row.len() == wanted.len() && row.iter().zip(wanted).all(|(cell, own)| agrees(cell, own))
    };
    let equal = rows.len() == expected.len()
        && if ordered {
            rows.iter()
                .zip(expected)
                .all(|(row, wanted)| row_agrees(row, wanted))
        } else {
            let mut left: Vec<&Vec<Value>> = expected.iter().collect();
            rows.iter().all(|row| {
                let at = left.iter().position(|wanted| row_agrees(row, wanted));
                at.map(|at| left.remove(at)).is_some()
            })
        };
    if equal {
        return Ok(());
    }
    let text = |rows: &mut dyn Iterator<Item = String>| rows.collect::<Vec<_>>().join("\n  ");
    let got = text(&mut rows.iter().map(|row| {
        let cells: Vec<Value> = row.iter().map(shown).collect();
        Value::Array(cells).to_string()
    }));
    let wanted = text(
        &mut expected
            .iter()
            .map(|row| Value::Array(row.clone()).to_string()),
    );
    Err(format!("got\n  {got}\nexpected\n  {wanted}"))
}
