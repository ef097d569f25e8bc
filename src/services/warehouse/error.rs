//! Why a warehouse did not answer, in classes that a client can tell apart.

use std::time::Duration;

/// Why a warehouse did not answer. The texts may be shown to those who may run queries there; none
/// holds a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WarehouseError {
    /// The address may not be used, or is Chartroom's own database.
    #[error("{0}")]
    Refused(String),
    /// Nobody answers there, or not as a warehouse.
    #[error("cannot connect: {0}")]
    CannotConnect(String),
    /// The user or the password is wrong.
    #[error("the warehouse refused the user or the password")]
    Authentication,
    /// All connections are in use.
    #[error("all connections to the warehouse are in use, try again")]
    Busy,
    /// The statement ran too long.
    #[error("the query took longer than {} s", after.as_secs())]
    Timeout {
        /// The limit.
        after: Duration,
    },
    /// The statement was stopped.
    #[error("the query was cancelled")]
    Cancelled,
    /// The connection broke while the statement ran.
    #[error("the connection to the warehouse was lost")]
    Lost,
    /// The statement gives no rows, such as one that changes something.
    #[error("the statement returns no rows; only queries can be run")]
    NotAQuery,
    /// The values do not fit the placeholders.
    #[error("the statement has {expected} placeholders, but {found} values were given")]
    Parameters {
        /// Placeholders.
        expected: usize,
        /// Values.
        found: usize,
    },
    /// The warehouse refuses the statement, or failed while it ran.
    #[error("{message} (SQLSTATE {state})")]
    Sql {
        /// The SQLSTATE.
        state: String,
        /// What the warehouse says.
        message: String,
        /// The place in the statement, in characters from 1.
        position: Option<u32>,
    },
    /// A value cannot be read.
    #[error("a value of the column {column} cannot be read")]
    Unreadable {
        /// The column.
        column: String,
    },
}
