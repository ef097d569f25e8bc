//! `make bench ARGS=export`: a file of five million cells, and how much memory its server takes for it.
//!
//! The server is a process of its own with the demo, whose warehouse makes up the rows. Its memory is
//! looked at all the time that the file is made and fetched.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON answers: what is not there is null"
)]

use crate::{Args, client::Client, dataset::Postgres, report::say, servers::Server};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The most that the memory of the server may grow by.
const MOST: u64 = 256 * MIB;
pub(crate) const MIB: u64 = 1 << 20;
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// How long a file may take.
const PATIENCE: Duration = Duration::from_mins(10);

const EXPORT: &str = "mutation ($input: ExportQueryResultsInput!) { exportQueryResults(input: $input) { \
    job { id } userErrors { message } } }";
const JOB: &str = "query ($id: ID!) { job(id: $id) { status error { message } result { ... on ExportedFile { \
    rowCount truncated download { url size } } } } }";

/// What to export.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Load {
    /// Cells of each file.
    #[arg(long, default_value_t = 5_000_000)]
    cells: u64,
    /// Columns of each file.
    #[arg(long, default_value_t = 10)]
    columns: u64,
}

/// Measures, and prints.
pub(crate) async fn run(args: &Args, load: Load, postgres: &Postgres) -> anyhow::Result<()> {
    ensure!(
        load.columns > 2 && load.cells >= load.columns,
        "nothing to measure"
    );
    let world = postgres.world(1).await?;
    let server = Server::demo(args, &world).await?;
    let client = Client::enter(&server).await?;
    let project = client.project().await?;
    for format in ["CSV", "XLSX"] {
        let before = server.resident()?;
        let began = Instant::now();
        let (job, making) = watched(&server, exported(&client, &project, format, load)).await?;
        let made = began.elapsed();
        let file = &job["result"];
        ensure!(
            file["truncated"] == json!(false),
            "the file is incomplete: {job}"
        );
        let url = file["download"]["url"].as_str().context("no link")?;
        let began = Instant::now();
        let (size, fetching) = watched(&server, fetched(&client, url)).await?;
        let took = began.elapsed();
        ensure!(
            file["download"]["size"] == json!(size),
            "the file is cut: {size} bytes"
        );
        say(&format!(
            "{format}: {} rows, {} MiB, made in {:.1} s, fetched in {:.1} s; memory {} MiB before, at most {} MiB \
             while it was made and {} MiB while it was fetched",
            file["rowCount"],
            size / MIB,
            made.as_secs_f64(),
            took.as_secs_f64(),
            before / MIB,
            making / MIB,
            fetching / MIB,
        ));
        let grown = making.max(fetching).saturating_sub(before);
        ensure!(grown < MOST, "the server grew by {} MiB", grown / MIB);
    }
    Ok(())
}

/// What the work gives, and the most memory that the server had meanwhile.
pub(crate) async fn watched<T>(
    server: &Server,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(T, u64)> {
    let mut most = server.resident()?;
    let mut looks = tokio::time::interval(LOOK);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok((done?, most)),
            _ = looks.tick() => most = most.max(server.resident()?),
        }
    }
}

/// Exports numbers, decimals and texts, and waits for the file.
async fn exported(
    client: &Client,
    project: &str,
    format: &str,
    load: Load,
) -> anyhow::Result<Value> {
    let rows = load.cells / load.columns;
    let texts: Vec<String> = (2..load.columns)
        .map(|n| format!("md5((n + {n})::text) AS text_{n}"))
        .collect();
    let sql = format!(
        "SELECT n, n::numeric(20, 2) / 7 AS decimal, {} FROM generate_series(1, {rows}) AS n",
        texts.join(", ")
    );
    let input = json!({
        "source": { "sql": { "projectId": project, "sql": sql } },
        "format": format, "onlyRaw": true, "csvLimit": null,
    });
    let asked = client.ask(EXPORT, json!({ "input": input })).await?;
    let asked = &asked["exportQueryResults"];
    let id = asked["job"]["id"].as_str();
    let id = id.with_context(|| asked["userErrors"].to_string())?;
    let began = Instant::now();
    loop {
        let found = client.ask(JOB, json!({ "id": id })).await?;
        match found["job"]["status"].as_str() {
            Some("SUCCEEDED") => return Ok(found["job"].clone()),
            Some("QUEUED" | "RUNNING") => {}
            _ => anyhow::bail!("{}", found["job"]),
        }
        ensure!(began.elapsed() < PATIENCE, "it takes too long");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Fetches a file, and counts its bytes.
async fn fetched(client: &Client, url: &str) -> anyhow::Result<u64> {
    let mut response = client.file(url).await?;
    let mut size = 0;
    while let Some(bytes) = response.chunk().await? {
        size += u64::try_from(bytes.len())?;
    }
    Ok(size)
}
