//! The one error of the server, by what a client can do about it.

use std::{borrow::Cow, sync::Arc};

/// Result of everything that can fail for a reason a client may hear of.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed, told by what the caller can do about it.
///
/// Mistakes that a form can show are not errors but data: `userErrors` of the mutation payloads.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The thing does not exist, or the caller may not know that it does.
    #[error("not found")]
    NotFound,
    /// The caller may see the thing but not do this to it. The text names the missing permission.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// The caller has to sign in first.
    #[error("sign in first: send a session token or an API key as `Authorization: Bearer …`")]
    Unauthenticated,
    /// An argument is wrong in a way that is not a form error (a cursor, a page size, an id).
    #[error("argument `{argument}`: {message}")]
    Invalid {
        /// Path of the argument, for example `filter.spaceId.eq`.
        argument: Cow<'static, str>,
        /// What was wrong and what would be right.
        message: String,
    },
    /// Somebody else changed the same thing; trying again may succeed.
    #[error("conflict: {0}")]
    Conflict(Cow<'static, str>),
    /// The database cannot be reached or is overloaded; trying again later may succeed.
    #[error("temporarily unavailable, try again")]
    Unavailable(Arc<anyhow::Error>),
    /// A fault of the server. Callers see no cause.
    #[error("internal error")]
    Internal(Arc<anyhow::Error>),
}

impl Error {
    /// An [`Error::Invalid`] for `argument`.
    pub fn invalid(argument: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Invalid {
            argument: argument.into(),
            message: message.into(),
        }
    }

    /// The same mistake, seen from further up: its argument is a part of `parent`.
    #[must_use]
    pub fn under(self, parent: impl std::fmt::Display) -> Self {
        match self {
            Self::Invalid { argument, message } if argument.is_empty() => {
                Self::invalid(parent.to_string(), message)
            }
            Self::Invalid { argument, message } => {
                Self::invalid(format!("{parent}.{argument}"), message)
            }
            other => other,
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(Arc::new(cause))
    }
}

impl Error {
    /// An [`Error::Internal`] that no cause explains better than a sentence.
    pub fn fault(what: &str) -> Self {
        Self::Internal(Arc::new(anyhow::anyhow!("{what}")))
    }

    /// An [`Error::Unavailable`].
    pub fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        Self::Unavailable(Arc::new(cause.into()))
    }
}
