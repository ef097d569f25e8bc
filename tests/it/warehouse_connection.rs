//! Connections of projects and personal credentials, as callers set and see them.

use crate::support::{Actor, Answer, Tenant, TestApp, TestWarehouse};
use chartroom::{
    authz::{Access, Credential, System, View, Viewer},
    config::{Networks, WarehouseConfig},
    db::sql,
    domains::warehouse::connection::{OpenError, OpenWarehouse, open_warehouse},
    kernel::entity::{self, ProjectId},
    services::warehouse::{Query, Value as Cell},
};
use diesel::sql_types as st;
use diesel_async::RunQueryDsl as _;
use serde_json::{Value, json};

const SET: &str = "mutation ($input: SetWarehouseConnectionInput!) { setWarehouseConnection(input: $input) { \
    project { id requireUserCredentials warehouseConnection { type host port database schema user sslMode \
    hasPassword startOfWeek dataTimezone requireUserCredentials } } userErrors { code message path } } }";
const TEST: &str = "mutation ($input: TestWarehouseConnectionInput!) { testWarehouseConnection(input: $input) { \
    isConnected errorMessage userErrors { code message path } } }";
const READ: &str = "query ($id: ID!) { project(id: $id) { warehouseConnection { type host port database schema \
    user sslMode hasPassword startOfWeek } viewerWarehouseCredentials { id name } } }";
const CREATE: &str = "mutation ($input: CreateWarehouseCredentialsInput!) { createWarehouseCredentials(input: $input) { \
    warehouseCredentials { id name type user createdAt } userErrors { code message path } } }";
const UPDATE: &str = "mutation ($input: UpdateWarehouseCredentialsInput!) { updateWarehouseCredentials(input: $input) { \
    warehouseCredentials { id name user } userErrors { code message path } } }";
const DELETE: &str = "mutation ($input: DeleteWarehouseCredentialsInput!) { deleteWarehouseCredentials(input: $input) { \
    deletedIds userErrors { code message path } } }";
const PREFER: &str = "mutation ($input: SetProjectWarehouseCredentialsInput!) { \
    setProjectWarehouseCredentials(input: $input) { project { viewerWarehouseCredentials { id } } \
    userErrors { code message path } } }";
const OWN: &str = "{ viewer { warehouseCredentials { nodes { id name user } totalCount } } }";
/// A password that must never be seen again.
const CANARY: &str = "canary-91bd-password";

fn loopback(config: &mut WarehouseConfig) {
    config.allowed_networks = Networks::new(vec!["127.0.0.0/8".parse().expect("a network")]);
}

struct Stage {
    app: TestApp,
    wh: TestWarehouse,
    tenant: Tenant,
    project: String,
}

impl Stage {
    async fn new() -> Self {
        let app = TestApp::with_warehouses(|_| {}, loopback).await;
        let tenant = Tenant::create(&app, "acme").await;
        let project = tenant.project(&app, "Sales").await;
        let wh = TestWarehouse::create().await;
        Self {
            app,
            wh,
            tenant,
            project,
        }
    }

    /// The settings, with some fields put in.
    fn settings(&self, fields: Value) -> Value {
        let mut settings = json!({
            "host": "127.0.0.1", "port": self.wh.port, "database": self.wh.name, "user": self.wh.name,
            "password": CANARY, "schema": "public", "startOfWeek": "SUNDAY", "dataTimezone": "Europe/Berlin",
        });
        for (name, field) in fields.as_object().expect("fields") {
            settings[name] = field.clone();
        }
        settings
    }

    async fn set(&self, actor: Actor, fields: Value) -> Answer {
        let warehouse = json!({ "postgres": self.settings(fields) });
        let input = json!({ "projectId": self.project, "warehouse": warehouse });
        self.app.gql(actor, SET, json!({ "input": input })).await
    }

    async fn stored(&self) -> i64 {
        let conn = self.app.conn().await;
        sql("SELECT count(*) FROM warehouse_connections", [])
            .statement::<st::BigInt>()
            .get_result(&mut &*conn)
            .await
            .expect("a count")
    }

