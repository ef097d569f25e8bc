//! The server with two tenants on it, and how a persona asks it.

use super::{
    evaluator::Evaluator,
    personas::{PERSONAS, Tenant},
    rules::{self, Rules},
    worlds,
};
use crate::support::TestApp;
use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use chartroom::kernel::{Secret, SecretKind, entity::SessionId};
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// The server with both tenants.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) rules: Rules,
    pub(super) ours: Tenant,
    pub(super) theirs: Tenant,
    tokens: BTreeMap<&'static str, String>,
    setting: String,
    digest: String,
}

impl Stage {
    /// Builds the world.
    pub(super) async fn new() -> Self {
        let rules = rules::read();
        let (ours, theirs) = (Tenant::new(1, &rules), Tenant::new(2, &rules));
        let app = TestApp::start().await;
        let mut stage = Self {
            app,
            rules,
            ours,
            theirs,
            tokens: BTreeMap::new(),
            setting: String::new(),
            digest: String::new(),
        };
        stage.write();
        stage.reset().await;
        stage.digest = stage.digest_statement().await;
        stage
    }

    fn write(&mut self) {
        let worlds = [
            std::mem::take(&mut self.ours.world),
            std::mem::take(&mut self.theirs.world),
        ];
        let mut setting = "UPDATE organizations SET parent_id = NULL; DELETE FROM access_grants; \
             DELETE FROM role_assignments; DELETE FROM organizations; DELETE FROM users; \
             DELETE FROM roles WHERE NOT is_built_in; DELETE FROM audit_events; DELETE FROM sign_in_failures;\n"
            .to_owned();
        setting.push_str(&worlds::statements(&worlds));
        [self.ours.world, self.theirs.world] = worlds;
        for tenant in [&self.ours, &self.theirs] {
            setting.push_str(&tenant.marks());
            setting.push_str(&tenant.models());
        }
        for (persona, _) in PERSONAS {
            let user = match persona {
                "anonymous" => continue,
                "foreign_admin" => self.theirs.uuid("user.admin"),
                other => self.ours.uuid(&format!("user.{other}")),
            };
            let kind = if persona == "expired_key" {
                SecretKind::ApiKey
            } else {
                SecretKind::Session
            };
            let secret = Secret::generate(kind).expect("randomness");
            let hash = hex::encode(secret.hash());
            let id = SessionId::new().uuid();
            setting.push_str(&if persona == "expired_key" {
                format!(
                    "INSERT INTO api_keys (id, user_id, name, secret_hash, last_four, expires_at) \
                     VALUES ('{id}', '{user}', 'k', '\\x{hash}', 'abcd', now() - interval '1 day');\n"
                )
            } else {
                format!(
                    "INSERT INTO sessions (id, user_id, token_hash, expires_at) \
                     VALUES ('{id}', '{user}', '\\x{hash}', now() + interval '1 day');\n"
                )
            });
            self.tokens.insert(persona, secret.expose().to_owned());
        }
        self.setting = setting;
    }

    /// Makes everything as it was at the start.
    pub(super) async fn reset(&self) {
        let mut conn = self.app.conn().await;
        let setting = format!("BEGIN; {} COMMIT;", self.setting);
        conn.batch_execute(&setting)
            .await
            .expect("the world is set up");
    }

    /// Sends an operation as a persona.
    pub(super) async fn call(&self, persona: &str, query: &str, variables: &Value) -> Value {
        self.send(
            self.tokens.get(persona).map(String::as_str),
            query,
            variables,
        )
        .await
    }

    /// Sends an operation with a token. Of a subscription, the first event; `{ "silent": true }` where
    /// none comes.
    pub(super) async fn send(&self, token: Option<&str>, query: &str, variables: &Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let accept = if query.starts_with("subscription") {
            "text/event-stream"
        } else {
            "application/graphql-response+json"
        };
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, accept);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body.to_string().into()).expect("a request");
        let response = self.app.send(request).await;
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            return first_event(response.into_body()).await;
        }
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }

    /// What the evaluator knows of a persona; `None` of those who are nobody.
    pub(super) fn evaluator(&self, persona: &str) -> Option<Evaluator<'_>> {
        let (tenant, slot) = match persona {
            "anonymous" | "deactivated" | "expired_key" => return None,
            "foreign_admin" => (&self.theirs, "user.admin".to_owned()),
            other => (&self.ours, format!("user.{other}")),
        };
        let id = tenant.uuid(&slot);
        let user = tenant
            .world
            .users
            .iter()
            .find(|u| u.id == id)
            .expect("a user");
        Some(Evaluator {
            rules: &self.rules,
            home: &tenant.world,
            user,
        })
    }

    /// Counts and sums of all tables but the log, so that no change goes unseen.
    pub(super) async fn digest(&self) -> String {
        let conn = self.app.conn().await;
        diesel::sql_query(&self.digest)
            .get_result::<Sum>(&mut &*conn)
            .await
            .expect("the digest")
            .sum
    }

    async fn digest_statement(&self) -> String {
        let conn = self.app.conn().await;
        // `last_login_at`, `last_used_at` and the like are in the tables that are left out.
        let tables = diesel::sql_query(
            "SELECT string_agg(format('SELECT %L || count(*) || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '''') AS s FROM %I t', relname, relname), ' UNION ALL ') AS sum \
             FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace \
             AND relname NOT IN ('__diesel_schema_migrations', 'audit_events', 'sessions', 'sign_in_failures', 'idempotency_keys')",
        );
        let union = tables
            .get_result::<Sum>(&mut &*conn)
            .await
            .expect("the tables")
            .sum;
        format!("SELECT string_agg(s, ' ' ORDER BY s) AS sum FROM ({union}) x")
    }
}

/// The first event of a stream that says something.
async fn first_event(body: Body) -> Value {
    let mut parts = body.into_data_stream();
    let mut text = String::new();
    while let Ok(Some(part)) = timeout(Duration::from_millis(300), parts.next()).await {
        text.push_str(&String::from_utf8_lossy(&part.expect("a part")));
        let events = text.split_inclusive("\n\n");
        let mut whole = events.filter(|event| event.ends_with("\n\n"));
        if let Some(event) = whole.find(|event| event.contains("event: next")) {
            let data = event.lines().find_map(|line| line.strip_prefix("data:"));
            return serde_json::from_str(data.expect("data")).expect("JSON");
        }
    }
    json!({ "silent": true })
}

#[derive(diesel::QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    sum: String,
}
