//! A project with a warehouse of 100 orders, models and a worker.

use crate::support::{Actor, Answer, Tenant, TestApp, TestWarehouse};
use chartroom::{
    authz::{Create, Place, System},
    config::{JobsConfig, Networks, WarehouseConfig},
    db::{Database, DatabaseConfig},
    domains::{
        model::deployment::{Files, deploy_now},
        platform,
    },
    kernel::entity::{Deployment, DeploymentId, OrganizationId, Project, ProjectId},
};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const RUN: &str = "mutation ($input: RunQueryInput!) { runQuery(input: $input) { \
    job { id status kind error { code message } } \
    queryRun { id status sql rowCount cacheHit cachedAt isTruncated warnings error \
      columns { fieldId label type } table { rows pageInfo { hasNextPage endCursor } } \
      rows { nodes { cells { fieldId raw formatted } } totalCount } \
      timings { compileMs queueMs waitMs warehouseMs storeMs } totals metricQuery { exploreName } \
      appliedDashboardFilters { fieldId values } } \
    userErrors { code message path } } }";

/// 100 orders: the even ones paid, the odd ones open; order n costs n × 1.10 and was placed n days
/// after New Year 2026.
pub(super) const MANIFEST: &str = r#"{
  "metadata": { "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.10.0", "adapter_type": "postgres" },
  "nodes": { "model.shop.orders": {
    "resource_type": "model", "name": "orders", "schema": "public", "description": "Orders",
    "config": { "materialized": "table", "meta": { "metrics": {
        "revenue": { "type": "sum", "sql": "${amount}", "format": "usd", "round": 2 } } } },
    "columns": {
      "id": { "name": "id", "data_type": "integer", "config": { "meta": { "metrics": { "count": { "type": "count_distinct" } } } } },
      "status": { "name": "status", "data_type": "text" },
      "amount": { "name": "amount", "data_type": "numeric" },
      "placed_at": { "name": "placed_at", "data_type": "timestamptz" },
      "secret": { "name": "secret", "data_type": "text", "config": { "meta": { "dimension": { "hidden": true } } } }
    } } }
}"#;

pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) warehouse: TestWarehouse,
    pub(crate) tenant: Tenant,
    pub(crate) project: String,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With other settings of warehouses.
    pub(crate) async fn with(change: impl FnOnce(&mut WarehouseConfig)) -> Self {
        let loopback = |config: &mut WarehouseConfig| {
            let network = "127.0.0.0/8".parse().expect("a network");
            config.allowed_networks = Networks::new(vec![network]);
            change(config);
        };
        let app = TestApp::with_warehouses(|_| {}, loopback).await;
        let tenant = Tenant::create(&app, "acme").await;
        let project = tenant.project(&app, "Sales").await;
        let warehouse = TestWarehouse::create().await;
        let stage = Self {
            app,
            warehouse,
            tenant,
            project,
        };
        stage.connect().await;
        stage.deploy().await;
        stage.start_worker();
        stage
    }

    async fn connect(&self) {
        let settings = json!({
            "host": "127.0.0.1", "port": self.warehouse.port, "database": self.warehouse.name,
            "user": self.warehouse.name, "password": "correct horse", "schema": "public",
        });
        let input = json!({ "projectId": self.project, "warehouse": { "postgres": settings } });
        let set = "mutation ($input: SetWarehouseConnectionInput!) { \
            setWarehouseConnection(input: $input) { project { id } userErrors { code message path } } }";
        let variables = json!({ "input": input });
        self.app
            .gql(self.tenant.admin, set, variables)
            .await
            .done("setWarehouseConnection");
    }

    async fn deploy(&self) {
        self.deploy_models(MANIFEST).await;
    }

    /// Gives the project other models.
    pub(super) async fn deploy_models(&self, manifest: &str) {
        let conn = self.app.conn().await;
        let Actor::User(_, organization) = self.tenant.admin else {
            panic!("a user");
        };
        let organization: OrganizationId = organization;
        let project: ProjectId = self.project.parse().expect("an id");
        let place = Place::project(organization, project);
        let grant = System::new("a test").grant::<Create<Deployment>, Project>(project, place);
        let files = Files {
            manifest,
            catalog: None,
            config: None,
        };
        let done = deploy_now(&conn, &grant, DeploymentId::new(), files).await;
        assert!(done.expect("a deployment"));
    }

    fn start_worker(&self) {
        let db = Database::new(DatabaseConfig {
            url: self.app.database_url(),
            max_connections: 6,
            wait_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
        })
        .expect("a pool");
        let app = &self.app.app;
        let handlers = platform::handlers(&JobsConfig::for_tests(), &app.queries);
        app.start_worker(db, handlers.expect("handlers"), 2);
    }

    /// A new space of the project.
    pub(crate) async fn space(&self, name: &str, is_private: bool) -> String {
        let (app, project) = (&self.app, &self.project);
        self.tenant
            .space(app, project, None, name, is_private)
            .await
    }

    /// A new chart of the administrator's, with the query by status and some fields put in.
    pub(crate) async fn chart(&self, space: &str, fields: Value) -> String {
        let create = "mutation ($input: CreateChartInput!) { createChart(input: $input) { \
            chart { id } userErrors { code message path } } }";
        let query = &self.query(fields)["metricQuery"]["query"];
        let input = json!({ "spaceId": space, "name": "Orders", "metricQuery": query, "config": { "type": "table" } });
        let made = self
            .app
            .gql(self.tenant.admin, create, json!({ "input": input }));
        let made = made.await;
        made.done("createChart");
        made.text("/createChart/chart/id")
    }

    /// A new dashboard with a chart on it, and the tile.
    pub(super) async fn dashboard(
        &self,
        space: &str,
        chart: &str,
        filters: Value,
    ) -> (String, String) {
        let create = "mutation ($input: CreateDashboardInput!) { createDashboard(input: $input) { \
            dashboard { id tiles { id } } userErrors { code message path } } }";
        let tile =
            json!({ "x": 0, "y": 0, "width": 12, "height": 6, "content": { "chartId": chart } });
        let input = json!({ "projectId": self.project, "spaceId": space, "name": "Board", "tiles": [tile], "filters": filters });
        let made = self
            .app
            .gql(self.tenant.admin, create, json!({ "input": input }));
        let made = made.await;
        made.done("createDashboard");
        let at = "/createDashboard/dashboard";
        (
            made.text(&format!("{at}/id")),
            made.text(&format!("{at}/tiles/0/id")),
        )
    }

    /// A metric query by status, with some fields put in.
    pub(crate) fn query(&self, fields: Value) -> Value {
        let mut query = json!({
            "exploreName": "orders", "dimensions": ["orders_status"],
            "metrics": ["orders_revenue", "orders_count"], "filters": {},
            "sorts": [{ "fieldId": "orders_status", "descending": false }], "limit": 500,
            "tableCalculations": [],
        });
        for (name, field) in fields.as_object().expect("fields") {
            query[name] = field.clone();
        }
        json!({ "metricQuery": { "projectId": self.project, "query": query } })
    }

    /// Runs and waits.
    pub(crate) async fn run(&self, actor: Actor, source: Value) -> Answer {
        let input = json!({ "source": source, "waitSeconds": 20 });
        self.app.gql(actor, RUN, json!({ "input": input })).await
    }

    /// Runs SQL and waits.
    pub(crate) async fn sql(&self, actor: Actor, sql: &str) -> Answer {
        let source = json!({ "sql": { "projectId": self.project, "sql": sql } });
        self.run(actor, source).await
    }
}
