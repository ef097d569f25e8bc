//! Requests that end before an operation runs, and how every error is written.

use super::negotiate::MediaType;
use crate::{
    gql::{
        ErrorCode, ErrorDetails,
        guard::{LimitExceeded, Refusal},
    },
    kernel::Error,
};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::borrow::Cow;

/// Why a request ended before an operation ran. `data` is absent from such answers.
#[derive(Debug)]
pub(super) struct Failure {
    /// The status, whatever the media type.
    pub(super) status: StatusCode,
    /// At least one.
    pub(super) errors: Vec<WireError>,
    /// Whether the operation was at fault, not the request around it: then `application/json`
    /// gets 200.
    pub(super) by_document: bool,
    /// Headers that belong to the refusal.
    pub(super) headers: HeaderMap,
}

/// An error as clients read it.
#[derive(Debug, Serialize)]
pub(super) struct WireError {
    message: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<[WireLocation; 1]>,
    extensions: WireExtensions,
}

#[derive(Debug, Serialize)]
struct WireLocation {
    line: usize,
    column: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct WireExtensions {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<WireLimit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    argument: Option<String>,
    request_id: String,
}

#[derive(Debug, Serialize)]
struct WireLimit {
    name: &'static str,
    maximum: u64,
    found: u64,
}

impl From<LimitExceeded> for WireLimit {
    fn from(limit: LimitExceeded) -> Self {
        Self {
            name: limit.limit.as_str(),
            maximum: limit.maximum,
            found: limit.found,
        }
    }
}

impl Failure {
    /// A failure with one error.
    pub(super) fn new(
        status: StatusCode,
        code: ErrorCode,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let extensions = WireExtensions {
            code: code.as_str(),
            limit: None,
            argument: None,
            request_id: String::new(),
        };
        let error = WireError {
            message: message.into(),
            locations: None,
            extensions,
        };
        Self {
            status,
            errors: vec![error],
            by_document: false,
            headers: HeaderMap::new(),
        }
    }

    /// The request is not a GraphQL request.
    pub(super) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, message)
    }

    /// The same with a header.
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The body is larger than allowed.
    pub(super) fn too_large(maximum: usize) -> Self {
        let message = format!("the request body may have at most {maximum} bytes");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::LimitExceeded,
            message,
        )
        .with(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// The guard refused a document or variables. Anonymous callers get no hints.
    pub(super) fn refused(refusal: &Refusal, with_hints: bool) -> Self {
        let errors = refusal.problems.iter().map(|problem| WireError {
            message: problem.text(with_hints).into(),
            locations: problem.location.map(|at| {
                [WireLocation {
                    line: at.line,
                    column: at.column,
                }]
            }),
            extensions: WireExtensions {
                code: refusal.code.as_str(),
                limit: refusal.limit.map(WireLimit::from),
                argument: None,
                request_id: String::new(),
            },
        });
        let errors = errors.collect();
        let status = StatusCode::BAD_REQUEST;
        Self {
            status,
            errors,
            by_document: true,
            headers: HeaderMap::new(),
        }
    }

    /// An error of the server outside of any operation.
    pub(super) fn of(error: &Error, request_id: &str) -> Self {
        let status = match error {
            Error::Unavailable(cause) => {
                tracing::warn!(request_id, ?cause, "temporarily unavailable");
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::Internal(cause) => {
                tracing::error!(request_id, ?cause, "internal error");
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Error::Unauthenticated => StatusCode::UNAUTHORIZED,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::Conflict(_) => StatusCode::CONFLICT,
            Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        };
        let details = ErrorDetails::from(error);
        let failure = Self::new(status, details.code, details.message);
        match status {
            StatusCode::SERVICE_UNAVAILABLE => {
                failure.with(header::RETRY_AFTER, HeaderValue::from_static("1"))
            }
            _ => failure,
        }
    }

    /// `extensions.code` of the first error.
    pub(super) fn code(&self) -> &'static str {
        self.errors
            .first()
            .map_or("", |error| error.extensions.code)
    }

    /// Writes `"errors":[…]`, without the braces around it.
    pub(super) fn write(&mut self, request_id: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"errors\":");
        self.write_list(request_id, out);
    }

    /// Writes `[…]`.
    pub(super) fn write_list(&mut self, request_id: &str, out: &mut Vec<u8>) {
        for error in &mut self.errors {
            request_id.clone_into(&mut error.extensions.request_id);
        }
        if serde_json::to_writer(&mut *out, &self.errors).is_err() {
            // Texts and numbers can always be written.
            out.extend_from_slice(b"[]");
        }
    }

    /// The whole answer.
    pub(super) fn respond(mut self, media: MediaType, request_id: &str) -> Response {
        let mut body = Vec::with_capacity(256);
        body.push(b'{');
        self.write(request_id, &mut body);
        body.push(b'}');
        let status = match media {
            MediaType::Json if self.by_document => StatusCode::OK,
            _ => self.status,
        };
        let mut response = (status, self.headers, body).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, media.header());
        response
    }
}
