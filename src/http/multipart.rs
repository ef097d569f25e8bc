//! Requests with files: the GraphQL multipart request specification.
//!
//! The parts come in order: `operations` (one operation as JSON), `map` (which part fills which
//! variables), then the files. Only signed-in callers may send files, and who they are is asked before
//! anything of the body is kept; since a cookie needs a header that other sites cannot send, a form of
//! another site cannot upload. Files are held in memory, all of one request together within
//! `CHARTROOM_UPLOAD_LIMIT_BYTES`.

use super::{
    Edge,
    caller::Caller,
    credentials::{self, Credentials},
    facts::Facts,
    failure::Failure,
    params::{self, Params, Requests},
};
use crate::{
    domains::identity::authentication::Freshness,
    gql::{ErrorCode, UploadedFile, Uploads},
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
};
use bytes::{Bytes, BytesMut};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use std::{future::Future, sync::Arc};

/// Most files of a request.
const MOST_FILES: usize = 10;
/// Most variables that one file fills.
const MOST_PLACES: usize = 10;
/// Longest `map`, in bytes.
const MAP_LIMIT: usize = 64 * 1024;
/// Headers and boundaries of all parts together, in bytes.
const OVERHEAD: usize = 64 * 1024;

/// Whether a request says that it is one with files.
pub(super) fn is_announced(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|name| name.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Takes in the operation and its files.
pub(super) async fn receive(
    edge: &Arc<Edge>,
    facts: &Facts,
    parts: &Parts,
    body: Body,
) -> Result<Requests, Failure> {
    let config = &edge.app.config;
    let most = config.upload_limit + config.body_limit + MAP_LIMIT + OVERHEAD;
    let boundary = admit(edge, facts, parts, most).await?;
    let limits = SizeLimit::new().whole_stream(u64::try_from(most).unwrap_or(u64::MAX));
    let constraints = Constraints::new().size_limit(limits);
    let parts = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    Reader { edge, parts }.read().await
}

/// Whether files are taken from the caller; gives the boundary of the parts.
async fn admit(
    edge: &Arc<Edge>,
    facts: &Facts,
    parts: &Parts,
    most: usize,
) -> Result<String, Failure> {
    let config = &edge.app.config;
    let credentials = Credentials::of(parts, facts, config)?;
    if credentials.token().is_none() {
        return Err(Failure::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::Unauthenticated,
            "sign in first: only signed-in callers may send files",
        ));
    }
    let caller = Caller::find(edge, parts, facts, credentials, Freshness::Recent).await?;
    if caller.viewer.is_none() {
        return Err(credentials::unauthenticated());
    }
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(too_large(config.upload_limit));
    }
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    multer::parse_boundary(kind).map_err(|_error| {
        Failure::bad_request("`Content-Type: multipart/form-data` must name its boundary")
    })
}

struct Reader<'a> {
    edge: &'a Edge,
    parts: Multipart<'static>,
}

impl Reader<'_> {
    async fn read(mut self) -> Result<Requests, Failure> {
        let config = &self.edge.app.config;
        let operations = self.named("operations", config.body_limit).await?;
        let mut params = match params::of_body(&operations, &self.edge.app.guard, 1)? {
            Requests::One(params) => params,
            Requests::Batch(_) => {
                return Err(Failure::bad_request(
                    "`operations` must be one operation: batches cannot have files",
                ));
            }
        };
        let map = self.named("map", MAP_LIMIT).await?;
        let map = read_map(&map)?;
        let mut files: Vec<Option<(UploadedFile, String)>> = map.iter().map(|_| None).collect();
        let mut left = config.upload_limit;
        while let Some(mut part) = self.next().await? {
            let name = part.name().unwrap_or_default().to_owned();
            let found = map.iter().position(|(key, _)| *key == name);
            let slot = found.and_then(|number| files.get_mut(number));
            let Some(slot) = slot else {
                let message = format!("the part {} is not in `map`", quoted(&name));
                return Err(Failure::bad_request(message));
            };
            if slot.is_some() {
                let message = format!("the part {} comes twice", quoted(&name));
                return Err(Failure::bad_request(message));
            }
            let mut hash = Sha256::new();
            let content = self
                .collect(&mut part, left, |chunk| hash.update(chunk))
                .await?
                .ok_or_else(|| too_large(config.upload_limit))?;
            left -= content.len();
            let file = UploadedFile {
                name: part.file_name().map(str::to_owned),
                content,
            };
            *slot = Some((file, hex::encode(hash.finalize())));
        }
        params.uploads = fill(&mut params, &map, files)?;
        Ok(Requests::One(params))
    }

    /// The next part, which must have this name.
    async fn named(&mut self, name: &'static str, limit: usize) -> Result<Bytes, Failure> {
        let part = self.next().await?;
        let Some(mut part) = part.filter(|part| part.name() == Some(name)) else {
            return Err(Failure::bad_request(format!(
                "the parts must be `operations`, `map` and then the files, in this order: `{name}` is missing"
            )));
        };
        let content = self.collect(&mut part, limit, |_chunk| {}).await?;
        content.ok_or_else(|| {
            let message = format!("`{name}` may have at most {limit} bytes");
            large(message)
        })
    }

    async fn next(&mut self) -> Result<Option<Field<'static>>, Failure> {
        let limit = self.edge.app.config.upload_limit;
        let next = in_time(self.edge, self.parts.next_field()).await?;
        next.map_err(|error| broken(&error, limit))
    }

    /// The bytes of a part; `None` if there are more than the limit.
    async fn collect(
        &self,
        part: &mut Field<'static>,
        limit: usize,
        mut seen: impl FnMut(&[u8]),
    ) -> Result<Option<Bytes>, Failure> {
        let most = self.edge.app.config.upload_limit;
        let mut content = BytesMut::new();
        loop {
            let chunk = in_time(self.edge, part.chunk()).await?;
            let Some(chunk) = chunk.map_err(|error| broken(&error, most))? else {
                return Ok(Some(content.freeze()));
            };
            if content.len() + chunk.len() > limit {
                return Ok(None);
            }
            seen(&chunk);
            content.extend_from_slice(&chunk);
        }
    }
}

