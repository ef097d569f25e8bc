//! A server in the process, on a database of its own.

use super::{Answer, postgres::TestDatabase};
use chartroom::{
    authz::{Access, Credential, Origin, Viewer},
    db::{Database, DatabaseConfig, PooledConn},
    gql::{self, Limits, Scope},
    graph,
    kernel::{
        SystemClock,
        entity::{OrganizationId, SessionId, UserId},
    },
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// Nobody in particular.
    Anonymous,
    /// A signed-in user, working in an organization.
    User(UserId, OrganizationId),
}

/// A server with a database of its own.
pub struct TestApp {
    /// The database.
    pub db: Database,
    schema: graph::Schema,
    _database: TestDatabase,
}

impl TestApp {
    /// Starts a server.
    pub async fn start() -> Self {
        let database = TestDatabase::create().await;
        let db = Database::new(DatabaseConfig {
            url: database.url(),
            max_connections: 8,
            wait_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(10),
        })
        .expect("a pool");
        Self {
            db,
            schema: graph::schema(),
            _database: database,
        }
    }

    /// A connection for preparing and checking what callers cannot.
    pub async fn conn(&self) -> PooledConn {
        self.db.get().await.expect("a connection")
    }

    /// Sends an operation.
    pub async fn gql(&self, actor: Actor, query: &str, variables: Value) -> Answer {
        let viewer = match actor {
            Actor::Anonymous => None,
            Actor::User(user, organization) => {
                let access = Access::load(&*self.conn().await, user)
                    .await
                    .expect("access");
                Some(Arc::new(Viewer {
                    user,
                    credential: Credential::Session(SessionId::new()),
                    organization: Some(organization),
                    access,
                }))
            }
        };
        let origin = Origin {
            request_id: "test".to_owned(),
            ..Origin::default()
        };
        let scope = Scope::new(
            self.db.clone(),
            viewer,
            origin,
            Arc::new(SystemClock),
            Limits::default(),
        );
        let request = async_graphql::Request::new(query)
            .variables(async_graphql::Variables::from_json(variables))
            .data(scope.clone());
        let mut response = gql::drive(self.schema.execute(request), &scope.lanes).await;
        for error in &mut response.errors {
            gql::complete(error, "test");
        }
        let statements = scope.release().await;
        Answer {
            body: serde_json::to_value(&response).expect("JSON"),
            statements,
        }
    }

    /// Sends an operation without variables.
    pub async fn ask(&self, actor: Actor, query: &str) -> Answer {
        self.gql(actor, query, json!({})).await
    }
}
