//! The demo loads once, and everybody in it sees what its description says.

use crate::support::TestApp;
use chartroom::{
    authz::{Access, Credential, Place, Resource, System, View, Viewer},
    db::{count, sql},
    domains::{platform::demo, warehouse::connection::open_warehouse},
    kernel::entity::{Chart, Dashboard, OrganizationId, Project, ProjectId, Space, UserId},
    services::warehouse::{Query, Value, Warehouse},
};
use diesel::sql_types as st;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use std::{sync::Arc, time::Instant};

/// Who sees how many projects, spaces, charts and dashboards; from `playground/demo/README.md`.
const PERSONAS: [(&str, [i64; 4]); 16] = [
    ("admin", [3, 33, 105, 17]),
    ("editor", [3, 27, 91, 14]),
    ("viewer", [3, 27, 91, 14]),
    ("henrik.sorensen", [3, 28, 93, 14]),
    ("meiling.cheung", [3, 27, 91, 14]),
    ("mateo.quispe", [3, 27, 91, 14]),
    ("noor.haddad", [1, 8, 25, 4]),
    ("dmytro.kovalenko", [2, 21, 74, 11]),
    ("lucia.ferreira", [3, 31, 102, 17]),
    ("sinead.obrien", [3, 29, 98, 16]),
    ("jonas.aebischer", [3, 28, 95, 15]),
    ("giulia.moretti", [3, 30, 98, 16]),
    ("arjun.thapa", [3, 28, 94, 15]),
    ("oluwaseun.adeyemi", [3, 29, 94, 15]),
    ("leilani.kahale", [0, 0, 0, 0]),
    ("stig.halvorsen", [0, 0, 0, 0]),
];

async fn visible<R: Resource>(app: &TestApp, viewer: &Viewer, from: &'static str) -> i64 {
    count(&*app.conn().await, sql(from, []).with(R::visible(viewer)))
        .await
        .expect("a count")
}

#[tokio::test]
async fn everybody_sees_what_the_description_says() {
    let app = TestApp::with_demo().await;
    for (username, expected) in PERSONAS {
        let conn = app.conn().await;
        let user: uuid::Uuid = sql("SELECT id FROM users WHERE username = ?", [username.into()])
            .statement::<st::Uuid>()
            .get_result(&mut &*conn)
            .await
            .expect(username);
        let user = UserId::from_uuid(user);
        let access = Access::load(&conn, user).await.expect("access");
        drop(conn);
        let viewer = Viewer {
            user,
            credential: Credential::CommandLine,
            organization: None,
            access,
        };
        let seen = [
            visible::<Project>(&app, &viewer, "projects WHERE ").await,
            visible::<Space>(&app, &viewer, "spaces WHERE ").await,
            visible::<Chart>(&app, &viewer, "charts WHERE ").await,
            visible::<Dashboard>(&app, &viewer, "dashboards WHERE ").await,
        ];
        assert_eq!(seen, expected, "{username}");
    }
    let everybody: i64 = count(&*app.conn().await, sql("users", []))
        .await
        .expect("a count");
    assert_eq!(everybody, 25);
}

#[tokio::test]
async fn it_loads_once() {
    let app = TestApp::with_demo().await;
    assert!(!app.load_demo().await);
}

#[tokio::test]
async fn ids_are_the_same_everywhere() {
    let first = demo_ids(&TestApp::with_demo().await).await;
    assert_eq!(first, demo_ids(&TestApp::with_demo().await).await);
    assert_eq!(first.len(), 25);
}

async fn demo_ids(app: &TestApp) -> Vec<String> {
    let conn = app.conn().await;
    let ids: Vec<uuid::Uuid> = sql("SELECT id FROM users ORDER BY id", [])
        .statement::<st::Uuid>()
        .load(&mut &*conn)
        .await
        .expect("ids");
    ids.into_iter()
        .map(|id| UserId::from_uuid(id).to_string())
        .collect()
}

