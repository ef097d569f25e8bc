//! What is asked: the same rows by SQL and by a metric query.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON answers: what is not there is null"
)]

use super::bare::Answer;
use crate::client::Client;
use anyhow::{Context as _, bail, ensure};
use chartroom::semantic::{dialect, explore, manifest};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Rows on a page: the most that `table` gives.
const PAGE: usize = 5_000;
/// How long the explores may take to be stored.
const PATIENCE: Duration = Duration::from_secs(30);

const SET: &str = "mutation ($input: SetExploresInput!) { setExplores(input: $input) { job { id } \
    userErrors { message path } } }";
const JOB: &str = "query ($id: ID!) { job(id: $id) { status error { message } } }";
const COMPILE: &str = "query ($project: ID!, $query: MetricQueryInput!) { \
    compileMetricQuery(projectId: $project, query: $query) { sql values } }";
const RUN: &str = "mutation ($input: RunQueryInput!) { runQuery(input: $input) { queryRun { id status error \
    rowCount isTruncated cacheHit table(first: 5000) { rows pageInfo { hasNextPage endCursor } } } \
    userErrors { message path } } }";
const NEXT: &str = "query ($id: ID!, $after: String!) { node(id: $id) { ... on QueryRun { \
    table(first: 5000, after: $after) { rows pageInfo { hasNextPage endCursor } } } } }";

/// A question of so many rows.
pub(super) struct Question {
    /// How many rows the answer has.
    pub(super) rows: u64,
    /// How it is put, for the table.
    pub(super) form: &'static str,
    /// The statement that the warehouse gets.
    pub(super) bare: String,
    /// The source that `runQuery` and `exportQueryResults` take.
    pub(super) source: Value,
}

/// Both forms of each size; deploys the explores that they ask.
pub(super) async fn all(
    client: &Client,
    project: &str,
    sizes: &[u64],
) -> anyhow::Result<Vec<Question>> {
    deploy(client, project, sizes).await?;
    let mut questions = Vec::new();
    for rows in sizes {
        let sql = format!(
            "SELECT n, word, day, sum(amount) AS amount FROM {} GROUP BY n, word, day ORDER BY n",
            relation(*rows)
        );
        questions.push(Question {
            rows: *rows,
            form: "SQL",
            source: json!({ "sql": { "projectId": project, "sql": sql } }),
            bare: sql,
        });
        let name = explore_name(*rows);
        let field = |field: &str| format!("{name}_{field}");
        let query = json!({
            "exploreName": name, "dimensions": [field("n"), field("word"), field("day")],
            "metrics": [field("total")], "filters": {}, "tableCalculations": [],
            "sorts": [{ "fieldId": field("n"), "descending": false }], "limit": 100_000.min(*rows),
        });
        let asked = json!({ "project": project, "query": query });
        let compiled = client.ask(COMPILE, asked).await?["compileMetricQuery"].take();
        ensure!(
            compiled["values"] == json!([]),
            "the bare side binds nothing"
        );
        let bare = compiled["sql"].as_str().context("no SQL")?;
        // A file has all rows, whatever the limit of the query.
        let bare = bare.replace("LIMIT 100000", &format!("LIMIT {rows}"));
        let source = json!({ "metricQuery": { "projectId": project, "invalidateCache": true, "query": query } });
        questions.push(Question {
            rows: *rows,
            form: "metric query",
            bare,
            source,
        });
    }
    Ok(questions)
}

fn explore_name(rows: u64) -> String {
    format!("rows_{rows}")
}

/// Rows of a number, a text, a day and an amount.
fn relation(rows: u64) -> String {
    format!(
        "(SELECT n, md5(n::text) AS word, date '2020-01-01' + n % 1000 AS day, n % 97 AS amount \
         FROM generate_series(1, {rows}) AS n) AS made"
    )
}

async fn deploy(client: &Client, project: &str, sizes: &[u64]) -> anyhow::Result<()> {
    let plain = json!({ "dimension": { "time_intervals": "OFF" } });
    let nodes: serde_json::Map<String, Value> = sizes
        .iter()
        .map(|rows| {
            let name = explore_name(*rows);
            let column = |name: &str, kind: &str, meta: &Value| json!({ "name": name, "data_type": kind, "meta": meta });
            let model = json!({
                "resource_type": "model", "name": name, "schema": "none",
                "meta": { "sql_from": format!("(SELECT * FROM {})", relation(*rows)) },
                "columns": {
                    "n": column("n", "integer", &plain),
                    "word": column("word", "text", &plain),
                    "day": column("day", "date", &plain),
                    "amount": column("amount", "integer", &json!({ "metrics": { "total": { "type": "sum" } } })),
                },
            });
            (format!("model.bench.{name}"), model)
        })
        .collect();
    let models = manifest::read(&json!({ "nodes": nodes }).to_string(), None)?;
    let explores = explore::compile(&models, &manifest::Settings::default(), &dialect::Postgres);
    let input = json!({ "projectId": project, "explores": explores });
    let set = client.ask(SET, json!({ "input": input })).await?;
    let set = &set["setExplores"];
    let id = set["job"]["id"].as_str();
    let id = id.with_context(|| set["userErrors"].to_string())?;
    let began = Instant::now();
    loop {
        let found = client.ask(JOB, json!({ "id": id })).await?;
        match found["job"]["status"].as_str() {
            Some("SUCCEEDED") => return Ok(()),
            Some("QUEUED" | "RUNNING") if began.elapsed() < PATIENCE => {}
            _ => bail!("the explores are not stored: {found}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Question {
    /// Asks by `runQuery`, and reads all pages of rows; how long that takes.
    pub(super) async fn run(&self, client: &Client) -> anyhow::Result<(Answer, Duration)> {
        let input = json!({ "source": self.source, "waitSeconds": 25 });
        let began = Instant::now();
        let mut answer = client.ask(RUN, json!({ "input": input })).await?["runQuery"].take();
        let run = &mut answer["queryRun"];
        ensure!(
            run["status"] == "SUCCEEDED" && run["cacheHit"] == false && run["isTruncated"] == false,
            "{answer}"
        );
        let (count, id) = (run["rowCount"].take(), run["id"].take());
        let mut page = run["table"].take();
        let first = page["rows"].get(0).and_then(ends);
        let (mut rows, mut last) = (0, None);
        loop {
            let these = page["rows"].as_array().context("no rows")?;
            rows += u64::try_from(these.len())?;
            last = these.last().and_then(ends).or(last);
            ensure!(these.len() <= PAGE, "too many rows at once");
            if page["pageInfo"]["hasNextPage"] != true {
                break;
            }
            let asked = json!({ "id": id, "after": page["pageInfo"]["endCursor"] });
            page = client.ask(NEXT, asked).await?["node"]["table"].take();
        }
        let took = began.elapsed();
        ensure!(count == json!(rows), "{count} rows, and {rows} in pages");
        Ok((Answer::of(rows, first, last)?, took))
    }
}

/// Number and word of a row.
fn ends(row: &Value) -> Option<(i64, String)> {
    Some((row[0].as_i64()?, row[1].as_str()?.to_owned()))
}
