//! The only way to open a transaction.

use super::pool::Conn;
use diesel_async::{AsyncConnection, AsyncPgConnection, TransactionManager};

type Manager = <AsyncPgConnection as AsyncConnection>::TransactionManager;

/// Runs `work` in one transaction: commits what succeeds, rolls back what fails.
///
/// `work` gets a shared reference, so that independent statements can be pipelined. A connection
/// whose transaction is cut short (the caller went away) is thrown away by the pool.
///
/// # Errors
/// What `work` fails with, or that the transaction could not be opened or committed.
pub async fn transaction<T, E, F>(conn: &mut AsyncPgConnection, work: F) -> Result<T, E>
where
    F: AsyncFnOnce(&Conn) -> Result<T, E>,
    E: From<diesel::result::Error>,
{
    Manager::begin_transaction(conn).await?;
    match work(conn).await {
        Ok(value) => {
            Manager::commit_transaction(conn).await?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = Manager::rollback_transaction(conn).await {
                tracing::warn!(error = %rollback, "a transaction could not be rolled back");
            }
            Err(error)
        }
    }
}
