//! The only way to open a transaction.

use super::pool::Conn;
use diesel::{
    QueryResult,
    connection::{TransactionDepthChange, TransactionManagerStatus},
};
use diesel_async::{
    AsyncConnection, AsyncPgConnection, SimpleAsyncConnection as _, TransactionManager,
};
use futures_util::future::try_join;

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
    let result = work(conn).await;
    end(conn, result).await
}

/// Like [`transaction`]; what `read` asks for goes to the server together with the beginning, so
/// that nothing waits for the latter alone.
///
/// `read` must only read: the server may refuse to begin.
///
/// # Errors
/// Those of [`transaction`], and what `read` fails with.
pub async fn transaction_after<A, T, E, R, F>(
    conn: &mut AsyncPgConnection,
    read: R,
    work: F,
) -> Result<T, E>
where
    R: AsyncFnOnce(&Conn) -> Result<A, E>,
    F: AsyncFnOnce(&Conn, A) -> Result<T, E>,
    E: From<diesel::result::Error>,
{
    // Marked as open first: what is cut short from here on ends with the connection.
    match Manager::transaction_manager_status_mut(conn) {
        TransactionManagerStatus::Valid(status) if status.transaction_depth().is_none() => {
            status.change_transaction_depth(TransactionDepthChange::IncreaseDepth)?;
        }
        _ => return Err(diesel::result::Error::AlreadyInTransaction.into()),
    }
    let shared: &Conn = conn;
    let opened = try_join(async { Ok(begin(shared).await?) }, read(shared)).await;
    let result = match opened {
        Ok(((), read)) => work(shared, read).await,
        Err(error) => Err(error),
    };
    end(conn, result).await
}

async fn begin(mut conn: &Conn) -> QueryResult<()> {
    conn.batch_execute("BEGIN").await
}

async fn end<T, E>(conn: &mut AsyncPgConnection, result: Result<T, E>) -> Result<T, E>
where
    E: From<diesel::result::Error>,
{
    match result {
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
