//! What the driver's errors mean to the caller.

use super::super::WarehouseError;
use std::time::{Duration, Instant};
use tokio_postgres::error::{DbError, Error, ErrorPosition, SqlState};

/// Why there is no connection. Tells a class, not what the other side said: that may be any service.
pub(super) fn connecting(error: &Error) -> WarehouseError {
    if let Some(answer) = error.as_db_error() {
        let code = answer.code();
        let text = if *code == SqlState::INVALID_CATALOG_NAME {
            "there is no such database"
        } else if *code == SqlState::TOO_MANY_CONNECTIONS {
            "the server has too many connections already"
        } else if *code == SqlState::CANNOT_CONNECT_NOW {
            "the server is starting or stopping"
        } else if code.code().starts_with("28") {
            return WarehouseError::Authentication;
        } else {
            return WarehouseError::CannotConnect(format!("the server refuses ({})", code.code()));
        };
        return WarehouseError::CannotConnect(text.to_owned());
    }
    let text = error.to_string();
    tracing::debug!(error = text, "a warehouse cannot be reached");
    // The driver tells the kinds of its errors by their texts alone.
    let class = if text.starts_with("authentication error") || text.contains("password missing") {
        return WarehouseError::Authentication;
    } else if text.contains("TLS") {
        "TLS is not offered there, or the certificate is not accepted"
    } else if text.starts_with("timeout") {
        "nobody answered in time"
    } else {
        "nobody answers there, or no PostgreSQL"
    };
    WarehouseError::CannotConnect(class.to_owned())
}

/// What a statement may take, and when it began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) started: Instant,
    pub(super) limit: Duration,
}

impl Clock {
    /// The error of one who waited too long.
    pub(super) const fn late(self) -> WarehouseError {
        WarehouseError::Timeout { after: self.limit }
    }
}

/// Why a statement failed. `prefix` is how many characters were put before it.
pub(super) fn running(error: &Error, clock: Clock, prefix: u32) -> WarehouseError {
    let Some(answer) = error.as_db_error() else {
        if error.is_closed() || error.to_string().starts_with("error communicating") {
            return WarehouseError::Lost;
        }
        return WarehouseError::Sql {
            state: "XX000".to_owned(),
            message: "the warehouse gave an answer that cannot be read".to_owned(),
            position: None,
        };
    };
    if *answer.code() == SqlState::QUERY_CANCELED {
        // One code for both; the text is in the server's language.
        return if clock.started.elapsed() >= clock.limit {
            clock.late()
        } else {
            WarehouseError::Cancelled
        };
    }
    if [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN].contains(answer.code()) {
        return WarehouseError::Lost;
    }
    WarehouseError::Sql {
        state: answer.code().code().to_owned(),
        message: answer.message().to_owned(),
        position: position(answer, prefix),
    }
}

fn position(answer: &DbError, prefix: u32) -> Option<u32> {
    match answer.position()? {
        ErrorPosition::Original(at) => at.checked_sub(prefix),
        ErrorPosition::Internal { .. } => None,
    }
}
