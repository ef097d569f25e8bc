//! Errors as GraphQL shows them: a code from a closed list, never a cause.

use crate::kernel::Error;
use async_graphql::ServerError;

/// Codes of top-level errors, in `extensions.code`. Documented in `docs/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// `operationName` is unknown, or missing where the document has several operations.
    OperationResolutionFailed,
    /// Introspection by somebody who may not.
    IntrospectionDisabled,
    /// An argument is wrong: see `extensions.argument`.
    Invalid,
    /// Sign in first.
    Unauthenticated,
    /// Signed in, but not allowed to do this.
    Forbidden,
    /// The thing does not exist, or the caller may not know that it does.
    NotFound,
    /// Somebody changed the same thing at the same time.
    Conflict,
    /// The document is larger, deeper or dearer than allowed: see `extensions.limit`.
    LimitExceeded,
    /// Too many requests: see the header `Retry-After`.
    RateLimited,
    /// The HTTP request is not a GraphQL request.
    BadRequest,
    /// A request from another site, or without the header that keeps such requests out.
    CsrfRefused,
    /// The persisted query is not known; send it with its text.
    PersistedQueryNotFound,
    /// The request took longer than allowed.
    Timeout,
    /// Not now; try again later.
    Unavailable,
    /// A fault of the server; `extensions.requestId` finds it in the log.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: &'static [Self] = &[
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::OperationResolutionFailed,
        Self::IntrospectionDisabled,
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::LimitExceeded,
        Self::RateLimited,
        Self::BadRequest,
        Self::CsrfRefused,
        Self::PersistedQueryNotFound,
        Self::Timeout,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The text in `extensions.code`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParseFailed => "PARSE_FAILED",
            Self::ValidationFailed => "VALIDATION_FAILED",
            Self::OperationResolutionFailed => "OPERATION_RESOLUTION_FAILED",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::Invalid => "INVALID",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::BadRequest => "BAD_REQUEST",
            Self::CsrfRefused => "CSRF_REFUSED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }
}

/// Code, text and argument of an error, as a caller may see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorDetails {
    /// The code.
    pub code: ErrorCode,
    /// The text.
    pub message: String,
    /// Path of the argument that was wrong.
    pub argument: Option<String>,
}

impl From<&Error> for ErrorDetails {
    fn from(error: &Error) -> Self {
        let code = match error {
            Error::NotFound => ErrorCode::NotFound,
            Error::Forbidden(_) => ErrorCode::Forbidden,
            Error::Unauthenticated => ErrorCode::Unauthenticated,
            Error::Invalid { .. } => ErrorCode::Invalid,
            Error::Conflict(_) => ErrorCode::Conflict,
            Error::Unavailable(_) => ErrorCode::Unavailable,
            Error::Internal(_) => ErrorCode::Internal,
        };
        let argument = match error {
            Error::Invalid { argument, .. } => Some(argument.to_string()),
            _ => None,
        };
        Self {
            code,
            message: error.to_string(),
            argument,
        }
    }
}

/// Completes an error of the engine: code and argument from the [`Error`] it came from, and the
/// request's id. Causes of faults go to the log, once, here.
///
/// The engine turns every error that is `Display` into one of its own and keeps the source, so
/// resolvers simply use `?`.
pub fn complete(error: &mut ServerError, request_id: &str) {
    let details = error.source::<Error>().map(|source| {
        match source {
            Error::Internal(cause) => {
                tracing::error!(request_id, cause = ?cause, path = ?error.path, "internal error");
            }
            Error::Unavailable(cause) => {
                tracing::warn!(request_id, cause = ?cause, "temporarily unavailable");
            }
            _ => {}
        }
        ErrorDetails::from(source)
    });
    let extensions = error.extensions.get_or_insert_default();
    if let Some(details) = details {
        extensions.set("code", details.code.as_str());
        if let Some(argument) = details.argument {
            extensions.set("argument", argument);
        }
    } else if extensions.get("code").is_none() {
        // The engine refuses values that do not fit their type; nothing else comes without source.
        extensions.set("code", ErrorCode::Invalid.as_str());
    }
    extensions.set("requestId", request_id);
}
