//! The PostgreSQL adapter: values, fences, failures.

use crate::support::{TestApp, TestWarehouse};
use chartroom::{
    config::WarehouseConfig,
    services::warehouse::{
        ColumnType, PostgresSettings, Query, Settings, SslMode, Value, Warehouse, WarehouseError,
    },
};
use chrono::NaiveDate;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use uuid::Uuid;

async fn started() -> (TestApp, TestWarehouse) {
    let app = TestApp::with_warehouses(|_| {}, loopback).await;
    (app, TestWarehouse::create().await)
}

fn loopback(config: &mut WarehouseConfig) {
    let networks = vec!["127.0.0.0/8".parse().expect("a network")];
    config.allowed_networks = chartroom::config::Networks::new(networks);
    config.connections = 2;
}

fn open(app: &TestApp, settings: &Settings) -> Arc<dyn Warehouse> {
    let warehouses = &app.app.outside.warehouses;
    let opened = warehouses.open(Uuid::nil(), settings, &"correct horse".into());
    opened.expect("an adapter")
}

async fn ask(warehouse: &Arc<dyn Warehouse>, sql: &str) -> Result<Vec<Vec<Value>>, WarehouseError> {
    let query = Query::new(sql, 10_000);
    warehouse.run(&query).await?.all().await
}

