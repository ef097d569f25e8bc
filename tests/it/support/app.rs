//! A server in the process, on a database of its own.

use super::{Answer, postgres::TestDatabase};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, header},
};
use chartroom::{
    app::App,
    config::{HttpConfig, JobsConfig, WarehouseConfig},
    db::{Bind, Database, DatabaseConfig, PooledConn, sql},
    http::{Front, Http, Statements},
    kernel::{
        Secret, SecretKind, SystemClock,
        entity::{OrganizationId, SessionId, UserId},
    },
    services::{Outside, warehouse::OwnDatabase},
};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use tower::ServiceExt as _;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Actor {
    /// Nobody in particular.
    Anonymous,
    /// A signed-in user, working in an organization (in none, if there is no such organization).
    User(UserId, OrganizationId),
}

/// A server with a database of its own.
pub(crate) struct TestApp {
    /// The database.
    pub db: Database,
    /// The server.
    pub app: Arc<App>,
    /// The API.
    pub front: Front,
    /// The operations listener.
    pub admin: Router,
    tokens: Mutex<HashMap<Actor, String>>,
    /// The database itself, beside the server's connections to it.
    pub database: TestDatabase,
}

impl TestApp {
    /// Starts a server.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts a server with other settings than the usual ones of tests.
    pub(crate) async fn with(change: impl FnOnce(&mut HttpConfig)) -> Self {
        Self::with_warehouses(change, |_| {}).await
    }

    /// Starts a server with other settings of warehouses.
    pub(crate) async fn with_warehouses(
        change: impl FnOnce(&mut HttpConfig),
        reach: impl FnOnce(&mut WarehouseConfig),
    ) -> Self {
        let database = TestDatabase::create().await;
        let db = Database::for_requests(DatabaseConfig {
            url: database.url(),
            max_connections: 8,
            wait_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(10),
        })
        .expect("a pool");
        let mut config = HttpConfig::for_tests();
        change(&mut config);
        let mut warehouses = WarehouseConfig::for_tests();
        reach(&mut warehouses);
        let own = OwnDatabase::new(db.clone(), database.url().into());
        let outside = Outside::ephemeral(warehouses, own).expect("a key");
        let app = App::new(
            config,
            JobsConfig::for_tests(),
            outside,
            db.clone(),
            Arc::new(SystemClock),
        )
        .expect("a server");
        let http = Http::new(app.clone()).expect("the HTTP layer");
        let tokens = Mutex::default();
        Self {
            db,
            app,
            front: http.front(),
            admin: http.admin_router(),
            tokens,
            database,
        }
    }

    /// Address of the database.
    pub(crate) fn database_url(&self) -> String {
        self.database.url()
    }

    /// A connection for preparing and checking what callers cannot.
    pub(crate) async fn conn(&self) -> PooledConn {
        self.db.get().await.expect("a connection")
    }

    /// A connection that is none of the server's.
    pub(crate) async fn connect_alone(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&self.database_url())
            .await
            .expect("a connection")
    }

    /// Makes every read of projects wait, for as long as the connection is kept.
    pub(crate) async fn lock_projects(&self) -> AsyncPgConnection {
        let mut conn = self.connect_alone().await;
        conn.batch_execute("BEGIN; LOCK TABLE projects")
            .await
            .expect("a lock");
        conn
    }

    /// A session token of a user; the same one each time.
    pub(crate) async fn token(&self, actor: Actor) -> String {
        let Actor::User(user, organization) = actor else {
            panic!("anonymous callers have no token");
        };
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(&actor) {
            return token.clone();
        }
        let secret = Secret::generate(SecretKind::Session).expect("randomness");
        let conn = self.conn().await;
        sql(
            "INSERT INTO sessions (id, user_id, organization_id, token_hash, expires_at) \
             VALUES (?, ?, (SELECT o.id FROM organizations o WHERE o.id = ?), ?, now() + interval '1 day')",
            [
                SessionId::new().into(),
                user.into(),
                organization.into(),
                Bind::Bytes(secret.hash()),
            ],
        )
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the session");
        tokens.insert(actor, secret.expose().to_owned());
        secret.expose().to_owned()
    }

    /// Sends any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.front
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
    }

    /// Sends an operation.
    ///
    /// Boxed: a test sends many, and their futures would fill its thread's stack.
    pub(crate) fn gql<'a>(
        &'a self,
        actor: Actor,
        query: &'a str,
        variables: Value,
    ) -> BoxFuture<'a, Answer> {
        Box::pin(self.post(actor, query, variables))
    }

    async fn post(&self, actor: Actor, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let mut request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/graphql-response+json");
        if actor != Actor::Anonymous {
            let token = self.token(actor).await;
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(body.to_string().into()).expect("a request");
        let response = self.send(request).await;
        let statements = response
            .extensions()
            .get::<Statements>()
            .map_or(0, |sent| sent.0);
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        let body = serde_json::from_slice(&body).expect("JSON");
        Answer { body, statements }
    }

    /// Sends an operation without variables.
    pub(crate) async fn ask(&self, actor: Actor, query: &str) -> Answer {
        self.gql(actor, query, json!({})).await
    }
}
