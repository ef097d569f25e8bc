//! Connections of the supervisor itself: is the server ready, and are the role and the database
//! there?

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::error::EmbeddedError;
use super::socket::PORT;

/// The role that owns the cluster; used by this module only.
pub(super) const SUPERUSER: &str = "postgres";
/// The role of the server. Not a superuser, so that a hole in a statement stays one in the
/// database; it may create databases, which tests do.
pub(super) const ROLE: &str = "chartroom";
/// The database of the server.
pub(super) const DATABASE: &str = "chartroom";

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The state of a server that was asked.
#[derive(Debug)]
pub(super) enum Answer {
    /// It takes statements.
    Ready,
    /// Not yet: no socket, or still recovering.
    Wait,
    /// It refuses, and will go on doing so; what it said.
    Refused(String),
}

/// How to reach the server.
#[derive(Clone)]
pub(super) struct Access {
    password: String,
    config: Config,
}

impl Access {
    /// By the socket in a directory.
    pub(super) fn new(socket: &Path, password: String) -> Self {
        let mut config = Config::new();
        config
            .host_path(socket)
            .port(PORT)
            .user(SUPERUSER)
            .password(&password)
            .dbname("postgres")
            .application_name("chartroom supervisor")
            .connect_timeout(CONNECT_TIMEOUT);
        Self { password, config }
    }

    /// The URL of a database for [`ROLE`].
    pub(super) fn url(&self, socket: &Path, database: &str) -> SecretString {
        let Self { password, .. } = self;
        let (socket, database) = (
            encode(socket.as_os_str().as_bytes()),
            encode(database.as_bytes()),
        );
        format!("postgresql://{ROLE}:{password}@/{database}?host={socket}&port={PORT}").into()
    }

    /// Asks once, and creates the role and the database if they are not there.
    pub(super) async fn ask(&self) -> Answer {
        let Err(error) = self.prepare().await else {
            return Answer::Ready;
        };
        let Some(answer) = error.as_db_error() else {
            return Answer::Wait;
        };
        let passing = [SqlState::CANNOT_CONNECT_NOW, SqlState::ADMIN_SHUTDOWN];
        if passing.contains(answer.code()) {
            return Answer::Wait;
        }
        Answer::Refused(answer.message().to_owned())
    }

    /// Makes a role that can sign in and reads only, or gives it another password. It is kept out of
    /// the server's own database.
    ///
    /// Fails when the server refuses, or the texts would need quoting.
    pub(super) async fn reader(&self, role: &str, password: &str) -> Result<(), EmbeddedError> {
        let plain = |text: &str| {
            let mut bytes = text.bytes();
            bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        let refused = |cause: String| EmbeddedError::Refused {
            cause,
            advice: "The demo goes without a warehouse",
        };
        if !plain(role) || !plain(password) {
            return Err(refused("a name or password that needs quoting".to_owned()));
        }
        let made = self.make_reader(role, password).await;
        made.map_err(|error| refused(error.to_string()))
    }

    async fn make_reader(&self, role: &str, password: &str) -> Result<(), Error> {
        let (client, connection) = self.config.connect(NoTls).await?;
        let work = async move {
            let exists = "SELECT 1 FROM pg_roles WHERE rolname = $1";
            let verb = match client.query_opt(exists, &[&role]).await? {
                Some(_) => "ALTER",
                None => "CREATE",
            };
            client
                .batch_execute(&format!(
                    "{verb} ROLE {role} LOGIN CONNECTION LIMIT 50 PASSWORD '{password}'; \
                     ALTER ROLE {role} SET default_transaction_read_only = on; \
                     REVOKE CONNECT ON DATABASE {DATABASE} FROM PUBLIC"
                ))
                .await
        };
        let (result, closed) = tokio::join!(work, connection);
        result.and(closed)
    }

    async fn prepare(&self) -> Result<(), Error> {
        let (client, connection) = self.config.connect(NoTls).await?;
        let work = async move {
            let result = self.ensure(&client).await;
            drop(client);
            result
        };
        let (result, closed) = tokio::join!(work, connection);
        result.and(closed)
    }

    async fn ensure(&self, client: &Client) -> Result<(), Error> {
        let role = format!("SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'");
        if client.query_opt(&role, &[]).await?.is_none() {
            let Self { password, .. } = self;
            let create = format!("CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'");
            client.batch_execute(&create).await?;
            client
                .batch_execute(&format!("GRANT pg_monitor TO {ROLE}"))
                .await?;
        }
        let database = format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'");
        if client.query_opt(&database, &[]).await?.is_none() {
            let create = format!("CREATE DATABASE {DATABASE} OWNER {ROLE}");
            client.batch_execute(&create).await?;
        }
        Ok(())
    }
}

/// Percent-encodes a part of a URL.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => {
                write!(text, "{}", char::from(*byte))
            }
            _ => write!(text, "%{byte:02X}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn urls_survive_odd_paths() {
        let socket = Path::new("/srv/a b&c/\u{e9}/run");
        let access = Access::new(socket, "secret".to_owned());
        let url = access.url(socket, "chartroom");
        let config: Config = url.expose_secret().parse().unwrap();
        assert_eq!(
            config.get_hosts(),
            [tokio_postgres::config::Host::Unix(socket.to_owned())]
        );
        assert_eq!(config.get_dbname(), Some("chartroom"));
        assert_eq!(config.get_user(), Some(ROLE));
    }
}
