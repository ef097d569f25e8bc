//! Signing in and out, sessions, API keys, passwords, the first administrator.

mod api_keys;
mod passwords;
mod sessions;
mod signing_in;

use crate::support::{Actor, Answer, Tenant, TestApp};
use axum::{
    body::to_bytes,
    http::{Request, header},
};
use chartroom::{
    db::{Bind, sql},
    domains::identity::password::{Cost, Passwords},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const PASSWORD: &str = "gravel lantern ninety";

const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { token session { id expiresAt } \
    viewer { user { id username } session { id } organization { id } sessions { nodes { id } } permissions } \
    userErrors { code message path } } }";

const SIGN_OUT: &str = "mutation { signOut { deletedId userErrors { code path } } }";

const REVOKE: &str = "mutation ($input: RevokeSessionsInput!) { revokeSessions(input: $input) { deletedIds userErrors { code path } } }";

const WHO: &str = "{ viewer { user { username } organization { id } } }";

async fn run(app: &TestApp, actor: Actor, query: &str, input: Value) -> Answer {
    app.gql(actor, query, json!({ "input": input })).await
}

/// Sends an operation with a token of one's own.
async fn with_token(app: &TestApp, token: &str, query: &str, variables: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables });
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .body(body.to_string().into())
        .unwrap();
    let response = Box::pin(app.send(request)).await;
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Answer {
        body: serde_json::from_slice(&body).unwrap(),
        statements: 0,
    }
}

async fn sign_in(app: &TestApp, login: &str, password: &str) -> Answer {
    run(
        app,
        Actor::Anonymous,
        SIGN_IN,
        json!({ "login": login, "password": password }),
    )
    .await
}

/// The token of a sign-in that works.
async fn token_of(app: &TestApp, login: &str) -> String {
    let answer = sign_in(app, login, PASSWORD).await;
    answer.done("signIn");
    answer.text("/signIn/token")
}

async fn change(app: &TestApp, text: &'static str, binds: Vec<Bind>) {
    let conn = app.conn().await;
    sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the statement runs");
}

async fn texts(app: &TestApp, text: &'static str) -> Vec<String> {
    let conn = app.conn().await;
    sql(text, [])
        .statement::<st::Text>()
        .load(&mut &*conn)
        .await
        .expect("the query runs")
}

/// A member with [`PASSWORD`].
async fn member(app: &TestApp, tenant: &Tenant, username: &str, role: &str) -> Actor {
    let actor = tenant.user(app, username, role).await;
    let hash = Passwords::new(Cost::TEST).hash(PASSWORD).await.unwrap();
    change(
        app,
        "INSERT INTO password_credentials (user_id, hash) SELECT id, ? FROM users WHERE username = ?",
        vec![hash.into(), username.into()],
    )
    .await;
    actor
}

fn is_refused(answer: &Answer) -> bool {
    answer.body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
}
