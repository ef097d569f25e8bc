//! `GET /graphql/schema.graphql`: the schema as a file, for tools. It is not secret.

use super::Edge;
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Answers with the schema, or that it did not change.
pub(super) async fn get(State(edge): State<Arc<Edge>>, headers: HeaderMap) -> Response {
    let sdl = edge.app.sdl.clone();
    // Computed per request: nobody asks often, and it takes a fraction of a millisecond.
    let tag = format!("\"{}\"", hex::encode(Sha256::digest(&sdl)));
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let is_known = known
        .flat_map(|line| line.split(','))
        .map(|entry| entry.trim().trim_start_matches("W/"))
        .any(|entry| entry == tag || entry == "*");
    let mut response = if is_known {
        (StatusCode::NOT_MODIFIED, Body::empty()).into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, "application/graphql; charset=utf-8")];
        (kind, Body::from(sdl)).into_response()
    };
    let out = response.headers_mut();
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    if let Ok(tag) = HeaderValue::try_from(tag) {
        out.insert(header::ETAG, tag);
    }
    response
}
