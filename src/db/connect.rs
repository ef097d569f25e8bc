//! Connecting to PostgreSQL, with TLS where the server or the address asks for it.
//!
//! `sslmode=disable` never uses TLS, `prefer` (the default) where the server offers it, `require`
//! always. A certificate is always verified, against the certificates of the system (or those of
//! `SSL_CERT_FILE`). Unix sockets need none.

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use futures_util::future::Either;
use std::{str::FromStr as _, sync::Arc};
use tokio::task::JoinHandle;
use tokio_postgres::{
    CancelToken, Client, Config, Connection, NoTls, Socket,
    config::{Host, SslMode},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Opens a connection.
///
/// # Errors
/// The address cannot be read, nobody answers there, or the server refuses.
pub async fn connect(url: &str) -> ConnectionResult<AsyncPgConnection> {
    match dial(url).await? {
        (client, Either::Left(plain)) => {
            AsyncPgConnection::try_from_client_and_connection(client, plain).await
        }
        (client, Either::Right(tls)) => {
            AsyncPgConnection::try_from_client_and_connection(client, tls).await
        }
    }
}

type Plain = Connection<Socket, <NoTls as MakeTlsConnect<Socket>>::Stream>;
type Tls = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Opens a connection, whose second half somebody has to poll.
async fn dial(url: &str) -> ConnectionResult<(Client, Either<Plain, Tls>)> {
    let config = Config::from_str(url)
        .map_err(|error| ConnectionError::InvalidConnectionUrl(describe(&error)))?;
    if is_plain(&config) {
        let (client, plain) = config.connect(NoTls).await.map_err(|error| bad(&error))?;
        return Ok((client, Either::Left(plain)));
    }
    let tls = MakeRustlsConnect::new(tls()?);
    let (client, tls) = config.connect(tls).await.map_err(|error| bad(&error))?;
    Ok((client, Either::Right(tls)))
}

/// What carries the bytes of a connection. Without it the connection is closed, at once.
pub(super) struct Wire(JoinHandle<()>);

impl Wire {
    fn new(connection: Either<Plain, Tls>) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "the task is the connection and ends with it"
        )]
        Self(tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = describe(&error), "a connection broke");
            }
        }))
    }

    /// Whether there is no connection any more.
    pub(super) fn is_closed(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens a connection whose end can be seen without having it for oneself.
///
/// # Errors
/// Those of [`connect`].
pub(super) async fn wired(url: &str) -> ConnectionResult<(AsyncPgConnection, Wire)> {
    let (client, connection) = dial(url).await?;
    let wire = Wire::new(connection);
    Ok((AsyncPgConnection::try_from(client).await?, wire))
}

/// Asks the server to stop the statement of a connection. Fails silently: the statement then runs
/// into its timeout.
pub(super) async fn cancel(token: CancelToken, url: Arc<str>) {
    let Ok(config) = Config::from_str(&url) else {
        return;
    };
    let result = if is_plain(&config) {
        token.cancel_query(NoTls).await.map_err(|error| bad(&error))
    } else {
        match tls() {
            Ok(tls) => {
                let asked = token.cancel_query(MakeRustlsConnect::new(tls)).await;
                asked.map_err(|error| bad(&error))
            }
            Err(error) => Err(error),
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a statement could not be cancelled");
    }
}

fn is_plain(config: &Config) -> bool {
    let hosts = config.get_hosts();
    let local = hosts.iter().all(|host| matches!(host, Host::Unix(_)));
    local || config.get_ssl_mode() == SslMode::Disable
}

fn tls() -> ConnectionResult<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn bad(error: &tokio_postgres::Error) -> ConnectionError {
    ConnectionError::BadConnection(describe(error))
}

/// The error with its causes, which alone say what happened.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