/// The warehouse of a demo project, as a query of a member would open it.
async fn warehouse(app: &TestApp) -> Arc<dyn Warehouse> {
    let conn = app.conn().await;
    let (id, organization, user): (uuid::Uuid, uuid::Uuid, uuid::Uuid) = sql(
        "SELECT p.id, p.organization_id, u.id FROM projects p, users u \
         WHERE p.name ILIKE 'coffee%' AND u.username = 'viewer'",
        [],
    )
    .statement::<(st::Uuid, st::Uuid, st::Uuid)>()
    .get_result(&mut &*conn)
    .await
    .expect("the project");
    let user = UserId::from_uuid(user);
    let organization = OrganizationId::from_uuid(organization);
    let viewer = Viewer {
        user,
        credential: Credential::CommandLine,
        organization: Some(organization),
        access: Access::load(&conn, user).await.expect("access"),
    };
    let id = ProjectId::from_uuid(id);
    let grant = System::new("a test").grant::<View, Project>(id, Place::project(organization, id));
    let opened = open_warehouse(&conn, &app.app.outside, &viewer, &grant).await;
    opened
        .map_err(|error| error.to_string())
        .expect("it opens")
        .warehouse
}

#[tokio::test]
async fn its_warehouse_is_loaded_once_and_can_be_read_only() {
    let app = TestApp::with_demo().await;
    let outside = &app.app.outside;
    let mut conn = app.conn().await;
    // The server of the tests may have it from an earlier run.
    conn.batch_execute("DROP DATABASE IF EXISTS chartroom_demo WITH (FORCE)")
        .await
        .expect("gone");
    let own = outside.warehouses.own();
    let make_role = async |password: &_| own.make_demo_role(password).await;
    let begun = Instant::now();
    assert!(
        demo::load_warehouse(&mut conn, outside, make_role)
            .await
            .expect("it loads")
    );
    println!("loaded in {:?}", begun.elapsed());
    let begun = Instant::now();
    assert!(
        !demo::load_warehouse(&mut conn, outside, make_role)
            .await
            .expect("it is there")
    );
    println!("found in {:?}", begun.elapsed());
    drop(conn);
    let warehouse = warehouse(&app).await;
    let count = Query::new(
        "SELECT count(*) FROM orders WHERE ordered_at < '2026-11-01'",
        1,
    );
    let rows = warehouse
        .run(&count)
        .await
        .expect("an answer")
        .all()
        .await
        .expect("rows");
    assert!(
        matches!(rows[0][0], Value::Integer(count) if count > 5_000),
        "{rows:?}"
    );
    let analyzed =
        "SELECT reltuples::bigint FROM pg_class WHERE oid = 'jaffle_house.orders'::regclass";
    let mut rows = warehouse
        .run(&Query::new(analyzed, 1))
        .await
        .expect("an answer");
    let rows = rows.all().await.expect("rows");
    assert!(
        matches!(rows[0][0], Value::Integer(count) if count > 5_000),
        "the planner knows the tables: {rows:?}"
    );
    for sql in [
        "SELECT * FROM jaffle_house_raw.raw_orders",
        "SELECT pg_read_file('/etc/hostname')",
        "WITH gone AS (DELETE FROM jaffle_house.orders RETURNING 1) SELECT * FROM gone",
    ] {
        // Some is refused before it runs, some when it does.
        let error = match warehouse.run(&Query::new(sql, 1)).await {
            Ok(mut rows) => rows.all().await.expect_err(sql),
            Err(error) => error,
        };
        assert!(error.to_string().contains("SQLSTATE"), "{sql}: {error}");
    }
    let tables = warehouse.catalog().await.expect("the catalog");
    assert!(tables.iter().all(|table| table.schema == "jaffle_house"));
    assert!(tables.len() >= 15, "{} tables", tables.len());
}

#[tokio::test]
async fn who_deleted_the_demo_does_not_get_it_back() {
    let app = TestApp::with_demo().await;
    let mut conn = app.conn().await;
    let hash = async |_: &str| Ok("hash".to_owned());
    conn.batch_execute("DELETE FROM role_assignments; DELETE FROM organizations")
        .await
        .expect("deleted");
    let loading = demo::load(&mut conn, hash).await.expect("no mistake");
    assert_eq!(loading, demo::Loading::Deleted);
}
