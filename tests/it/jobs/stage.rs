//! Jobs made and moved by hand, and streams as a transport reads them.

use crate::support::{Actor, Tenant, TestApp};
use async_graphql::{Request, Variables};
use chartroom::{
    app::App,
    authz::Origin,
    db::{Bind, sql},
    domains::identity::authentication::{Freshness, Pass},
    gql::{
        self, Live, Scope,
        live::{self, Transport},
    },
    kernel::{Error, Result, Secret, entity::JobId},
};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::BoxFuture,
    stream::{BoxStream, unfold},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// What every stream of updates asks for in these tests.
pub(crate) const UPDATES: &str = "subscription ($id: ID!, $after: Int! = 0) { \
    jobUpdated(id: $id, afterVersion: $after) { version status attempt progress { done total } \
      job { id version status result { __typename } error { code message } createdBy { username } } } }";

/// A transport without a network: rights of now from the token, as the real ones do it.
struct Direct {
    app: Arc<App>,
    pass: Option<Pass>,
}

impl Transport for Direct {
    fn scope(&self) -> BoxFuture<'_, Result<Arc<Scope>>> {
        let scope = async {
            let app = &self.app;
            let (origin, now) = (Origin::default(), app.clock.now());
            let mut viewer = None;
            if let Some(pass) = &self.pass {
                let authenticator = &app.authenticator;
                let found = authenticator.authenticate(pass, &origin, now, Freshness::Recent);
                viewer = Some(found.await?.ok_or(Error::Unauthenticated)?);
            }
            let (db, clock) = (app.db.clone(), app.clock.clone());
            Ok(Scope::new(db, viewer, origin, clock, app.limits))
        };
        scope.boxed()
    }

    fn admit(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn resolved(&self, _: u64) {}
}

/// A stream as a client of a transport sees it: one answer after another, until it completes.
pub(crate) async fn subscribe(
    app: &TestApp,
    actor: Actor,
    query: &str,
    variables: Value,
) -> BoxStream<'static, Value> {
    let token = match actor {
        Actor::Anonymous => None,
        Actor::User(..) => Secret::parse(&app.token(actor).await),
    };
    subscribe_at(&app.app, token, query, variables).await
}

/// The same at any node, with a token.
pub(crate) async fn subscribe_at(
    app: &Arc<App>,
    token: Option<Secret>,
    query: &str,
    variables: Value,
) -> BoxStream<'static, Value> {
    let transport = Arc::new(Direct {
        app: app.clone(),
        pass: token.as_ref().map(Pass::from),
    });
    let first = transport.scope().await.expect("a scope");
    let request = Request::new(query)
        .variables(Variables::from_json(variables))
        .data(first.clone())
        .data(Live::new(transport, None));
    let stream = app.live.execute_stream(request).boxed();
    unfold((stream, first), |(mut stream, first)| async move {
        let mut answer = live::next(&mut stream, &first).await?;
        for error in &mut answer.errors {
            gql::complete(error, "test");
        }
        let answer = serde_json::to_value(&answer).expect("JSON");
        Some((answer, (stream, first)))
    })
    .boxed()
}

/// The next answer of a stream; fails after a while.
pub(crate) async fn next(stream: &mut BoxStream<'static, Value>) -> Option<Value> {
    timeout(Duration::from_secs(20), stream.next())
        .await
        .expect("an answer or the end in time")
}

/// Everything until the stream completes.
pub(crate) async fn rest(stream: &mut BoxStream<'static, Value>) -> Vec<Value> {
    let mut answers = Vec::new();
    while let Some(answer) = next(stream).await {
        answers.push(answer);
    }
    answers
}

/// Version and status of updates.
pub(crate) fn statuses(answers: &[Value]) -> Vec<(i64, &str)> {
    answers
        .iter()
        .map(|answer| {
            let update = &answer["data"]["jobUpdated"];
            (
                update["version"]
                    .as_i64()
                    .unwrap_or_else(|| panic!("{answer}")),
                update["status"].as_str().expect("a status"),
            )
        })
        .collect()
}

/// Starts a self-test and gives its id.
pub(crate) async fn selftest(app: &TestApp, tenant: &Tenant, input: Value) -> JobId {
    let query = "mutation ($input: RunSelftestInput!) { runSelftest(input: $input) { job { id } userErrors { code message path } } }";
    let answer = app
        .gql(tenant.admin, query, json!({ "input": input }))
        .await;
    answer.done("runSelftest");
    answer.text("/runSelftest/job/id").parse().expect("an id")
}

/// Runs a statement.
pub(crate) async fn run(app: &TestApp, text: &'static str, binds: impl IntoIterator<Item = Bind>) {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// Runs statements without values.
pub(crate) async fn script(app: &TestApp, text: &str) {
    let mut conn = app.conn().await;
    conn.batch_execute(text)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error}"));
}

/// Moves a queued job to a worker's hands without one.
pub(crate) async fn start_by_hand(app: &TestApp, id: JobId) {
    run(
        app,
        "UPDATE jobs SET status = 'RUNNING', attempt = attempt + 1, lease_token = gen_random_uuid(), \
           lease_until = now() + interval '1 hour', worker_id = gen_random_uuid(), started_at = now() WHERE id = ?",
        [id.into()],
    )
    .await;
}

/// Ends a running job well.
pub(crate) async fn succeed_by_hand(app: &TestApp, id: JobId) {
    run(
        app,
        "UPDATE jobs SET status = 'SUCCEEDED', lease_token = NULL, lease_until = NULL, worker_id = NULL, \
           finished_at = now(), result = '{\"steps\": 1, \"attempts\": 1, \"effect_key\": null}' WHERE id = ?",
        [id.into()],
    )
    .await;
}