    /// Everything that is stored, as text.
    async fn dump(&self) -> String {
        let conn = self.app.conn().await;
        let tables: Vec<String> = sql(
            "SELECT query_to_xml('SELECT * FROM ' || quote_ident(c.relname), true, true, '')::text \
             FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace",
            [],
        )
        .statement::<st::Text>()
        .load(&mut &*conn)
        .await
        .expect("the tables");
        tables.concat()
    }

    /// Opens the warehouse as a query of the actor would.
    async fn open(&self, actor: Actor) -> Result<OpenWarehouse, OpenError> {
        let Actor::User(user, organization) = actor else {
            panic!("a user");
        };
        let conn = self.app.conn().await;
        let access = Access::load(&conn, user).await.expect("access");
        let viewer = Viewer {
            user,
            credential: Credential::CommandLine,
            organization: Some(organization),
            access,
        };
        let id: ProjectId = self.project.parse().expect("an id");
        let place = chartroom::authz::Place::project(organization, id);
        let grant = System::new("a test").grant::<View, entity::Project>(id, place);
        open_warehouse(&conn, &self.app.app.outside, &viewer, &grant).await
    }
}

#[tokio::test]
async fn an_admin_sets_a_connection_that_works_and_shows_no_secret() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let answer = stage.set(admin, json!({})).await;
    let connection = &answer.done("setWarehouseConnection")["project"]["warehouseConnection"];
    assert_eq!(
        *connection,
        json!({
            "type": "POSTGRES", "host": "127.0.0.1", "port": stage.wh.port, "database": stage.wh.name,
            "schema": "public", "user": stage.wh.name, "sslMode": "prefer", "hasPassword": true,
            "startOfWeek": "SUNDAY", "dataTimezone": "Europe/Berlin", "requireUserCredentials": false,
        })
    );
    let dump = stage.dump().await;
    assert!(!dump.contains(CANARY), "the password is stored in clear");
    assert!(
        dump.contains("setWarehouseConnection"),
        "the audit log has it"
    );
    let opened = stage
        .open(admin)
        .await
        .map_err(|e| e.to_string())
        .expect("open");
    assert_eq!(opened.data_timezone.as_deref(), Some("Europe/Berlin"));
    let query = Query::new("SELECT count(*) FROM orders", 1);
    let rows = opened
        .warehouse
        .run(&query)
        .await
        .unwrap()
        .all()
        .await
        .unwrap();
    assert_eq!(rows, [[Cell::Integer(100)]]);

    // Everybody else sees what kind it is, and nothing more.
    let viewer = stage.tenant.user(&stage.app, "vera", "viewer").await;
    let answer = stage
        .app
        .gql(viewer, READ, json!({ "id": stage.project }))
        .await;
    assert_eq!(
        *answer.at("/project/warehouseConnection"),
        json!({
            "type": "POSTGRES", "host": null, "port": null, "database": null, "schema": null,
            "user": null, "sslMode": null, "hasPassword": true, "startOfWeek": "SUNDAY",
        })
    );
}

#[tokio::test]
async fn a_password_is_kept_only_where_it_goes_to_the_same_server() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let first = stage.set(admin, json!({ "password": null })).await;
    assert_eq!(
        first.user_errors("setWarehouseConnection"),
        ["REQUIRED warehouse.postgres.password"]
    );
    stage
        .set(admin, json!({}))
        .await
        .done("setWarehouseConnection");
    let kept = json!({ "password": null, "schema": null, "startOfWeek": null });
    let answer = stage.set(admin, kept).await;
    let connection = &answer.done("setWarehouseConnection")["project"]["warehouseConnection"];
    assert_eq!(connection["hasPassword"], true);
    assert!(connection["schema"].is_null(), "settings are replaced");
    assert!(
        stage.open(admin).await.is_ok(),
        "the kept secret still decrypts"
    );
    for change in [
        json!({ "password": null, "host": "localhost" }),
        json!({ "password": null, "port": 5999 }),
        json!({ "password": null, "user": "somebody" }),
        json!({ "password": null, "sslMode": "disable" }),
    ] {
        let answer = stage.set(admin, change.clone()).await;
        assert_eq!(
            answer.user_errors("setWarehouseConnection"),
            ["REQUIRED warehouse.postgres.password"],
            "{change}"
        );
        let input = json!({ "projectId": stage.project, "warehouse": { "postgres": stage.settings(change.clone()) } });
        let answer = stage.app.gql(admin, TEST, json!({ "input": input })).await;
        assert_eq!(
            answer.user_errors("testWarehouseConnection"),
            ["REQUIRED warehouse.postgres.password"],
            "{change}"
        );
    }
}

