//! The parameters of operations, as they come in a body or in an address.

use super::failure::Failure;
use crate::gql::{Uploads, guard::Guard};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use serde_json::{Map, Value as Json, value::RawValue};
use std::{fmt, fmt::Display};

/// Parameters of one operation.
#[derive(Debug, Default)]
pub(super) struct Params {
    /// The document; may be absent when it is named by its hash.
    pub(super) query: Option<String>,
    /// Which operation of the document to run.
    pub(super) operation_name: Option<String>,
    /// Values of its variables.
    pub(super) variables: Map<String, Json>,
    /// SHA-256 of the document in lower-case hexadecimal, by the protocol of persisted queries.
    pub(super) hash: Option<String>,
    /// Files that came with it.
    pub(super) uploads: Uploads,
}

/// One operation or several.
#[derive(Debug)]
pub(super) enum Requests {
    /// The body was an object.
    One(Params),
    /// The body was a list.
    Batch(Vec<Params>),
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    query: Option<String>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
    #[serde(default, borrow)]
    variables: Option<&'a RawValue>,
    #[serde(default, borrow)]
    extensions: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Extensions {
    #[serde(default, rename = "persistedQuery")]
    persisted_query: Option<PersistedQuery>,
}

#[derive(Deserialize)]
struct PersistedQuery {
    version: u8,
    #[serde(rename = "sha256Hash")]
    sha256_hash: String,
}

/// Reads a body. Nothing of it reaches a recursive parser before the guard has measured it.
pub(super) fn of_body(body: &[u8], guard: &Guard, most: usize) -> Result<Requests, Failure> {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => {
            let wire = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
            Ok(Requests::One(Params::read(wire, guard)?))
        }
        Some(b'[') => batch(body, guard, most),
        Some(_) => Err(Failure::bad_request(
            "the body must be a JSON object with `query`, or a list of such objects",
        )),
        None => Err(Failure::bad_request(
            "the body is empty; it must be a JSON object with `query`",
        )),
    }
}

/// Reads the payload of a message; an error of the outer kind says that it is none.
pub(super) fn of_payload(
    payload: &RawValue,
    guard: &Guard,
) -> Result<Result<Params, Failure>, serde_json::Error> {
    let wire = serde_json::from_str(payload.get())?;
    Ok(Params::read(wire, guard))
}

/// Reads the query part of an address.
pub(super) fn of_address(query: &str, guard: &Guard) -> Result<Params, Failure> {
    let mut found: [Option<String>; 4] = Default::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*name {
            "query" => 0,
            "operationName" => 1,
            "variables" => 2,
            "extensions" => 3,
            _ => continue,
        };
        let Some(slot) = found.get_mut(place) else {
            continue;
        };
        if slot.replace(value.into_owned()).is_some() {
            return Err(Failure::bad_request(format!("`{name}` is given twice")));
        }
    }
    let [query, operation_name, variables, extensions] =
        found.map(|value| value.filter(|text| !text.is_empty()));
    let raw = |text: &Option<String>, name: &str| {
        let Some(text) = text else { return Ok(None) };
        serde_json::from_str::<Box<RawValue>>(text)
            .map(Some)
            .map_err(|error| {
                Failure::bad_request(format!("`{name}` is not JSON: {}", short(&error)))
            })
    };
    let (variables, extensions) = (
        raw(&variables, "variables")?,
        raw(&extensions, "extensions")?,
    );
    let wire = Wire {
        query,
        operation_name,
        variables: variables.as_deref(),
        extensions: extensions.as_deref(),
    };
    Params::read(wire, guard)
}

fn batch(body: &[u8], guard: &Guard, most: usize) -> Result<Requests, Failure> {
    let Bounded { entries, more } =
        serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    if more || entries.len() > most {
        return Err(Failure::bad_request(format!(
            "a batch may have at most {most} operations"
        )));
    }
    if entries.is_empty() {
        return Err(Failure::bad_request("the batch is empty"));
    }
    let read = |raw: &RawValue| {
        if !raw.get().starts_with('{') {
            return Err(Failure::bad_request(
                "each entry of a batch must be an object with `query`",
            ));
        }
        let wire = serde_json::from_str(raw.get()).map_err(|error| not_json(&error))?;
        Params::read(wire, guard)
    };
    Ok(Requests::Batch(
        entries.into_iter().map(read).collect::<Result<_, _>>()?,
    ))
}

impl Params {
    fn read(wire: Wire<'_>, guard: &Guard) -> Result<Self, Failure> {
        let object = |raw: Option<&'_ RawValue>, name: &str| match raw.map(RawValue::get) {
            None | Some("null") => Ok(false),
            Some(text) if text.starts_with('{') => Ok(true),
            Some(_) => Err(Failure::bad_request(format!("`{name}` must be an object"))),
        };
        let mut variables = Map::new();
        if object(wire.variables, "variables")? {
            let text = wire.variables.map(RawValue::get).unwrap_or_default();
            guard
                .check_variables(text.as_bytes())
                .map_err(|refusal| Failure {
                    by_document: false,
                    ..Failure::refused(&refusal, false)
                })?;
            variables = serde_json::from_str(text).map_err(|error| {
                Failure::bad_request(format!("`variables` cannot be read: {}", short(&error)))
            })?;
        }
        let mut hash = None;
        if object(wire.extensions, "extensions")? {
            let text = wire.extensions.map(RawValue::get).unwrap_or_default();
            guard
                .check_variables(text.as_bytes())
                .map_err(|refusal| Failure {
                    by_document: false,
                    ..Failure::refused(&refusal, false)
                })?;
            let extensions: Extensions = serde_json::from_str(text).map_err(|error| {
                Failure::bad_request(format!("`extensions` cannot be read: {}", short(&error)))
            })?;
            if let Some(persisted) = extensions.persisted_query {
                if persisted.version != 1 {
                    return Err(Failure::bad_request(
                        "only version 1 of persisted queries is known",
                    ));
                }
                hash = Some(persisted.sha256_hash);
            }
        }
        if wire.query.is_none() && hash.is_none() {
            return Err(Failure::bad_request("`query` is missing"));
        }
        let operation_name = wire.operation_name.filter(|name| !name.is_empty());
        Ok(Self {
            query: wire.query,
            operation_name,
            variables,
            hash,
            uploads: Uploads::default(),
        })
    }
}

fn not_json(error: &serde_json::Error) -> Failure {
    Failure::bad_request(format!(
        "the body cannot be read as a GraphQL request: {}",
        short(error)
    ))
}

/// Messages of the JSON parser may quote what they found.
fn short(error: &impl Display) -> String {
    let text = error.to_string();
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The entries of a list, up to a number that no setting exceeds; the rest is passed over.
struct Bounded<'a> {
    entries: Vec<&'a RawValue>,
    more: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Bounded<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Bounded<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of operations")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bounded<'de>, A::Error> {
                const MOST: usize = 100;
                let mut entries = Vec::new();
                while let Some(entry) = list.next_element::<&RawValue>()? {
                    if entries.len() == MOST {
                        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
                        return Ok(Bounded {
                            entries,
                            more: true,
                        });
                    }
                    entries.push(entry);
                }
                Ok(Bounded {
                    entries,
                    more: false,
                })
            }
        }
        deserializer.deserialize_seq(Entries)
    }
}
