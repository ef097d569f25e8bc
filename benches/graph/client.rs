//! The administrator of the demo, as a client of the graph.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON answers: what is not there is null"
)]

use crate::servers::Server;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

const SIGN_IN: &str = "mutation { signIn(input: { login: \"admin@demo.test\", password: \"demo-admin-password\" }) { token } }";
const PROJECTS: &str =
    "{ projects(first: 10) { nodes { id warehouseConnection { __typename } } } }";

/// The administrator of the demo.
pub(crate) struct Client {
    http: reqwest::Client,
    server: String,
    token: Option<String>,
}

impl Client {
    /// Signs in.
    pub(crate) async fn enter(server: &Server) -> anyhow::Result<Self> {
        let mut client = Self {
            http: reqwest::Client::builder().no_gzip().build()?,
            server: format!("http://{}", server.address),
            token: None,
        };
        let signed_in = client.ask(SIGN_IN, json!({})).await?;
        let token = signed_in["signIn"]["token"].as_str();
        client.token = Some(token.context("the demo does not let in")?.to_owned());
        Ok(client)
    }

    /// The answer to a document; an error of any part of it is one of the benchmark.
    pub(crate) async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<Value> {
        let mut request = self.http.post(format!("{}/graphql", self.server));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let body = json!({ "query": query, "variables": variables });
        let mut answer: Value = request.json(&body).send().await?.json().await?;
        ensure!(answer["errors"].is_null(), "{answer}");
        Ok(answer["data"].take())
    }

    /// A project with a warehouse.
    pub(crate) async fn project(&self) -> anyhow::Result<String> {
        let found = self.ask(PROJECTS, json!({})).await?;
        let projects = found["projects"]["nodes"].as_array();
        let mut projects = projects.into_iter().flatten();
        let project = projects.find(|project| !project["warehouseConnection"].is_null());
        let id = project.and_then(|project| project["id"].as_str());
        Ok(id.context("the demo has no warehouse")?.to_owned())
    }

    /// A file of the server, under its address there.
    pub(crate) async fn file(&self, address: &str) -> anyhow::Result<reqwest::Response> {
        let response = self.http.get(format!("{}{address}", self.server)).send();
        Ok(response.await?.error_for_status()?)
    }
}