#[tokio::test]
async fn mistakes_and_failures_are_told_by_field_and_nothing_is_stored() {
    let stage = Stage::new().await;
    let admin = stage.tenant.admin;
    let attempt = async |fields: Value| {
        let answer = stage.set(admin, fields).await;
        answer.user_errors("setWarehouseConnection")
    };
    assert_eq!(
        attempt(json!({ "host": "", "port": 70000, "database": " ", "user": "a\u{0}b", "password": "", "sslMode": "maybe" })).await,
        [
            "REQUIRED warehouse.postgres.host",
            "INVALID warehouse.postgres.port",
            "REQUIRED warehouse.postgres.database",
            "INVALID warehouse.postgres.user",
            "INVALID warehouse.postgres.sslMode",
            "REQUIRED warehouse.postgres.password",
        ]
    );
    for (fields, mistake) in [
        (
            json!({ "host": "/var/run/postgresql" }),
            "INVALID warehouse.postgres.host",
        ),
        (
            json!({ "host": "10.1.2.3" }),
            "INVALID warehouse.postgres.host",
        ),
        (
            json!({ "host": "169.254.169.254", "port": 80 }),
            "INVALID warehouse.postgres.host",
        ),
        (
            json!({ "password": "x".repeat(1001) }),
            "INVALID warehouse.postgres.password",
        ),
        (
            json!({ "user": "nobody_at_all" }),
            "CREDENTIALS_INVALID warehouse.postgres.password",
        ),
        (
            json!({ "database": "nothing_there" }),
            "WAREHOUSE_ERROR warehouse.postgres",
        ),
        (
            json!({ "sslMode": "verify-full" }),
            "WAREHOUSE_ERROR warehouse.postgres",
        ),
    ] {
        assert_eq!(attempt(fields.clone()).await, [mistake], "{fields}");
    }
    let own: tokio_postgres::Config = stage.app.database_url().parse().unwrap();
    let own = json!({ "database": own.get_dbname() });
    assert_eq!(attempt(own).await, ["INVALID warehouse.postgres.host"]);
    assert_eq!(stage.stored().await, 0);
    assert!(!stage.dump().await.contains(CANARY));
    // Untested settings are stored, and fail when they are used.
    let warehouse = json!({ "redshift": stage.settings(json!({ "host": "10.1.2.3" })) });
    let input = json!({ "projectId": stage.project, "warehouse": warehouse, "skipTest": true });
    let answer = stage.app.gql(admin, SET, json!({ "input": input })).await;
    let project = &answer.done("setWarehouseConnection")["project"];
    assert_eq!(project["warehouseConnection"]["type"], "REDSHIFT");
    let opened = stage
        .open(admin)
        .await
        .map_err(|e| e.to_string())
        .expect("open");
    let error = opened.warehouse.check().await.unwrap_err().to_string();
    assert!(error.contains("private network"), "{error}");
    assert!(!error.contains(CANARY));
}

#[tokio::test]
async fn only_those_who_may_edit_a_project_set_and_test_its_warehouse() {
    let stage = Stage::new().await;
    let editor = stage.tenant.user(&stage.app, "ed", "editor").await;
    let other = Tenant::create(&stage.app, "other").await;
    for (actor, mistake) in [
        (editor, "FORBIDDEN projectId"),
        (other.admin, "NOT_FOUND projectId"),
    ] {
        let answer = stage.set(actor, json!({})).await;
        assert_eq!(answer.user_errors("setWarehouseConnection"), [mistake]);
        let input = json!({ "projectId": stage.project, "warehouse": { "postgres": stage.settings(json!({})) } });
        let answer = stage.app.gql(actor, TEST, json!({ "input": input })).await;
        assert_eq!(answer.user_errors("testWarehouseConnection"), [mistake]);
    }
    let answer = stage.set(Actor::Anonymous, json!({})).await;
    assert_eq!(answer.code(), "UNAUTHENTICATED");
    assert_eq!(
        stage.wh.connections(),
        0,
        "nothing was tried for those who may not"
    );
    assert_eq!(stage.stored().await, 0);
    let input = json!({ "warehouse": { "postgres": stage.settings(json!({})) } });
    let answer = stage.app.gql(editor, TEST, json!({ "input": input })).await;
    assert_eq!(
        answer.user_errors("testWarehouseConnection"),
        ["FORBIDDEN "]
    );
    let answer = stage
        .app
        .gql(stage.tenant.admin, TEST, json!({ "input": input }))
        .await;
    assert_eq!(
        *answer.done("testWarehouseConnection"),
        json!({ "isConnected": true, "errorMessage": null, "userErrors": [] })
    );
    let input = json!({ "warehouse": { "postgres": stage.settings(json!({ "database": "nothing_there" })) } });
    let answer = stage
        .app
        .gql(stage.tenant.admin, TEST, json!({ "input": input }))
        .await;
    let tried = answer.done("testWarehouseConnection");
    assert_eq!(tried["isConnected"], false);
    assert_eq!(
        tried["errorMessage"],
        "cannot connect: there is no such database"
    );
    assert_eq!(stage.stored().await, 0, "a test stores nothing");
}

