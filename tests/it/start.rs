//! Starts of the program: what stands in their way is one line, and commands work beside a server.

use crate::support::TestDatabase;
use chartroom::db::embedded::{EmbeddedCluster, EmbeddedOptions};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output},
};

/// A directory that is gone with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("cr-start-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the program with settings of its own, until it ends.
async fn chartroom(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chartroom"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("CHARTROOM_LOG", "error")
        .envs(settings.iter().copied())
        .args(arguments);
    let run = tokio::task::spawn_blocking(move || command.output());
    run.await.expect("no panic").expect("the program runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The last line says what is wrong, and the program says that it failed.
fn assert_refused(output: &Output, expected: &str) {
    let text = stderr(output);
    let last = text.lines().last().unwrap_or_default();
    assert!(last.starts_with("chartroom: "), "{text}");
    assert!(last.contains(expected), "{text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_in_one_line() {
    let directory = Directory::new();
    let data = directory.0.to_str().expect("a path");
    let free = ("CHARTROOM_BIND", "127.0.0.1:0");
    let admin = ("CHARTROOM_ADMIN_BIND", "127.0.0.1:0");

    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = chartroom(&["serve"], &[("CHARTROOM_BIND", &address), admin]).await;
    let expected =
        format!("cannot listen on {address}; choose another address with CHARTROOM_BIND");
    assert_refused(&output, &expected);
    drop(taken);

    let nobody = [
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing"),
        free,
        admin,
        ("CHARTROOM_DATA_DIR", data),
    ];
    let output = chartroom(&["serve"], &nobody).await;
    assert_refused(&output, "cannot connect to the database");

    let file = directory.0.join("file");
    fs::write(&file, "").expect("a file");
    let below = file.join("data");
    let below = below.to_str().expect("a path");
    let output = chartroom(&["serve"], &[free, admin, ("CHARTROOM_DATA_DIR", below)]).await;
    assert_refused(&output, "cannot create the data directory");
}

#[tokio::test]
async fn a_database_that_does_not_fit_is_left_alone() {
    let newer = TestDatabase::create().await;
    let url = newer.url();
    let mut conn = AsyncPgConnection::establish(&url)
        .await
        .expect("a connection");
    conn.batch_execute(
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000001')",
    )
    .await
    .expect("a migration of the future");
    let output = chartroom(&["migrate"], &[("DATABASE_URL", &url)]).await;
    assert_refused(
        &output,
        "the database has migration 99990101000001, which this version of chartroom",
    );

    let ascii = format!("ascii_{}", uuid::Uuid::new_v4().simple());
    let create =
        format!("CREATE DATABASE {ascii} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
    conn.batch_execute(&create).await.expect("a database");
    let other = newer.beside(&ascii);
    let output = chartroom(&["migrate"], &[("DATABASE_URL", &other)]).await;
    conn.batch_execute(&format!("DROP DATABASE {ascii}"))
        .await
        .expect("it is gone");
    assert_refused(&output, "the database keeps texts in SQL_ASCII");
}

#[tokio::test]
async fn commands_work_beside_the_server_that_keeps_the_database() {
    let directory = Directory::new();
    let options = EmbeddedOptions {
        settings: vec![("fsync".to_owned(), "off".to_owned())],
        ..EmbeddedOptions::default()
    };
    let cluster = EmbeddedCluster::start(&directory.0, options).await;
    let cluster = cluster.expect("a cluster");
    let data = [("CHARTROOM_DATA_DIR", directory.0.to_str().expect("a path"))];
    for expected in ["migrations applied: ", "the database is up to date"] {
        let output = chartroom(&["migrate"], &data).await;
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let beside = format!("working beside process {}", std::process::id());
        assert!(text.contains(&beside), "{text}");
        assert!(text.contains(expected), "{text}");
    }
    // Another server is refused as ever.
    let ports = [
        data[0],
        ("CHARTROOM_BIND", "127.0.0.1:0"),
        ("CHARTROOM_ADMIN_BIND", "127.0.0.1:0"),
    ];
    let output = chartroom(&["serve"], &ports).await;
    assert_refused(&output, "uses the data directory");
    // The commands left the database to its keeper.
    assert!(cluster.pid().is_some());
    cluster.stop().await.expect("it stops");
}
