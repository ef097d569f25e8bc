//! The connections of one warehouse, and the use of one by a query.

use super::{
    super::WarehouseError,
    Flavour,
    connect::{Connection, Connector},
};
use deadpool::managed::{self, Metrics, Object, RecycleError, RecycleResult};
use std::time::Duration;
use tokio_postgres::Client;

/// How long a connection may take to be tidied.
const TIDYING: Duration = Duration::from_secs(5);

/// Makes connections and decides which may be used again.
pub(super) struct Manager {
    connector: Connector,
    flavour: Flavour,
}

impl Manager {
    pub(super) const fn new(connector: Connector, flavour: Flavour) -> Self {
        Self { connector, flavour }
    }

    pub(super) const fn flavour(&self) -> Flavour {
        self.flavour
    }
}

impl managed::Manager for Manager {
    type Type = Connection;
    type Error = WarehouseError;

    async fn create(&self) -> Result<Connection, WarehouseError> {
        // Boxed: TLS and the handshake are much, and would lie in every query's future.
        Box::pin(self.connector.connect()).await
    }

    async fn recycle(
        &self,
        connection: &mut Connection,
        _: &Metrics,
    ) -> RecycleResult<WarehouseError> {
        if connection.client.is_closed() {
            return Err(RecycleError::message("closed"));
        }
        Ok(())
    }
}

/// The use of a connection by one query. Dropped before [`Session::finish`], it stops the query in
/// the server and closes the connection.
pub(super) struct Session {
    // Taken only by `finish` and by the drop.
    object: Option<Object<Manager>>,
}

impl Session {
    pub(super) const fn new(object: Object<Manager>) -> Self {
        Self {
            object: Some(object),
        }
    }

    pub(super) fn client(&self) -> Result<&Client, WarehouseError> {
        let object = self.object.as_ref().ok_or(WarehouseError::Lost)?;
        Ok(&object.client)
    }

    /// Ends the transaction and gives the connection back, or closes it if it does not answer.
    pub(super) async fn finish(&mut self) {
        let Some(object) = self.object.as_ref() else {
            return;
        };
        let flavour = Object::pool(object).map(|pool| pool.manager().flavour());
        // What a query set ends with the transaction, but for locks of the session.
        let tidy = match flavour {
            Some(Flavour::Redshift) => "ROLLBACK",
            _ => "ROLLBACK; SELECT pg_catalog.pg_advisory_unlock_all()",
        };
        let tidied = tokio::time::timeout(TIDYING, object.client.batch_execute(tidy)).await;
        if matches!(tidied, Ok(Ok(()))) {
            drop(self.object.take());
        }
    }
}

impl Session {
    /// Stops the query in the server and closes the connection.
    pub(super) fn stop(&mut self) {
        let Some(object) = self.object.take() else {
            return;
        };
        let Connection { client, stop } = Object::take(object);
        drop(client);
        // The server notices a closed connection only when the statement is done.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(stop.now());
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop();
    }
}