#[tokio::test]
async fn credentials_are_their_users_alone() {
    let stage = Stage::new().await;
    let (app, tenant) = (&stage.app, &stage.tenant);
    let vera = tenant.user(app, "vera", "viewer").await;
    let input = json!({ "name": " Mine ", "secret": { "postgres": { "user": "vera", "password": CANARY } } });
    let answer = app.gql(vera, CREATE, json!({ "input": input })).await;
    let made = &answer.done("createWarehouseCredentials")["warehouseCredentials"];
    assert_eq!(
        (&made["name"], &made["type"], &made["user"]),
        (&json!("Mine"), &json!("POSTGRES"), &json!("vera"))
    );
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("credentials_"));
    assert!(!stage.dump().await.contains(CANARY));
    assert_eq!(
        app.ask(vera, OWN)
            .await
            .texts("/viewer/warehouseCredentials/nodes", "id"),
        [id.as_str()]
    );
    assert_eq!(
        *app.ask(tenant.admin, OWN)
            .await
            .at("/viewer/warehouseCredentials/totalCount"),
        0
    );
    let node = "query ($id: ID!) { node(id: $id) { id } }";
    assert!(
        app.gql(tenant.admin, node, json!({ "id": id }))
            .await
            .at("/node")
            .is_null()
    );
    let secret = json!({ "postgres": { "user": "vera2", "password": CANARY } });
    for actor in [tenant.admin, Tenant::create(app, "other").await.admin] {
        let input = json!({ "id": id, "name": "Stolen", "secret": secret });
        let answer = app.gql(actor, UPDATE, json!({ "input": input })).await;
        assert_eq!(
            answer.user_errors("updateWarehouseCredentials"),
            ["NOT_FOUND id"]
        );
        let answer = app
            .gql(actor, DELETE, json!({ "input": { "ids": [id] } }))
            .await;
        assert_eq!(
            answer.user_errors("deleteWarehouseCredentials"),
            ["NOT_FOUND ids.0"]
        );
    }
    let input = json!({ "id": id, "name": "New", "secret": secret });
    let answer = app.gql(vera, UPDATE, json!({ "input": input })).await;
    assert_eq!(
        answer.done("updateWarehouseCredentials")["warehouseCredentials"]["user"],
        "vera2"
    );
    let input = json!({ "id": id, "name": "New", "secret": { "redshift": { "user": "v", "password": "p" } } });
    let answer = app.gql(vera, UPDATE, json!({ "input": input })).await;
    assert_eq!(
        answer.user_errors("updateWarehouseCredentials"),
        ["IMMUTABLE secret"]
    );
    let input = json!({ "name": "", "secret": { "postgres": { "user": "", "password": "" } } });
    let answer = app.gql(vera, CREATE, json!({ "input": input })).await;
    assert_eq!(
        answer.user_errors("createWarehouseCredentials"),
        [
            "REQUIRED name",
            "REQUIRED secret.postgres.user",
            "REQUIRED secret.postgres.password"
        ]
    );
    let answer = app
        .gql(vera, DELETE, json!({ "input": { "ids": [id] } }))
        .await;
    assert_eq!(
        answer.done("deleteWarehouseCredentials")["deletedIds"],
        json!([id])
    );
    assert_eq!(
        *app.ask(vera, OWN)
            .await
            .at("/viewer/warehouseCredentials/totalCount"),
        0
    );
}