/// Each piece has as long as a whole body without files.
async fn in_time<T>(edge: &Edge, piece: impl Future<Output = T>) -> Result<T, Failure> {
    let limit = edge.app.config.body_timeout;
    tokio::time::timeout(limit, piece)
        .await
        .map_err(|_elapsed| {
            Failure::new(
                StatusCode::REQUEST_TIMEOUT,
                ErrorCode::Timeout,
                "the body took too long to arrive",
            )
            .with(header::CONNECTION, HeaderValue::from_static("close"))
        })
}

type Places = Vec<(String, Vec<String>)>;

/// `{"0": ["variables.input.manifest"]}`, with its limits.
fn read_map(map: &[u8]) -> Result<Places, Failure> {
    let bad = |message: String| Failure::bad_request(message);
    let map: Map<String, Json> = serde_json::from_slice(map)
        .map_err(|_error| bad("`map` must be a JSON object of lists of paths".to_owned()))?;
    if map.len() > MOST_FILES {
        return Err(bad(format!(
            "a request may have at most {MOST_FILES} files"
        )));
    }
    let mut places = Vec::with_capacity(map.len());
    for (name, paths) in map {
        let paths: Option<Vec<String>> = serde_json::from_value(paths).ok();
        let Some(paths) = paths.filter(|paths| (1..=MOST_PLACES).contains(&paths.len())) else {
            let name = quoted(&name);
            return Err(bad(format!(
                "`map`: {name} must be a list of 1 to {MOST_PLACES} paths such as \"variables.file\""
            )));
        };
        places.push((name, paths));
    }
    Ok(places)
}

/// Puts marks of the files in their places, which must be null.
fn fill(
    params: &mut Params,
    map: &Places,
    files: Vec<Option<(UploadedFile, String)>>,
) -> Result<Uploads, Failure> {
    let mut uploads = Vec::with_capacity(files.len());
    for (number, ((name, paths), file)) in map.iter().zip(files).enumerate() {
        let Some((file, hash)) = file else {
            let message = format!("`map` names the part {}, which is missing", quoted(name));
            return Err(Failure::bad_request(message));
        };
        for path in paths {
            let place = place(&mut params.variables, path);
            let Some(place) = place.filter(|place| place.is_null()) else {
                return Err(Failure::bad_request(format!(
                    "`map`: the path {} must lead to a variable that is null in `operations`",
                    quoted(path)
                )));
            };
            *place = Json::String(Uploads::mark(number, &hash));
        }
        uploads.push(file);
    }
    Ok(Uploads::new(uploads))
}

/// The value at a path such as `variables.input.files.0`.
fn place<'v>(variables: &'v mut Map<String, Json>, path: &str) -> Option<&'v mut Json> {
    let mut steps = path.strip_prefix("variables.")?.split('.');
    let mut value = variables.get_mut(steps.next()?)?;
    for step in steps {
        value = match value {
            Json::Object(fields) => fields.get_mut(step)?,
            Json::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

fn broken(error: &multer::Error, limit: usize) -> Failure {
    match error {
        multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. } => {
            too_large(limit)
        }
        _ => Failure::bad_request("the body is not complete multipart/form-data"),
    }
}

fn too_large(limit: usize) -> Failure {
    large(format!(
        "the files of a request may have at most {limit} bytes together (CHARTROOM_UPLOAD_LIMIT_BYTES)"
    ))
}

fn large(message: String) -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::LimitExceeded,
        message,
    )
    .with(header::CONNECTION, HeaderValue::from_static("close"))
}

/// A name from the request, in quotes and short enough for a message.
fn quoted(name: &str) -> String {
    let short: String = name.chars().take(60).collect();
    format!("{short:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_into_variables_only() {
        let mut variables = json!({ "input": { "files": [null, 1] }, "file": null });
        let variables = variables.as_object_mut().unwrap();
        for path in ["variables.file", "variables.input.files.0"] {
            assert!(
                place(variables, path).is_some_and(|place| place.is_null()),
                "{path}"
            );
        }
        for path in [
            "",
            "file",
            "variables",
            "variables.",
            "variables.input.files.9",
            "0.variables.file",
            "variables.file.x",
        ] {
            assert!(place(variables, path).is_none(), "{path}");
        }
    }

    #[test]
    fn maps_have_limits() {
        assert!(read_map(br#"{"0":["variables.a"]}"#).is_ok());
        for bad in [
            &b"[]"[..],
            b"{\"0\":[]}",
            b"{\"0\":\"variables.a\"}",
            b"{\"0\":[1]}",
            b"x",
        ] {
            assert!(read_map(bad).is_err());
        }
    }
}
