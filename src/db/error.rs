//! What the errors of diesel and the pool mean to a caller.

use crate::kernel::Error;
use diesel::result::{DatabaseErrorKind, Error as Diesel};

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::DatabaseError(kind, info) => match kind {
                DatabaseErrorKind::SerializationFailure => Self::Conflict(
                    "somebody changed the same thing at the same time, try again".into(),
                ),
                DatabaseErrorKind::ForeignKeyViolation => Self::Conflict(
                    "something that this refers to was deleted at the same time, try again".into(),
                ),
                DatabaseErrorKind::UniqueViolation => Self::Conflict(
                    info.constraint_name()
                        .map_or_else(|| "unique".to_owned(), str::to_owned)
                        .into(),
                ),
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction => {
                    Self::unavailable(anyhow::anyhow!("{}", info.message()))
                }
                _ if is_deadlock(info.message()) => Self::Conflict(
                    "somebody changed the same things at the same time, try again".into(),
                ),
                _ if is_outage(info.message()) => {
                    Self::unavailable(anyhow::anyhow!("{}", info.message()))
                }
                _ => Self::from(anyhow::anyhow!(
                    "{} ({})",
                    info.message(),
                    info.constraint_name().unwrap_or("no constraint")
                )),
            },
            other => Self::from(anyhow::Error::new(other)),
        }
    }
}

fn is_deadlock(message: &str) -> bool {
    message.contains("deadlock detected")
}

/// Texts of PostgreSQL and its driver when the server goes away or gives up on a statement.
fn is_outage(message: &str) -> bool {
    [
        "connection closed",
        "error communicating with the server",
        "terminating connection",
        "the database system is",
        "canceling statement due to",
        "kind: Closed",
    ]
    .iter()
    .any(|text| message.contains(text))
}