#[tokio::test]
async fn a_project_uses_own_credentials_of_those_who_chose_them() {
    let stage = Stage::new().await;
    let (app, tenant) = (&stage.app, &stage.tenant);
    let vera = tenant.user(app, "vera", "viewer").await;
    let name = stage.wh.name.clone();
    let create = async |kind: &str, user: &str| {
        let input =
            json!({ "name": kind, "secret": { kind: { "user": user, "password": CANARY } } });
        let answer = app.gql(vera, CREATE, json!({ "input": input })).await;
        answer.done("createWarehouseCredentials");
        answer.text("/createWarehouseCredentials/warehouseCredentials/id")
    };
    let prefer = async |id: &str| {
        let input = json!({ "projectId": stage.project, "warehouseCredentialsId": id });
        app.gql(vera, PREFER, json!({ "input": input })).await
    };
    let postgres = create("postgres", &name).await;
    let redshift = create("redshift", "v").await;
    let mistakes = prefer(&postgres)
        .await
        .user_errors("setProjectWarehouseCredentials");
    assert_eq!(mistakes, ["CONFLICT projectId"]);
    // Every user brings own ones: no password of the project is needed.
    let own = json!({ "password": null, "requireUserCredentials": true });
    let answer = stage.set(tenant.admin, own).await;
    let project = &answer.done("setWarehouseConnection")["project"];
    assert_eq!(project["requireUserCredentials"], true);
    assert_eq!(project["warehouseConnection"]["hasPassword"], false);
    let error = stage.open(vera).await.err().expect("no credentials yet");
    assert!(matches!(error, OpenError::CredentialsRequired), "{error}");
    let mistakes = prefer(&redshift)
        .await
        .user_errors("setProjectWarehouseCredentials");
    assert_eq!(mistakes, ["INVALID warehouseCredentialsId"]);
    let answer = prefer(&postgres).await;
    let chosen =
        &answer.done("setProjectWarehouseCredentials")["project"]["viewerWarehouseCredentials"];
    assert_eq!(chosen["id"], postgres);
    let opened = stage
        .open(vera)
        .await
        .map_err(|e| e.to_string())
        .expect("open");
    assert!(opened.personal.is_some());
    let query = Query::new("SELECT current_user", 1);
    let rows = opened
        .warehouse
        .run(&query)
        .await
        .unwrap()
        .all()
        .await
        .unwrap();
    assert_eq!(rows, [[Cell::Text(name)]]);
    let answer = app
        .gql(tenant.admin, READ, json!({ "id": stage.project }))
        .await;
    assert!(
        answer.at("/project/viewerWarehouseCredentials").is_null(),
        "it is hers"
    );
    // The same server: the choice stays. Another one: her password does not go there.
    let schema = json!({ "password": null, "requireUserCredentials": true, "schema": null });
    stage
        .set(tenant.admin, schema)
        .await
        .done("setWarehouseConnection");
    assert!(stage.open(vera).await.is_ok());
    let warehouse = json!({ "postgres": stage.settings(json!({ "host": "evil.example.com", "requireUserCredentials": true })) });
    let input = json!({ "projectId": stage.project, "warehouse": warehouse, "skipTest": true });
    app.gql(tenant.admin, SET, json!({ "input": input }))
        .await
        .done("setWarehouseConnection");
    let error = stage.open(vera).await.err().expect("the choice is gone");
    assert!(matches!(error, OpenError::CredentialsRequired), "{error}");
}

#[tokio::test]
async fn many_projects_cost_no_more_statements_than_one() {
    let stage = Stage::new().await;
    let query = "{ projects { nodes { warehouseConnection { type host } viewerWarehouseCredentials { id } } } }";
    stage
        .set(stage.tenant.admin, json!({}))
        .await
        .done("setWarehouseConnection");
    let one = stage.app.ask(stage.tenant.admin, query).await.statements;
    for n in 0..10 {
        stage.tenant.project(&stage.app, &format!("p{n}")).await;
    }
    let answer = stage.app.ask(stage.tenant.admin, query).await;
    answer.data();
    assert_eq!(answer.statements, one);
}
