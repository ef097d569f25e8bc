//! Operations over sockets: the protocol `graphql-transport-ws`, from outside.

mod credentials;
pub(crate) mod limits;
mod opening;
mod operations;
mod streams;

use crate::support::TestApp;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};

/// A query that waits for [`hold`].
const WAITS: &str = "{ projects { totalCount nodes { id } } }";

/// Makes every read of projects wait, for as long as the connection is kept.
async fn hold(app: &TestApp) -> AsyncPgConnection {
    use diesel_async::AsyncConnection as _;
    let mut conn = AsyncPgConnection::establish(&app.database_url())
        .await
        .unwrap();
    conn.batch_execute("BEGIN; LOCK TABLE projects")
        .await
        .unwrap();
    conn
}
