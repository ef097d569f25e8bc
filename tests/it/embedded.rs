//! The embedded PostgreSQL, with real processes: created, reused, killed, refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chartroom::db::embedded::{EmbeddedCluster, EmbeddedError, EmbeddedOptions};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::ExposeSecret as _;
use tokio::time::{sleep, timeout};
use tokio_postgres::NoTls;

/// The shortest way from an empty directory to a second start: the data stays, the password file
/// and the socket are private, a second process is refused.
#[tokio::test]
async fn a_cluster_is_created_once_and_belongs_to_one_process() {
    let directory = Directory::new("reuse");
    let first = EmbeddedCluster::start(directory.path(), options())
        .await
        .unwrap();
    assert!(
        first
            .notes()
            .iter()
            .any(|note| note.starts_with("creating a PostgreSQL"))
    );
    query(
        &first,
        "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)",
    )
    .await
    .unwrap();
    let home = first.data_dir().join("postgres");
    for (path, mode) in [("password", 0o600), ("cluster", 0o700), ("run", 0o700)] {
        let found = fs::metadata(home.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}");
    }

    let refused = EmbeddedCluster::start(directory.path(), options())
        .await
        .err()
        .unwrap();
    let expected = format!("(process {})", std::process::id());
    assert!(matches!(refused, EmbeddedError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains(&expected), "{refused}");

    first.stop().await.unwrap();
    drop(first);
    // Without its password file, as in a restored copy, a cluster gets a new password.
    fs::remove_file(home.join("password")).unwrap();
    let second = EmbeddedCluster::start(directory.path(), options())
        .await
        .unwrap();
    assert!(second.notes().is_empty(), "{:?}", second.notes());
    assert_eq!(query(&second, "SELECT n FROM kept").await.unwrap(), ["7"]);
    second.stop().await.unwrap();
    drop(second);

    fs::write(home.join("cluster/PG_VERSION"), "9\n").unwrap();
    let mismatch = EmbeddedCluster::start(directory.path(), options())
        .await
        .err()
        .unwrap();
    assert!(
        mismatch
            .to_string()
            .contains("was made by PostgreSQL 9, and only"),
        "{mismatch}"
    );
}

/// Killed on its own, PostgreSQL comes back under the same URL with all that was committed.
#[tokio::test]
async fn a_killed_server_is_noticed_and_restarted() {
    let directory = Directory::new("killed");
    let cluster = EmbeddedCluster::start(directory.path(), options())
        .await
        .unwrap();
    query(&cluster, "CREATE TABLE kept AS SELECT 7 AS n")
        .await
        .unwrap();
    let old = cluster.pid().unwrap();
    kill(pid(old), Signal::SIGKILL).unwrap();
    let back = async {
        while query(&cluster, "SELECT n FROM kept").await.ok() != Some(vec!["7".to_owned()]) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        never = cluster.supervise() => match never {},
        back = timeout(Duration::from_secs(20), back) => back.unwrap(),
    }
    assert_ne!(cluster.pid(), Some(old));
    cluster.stop().await.unwrap();
    assert!(
        timeout(Duration::from_millis(300), cluster.watch())
            .await
            .is_err(),
        "a stop is no death"
    );
    assert!(matches!(
        cluster.restart().await,
        Err(EmbeddedError::Stopping)
    ));
}

/// The owner is this test binary, started once more and killed: its server ends within seconds,
/// and the next owner finds the directory free.
#[tokio::test]
async fn a_killed_owner_takes_its_server_along() {
    let directory = Directory::new("owner");
    let cluster = EmbeddedCluster::start(directory.path(), options())
        .await
        .unwrap();
    cluster.stop().await.unwrap();
    drop(cluster);

    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", OWNER])
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let server = wait_for(|| fs::read_to_string(directory.path().join("server")).ok());
    let server = pid(server.parse().unwrap());
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_for(|| kill(server, None).is_err().then_some(()));
    let next = EmbeddedCluster::start(directory.path(), options())
        .await
        .unwrap();
    next.stop().await.unwrap();
}

const OWNER: &str = "embedded::owns_a_cluster_until_killed";

#[tokio::test]
#[ignore = "started by a_killed_owner_takes_its_server_along"]
async fn owns_a_cluster_until_killed() {
    let cluster = EmbeddedCluster::start(Path::new("."), options())
        .await
        .unwrap();
    fs::write("server.new", cluster.pid().unwrap().to_string()).unwrap();
    fs::rename("server.new", "server").unwrap();
    sleep(Duration::from_secs(45)).await;
}

fn options() -> EmbeddedOptions {
    EmbeddedOptions {
        // The directories of the usual packages are looked at in any case.
        search_path: Some("/usr/local/bin:/usr/bin:/opt/homebrew/bin".into()),
        settings: vec![("fsync".to_owned(), "off".to_owned())],
        ..EmbeddedOptions::default()
    }
}

async fn query(cluster: &EmbeddedCluster, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let (client, connection) =
        tokio_postgres::connect(cluster.url().expose_secret(), NoTls).await?;
    let work = async move { client.simple_query(sql).await };
    let (messages, _closed) = tokio::join!(work, connection);
    let values = messages?.into_iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(values.collect())
}

fn wait_for<T>(mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(value) = found() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited in vain");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn pid(raw: u32) -> Pid {
    Pid::from_raw(raw.try_into().unwrap())
}

/// A short-lived directory; short, too, in its name, for the sake of the socket.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cr-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