fn state(error: &WarehouseError) -> &str {
    match error {
        WarehouseError::Sql { state, .. } => state,
        other => panic!("{other:?}"),
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[tokio::test]
async fn values_come_exactly_as_they_are() {
    let (app, warehouse) = started().await;
    let warehouse = open(&app, &warehouse.postgres());
    let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
    let moment = day.and_hms_micro_opt(12, 30, 0, 250_000).unwrap();
    let decimal = "123456789012345678901234567890.123456789";
    let cases: Vec<(&str, ColumnType, Value)> = vec![
        ("true", ColumnType::Boolean, Value::Boolean(true)),
        ("NULL::int", ColumnType::Integer, Value::Null),
        ("(-7)::smallint", ColumnType::Integer, Value::Integer(-7)),
        (
            "9223372036854775807",
            ColumnType::Integer,
            Value::Integer(i64::MAX),
        ),
        ("0.1::real", ColumnType::Float, Value::Float(0.1)),
        (
            "1e300::double precision",
            ColumnType::Float,
            Value::Float(1e300),
        ),
        (
            "0.10::numeric",
            ColumnType::Decimal,
            Value::Decimal("0.10".into()),
        ),
        (
            "(-0.00001234)::numeric",
            ColumnType::Decimal,
            Value::Decimal("-0.00001234".into()),
        ),
        (
            "100000000::numeric",
            ColumnType::Decimal,
            Value::Decimal("100000000".into()),
        ),
        ("'NaN'::numeric", ColumnType::Decimal, text("NaN")),
        ("'é''x'::text", ColumnType::Text, text("é'x")),
        ("'ab'::char(4)", ColumnType::Text, text("ab  ")),
        ("date '2026-03-01'", ColumnType::Date, Value::Date(day)),
        ("date 'infinity'", ColumnType::Date, text("infinity")),
        (
            "timestamp '2026-03-01 12:30:00.25'",
            ColumnType::Timestamp,
            Value::Timestamp(moment),
        ),
        (
            "timestamptz '2026-03-01 14:30:00.25+02'",
            ColumnType::TimestampTz,
            Value::TimestampTz(moment.and_utc()),
        ),
        (
            "timestamptz '-infinity'",
            ColumnType::TimestampTz,
            text("-infinity"),
        ),
        (
            "'{\"a\": 0.10000000000000000001}'::jsonb",
            ColumnType::Json,
            Value::Json("{\"a\": 0.10000000000000000001}".into()),
        ),
        ("'[1]'::json", ColumnType::Json, Value::Json("[1]".into())),
        (
            "'0188bac7-4afa-78aa-bc3b-bd1eef28d881'::uuid",
            ColumnType::Text,
            text("0188bac7-4afa-78aa-bc3b-bd1eef28d881"),
        ),
        ("'happy'::mood", ColumnType::Text, text("happy")),
        ("interval '1 day 2 hours'", ColumnType::Text, text("P1DT2H")),
        ("time '12:30'", ColumnType::Text, text("12:30:00")),
        ("ARRAY[1, 2]", ColumnType::Text, text("{1,2}")),
        ("'\\x00ff'::bytea", ColumnType::Text, text("\\x00ff")),
        ("inet '10.0.0.1'", ColumnType::Text, text("10.0.0.1/32")),
        ("int4range(1, 3)", ColumnType::Text, text("[1,3)")),
        ("row(1, 'a')", ColumnType::Text, text("(1,a)")),
    ];
    let all = cases
        .iter()
        .map(|(sql, ..)| *sql)
        .collect::<Vec<_>>()
        .join(", ");
    let sql = format!("SELECT {all}, '{decimal}'::numeric AS big -- a comment at the end;");
    let query = Query::new(sql, 10);
    let mut rows = warehouse.run(&query).await.unwrap();
    let columns = rows.columns().to_vec();
    let values = rows.all().await.unwrap().remove(0);
    for (n, (sql, kind, value)) in cases.iter().enumerate() {
        assert_eq!(values[n], *value, "{sql}");
        assert_eq!(columns[n].column_type, *kind, "{sql}");
    }
    assert_eq!(values.last(), Some(&Value::Decimal(decimal.to_owned())));
    assert_eq!(columns.last().unwrap().name, "big");
    assert_eq!(columns.last().unwrap().data_type, "numeric");
    // Order survives the turning into text.
    let rows = ask(
        &warehouse,
        "SELECT n, ARRAY[n] FROM generate_series(1, 50) n ORDER BY n DESC;",
    )
    .await
    .unwrap();
    assert_eq!(rows[0], [Value::Integer(50), text("{50}")]);
    assert_eq!(rows.len(), 50);
}

#[tokio::test]
async fn values_of_people_are_bound_and_zones_are_set() {
    let (app, warehouse) = started().await;
    let warehouse = open(&app, &warehouse.postgres());
    let mut query = Query::new(
        "SELECT $1::text, $2 + 1, $3::date, status FROM orders WHERE id = $4",
        10,
    );
    query.parameters = ["'; DROP TABLE orders; --", "41", "2026-02-03", "7"]
        .map(String::from)
        .to_vec();
    let rows = warehouse.run(&query).await.unwrap().all().await.unwrap();
    let day = NaiveDate::from_ymd_opt(2026, 2, 3).unwrap();
    let expected = [
        text("'; DROP TABLE orders; --"),
        Value::Integer(42),
        Value::Date(day),
        text("open"),
    ];
    assert_eq!(rows, [expected]);
    query.parameters.pop();
    let error = warehouse.run(&query).await.unwrap_err();
    assert_eq!(
        error,
        WarehouseError::Parameters {
            expected: 4,
            found: 3
        }
    );
    query.parameters.push("seven".to_owned());
    assert_eq!(state(&warehouse.run(&query).await.unwrap_err()), "22P02");
    let mut query = Query::new(
        "SELECT to_char(timestamptz '2026-01-01 00:00+00', 'HH24:MI')",
        1,
    );
    query.time_zone = "Asia/Kathmandu".to_owned();
    let rows = warehouse.run(&query).await.unwrap().all().await.unwrap();
    assert_eq!(rows, [[text("05:45")]]);
    query.time_zone = "Mars/Base".to_owned();
    assert_eq!(state(&warehouse.run(&query).await.unwrap_err()), "22023");
}

#[tokio::test]
async fn one_statement_that_reads_and_no_other() {
    let (app, wh) = started().await;
    let warehouse = open(&app, &wh.postgres());
    for sql in [
        "SELECT 1; SELECT 2",
        "SELECT 1; DELETE FROM orders",
        "SELECT 1; COMMIT; DELETE FROM orders",
        "SELECT 1 /* ; */ ; DROP TABLE orders --",
    ] {
        let error = ask(&warehouse, sql).await.unwrap_err();
        assert_eq!(state(&error), "42601", "{sql}");
    }
    for sql in [
        "INSERT INTO orders VALUES (1000) RETURNING id",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone",
        "SELECT nextval('counter')",
        "EXPLAIN ANALYZE DELETE FROM orders",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT set_config('transaction_read_only', 'off', false)",
    ] {
        let error = ask(&warehouse, sql).await.unwrap_err();
        assert!(
            ["25006", "25001"].contains(&state(&error)),
            "{sql}: {error}"
        );
    }
    for sql in [
        "INSERT INTO orders VALUES (1000)",
        "DELETE FROM orders",
        "COMMIT",
        "ROLLBACK",
        "BEGIN",
        "COMMIT AND CHAIN",
        "SET TRANSACTION READ WRITE",
        "SET ROLE postgres",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "COPY orders TO STDOUT",
        "COPY orders FROM STDIN",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "LISTEN x",
        "",
        "DO $$ BEGIN DELETE FROM orders; END $$",
        "PREPARE p AS DELETE FROM orders",
        "CREATE TEMP TABLE t (a int)",
        "SELECT 1 INTO TEMP t",
        "DECLARE c CURSOR FOR SELECT 1",
    ] {
        let error = ask(&warehouse, sql).await.unwrap_err();
        assert_eq!(error, WarehouseError::NotAQuery, "{sql}");
    }
    // What a session could keep does not stay: settings and locks.
    ask(
        &warehouse,
        "SELECT set_config('statement_timeout', '1', false), pg_advisory_lock(7)::text",
    )
    .await
    .unwrap();
    let admin = wh.admin().await;
    let free: bool = admin
        .query_one("SELECT pg_try_advisory_lock(7)", &[])
        .await
        .unwrap()
        .get(0);
    assert!(free, "the lock is gone");
    let rows = ask(
        &warehouse,
        "SELECT current_setting('statement_timeout'), count(*) FROM orders",
    )
    .await
    .unwrap();
    assert_eq!(rows, [[text("5min"), Value::Integer(100)]]);
    // Private tables stay private: the role decides.
    assert_eq!(
        state(&ask(&warehouse, "SELECT * FROM private").await.unwrap_err()),
        "42501"
    );
}

#[tokio::test]
async fn rows_end_at_the_limit_and_say_so() {
    let (app, wh) = started().await;
    let warehouse = open(&app, &wh.postgres());
    for (limit, count, truncated) in [
        (10, 10, true),
        (100, 100, false),
        (101, 100, false),
        (0, 0, true),
    ] {
        let query = Query::new("SELECT id FROM orders ORDER BY id", limit);
        let mut rows = warehouse.run(&query).await.unwrap();
        assert_eq!(rows.all().await.unwrap().len(), count, "limit {limit}");
        assert_eq!(rows.is_truncated(), truncated, "limit {limit}");
    }
    let query = Query::new("SELECT n FROM generate_series(1, 200000) AS n", 200_000);
    let mut rows = warehouse.run(&query).await.unwrap();
    let mut count = 0;
    while let Some(batch) = rows.next().await.unwrap() {
        assert!((1..=500).contains(&batch.len()));
        count += batch.len();
    }
    assert_eq!(count, 200_000);
    assert!(
        rows.next().await.unwrap().is_none(),
        "the end stays the end"
    );
}

async fn calm(wh: &TestWarehouse) {
    let begun = Instant::now();
    while wh.running().await > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "a query outlived its caller"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn busy(wh: &TestWarehouse) {
    let begun = Instant::now();
    while wh.running().await == 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the query never ran"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn time_limits_and_callers_who_leave_stop_the_query_in_the_warehouse() {
    let (app, wh) = started().await;
    let warehouse = open(&app, &wh.postgres());
    let mut query = Query::new("SELECT pg_sleep(20)", 1);
    query.timeout = Some(Duration::from_millis(300));
    let begun = Instant::now();
    let error = match warehouse.run(&query).await {
        Ok(mut rows) => rows.all().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, WarehouseError::Timeout { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    // The future is dropped while it waits for the first row.
    let slow = Query::new("SELECT pg_sleep(60)", 1);
    let asked = warehouse.clone();
    let task = tokio::spawn(async move { asked.run(&slow).await?.all().await });
    busy(&wh).await;
    task.abort();
    calm(&wh).await;
    // The rows are dropped in the middle.
    let long = Query::new("SELECT n FROM generate_series(1, 100000000) AS n", u64::MAX);
    let mut rows = warehouse.run(&long).await.unwrap();
    assert!(rows.next().await.unwrap().is_some());
    busy(&wh).await;
    drop(rows);
    calm(&wh).await;
    // Somebody else cancels it.
    let asked = warehouse.clone();
    let task = tokio::spawn(async move { ask(&asked, "SELECT pg_sleep(60)").await });
    busy(&wh).await;
    let admin = wh.admin().await;
    let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND state = 'active'";
    // A cancellation that comes between two messages of the protocol is lost on PostgreSQL.
    while !task.is_finished() {
        admin.query(cancel, &[&wh.name]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(task.await.unwrap().unwrap_err(), WarehouseError::Cancelled);
    // The server ends the connection.
    let asked = warehouse.clone();
    let task = tokio::spawn(async move { ask(&asked, "SELECT pg_sleep(60)").await });
    busy(&wh).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1";
    admin.query(end, &[&wh.name]).await.unwrap();
    assert_eq!(task.await.unwrap().unwrap_err(), WarehouseError::Lost);
    assert_eq!(
        ask(&warehouse, "SELECT 1").await.unwrap(),
        [[Value::Integer(1)]]
    );
}

#[tokio::test]
async fn failures_have_classes_and_places() {
    let (app, wh) = started().await;
    let warehouse = open(&app, &wh.postgres());
    let position = async |sql: &str| match ask(&warehouse, sql).await.unwrap_err() {
        WarehouseError::Sql {
            state, position, ..
        } => (state, position),
        other => panic!("{sql}: {other:?}"),
    };
    assert_eq!(position("SELEC 1").await, ("42601".to_owned(), Some(1)));
    assert_eq!(
        position("SELECT *\nFROM nowhere").await,
        ("42P01".to_owned(), Some(15))
    );
    assert_eq!(position("SELECT 1/0").await, ("22012".to_owned(), None));
    let made = wh.connections();
    for _ in 0..5 {
        ask(&warehouse, "SELECT 1/0").await.unwrap_err();
        ask(&warehouse, "SELECT 1").await.unwrap();
    }
    assert_eq!(wh.connections(), made, "an error costs no connection");
    let change = |change: &dyn Fn(&mut PostgresSettings)| {
        let mut settings = wh.settings();
        change(&mut settings);
        Settings::Postgres(settings)
    };
    let check = async |settings: Settings| open(&app, &settings).check().await.unwrap_err();
    let error = check(change(&|s| s.user = "nobody_at_all".to_owned())).await;
    assert_eq!(error, WarehouseError::Authentication);
    let error = check(change(&|s| s.database = "no_such_database".to_owned())).await;
    assert!(error.to_string().contains("no such database"), "{error}");
    let error = check(change(&|s| s.ssl_mode = SslMode::Require)).await;
    assert!(error.to_string().contains("TLS"), "{error}");
    let error = check(change(&|s| s.host = "host.invalid".to_owned())).await;
    assert!(matches!(error, WarehouseError::CannotConnect(_)), "{error}");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let error = check(change(&|s| s.port = port)).await;
    assert!(matches!(error, WarehouseError::CannotConnect(_)), "{error}");
}

#[tokio::test]
async fn private_networks_and_our_own_database_are_out_of_reach() {
    let (app, wh) = started().await;
    let closed = TestApp::start().await;
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "::ffff:127.0.0.1",
    ] {
        let mut settings = wh.settings();
        settings.host = host.to_owned();
        let error = open(&closed, &Settings::Postgres(settings))
            .check()
            .await
            .unwrap_err();
        let refused = matches!(
            error,
            WarehouseError::Refused(_) | WarehouseError::CannotConnect(_)
        );
        assert!(refused, "{host}: {error}");
    }
    assert_eq!(wh.connections(), 0, "nobody even knocked");
    // By whatever role and flavour: a database is known by what it says, not by its address.
    let own = app.database_url();
    let own: tokio_postgres::Config = own.parse().unwrap();
    let mut settings = wh.settings();
    settings.database = own.get_dbname().unwrap().to_owned();
    for settings in [
        Settings::Postgres(settings.clone()),
        Settings::Redshift(settings),
    ] {
        let error = open(&app, &settings).check().await.unwrap_err();
        assert!(error.to_string().contains("Chartroom"), "{error}");
        assert!(matches!(error, WarehouseError::Refused(_)), "{error}");
    }
    let mut settings = wh.settings();
    settings.user = own.get_user().unwrap().to_owned();
    let error = open(&app, &Settings::Postgres(settings))
        .check()
        .await
        .unwrap_err();
    assert!(matches!(error, WarehouseError::Refused(_)), "{error}");
    // The name of the demo's host leads to nothing but the demo.
    let mut settings = wh.settings();
    settings.host = chartroom::services::warehouse::DEMO_HOST.to_owned();
    let error = open(&app, &Settings::Postgres(settings))
        .check()
        .await
        .unwrap_err();
    assert!(matches!(error, WarehouseError::Refused(_)), "{error}");
}

#[tokio::test]
async fn the_pool_is_small_and_waits() {
    let (app, wh) = started().await;
    let warehouse = open(&app, &wh.postgres());
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let warehouse = warehouse.clone();
            tokio::spawn(
                async move { ask(&warehouse, &format!("SELECT {n}, pg_sleep(0.05)")).await },
            )
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert!(wh.connections() <= 2, "{} connections", wh.connections());
}

#[tokio::test]
async fn the_catalog_shows_what_the_role_may_read() {
    let (app, wh) = started().await;
    let tables = open(&app, &wh.postgres()).catalog().await.unwrap();
    let names: Vec<_> = tables
        .iter()
        .map(|t| format!("{}.{}", t.schema, t.name))
        .collect();
    assert_eq!(names, ["public.orders", "public.paid"]);
    assert!(tables.iter().all(|table| table.database == wh.name));
    let columns: Vec<_> = tables[0]
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.data_type.as_str()))
        .collect();
    let expected = [
        ("id", "integer"),
        ("status", "text"),
        ("amount", "numeric"),
        ("placed_at", "timestamp with time zone"),
    ];
    assert_eq!(columns, expected);
    assert_eq!(tables[1].columns.len(), 4);
}
