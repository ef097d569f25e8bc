//! A warehouse to test with: a database and a role of its own, reached by TCP on the loopback.

use chartroom::services::warehouse::{PostgresSettings, Settings, SslMode};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_postgres::{Client, Config, NoTls, config::Host};

/// A database that is dropped with this value, and its role with it.
pub(crate) struct TestWarehouse {
    /// Name of the database and of the role that may read it.
    pub name: String,
    /// Where it listens.
    pub port: u16,
    /// Connections that were made to the port.
    pub connections: Arc<AtomicUsize>,
    server: Config,
}

/// A table to read, one to write, and views on them.
const CONTENT: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'happy');
    CREATE TABLE orders (id int PRIMARY KEY, status text, amount numeric(12,2), placed_at timestamptz);
    INSERT INTO orders SELECT n, CASE WHEN n % 2 = 0 THEN 'paid' ELSE 'open' END, n * 1.10, \
        timestamptz '2026-01-01 00:00:00+00' + n * interval '1 day' FROM generate_series(1, 100) AS n;
    CREATE MATERIALIZED VIEW paid AS SELECT * FROM orders WHERE status = 'paid';
    CREATE TABLE private (id int);
    CREATE SEQUENCE counter;";

impl TestWarehouse {
    /// Makes the database with some content, the role, and the way there.
    pub(crate) async fn create() -> Self {
        let url = std::env::var("CHARTROOM_TEST_DATABASE_URL").expect("a server");
        let server: Config = url.parse().expect("an address");
        let name = format!("wh_{}", uuid::Uuid::new_v4().simple());
        let admin = connect(&server).await;
        let run = async |text: String| admin.batch_execute(&text).await.expect(&text);
        run(format!("CREATE DATABASE {name}")).await;
        run(format!("CREATE ROLE {name} LOGIN PASSWORD 'correct horse'")).await;
        let mut inside = server.clone();
        inside.dbname(&name);
        let owner = connect(&inside).await;
        owner.batch_execute(CONTENT).await.expect("the content");
        let grants = format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO {name}; GRANT SELECT ON paid TO {name}; \
             GRANT USAGE ON SEQUENCE counter TO {name}"
        );
        owner.batch_execute(&grants).await.expect("the grants");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        tokio::spawn(forward(listener, server.clone(), connections.clone()));
        Self {
            name,
            port,
            connections,
            server,
        }
    }

    /// How to reach it.
    pub(crate) fn settings(&self) -> PostgresSettings {
        PostgresSettings {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            database: self.name.clone(),
            schema: None,
            user: self.name.clone(),
            ssl_mode: SslMode::Prefer,
            data_timezone: None,
        }
    }

    /// The same as settings of a PostgreSQL.
    pub(crate) fn postgres(&self) -> Settings {
        Settings::Postgres(self.settings())
    }

    /// How many connections have been made.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// A connection as the superuser, inside.
    pub(crate) async fn admin(&self) -> Client {
        let mut config = self.server.clone();
        connect(config.dbname(&self.name)).await
    }

    /// Statements of the role that are running.
    pub(crate) async fn running(&self) -> i64 {
        let admin = self.admin().await;
        let text = "SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND state = 'active'";
        let row = admin.query_one(text, &[&self.name]).await.expect("a row");
        row.get(0)
    }
}

impl Drop for TestWarehouse {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let cleanup = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let admin = connect(&server).await;
                for text in [
                    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                    format!("DROP ROLE IF EXISTS {name}"),
                ] {
                    let _ = admin.batch_execute(&text).await;
                }
            });
        });
        let _ = cleanup.join();
    }
}

/// A connection of its own.
async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the test server");
    tokio::spawn(async move {
        let _ = connection.await;
    });
    client
}

async fn forward(listener: TcpListener, server: Config, count: Arc<AtomicUsize>) {
    let port = server.get_ports().first().copied().unwrap_or(5432);
    while let Ok((mut from, _)) = listener.accept().await {
        count.fetch_add(1, Ordering::SeqCst);
        let host = server.get_hosts()[0].clone();
        tokio::spawn(async move {
            match host {
                Host::Unix(path) => {
                    let path = path.join(format!(".s.PGSQL.{port}"));
                    let mut to = UnixStream::connect(path).await.expect("the socket");
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                }
                Host::Tcp(name) => {
                    let mut to = TcpStream::connect((name, port)).await.expect("the port");
                    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
                }
            }
        });
    }
}
