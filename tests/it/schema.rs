//! The tables: `src/db/schema.rs` follows the migrations, and the migrations follow the rules.

use crate::support::TestApp;
use chartroom::db::sql;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use std::{collections::BTreeMap, path::Path};

async fn texts(app: &TestApp, query: &'static str) -> Vec<String> {
    let conn = app.conn().await;
    sql(query, [])
        .statement::<Text>()
        .load(&mut &*conn)
        .await
        .expect("the catalog query runs")
}

#[tokio::test]
async fn diesel_knows_the_tables_as_they_are() {
    let app = TestApp::start().await;
    let columns = texts(
        &app,
        "SELECT c.table_name || '.' || c.column_name || ' ' || c.udt_name || \
         CASE c.is_nullable WHEN 'YES' THEN ' NULL' ELSE '' END \
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name <> '__diesel_schema_migrations' \
         ORDER BY 1",
    )
    .await;
    let mut declared = declared(include_str!("../../src/db/schema.rs"));
    declared.sort();
    let mut columns = columns;
    columns.sort();
    assert_eq!(
        declared, columns,
        "left: src/db/schema.rs, right: the migrations"
    );
}

#[tokio::test]
async fn diesel_knows_the_views_as_they_are() {
    let app = TestApp::start().await;
    let mut columns = texts(
        &app,
        "SELECT c.table_name || '.' || c.column_name || ' ' || c.udt_name \
         FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name) \
         WHERE c.table_schema = 'public' AND t.table_type = 'VIEW' ORDER BY 1",
    )
    .await;
    columns.sort();
    let mut declared: Vec<String> = declared(include_str!("../../src/db/views.rs"))
        .into_iter()
        .map(|column| column.trim_end_matches(" NULL").to_owned())
        .collect();
    declared.sort();
    assert_eq!(
        declared, columns,
        "left: src/db/views.rs, right: the migrations"
    );
}

/// `table.column type` of each column that diesel is told.
fn declared(text: &str) -> Vec<String> {
    let types = BTreeMap::from([
        ("Uuid", "uuid"),
        ("Text", "text"),
        ("Bool", "bool"),
        ("Int4", "int4"),
        ("Int8", "int8"),
        ("Float8", "float8"),
        ("Timestamptz", "timestamptz"),
        ("Jsonb", "jsonb"),
        ("Bytea", "bytea"),
        ("Xid8", "xid8"),
        ("Array<Text>", "_text"),
        ("Array<Uuid>", "_uuid"),
    ]);
    let mut table = String::new();
    let mut columns = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            name.clone_into(&mut table);
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let column = column.trim_end_matches('_');
            let (kind, null) = kind
                .strip_prefix("Nullable<")
                .and_then(|kind| kind.strip_suffix('>'))
                .map_or((kind, ""), |kind| (kind, " NULL"));
            columns.push(format!("{table}.{column} {}{null}", types[kind]));
        }
    }
    columns
}

#[tokio::test]
async fn every_table_has_a_comment_and_a_primary_key() {
    let app = TestApp::start().await;
    let bare = texts(
        &app,
        "SELECT c.relname::text FROM pg_class c \
         WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> '__diesel_schema_migrations' \
         AND (obj_description(c.oid) IS NULL OR NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))",
    )
    .await;
    assert!(
        bare.is_empty(),
        "tables without comment or primary key: {bare:?}"
    );
}

#[tokio::test]
async fn every_foreign_key_says_what_a_delete_does_and_has_an_index() {
    let app = TestApp::start().await;
    let silent = texts(
        &app,
        "SELECT conrelid::regclass::text || ': ' || conname FROM pg_constraint \
         WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND confdeltype = 'a'",
    )
    .await;
    assert!(
        silent.is_empty(),
        "foreign keys without ON DELETE: {silent:?}"
    );
    let slow = texts(
        &app,
        "SELECT conrelid::regclass::text || ': ' || conname FROM pg_constraint k \
         WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND NOT EXISTS ( \
           SELECT FROM pg_index i WHERE i.indrelid = k.conrelid \
           AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)",
    )
    .await;
    assert!(
        slow.is_empty(),
        "foreign keys without an index that starts with their columns: {slow:?}"
    );
}

