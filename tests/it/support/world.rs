//! Tenants and people to test with.
//!
//! Only what no caller can make (the first organization and its people) is written by SQL; the rest
//! of a test's world is made by mutations, as a caller would.

use super::{Actor, TestApp};
use chartroom::{
    db::{Bind, sql},
    kernel::entity::{AccessGrantId, OrganizationId, UserId},
};
use diesel_async::RunQueryDsl as _;
use serde_json::json;

/// An organization with its administrator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tenant {
    /// The organization.
    pub id: OrganizationId,
    /// Its administrator.
    pub admin: Actor,
}

impl Tenant {
    /// A new organization with an administrator.
    pub(crate) async fn create(app: &TestApp, name: &str) -> Self {
        let id = OrganizationId::new();
        let conn = app.conn().await;
        sql(
            "INSERT INTO organizations (id, name, display_name) VALUES (?, ?, ?)",
            [id.into(), name.into(), name.into()],
        )
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the organization");
        drop(conn);
        let mut tenant = Self {
            id,
            admin: Actor::Anonymous,
        };
        tenant.admin = tenant.user(app, &format!("admin-of-{name}"), "admin").await;
        tenant
    }

    /// A new member with a role on the organization, given by key.
    pub(crate) async fn user(&self, app: &TestApp, username: &str, role: &str) -> Actor {
        let user = UserId::new();
        let conn = app.conn().await;
        sql(
            "INSERT INTO users (id, username, email, full_name, organization_id) \
             VALUES (?, ?, ?, ?, ?)",
            [
                user.into(),
                username.into(),
                format!("{username}@example.test").into(),
                username.into(),
                self.id.into(),
            ],
        )
        .statement::<()>()
        .execute(&mut &*conn)
        .await
        .expect("the user");
        drop(conn);
        self.join(app, user, role).await;
        Actor::User(user, self.id)
    }

    /// Makes somebody a member with a role on the organization, given by key.
    pub(crate) async fn join(&self, app: &TestApp, user: UserId, role: &str) {
        let conn = app.conn().await;
        let run = async |text: &'static str, binds: Vec<Bind>| {
            let changed = sql(text, binds)
                .statement::<()>()
                .execute(&mut &*conn)
                .await;
            assert_eq!(changed.expect("the statement runs"), 1, "{text}");
        };
        run(
            "INSERT INTO organization_members (organization_id, user_id) VALUES (?, ?)",
            vec![self.id.into(), user.into()],
        )
        .await;
        run(
            "INSERT INTO access_grants (id, organization_id, scope, scope_id, user_id, role_id) \
             SELECT ?, ?, 'ORGANIZATION', ?, ?, r.id FROM roles r \
             WHERE r.scope = 'ORGANIZATION' AND r.key = ? \
               AND (r.organization_id IS NULL OR r.organization_id = ?)",
            vec![
                AccessGrantId::new().into(),
                self.id.into(),
                self.id.into(),
                user.into(),
                role.into(),
                self.id.into(),
            ],
        )
        .await;
    }

    /// The member of that name.
    pub(crate) async fn actor(&self, app: &TestApp, username: &str) -> Actor {
        let conn = app.conn().await;
        let user: UserId = sql("SELECT id FROM users WHERE username = ?", [username.into()])
            .statement::<diesel::sql_types::Uuid>()
            .get_result(&mut &*conn)
            .await
            .expect("the user");
        Actor::User(user, self.id)
    }

    /// A new project, made by the administrator; its id.
    pub(crate) async fn project(&self, app: &TestApp, name: &str) -> String {
        let query = "mutation ($input: CreateProjectInput!) { \
                     createProject(input: $input) { project { id } userErrors { code message path } } }";
        let input = json!({ "organizationId": self.id.to_string(), "name": name });
        let answer = app.gql(self.admin, query, json!({ "input": input })).await;
        answer.done("createProject");
        answer.text("/createProject/project/id")
    }

    /// A new space, made by the administrator; its id.
    pub(crate) async fn space(
        &self,
        app: &TestApp,
        project: &str,
        parent: Option<&str>,
        name: &str,
        is_private: bool,
    ) -> String {
        let query = "mutation ($input: CreateSpaceInput!) { \
                     createSpace(input: $input) { space { id } userErrors { code message path } } }";
        let input = json!({
            "projectId": project, "parentId": parent, "name": name, "isPrivate": is_private,
        });
        let answer = app.gql(self.admin, query, json!({ "input": input })).await;
        answer.done("createSpace");
        answer.text("/createSpace/space/id")
    }

    /// A new chart, made by the administrator; its id.
    pub(crate) async fn chart(&self, app: &TestApp, space: &str, name: &str) -> String {
        let query = "mutation ($input: CreateChartInput!) { \
                     createChart(input: $input) { chart { id } userErrors { code message path } } }";
        let input = json!({
            "spaceId": space, "name": name, "config": { "type": "table" },
            "metricQuery": {
                "exploreName": "orders", "dimensions": ["orders_status"],
                "metrics": ["orders_count"], "filters": {}, "sorts": [], "limit": 100,
                "tableCalculations": [],
            },
        });
        let answer = app.gql(self.admin, query, json!({ "input": input })).await;
        answer.done("createChart");
        answer.text("/createChart/chart/id")
    }

    /// Gives a user a role on a scope, as the administrator.
    pub(crate) async fn grant(&self, app: &TestApp, scope: &str, user: Actor, role: &str) {
        let Actor::User(user, _) = user else {
            panic!("a user")
        };
        let query = "mutation ($input: GrantAccessInput!) { \
                     grantAccess(input: $input) { accessGrant { id } userErrors { code message path } } }";
        let input = json!({
            "scopeId": scope, "principal": { "user": { "id": user.to_string() } },
            "role": { "key": role },
        });
        let answer = app.gql(self.admin, query, json!({ "input": input })).await;
        answer.done("grantAccess");
    }
}
