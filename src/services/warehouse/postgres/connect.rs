//! Making a connection: to a checked address, with TLS as asked for, never to Chartroom's own
//! database.

use super::{
    super::{
        DEMO_DATABASE, DEMO_HOST, DEMO_ROLE, PostgresSettings, SslMode, Surroundings,
        WarehouseError, address,
    },
    failure, tls,
};
use rustls::ClientConfig;
use secrecy::{ExposeSecret as _, SecretString};
use std::{sync::Arc, time::Duration};
use tokio::task::AbortHandle;
use tokio_postgres::{
    CancelToken, Client, Config, NoTls,
    config::{Host, SslMode as DriverSslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long a request to cancel may take.
const CANCELLING: Duration = Duration::from_secs(10);

/// How long after a request to cancel another one is sent.
const ASKING_AGAIN: Duration = Duration::from_millis(500);

/// How to make connections to one warehouse.
pub(super) struct Connector {
    surroundings: Arc<Surroundings>,
    settings: PostgresSettings,
    password: SecretString,
}

/// A connection.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) stop: Stop,
}

/// What ends the statement of a connection, and the connection.
#[derive(Clone)]
pub(super) struct Stop {
    token: CancelToken,
    tls: Option<Arc<ClientConfig>>,
    driver: AbortHandle,
}

impl Stop {
    /// Asks the server to stop the statement, and closes the connection.
    pub(super) async fn now(self) {
        self.ask().await;
        self.driver.abort();
        // A request that comes between two messages of the protocol is lost, and the statement would
        // run to its end for nobody.
        tokio::time::sleep(ASKING_AGAIN).await;
        self.ask().await;
    }

    async fn ask(&self) {
        let asked = async {
            match &self.tls {
                Some(tls) => {
                    let tls = MakeRustlsConnect::new((**tls).clone());
                    self.token.cancel_query(tls).await
                }
                None => self.token.cancel_query(NoTls).await,
            }
        };
        if let Ok(Err(error)) = tokio::time::timeout(CANCELLING, asked).await {
            tracing::debug!(%error, "a query could not be cancelled in its warehouse");
        }
    }
}

impl Connector {
    pub(super) const fn new(
        surroundings: Arc<Surroundings>,
        settings: PostgresSettings,
        password: SecretString,
    ) -> Self {
        Self {
            surroundings,
            settings,
            password,
        }
    }

    pub(super) async fn connect(&self) -> Result<Connection, WarehouseError> {
        let (configs, tls) = self.ways().await?;
        let mut failed = WarehouseError::CannotConnect("the host has no address".to_owned());
        for config in configs {
            match attempt(&config, tls.clone()).await {
                Ok(connection) => {
                    let own = &self.surroundings.own;
                    own.keep_out(&connection.client).await?;
                    return Ok(connection);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// One configuration for each address, and TLS if it is used.
    async fn ways(&self) -> Result<(Vec<Config>, Option<Arc<ClientConfig>>), WarehouseError> {
        let PostgresSettings {
            host,
            port,
            database,
            user,
            ssl_mode,
            ..
        } = &self.settings;
        let patience = self.surroundings.config.connect_timeout;
        let finish = |config: &mut Config| {
            config
                .password(self.password.expose_secret())
                .application_name("chartroom warehouse")
                .connect_timeout(patience)
                .tcp_user_timeout(patience.saturating_mul(3))
                .keepalives_idle(Duration::from_mins(1));
        };
        if host == DEMO_HOST {
            if database != DEMO_DATABASE || user != DEMO_ROLE {
                let text = format!("{DEMO_HOST} is for the demo only");
                return Err(WarehouseError::Refused(text));
            }
            let mut config = self.surroundings.own.demo()?;
            finish(&mut config);
            let tls = own_tls(&config)?;
            return Ok((vec![config], tls));
        }
        let allowed = &self.surroundings.config.allowed_networks;
        let addresses = address::resolve(host, *port, allowed, patience).await?;
        let plain = *ssl_mode == SslMode::Disable;
        let tls = (!plain).then(|| tls::config(*ssl_mode)).transpose()?;
        let configs = addresses.into_iter().map(|address| {
            let mut config = Config::new();
            // The name is for TLS alone: the connection goes to the address that was checked.
            config
                .host(host)
                .hostaddr(address)
                .port(*port)
                .user(user)
                .dbname(database)
                .ssl_mode(match ssl_mode {
                    SslMode::Disable => DriverSslMode::Disable,
                    SslMode::Prefer => DriverSslMode::Prefer,
                    SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                        DriverSslMode::Require
                    }
                });
            finish(&mut config);
            config
        });
        Ok((configs.collect(), tls.map(Arc::new)))
    }
}

/// TLS as it is used towards Chartroom's own database: none on a socket, else verified.
fn own_tls(config: &Config) -> Result<Option<Arc<ClientConfig>>, WarehouseError> {
    let mut hosts = config.get_hosts().iter();
    let local = hosts.all(|host| matches!(host, Host::Unix(_)));
    let plain = local || config.get_ssl_mode() == DriverSslMode::Disable;
    let tls = (!plain).then(|| tls::config(SslMode::VerifyFull));
    Ok(tls.transpose()?.map(Arc::new))
}

/// A connection to the server that Chartroom's own database is on.
pub(in super::super) async fn connect_own(config: &Config) -> Result<Client, WarehouseError> {
    Ok(attempt(config, own_tls(config)?).await?.client)
}

async fn attempt(
    config: &Config,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Connection, WarehouseError> {
    let runtime = tokio::runtime::Handle::current();
    let failed = |error: tokio_postgres::Error| failure::connecting(&error);
    // The task ends with the client; it holds nothing that a stop would have to wait for.
    let (client, driver) = match &tls {
        None => {
            let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
            (client, runtime.spawn(drive(connection)))
        }
        Some(tls) => {
            let tls = MakeRustlsConnect::new((**tls).clone());
            let (client, connection) = config.connect(tls).await.map_err(failed)?;
            (client, runtime.spawn(drive(connection)))
        }
    };
    let stop = Stop {
        token: client.cancel_token(),
        tls,
        driver: driver.abort_handle(),
    };
    Ok(Connection { client, stop })
}

async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection to a warehouse broke");
    }
}
