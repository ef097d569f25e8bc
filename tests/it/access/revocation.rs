//! What was taken away is gone with the next request, on another node within five seconds.

use super::stage::Stage;
use chartroom::db::sql;
use diesel::sql_types::BigInt;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PROJECT: &str = "query ($id: ID!) { project(id: $id) { id } }";

impl Stage {
    async fn sees_project(&self, persona: &str) -> bool {
        let id = &self.ours.slots["project.main"];
        let answer = self.call(persona, PROJECT, &json!({ "id": id })).await;
        answer["data"]["project"].is_object()
    }

    async fn as_admin(&self, field: &str, input: Value) {
        let query = super::operations::document("Mutation", field, 1);
        let answer = self.call("admin", &query, &json!({ "input": input })).await;
        let mistakes = &answer["data"][field]["userErrors"];
        assert_eq!(mistakes, &json!([]), "{field}: {answer}");
    }

    /// As another node would have done it.
    pub(super) async fn behind_the_back(&self, statement: &str) {
        let mut conn = self.app.conn().await;
        conn.batch_execute(statement)
            .await
            .expect("the statement runs");
    }

    async fn rows(&self, count: &'static str) -> i64 {
        let mut conn = &*self.app.conn().await;
        let statement = sql(count, []).statement::<BigInt>();
        let found = statement.get_result(&mut conn).await;
        found.expect("the statement runs")
    }

    async fn ends_in_time(&self, persona: &str) {
        let start = Instant::now();
        while self.sees_project(persona).await {
            assert!(
                start.elapsed() < Duration::from_secs(5),
                "{persona} still gets in"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn a_grant_taken_away_ends_at_once() {
    let stage = Stage::new().await;
    assert!(stage.sees_project("project_admin").await);
    let input = json!({
        "scopeId": stage.ours.slots["project.main"],
        "principal": { "user": { "id": stage.ours.slots["user.project_admin"] } },
    });
    stage.as_admin("revokeAccess", input).await;
    assert!(!stage.sees_project("project_admin").await);
}

#[tokio::test]
async fn leaving_a_group_ends_what_it_gave_at_once() {
    let stage = Stage::new().await;
    assert!(stage.sees_project("group_only").await);
    let input = json!({
        "groups": [{ "id": stage.ours.slots["group"] }],
        "users": [{ "id": stage.ours.slots["user.group_only"] }],
    });
    stage.as_admin("removeGroupMembers", input).await;
    assert!(!stage.sees_project("group_only").await);
}

#[tokio::test]
async fn sessions_that_were_ended_are_refused_at_once() {
    let stage = Stage::new().await;
    assert!(stage.sees_project("viewer").await);
    let input = json!({ "user": { "id": stage.ours.slots["user.viewer"] } });
    stage.as_admin("revokeSessions", input).await;
    let answer = stage
        .call("viewer", "{ projects { totalCount } }", &json!({}))
        .await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{answer}"
    );
}

#[tokio::test]
async fn a_deleted_key_is_refused_at_once() {
    let stage = Stage::new().await;
    let create = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } userErrors { code } } }";
    let input = json!({ "name": "short-lived", "expiresAt": super::operations::soon() });
    let answer = stage
        .call("admin", create, &json!({ "input": input }))
        .await;
    let made = &answer["data"]["createApiKey"];
    let secret = made["secret"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let ask = async || {
        stage
            .send(Some(secret), "{ projects { totalCount } }", &json!({}))
            .await
    };
    assert!(ask().await["data"].is_object());
    stage
        .as_admin("deleteApiKeys", json!({ "ids": [made["apiKey"]["id"]] }))
        .await;
    let answer = ask().await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
        "{answer}"
    );
}

/// Its statement asks for the rights itself, so it never goes by what is remembered of the caller.
#[tokio::test]
async fn a_chart_is_made_by_the_rights_of_that_moment() {
    let stage = Stage::new().await;
    let create = super::operations::document("Mutation", "createChart", 1);
    let made = async |persona, name: &str| {
        let chart = json!({
            "spaceId": stage.ours.slots["space.open"], "name": name, "config": { "type": "table" },
            "metricQuery": {
                "exploreName": "orders", "dimensions": ["orders_status"], "metrics": [], "filters": {},
                "sorts": [], "limit": 10, "tableCalculations": [],
            },
        });
        let answer = stage
            .call(persona, &create, &json!({ "input": chart }))
            .await;
        match &answer["data"]["createChart"] {
            Value::Null => answer["errors"][0]["extensions"]["code"].clone(),
            payload if payload["chart"].is_object() => json!("made"),
            payload => payload["userErrors"][0]["code"].clone(),
        }
    };
    for persona in ["project_admin", "editor"] {
        assert_eq!(made(persona, "early").await, "made", "{persona}");
    }
    let read_only = "(SELECT id FROM roles WHERE scope = 'PROJECT' AND key = 'viewer')";
    let private = |is: bool| {
        let space = stage.ours.uuid("space.open");
        format!("UPDATE spaces SET is_private = {is}, is_restricted = {is} WHERE id = '{space}'")
    };
    let ended = format!(
        "DELETE FROM sessions WHERE user_id = '{}'",
        stage.ours.uuid("user.editor")
    );
    let less = format!(
        "UPDATE access_grants SET role_id = {read_only} WHERE id = '{}'",
        stage.ours.uuid("grant.on_project")
    );
    // Those first that leave rights as they were read, so that the statement itself is asked.
    for (change, persona, answer) in [
        (private(true), "editor", "NOT_FOUND"),
        (private(false), "editor", "made"),
        (ended, "editor", "UNAUTHENTICATED"),
        (less, "project_admin", "FORBIDDEN"),
    ] {
        stage.behind_the_back(&change).await;
        assert_eq!(made(persona, "late").await, answer, "{change}");
    }
    let stored = stage
        .rows("SELECT count(*) FROM charts WHERE name = 'late'")
        .await;
    assert_eq!(stored, 1, "only the one that was allowed");
}

#[tokio::test]
async fn what_another_node_took_away_ends_in_time() {
    let stage = Stage::new().await;
    for persona in ["viewer", "project_admin", "editor", "group_only"] {
        assert!(stage.sees_project(persona).await, "{persona}");
    }
    let user = |slot: &str| stage.ours.uuid(slot);
    stage
        .behind_the_back(&format!(
            "UPDATE users SET status = 'INACTIVE' WHERE id = '{}'; \
             DELETE FROM access_grants WHERE id = '{}'; \
             DELETE FROM sessions WHERE user_id = '{}'; \
             UPDATE groups SET is_active = false WHERE id = '{}'",
            user("user.viewer"),
            user("grant.on_project"),
            user("user.editor"),
            user("group"),
        ))
        .await;
    // Changes never use what is remembered.
    let space = json!({ "input": { "id": stage.ours.slots["space.open"], "name": "late" } });
    let rename = super::operations::document("Mutation", "updateSpace", 0);
    for persona in ["viewer", "project_admin", "editor"] {
        let answer = stage.call(persona, &rename, &space).await;
        let done = answer["data"]["updateSpace"]["userErrors"] == json!([]);
        assert!(!done, "{persona} changed something: {answer}");
    }
    for persona in ["viewer", "project_admin", "editor", "group_only"] {
        stage.ends_in_time(persona).await;
    }
}
