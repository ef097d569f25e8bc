//! The header `Idempotency-Key`: a mutation that is sent again is answered again, not done again.
//!
//! For mutations by signed-in callers; keys belong to users and live a day. The mutation goes on
//! when the client leaves, since clients send again what they got no answer to. An answer that
//! holds a token is not kept: tokens are never stored.

mod store;

use super::{
    Edge,
    facts::Facts,
    failure::Failure,
    operation::Ready,
    run::{Done, Outcome},
};
use crate::{
    authz::System,
    gql::ErrorCode,
    kernel::{Error, Result, Secret, entity::UserId},
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use chrono::TimeDelta;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

/// The key of a request.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on answers that were given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 255;
/// How long an answer is kept.
const LIFE: TimeDelta = TimeDelta::days(1);
/// How much longer than the deadline of a request its key is held for it.
const GRACE: TimeDelta = TimeDelta::minutes(1);

/// A key that this request holds.
pub(super) struct Held {
    user: UserId,
    key: String,
}

/// What holds for a key.
pub(super) enum Claim {
    /// The request is new, and runs now.
    New(Held),
    /// It ran before, with this answer.
    Answered(StatusCode, String),
}

/// The key in the headers, if there is one.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    let Some(value) = headers.get(KEY) else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default().trim_matches('"');
    let fits =
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        return Ok(Some(key));
    }
    Err(Failure::bad_request(
        "`Idempotency-Key` must have 1 to 255 visible characters of ASCII, without spaces",
    ))
}

/// Takes the key for a request, or finds what it was answered before.
pub(super) async fn claim(
    edge: &Edge,
    facts: &Facts,
    (user, key): (UserId, &str),
    ready: &Ready,
) -> Result<Claim, Failure> {
    let hash = hash(ready);
    let failed = |error: Error| Failure::of(&error, &facts.id);
    let timeout = TimeDelta::from_std(edge.app.config.request_timeout).unwrap_or(GRACE);
    let times = (edge.app.clock.now(), LIFE, timeout + GRACE);
    let kept = {
        let conn = edge.app.db.get().await.map_err(failed)?;
        let system = System::new("look for the answer to a repeated mutation");
        store::claim(&conn, system, (user, key), &hash, times)
            .await
            .map_err(failed)?
    };
    let Some(kept) = kept else {
        return Ok(Claim::New(Held {
            user,
            key: key.to_owned(),
        }));
    };
    if kept.request_hash != hash {
        return Err(conflict(
            StatusCode::UNPROCESSABLE_ENTITY,
            "this `Idempotency-Key` was used for another request",
        ));
    }
    let Some(response) = kept.response else {
        let failure = conflict(StatusCode::CONFLICT, "the same request is being worked on");
        return Err(failure.with(header::RETRY_AFTER, HeaderValue::from_static("1")));
    };
    let status = response
        .get("status")
        .and_then(serde_json::Value::as_u64)
        .and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    match (
        status,
        response.get("body").and_then(serde_json::Value::as_str),
    ) {
        (Some(status), Some(body)) => Ok(Claim::Answered(status, body.to_owned())),
        _ => Err(conflict(
            StatusCode::CONFLICT,
            "this request was done before; its answer held a token, so it was not kept",
        )),
    }
}

/// Keeps the answer of a request, or lets go of the key if nothing was changed.
pub(super) async fn settle(edge: &Edge, facts: &Facts, held: Held, done: &Done, body: &[u8]) {
    let result = async {
        let conn = edge.app.db.get().await?;
        let place = (held.user, held.key.as_str());
        if done.outcome != Outcome::Ok && !done.notes.committed {
            let system = System::new("let go of the key of a mutation that changed nothing");
            return store::let_go(&conn, system, place).await;
        }
        let system = System::new("keep the answer of a mutation that came with a key");
        store::keep(&conn, system, place, &kept(done.status, body)).await
    };
    if let Err(error) = result.await {
        tracing::warn!(request_id = facts.id, %error, "the answer to a mutation could not be kept");
    }
}

/// Deletes what is older than a day.
pub(super) async fn forget_old(edge: &Edge) -> Result<()> {
    let conn = edge.app.db.get().await?;
    let before = edge.app.clock.now() - LIFE;
    store::forget(
        &conn,
        System::new("forget old answers of mutations"),
        before,
    )
    .await
}

fn conflict(status: StatusCode, message: &'static str) -> Failure {
    Failure::new(status, ErrorCode::Conflict, message)
}

/// The body goes into JSON as text: the order of its fields belongs to the answer.
fn kept(status: StatusCode, body: &[u8]) -> Json {
    match std::str::from_utf8(body) {
        Ok(body) if !holds_token(body) => json!({ "status": status.as_u16(), "body": body }),
        _ => json!({ "withheld": true }),
    }
}

/// Whether any text of the answer is a token of ours.
fn holds_token(body: &str) -> bool {
    body.split('"')
        .any(|text| text.starts_with("cr") && Secret::parse(text).is_some())
}

fn hash(ready: &Ready) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(ready.prepared.document.hash().as_bytes());
    hash.update(ready.name.as_deref().unwrap_or_default());
    hash.update([0]);
    for (name, value) in &ready.variables {
        hash.update(name);
        hash.update([0]);
        hash.update(value.to_string());
        hash.update([0]);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::SecretKind;

    #[test]
    fn answers_with_tokens_are_not_kept() {
        let token = Secret::generate(SecretKind::ApiKey).unwrap();
        let body = format!(
            r#"{{"data":{{"createApiKey":{{"token":"{}"}}}}}}"#,
            token.expose()
        );
        assert_eq!(
            kept(StatusCode::OK, body.as_bytes()),
            json!({ "withheld": true })
        );
        let plain = br#"{"data":{"b":1,"a":"crk_ is a prefix"}}"#;
        assert_eq!(kept(StatusCode::OK, plain)["status"], 200);
    }
}
