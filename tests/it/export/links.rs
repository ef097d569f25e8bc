//! Links to files: signed, for a time, and worth no more than the rights of their user.

use super::url;
use crate::{
    query::stage::Stage,
    support::{Actor, TestApp},
};
use axum::http::StatusCode;
use chartroom::db::{Bind, sql};
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};
use std::time::Duration;

async fn run(app: &TestApp, text: &'static str, binds: Vec<Bind>) {
    let conn = app.conn().await;
    let changed = sql(text, binds)
        .statement::<()>()
        .execute(&mut &*conn)
        .await;
    assert_eq!(changed.expect("the statement runs"), 1, "{text}");
}

#[tokio::test]
async fn a_link_that_was_changed_is_none() {
    let stage = Stage::new().await;
    let source = stage.sql_source("SELECT 1 AS one");
    let job = stage.export(stage.tenant.admin, source, json!({})).await;
    let good = url(&job);
    assert_eq!(stage.fetch(good).await.status, StatusCode::OK);
    let token = good.strip_prefix("/downloads/").expect("a link");
    for at in [0, 5, 30, 50, token.len() - 2] {
        let mut changed = token.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("a text");
        let answer = stage.fetch(&format!("/downloads/{changed}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{at}");
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert_eq!(body["errors"][0]["extensions"]["code"], "NOT_FOUND");
    }
    for other in ["x", "%00", "AAAA", &token[..token.len() - 1]] {
        let answer = stage.fetch(&format!("/downloads/{other}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
    }
    // Another server, with another key.
    let elsewhere = Stage::new().await;
    assert_eq!(elsewhere.fetch(good).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_link_ends_and_its_file_goes() {
    let life = Duration::from_millis(2_500);
    let stage = Stage::with(|config| config.exports.life = life).await;
    let admin = stage.tenant.admin;
    let source = stage.sql_source("SELECT 1 AS one");
    let asked = stage.ask_export(admin, source, json!({})).await;
    let id = asked.text("/exportQueryResults/job/id");
    let job = stage.ended(admin, &id).await;
    let link = url(&job).to_owned();
    assert_eq!(stage.fetch(&link).await.status, StatusCode::OK);
    tokio::time::sleep(life).await;
    assert_eq!(stage.fetch(&link).await.status, StatusCode::GONE);
    assert_eq!(stage.job(admin, &id).await["result"], Value::Null);
    assert_eq!(stage.stored().await, (1, 1));
    let conn = stage.app.conn().await;
    let system = chartroom::authz::System::new("a test");
    while chartroom::domains::query::export::purge(&conn, system)
        .await
        .expect("a purge")
        > 0
    {}
    drop(conn);
    assert_eq!(stage.stored().await, (0, 0));
}

#[tokio::test]
async fn a_link_is_worth_the_rights_of_now() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let ends: [(&str, &'static str); 4] = [
        ("dora", "DELETE FROM access_grants WHERE user_id = ?"),
        ("dave", "UPDATE users SET status = 'INACTIVE' WHERE id = ?"),
        (
            "dina",
            "UPDATE access_grants SET role_id = (SELECT id FROM roles WHERE key = 'viewer' AND scope = 'ORGANIZATION' \
             AND organization_id IS NULL) WHERE user_id = ?",
        ),
        (
            "dirk",
            "UPDATE exported_files SET finished_at = NULL WHERE user_id = ?",
        ),
    ];
    for (name, end) in ends {
        let user = stage.tenant.user(app, name, "developer").await;
        let Actor::User(id, _) = user else {
            panic!("a user")
        };
        let source = stage.sql_source("SELECT 1 AS one");
        let job = stage.export(user, source, json!({})).await;
        assert_eq!(
            stage.fetch(url(&job)).await.status,
            StatusCode::OK,
            "{name}"
        );
        run(app, end, vec![id.into()]).await;
        let answer = stage.fetch(url(&job)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{name}");
    }
}

#[tokio::test]
async fn a_file_is_for_nobody_else_and_gone_with_its_chart() {
    let stage = Stage::new().await;
    let app = &stage.app;
    let space = stage
        .tenant
        .space(app, &stage.project, None, "Shop", false)
        .await;
    let chart = stage.tenant.chart(app, &space, "Orders").await;
    let viewer = stage.tenant.user(app, "vera", "viewer").await;
    let source = json!({ "chart": { "chartId": chart } });
    let asked = stage.ask_export(viewer, source, json!({})).await;
    let id = asked.text("/exportQueryResults/job/id");
    let job = stage.ended(viewer, &id).await;
    assert_eq!(stage.fetch(url(&job)).await.status, StatusCode::OK);
    // The administrator sees the job, and not what it made.
    let seen = stage.job(stage.tenant.admin, &id).await;
    assert_eq!(
        (&seen["status"], &seen["result"]),
        (&json!("SUCCEEDED"), &Value::Null)
    );
    // A chart that is not seen any more.
    let private = "mutation ($input: UpdateSpaceInput!) { updateSpace(input: $input) { \
        space { id } userErrors { code message path } } }";
    let input = json!({ "id": space, "name": "Shop", "isPrivate": true });
    let hidden = app.gql(stage.tenant.admin, private, json!({ "input": input }));
    hidden.await.done("updateSpace");
    let Actor::User(user, _) = viewer else {
        panic!("a user")
    };
    let conn = app.conn().await;
    sql(
        "DELETE FROM access_grants WHERE user_id = ? AND scope = 'SPACE'",
        [user.into()],
    )
    .statement::<()>()
    .execute(&mut &*conn)
    .await
    .expect("no grants");
    drop(conn);
    assert_eq!(stage.fetch(url(&job)).await.status, StatusCode::NOT_FOUND);
    let delete =
        "mutation ($id: ID!) { deleteCharts(input: { ids: [$id] }) { userErrors { code } } }";
    let deleted = app.gql(stage.tenant.admin, delete, json!({ "id": chart }));
    deleted.await.done("deleteCharts");
    assert_eq!(stage.stored().await, (0, 0));
}

#[tokio::test]
async fn links_begin_with_the_public_address() {
    let public = "https://bi.example.test/charts".to_owned();
    let stage = Stage::with(|config| config.exports.public_url = Some(public)).await;
    let source = stage.sql_source("SELECT 1 AS one");
    let job = stage.export(stage.tenant.admin, source, json!({})).await;
    let path = url(&job).strip_prefix("https://bi.example.test/charts");
    let file = stage.fetch(path.expect("the public address")).await;
    assert_eq!(file.lines(), ["one", "1"]);
}
