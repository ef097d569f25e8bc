//! Exports: from a query to a file that its user fetches.

mod content;
mod limits;
mod links;
mod work;

use crate::{
    query::stage::Stage,
    support::{Actor, Answer},
};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use chartroom::db::sql;
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use std::time::Duration;

const EXPORT: &str = "mutation ($input: ExportQueryResultsInput!) { exportQueryResults(input: $input) { \
    job { id kind } userErrors { code message path } } }";
const JOB: &str = "query ($id: ID!) { job(id: $id) { status attempt progress { done message } error { code message } \
    result { ... on ExportedFile { rowCount truncated download { url fileName mimeType size expiresAt } } } } }";

/// A file as its user got it.
struct File {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl File {
    /// Its lines, without the mark of UTF-8.
    fn lines(&self) -> Vec<String> {
        let text = std::str::from_utf8(&self.body).expect("UTF-8");
        let text = text.strip_prefix('\u{feff}').expect("the mark of UTF-8");
        let text = text.strip_suffix("\r\n").expect("a last line break");
        text.split("\r\n").map(str::to_owned).collect()
    }

    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().expect("a text"))
    }
}

impl Stage {
    /// Asks for an export of a source, with more fields.
    async fn ask_export(&self, actor: Actor, source: Value, fields: Value) -> Answer {
        let mut input = json!({ "source": source, "onlyRaw": true });
        for (name, field) in fields.as_object().expect("fields") {
            input[name] = field.clone();
        }
        self.app.gql(actor, EXPORT, json!({ "input": input })).await
    }

    /// Exports, and waits for the job to end.
    async fn export(&self, actor: Actor, source: Value, fields: Value) -> Value {
        let asked = self.ask_export(actor, source, fields).await;
        asked.done("exportQueryResults");
        let job = asked.text("/exportQueryResults/job/id");
        self.ended(actor, &job).await
    }

    /// A job once it has ended.
    async fn ended(&self, actor: Actor, id: &str) -> Value {
        loop {
            let job = self.job(actor, id).await;
            let status = job["status"].as_str().expect("a status");
            if !["QUEUED", "RUNNING", "RETRY_WAIT"].contains(&status) {
                return job;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    async fn job(&self, actor: Actor, id: &str) -> Value {
        let found = self.app.gql(actor, JOB, json!({ "id": id })).await;
        found.at("/job").clone()
    }

    /// Exports, and fetches the file.
    async fn exported(&self, actor: Actor, source: Value, fields: Value) -> File {
        let job = self.export(actor, source, fields).await;
        assert_eq!(job["status"], "SUCCEEDED", "{job}");
        let file = self.fetch(url(&job)).await;
        assert_eq!(file.status, StatusCode::OK);
        file
    }

    /// Fetches what is at an address, as anybody.
    async fn fetch(&self, url: &str) -> File {
        self.fetch_by("GET", url).await
    }

    async fn fetch_by(&self, method: &str, url: &str) -> File {
        let request = Request::builder().method(method).uri(url);
        let request = request.header("accept-encoding", "gzip, br");
        let response = self
            .app
            .send(request.body(Body::empty()).expect("a request"));
        let response = response.await;
        File {
            status: response.status(),
            headers: response.headers().clone(),
            body: to_bytes(response.into_body(), usize::MAX)
                .await
                .expect("a body")
                .to_vec(),
        }
    }

    fn sql_source(&self, text: &str) -> Value {
        json!({ "sql": { "projectId": self.project, "sql": text } })
    }

    /// How many files and chunks are stored.
    async fn stored(&self) -> (i64, i64) {
        let conn = self.app.conn().await;
        sql(
            "SELECT (SELECT count(*) FROM exported_files), (SELECT count(*) FROM exported_file_chunks)",
            [],
        )
        .statement::<(st::BigInt, st::BigInt)>()
        .get_result(&mut &*conn)
        .await
        .expect("counts")
    }
}

fn url(job: &Value) -> &str {
    let url = &job["result"]["download"]["url"];
    url.as_str().unwrap_or_else(|| panic!("a file: {job}"))
}