#[tokio::test]
async fn tenant_tables_say_whose_they_are() {
    let app = TestApp::start().await;
    // People and how they sign in belong to the installation; roles may be built in; the audit log
    // outlives nothing but names whatever there was; jobs may be the server's own, and what belongs to a
    // job is found by its job.
    let loose = texts(
        &app,
        "SELECT t.table_name::text FROM information_schema.tables t \
         WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' \
         AND t.table_name NOT IN ('__diesel_schema_migrations', 'installation', 'organizations', 'users', \
           'password_credentials', 'sign_in_failures', 'sessions', 'api_keys', 'roles', 'role_assignments', \
           'audit_events', 'idempotency_keys', 'jobs', 'job_inputs', 'job_events', 'job_logs', 'job_effects', \
           'job_limits', 'job_schedules', 'job_fires', 'worker_nodes', \
           'socket_tickets', 'rights_changes') \
         AND NOT EXISTS (SELECT FROM information_schema.columns c WHERE c.table_schema = 'public' \
           AND c.table_name = t.table_name AND c.column_name = 'organization_id' AND c.is_nullable = 'NO')",
    )
    .await;
    assert!(
        loose.is_empty(),
        "tenant tables without organization_id NOT NULL: {loose:?}"
    );
}

#[tokio::test]
async fn a_row_cannot_point_across_tenants() {
    let app = TestApp::start().await;
    let mut conn = app.conn().await;
    let setup = "INSERT INTO organizations (id, name, display_name) VALUES \
        ('00000000-0000-7000-8000-000000000001', 'a', 'a'), ('00000000-0000-7000-8000-000000000002', 'b', 'b'); \
        INSERT INTO projects (id, organization_id, name) VALUES \
        ('00000000-0000-7000-8000-000000000011', '00000000-0000-7000-8000-000000000001', 'p')";
    conn.batch_execute(setup).await.expect("the tenants");
    let across = "INSERT INTO spaces (id, organization_id, project_id, name, slug, path, grant_path) VALUES \
        ('00000000-0000-7000-8000-000000000021', '00000000-0000-7000-8000-000000000002', \
         '00000000-0000-7000-8000-000000000011', 's', 's', \
         '{00000000-0000-7000-8000-000000000021}', '{00000000-0000-7000-8000-000000000021}')";
    let error = conn
        .batch_execute(across)
        .await
        .expect_err("a space of b in a project of a");
    assert!(error.to_string().contains("foreign key"), "{error}");
}

#[tokio::test]
async fn migrations_can_be_undone_and_redone() {
    let app = TestApp::start().await;
    let mut conn = app.conn().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let entries = std::fs::read_dir(folder).expect("the migrations");
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders.iter().rev() {
        let down = std::fs::read_to_string(folder.join("down.sql")).expect("down.sql");
        let undone = conn.batch_execute(&down).await;
        undone.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
    for folder in &folders {
        let up = std::fs::read_to_string(folder.join("up.sql")).expect("up.sql");
        let done = conn.batch_execute(&up).await;
        done.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    }
}

#[tokio::test]
async fn answers_and_files_are_compressed_fast_where_the_server_can() {
    let app = TestApp::start().await;
    let methods = texts(
        &app,
        "SELECT a.attcompression::text FROM pg_attribute a \
         WHERE (a.attrelid, a.attname) IN (('query_result_rows'::regclass, 'rows'), ('exported_file_chunks'::regclass, 'bytes')) \
         AND (SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression')",
    )
    .await;
    assert!(methods.iter().all(|method| method == "l"), "{methods:?}");
}
