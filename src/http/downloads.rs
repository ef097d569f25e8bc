//! `GET /downloads/{token}`: the file of a signed link. The token is all that the request needs, so that a
//! browser can save the file; whose link it is, and whether they may have the file now, is asked each time.

use super::{Edge, failure::Failure, negotiate::MediaType, rate::Principal, run::SharedFacts};
use crate::{
    db::Database,
    domains::query::export::{self, Contents, NoDownload},
    gql::ErrorCode,
    kernel::Error,
};
use axum::{
    body::Body,
    extract::{Extension, Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use std::sync::Arc;

/// Where the links are.
pub(super) const PATH: &str = "/downloads/";

/// Sends the file, chunk by chunk.
pub(super) async fn get(
    State(edge): State<Arc<Edge>>,
    Extension(facts): Extension<SharedFacts>,
    Path(token): Path<String>,
    method: Method,
) -> Response {
    match open(&edge, &facts, &token).await {
        Ok(contents) => {
            if method == Method::GET {
                noted(&edge, &facts, &contents);
            }
            send(&edge, contents)
        }
        Err(failure) => failure.respond(MediaType::Json, &facts.id),
    }
}

async fn open(edge: &Edge, facts: &SharedFacts, token: &str) -> Result<Contents, Failure> {
    let app = &edge.app;
    edge.rate.request(&Principal::of(None, facts.address))?;
    let (vault, now) = (&app.outside.vault, app.clock.now());
    let opened = export::open(&app.db, vault, token, now).await;
    opened.map_err(|error| match error {
        NoDownload::NotFound => Failure::new(
            StatusCode::NOT_FOUND,
            ErrorCode::NotFound,
            "there is no such file, or it is not for the user of this link any more",
        ),
        NoDownload::Expired => Failure::new(
            StatusCode::GONE,
            ErrorCode::NotFound,
            "the link has expired: export again",
        ),
        NoDownload::Error(error) => Failure::of(&error, &facts.id),
    })
}

fn noted(edge: &Edge, facts: &SharedFacts, contents: &Contents) {
    let row = &contents.row;
    tracing::info!(
        request_id = facts.id,
        user = %contents.user,
        file = %row.id,
        size = row.size,
        "a file is fetched"
    );
    edge.metrics.count_download(row.size);
}

fn send(edge: &Edge, contents: Contents) -> Response {
    let row = &contents.row;
    let text = |text: &str| HeaderValue::try_from(text).ok();
    let headers = [
        (header::CONTENT_TYPE, text(&row.mime_type)),
        (
            header::CONTENT_DISPOSITION,
            text(&disposition(&row.file_name)),
        ),
        (header::CONTENT_LENGTH, Some(row.size.into())),
        (header::CACHE_CONTROL, text("private, no-store")),
        (header::ACCEPT_RANGES, text("none")),
    ];
    let headers: HeaderMap = headers
        .into_iter()
        .filter_map(|(name, value): (HeaderName, _)| Some((name, value?)))
        .collect();
    let db = edge.app.db.clone();
    let chunks = stream::try_unfold((db, contents), |(db, mut contents): (Database, _)| async {
        let bytes = contents.next(&db).await?;
        Ok::<_, Error>(bytes.map(|bytes| (Bytes::from(bytes), (db, contents))))
    });
    (headers, Body::from_stream(chunks)).into_response()
}

/// A name for people in every client: plain letters for old ones, all of them (RFC 5987) for the others.
fn disposition(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            ' '..='~' if !matches!(c, '"' | '\\' | '%') => c,
            _ => '_',
        })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or('0');
            full.extend(['%', digit(byte >> 4), digit(byte & 15)].map(|c| c.to_ascii_uppercase()));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_in_both_forms() {
        assert_eq!(
            disposition("Umsätze \"2026\".csv"),
            "attachment; filename=\"Ums_tze _2026_.csv\"; filename*=UTF-8''Ums%C3%A4tze%20%222026%22.csv"
        );
    }
}
