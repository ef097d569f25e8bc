//! Takes a request's body in, within its limits of type, size and time.

use super::{
    failure::Failure,
    negotiate::{self, BodyType},
};
use crate::{config::HttpConfig, gql::ErrorCode};
use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use bytes::Bytes;

/// The whole body, which is JSON.
pub(super) async fn receive(
    headers: &HeaderMap,
    body: Body,
    config: &HttpConfig,
) -> Result<Bytes, Failure> {
    match negotiate::body_type(headers) {
        BodyType::Json => {}
        BodyType::OtherCharset => return Err(unsupported("the body must be in UTF-8")),
        BodyType::Other => {
            return Err(unsupported(
                "the body must be JSON, with `Content-Type: application/json`, or multipart/form-data with files",
            ));
        }
    }
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(unsupported("the body must not be compressed"));
    }
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > config.body_limit) {
        return Err(Failure::too_large(config.body_limit));
    }
    let reading = to_bytes(body, config.body_limit);
    match tokio::time::timeout(config.body_timeout, reading).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_too_long(&error) => Err(Failure::too_large(config.body_limit)),
        Ok(Err(_)) => Err(Failure::bad_request("the body could not be received")),
        Err(_elapsed) => Err(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            ErrorCode::Timeout,
            "the body took too long to arrive",
        )
        .with(header::CONNECTION, HeaderValue::from_static("close"))),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    std::error::Error::source(error)
        .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>)
}

fn unsupported(message: &'static str) -> Failure {
    Failure::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::BadRequest,
        message,
    )
}
