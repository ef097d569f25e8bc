//! The messages of `graphql-transport-ws`.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Longest id of an operation.
const ID_BYTES: usize = 128;

/// What a client says.
#[derive(Debug)]
pub(super) enum Incoming<'a> {
    /// Who it is.
    Init(Option<&'a RawValue>),
    /// Whether the server is there.
    Ping(Option<&'a RawValue>),
    /// That it is there.
    Pong,
    /// An operation.
    Subscribe(Cow<'a, str>, &'a RawValue),
    /// The end of an operation.
    Complete(Cow<'a, str>),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// Reads a message; the error is the reason to close for.
pub(super) fn read(text: &str) -> Result<Incoming<'_>, &'static str> {
    let wire: Wire<'_> = serde_json::from_str(text)
        .map_err(|_ignored| "Invalid message: expected a JSON object with a `type`")?;
    let payload = wire.payload.filter(|payload| payload.get() != "null");
    if payload.is_some_and(|payload| !payload.get().starts_with('{')) {
        return Err("Invalid message: `payload` must be an object");
    }
    let id = |id: Option<Cow<'_, str>>| match id {
        Some(id) if (1..=ID_BYTES).contains(&id.len()) => Ok(id.into_owned().into()),
        _ => Err("Invalid message: `id` must be a text of 1 to 128 bytes"),
    };
    match &*wire.kind {
        "connection_init" => Ok(Incoming::Init(payload)),
        "ping" => Ok(Incoming::Ping(payload)),
        "pong" => Ok(Incoming::Pong),
        "subscribe" => {
            let payload = payload.ok_or("Invalid message: `subscribe` needs a `payload`")?;
            Ok(Incoming::Subscribe(id(wire.id)?, payload))
        }
        "complete" => Ok(Incoming::Complete(id(wire.id)?)),
        _ => Err("Invalid message: unknown `type`"),
    }
}

/// The credentials are good.
pub(super) const ACK: &str = r#"{"type":"connection_ack"}"#;

/// The answer to a ping.
pub(super) fn pong(payload: Option<&RawValue>) -> String {
    payload.map_or_else(
        || r#"{"type":"pong"}"#.to_owned(),
        |payload| format!(r#"{{"type":"pong","payload":{payload}}}"#),
    )
}

/// A result.
pub(super) fn next(id: &str, result: &[u8]) -> String {
    about(id, "next", Some(result))
}

/// Why an operation does not run, or no longer.
pub(super) fn error(id: &str, errors: &[u8]) -> String {
    about(id, "error", Some(errors))
}

/// The end of an operation.
pub(super) fn complete(id: &str) -> String {
    about(id, "complete", None)
}

fn about(id: &str, kind: &str, payload: Option<&[u8]>) -> String {
    let id = serde_json::Value::from(id);
    let Some(payload) = payload else {
        return format!(r#"{{"id":{id},"type":"{kind}"}}"#);
    };
    // Written as JSON a moment ago.
    let payload = String::from_utf8_lossy(payload);
    format!(r#"{{"id":{id},"type":"{kind}","payload":{payload}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_the_protocol_are_read_and_no_others() {
        for good in [
            r#"{"type":"connection_init"}"#,
            r#"{"type":"connection_init","payload":null}"#,
            r#"{"type":"connection_init","payload":{"token":"x"},"more":1}"#,
            r#"{"type":"ping","payload":{}}"#,
            r#"{"type":"pong"}"#,
            r#"{"id":"1","type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":"\u00e9","type":"complete"}"#,
        ] {
            read(good).unwrap();
        }
        let long = format!(r#"{{"id":"{}","type":"complete"}}"#, "x".repeat(129));
        for bad in [
            "",
            "null",
            "[]",
            "5",
            "{}",
            r#"{"type":"start","id":"1"}"#,
            r#"{"type":5}"#,
            r#"{"type":"connection_init","payload":5}"#,
            r#"{"type":"connection_init","payload":[]}"#,
            r#"{"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":"","type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":5,"type":"subscribe","payload":{"query":"{a}"}}"#,
            r#"{"id":"1","type":"subscribe"}"#,
            r#"{"type":"complete"}"#,
            &long,
        ] {
            read(bad).unwrap_err();
        }
    }

    #[test]
    fn ids_are_written_as_json() {
        assert_eq!(complete("a\"b"), r#"{"id":"a\"b","type":"complete"}"#);
        assert_eq!(
            next("1", br#"{"data":null}"#),
            r#"{"id":"1","type":"next","payload":{"data":null}}"#
        );
    }
}
