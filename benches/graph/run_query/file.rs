//! The same rows as a file: what is more than one answer may have.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON answers: what is not there is null"
)]

use super::{bare::Answer, question::Question};
use crate::client::Client;
use anyhow::{Context as _, bail, ensure};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a file may take.
const PATIENCE: Duration = Duration::from_mins(10);
const EXPORT: &str = "mutation ($input: ExportQueryResultsInput!) { exportQueryResults(input: $input) { \
    job { id } userErrors { message } } }";
const JOB: &str = "query ($id: ID!) { job(id: $id) { status createdAt finishedAt error { message } \
    result { ... on ExportedFile { rowCount truncated download { url } } } } }";

/// Exports a question as CSV and fetches the file; how long both take. That the job is asked for now and
/// then does not count: the server says when it ended.
pub(super) async fn export(
    client: &Client,
    question: &Question,
) -> anyhow::Result<(Answer, Duration)> {
    let input = json!({ "source": question.source, "onlyRaw": true, "csvLimit": null });
    let asked = client.ask(EXPORT, json!({ "input": input })).await?;
    let asked = &asked["exportQueryResults"];
    let id = asked["job"]["id"].as_str();
    let id = id.with_context(|| asked["userErrors"].to_string())?;
    let job = ended(client, id).await?;
    let moment = |of: &Value| -> anyhow::Result<DateTime<Utc>> {
        Ok(of.as_str().context("no time")?.parse()?)
    };
    let made = moment(&job["finishedAt"])? - moment(&job["createdAt"])?;
    let file = &job["result"];
    ensure!(
        file["truncated"] == json!(false),
        "the file is incomplete: {job}"
    );
    let url = file["download"]["url"].as_str().context("no link")?;
    let began = Instant::now();
    let answer = read(client, url).await?;
    ensure!(
        file["rowCount"] == json!(answer.rows),
        "{job} has {} rows",
        answer.rows
    );
    Ok((answer, made.to_std()? + began.elapsed()))
}

async fn ended(client: &Client, id: &str) -> anyhow::Result<Value> {
    let began = Instant::now();
    loop {
        let found = client.ask(JOB, json!({ "id": id })).await?["job"].take();
        match found["status"].as_str() {
            Some("SUCCEEDED") => return Ok(found),
            Some("QUEUED" | "RUNNING") => {}
            _ => bail!("{found}"),
        }
        ensure!(began.elapsed() < PATIENCE, "it takes too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads a file of lines as it comes: how many there are below the titles, and the ends.
async fn read(client: &Client, url: &str) -> anyhow::Result<Answer> {
    let mut response = client.file(url).await?;
    let (mut lines, mut open): (u64, Vec<u8>) = (0, Vec::new());
    let (mut first, mut last) = (None, None);
    while let Some(bytes) = response.chunk().await? {
        open.extend_from_slice(&bytes);
        let Some(end) = open.iter().rposition(|byte| *byte == b'\n') else {
            continue;
        };
        let rest = open.split_off(end + 1);
        let whole = std::mem::replace(&mut open, rest);
        let text = std::str::from_utf8(&whole)?;
        let mut whole = text.lines();
        if lines == 0 {
            // The titles, and what follows.
            lines += u64::from(whole.next().is_some());
            first = whole.clone().next().and_then(ends);
        }
        let mut end = None;
        for line in whole {
            lines += 1;
            end = Some(line);
        }
        last = end.and_then(ends).or(last);
    }
    ensure!(open.is_empty(), "the last line has no end");
    Answer::of(lines.saturating_sub(1), first, last)
}

/// Number and word of a line.
fn ends(line: &str) -> Option<(i64, String)> {
    let mut cells = line.split(',');
    Some((cells.next()?.parse().ok()?, cells.next()?.to_owned()))
}
